package notices_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/notices"
	_ "github.com/berdaya/berdaya/internal/seeded"
)

var update = flag.Bool("update", false, "write the golden files anew")

func of[T any](v T) *T { return &v }

// aDay has a notice of every kind, about two programmes.
func aDay() []domain.Notice {
	var list []domain.Notice
	for i, kind := range domain.NoticeKinds {
		n := domain.Notice{ID: uuid.MustParse(fmt.Sprintf("018f0000-0000-7000-8000-%012d", i)), Kind: domain.NoticeKind(kind.Code),
			CreatedAt: time.Date(2026, 5, 4, 0, 0, i, 0, time.UTC), Code: "JB-2026-014", Title: "Air bersih <Cibeunying> & sanitasi", Region: "32.73.05.1001", RegionName: "Cihaur Geulis",
			Stage: domain.Train, OffsetDays: 30, DueOn: of(domain.Date("2026-04-27"))}
		if n.Kind == domain.NoticeEscalation {
			n.Level = of(domain.Regency)
		}
		if strings.HasPrefix(kind.Code, "WAIVER") {
			n.RuleSet, n.Rule, n.ExpiresOn, n.DueOn = of("national"), of("CONSULTATION_WOMEN"), of(domain.Date("2026-06-01")), nil
		}
		other := n
		other.ID[15]++
		other.Code, other.Title, other.Stage = "JB-2026-002", "Pelatihan kader", domain.Monitor
		list = append(list, n)
		if i%2 == 0 {
			list = append(list, other)
		}
	}
	slices.Reverse(list)
	return list
}

// TestADigestReadsWell compares with what people have read and found good.
func TestADigestReadsWell(t *testing.T) {
	t.Parallel()
	for _, l := range []domain.Locale{domain.English, domain.Indonesian} {
		d := notices.NewDigest(aDay(), 140, "2026-05-04", l)
		for name, got := range map[string]string{"digest." + string(l) + ".txt": "Subject: " + d.Subject + "\n\n" + d.Text, "digest." + string(l) + ".html": d.HTML} {
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil || string(want) != got {
				t.Errorf("%s is another (go test -update writes it anew): %v\n%s", name, err, got)
			}
		}
	}
}

// TestADigestListsEveryNoticeOnceMostUrgentFirst holds for whatever there is to tell.
func TestADigestListsEveryNoticeOnceMostUrgentFirst(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(0, 130).Draw(r, "n")
		var list []domain.Notice
		for i := range n {
			list = append(list, domain.Notice{ID: uuid.UUID{14: byte(i / 256), 15: byte(i)}, Kind: domain.NoticeKind(rapid.SampledFrom(domain.NoticeKinds.Codes()).Draw(r, "kind")),
				Code: fmt.Sprintf("P-%d", rapid.IntRange(0, 5).Draw(r, "programme")), Title: rapid.StringOf(rapid.SampledFrom([]rune("aB <>&\"'\r\né水"))).Draw(r, "title"), Stage: domain.Plan})
		}
		d := notices.NewDigest(list, n, "2026-05-04", domain.English)
		if strings.ContainsAny(d.Subject, "\r\n<>") {
			r.Fatalf("the subject %q", d.Subject)
		}
		if got, want := strings.Count(d.HTML, "<li>"), min(n, notices.MostInDigest); got != want {
			r.Fatalf("%d entries of %d", got, want)
		}
		if more := strings.Contains(d.Text, "more: read them"); more != (n > notices.MostInDigest) {
			r.Fatalf("more: %v of %d", more, n)
		}
		last := -1
		for i, kind := range domain.NoticeKinds {
			if at := strings.Index(d.HTML, ">"+kind.Label.EN+" ("); at >= 0 && at < last {
				r.Fatalf("the kind %d comes too early", i)
			} else if at >= 0 {
				last = at
			}
		}
	})
}

func TestWhatIsNotKnownIsNotInvented(t *testing.T) {
	t.Parallel()
	for _, kind := range domain.NoticeKinds {
		n := &domain.Notice{Kind: domain.NoticeKind(kind.Code), Stage: domain.Plan}
		for _, l := range []domain.Locale{domain.English, domain.Indonesian} {
			if said := notices.Sentence(n).In(l); said == "" || strings.Contains(said, "%!") {
				t.Errorf("%s in %s: %q", kind.Code, l, said)
			}
		}
	}
}
