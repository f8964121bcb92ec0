package notices

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	_ "embed"

	"github.com/berdaya/berdaya/domain"
)

// MostInDigest is how many notices a digest lists; of the others it says how many they are.
const MostInDigest = 100

// kindsInSubject is how many kinds the subject names.
const kindsInSubject = 3

// Digest is what goes to a member in one message.
type Digest struct {
	Subject string // one line, in which nothing is that anybody entered
	Text    string
	HTML    string
}

// words are what a digest says by itself.
type words struct{ locale, heading, more, footer string }

var wordsIn = map[domain.Locale]words{
	domain.English: {"en", "Your programmes on %s", "And %d more: read them in the application.",
		"You get this at most once a day, because programmes that you answer for need your attention. You can turn it off in the application."},
	domain.Indonesian: {"id", "Program Anda pada %s", "Dan %d lagi: baca di aplikasi.",
		"Pesan ini dikirim paling banyak sekali sehari, karena program yang menjadi tanggung jawab Anda memerlukan perhatian. Anda dapat mematikannya di aplikasi."},
}

// section is what a digest says of one kind.
type section struct {
	Kind  string
	Count int
	About []about
}

// about is what a section says of one programme.
type about struct {
	Title, Code, Region string
	Sentences           []string
}

// NewDigest writes the digest of a day for a reader of a language: by kind, the most urgent first, and by programme. total is
// how many notices there are, of which the most urgent are given.
func NewDigest(list []domain.Notice, total int, on domain.Date, in domain.Locale) Digest {
	if in != domain.Indonesian {
		in = domain.English
	}
	w := wordsIn[in]
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b domain.Notice) int {
		return cmp.Or(cmp.Compare(a.Kind.Urgency(), b.Kind.Urgency()), cmp.Compare(a.Code, b.Code), a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	if len(list) > MostInDigest {
		list = list[:MostInDigest]
	}
	sections, subject := sectionsOf(list, in)
	page := struct {
		Locale, Heading, More, Footer string
		Sections                      []section
	}{w.locale, fmt.Sprintf(w.heading, day(&on, in)), "", w.footer, sections}
	if total > len(list) {
		page.More = fmt.Sprintf(w.more, total-len(list))
	}
	var html strings.Builder
	if err := digestPage.Execute(&html, page); err != nil {
		panic(err) // it writes texts to memory
	}
	var plain strings.Builder
	plain.WriteString(page.Heading + "\n")
	for _, s := range sections {
		fmt.Fprintf(&plain, "\n%s (%d)\n", s.Kind, s.Count)
		for _, a := range s.About {
			fmt.Fprintf(&plain, "\n  %s (%s, %s)\n", a.Title, a.Code, a.Region)
			for _, sentence := range a.Sentences {
				plain.WriteString("  - " + sentence + "\n")
			}
		}
	}
	if page.More != "" {
		plain.WriteString("\n" + page.More + "\n")
	}
	plain.WriteString("\n-- \n" + page.Footer + "\n")
	return Digest{Subject: "Berdaya: " + subject, Text: plain.String(), HTML: html.String()}
}

// sectionsOf groups sorted notices, and says in one line how many there are of each kind.
func sectionsOf(list []domain.Notice, in domain.Locale) (sections []section, line string) {
	var kinds []string
	for i := range list {
		n := &list[i]
		kind := domain.NoticeKinds.Label(string(n.Kind), in)
		if len(sections) == 0 || sections[len(sections)-1].Kind != kind {
			sections = append(sections, section{Kind: kind})
		}
		s := &sections[len(sections)-1]
		if s.Count++; len(s.About) == 0 || s.About[len(s.About)-1].Code != n.Code {
			s.About = append(s.About, about{Title: n.Title, Code: n.Code, Region: n.RegionName})
		}
		a := &s.About[len(s.About)-1]
		a.Sentences = append(a.Sentences, Sentence(n).In(in))
	}
	for i, s := range sections {
		if i == kindsInSubject {
			kinds = append(kinds, "…")
			break
		}
		kinds = append(kinds, fmt.Sprintf("%s (%d)", s.Kind, s.Count))
	}
	return sections, strings.Join(kinds, ", ")
}

//go:embed digest.html
var digestText string

var digestPage = template.Must(template.New("digest").Parse(digestText))
