package host

import (
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/workflow"
)

// Recorder puts facts into the form in which decisions keep them: in the contract's words, with the texts masked that an
// operator does not want kept, compressed. The time of a question is no part of facts.
type Recorder struct{ masks *mask }

// NewRecorder gives a recorder that masks the fields with these paths, as rule files name them, such as trainingEvents.venue.
func NewRecorder(paths []string) (*Recorder, error) {
	masks, err := parseMasks(paths)
	return &Recorder{masks}, err
}

// Keep gives the facts as they are kept, and the paths of the fields in which a text was masked, sorted.
func (r *Recorder) Keep(f *workflow.Facts) (content []byte, masked []string, err error) {
	facts := factsOf(f)
	found := map[string]bool{}
	r.masks.apply(facts.ProtoReflect(), "", func(path, _ string) { found[path] = true })
	for path := range found {
		masked = append(masked, path)
	}
	slices.Sort(masked)
	plain, err := proto.MarshalOptions{Deterministic: true}.Marshal(facts)
	if err != nil {
		return nil, nil, err
	}
	content, err = deflate(plain)
	return content, masked, err
}

// Hush gives what takes the texts of facts that are masked out of what rules say, where these quote them as words of their own. A
// text without two letters or digits in a row names nobody and stays.
func (r *Recorder) Hush(f *workflow.Facts) func(said string) string {
	texts := map[string]bool{}
	r.masks.apply(factsOf(f).ProtoReflect(), "", func(_, text string) {
		if text = strings.TrimSpace(text); telling.MatchString(text) {
			texts[text] = true
		}
	})
	all := slices.SortedFunc(maps.Keys(texts), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) }) // what lies within another after it
	return func(said string) string {
		for _, text := range all {
			said = withoutWords(said, text)
		}
		return said
	}
}

var telling = regexp.MustCompile(`[\pL\pN]{2}`)

// withoutWords masks a text wherever it stands by itself and is not part of a longer word.
func withoutWords(said, text string) string {
	var out strings.Builder
	first, width := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	for done, from := 0, 0; ; {
		i := strings.Index(said[from:], text)
		if i < 0 {
			return out.String() + said[done:]
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(said[:i])
		after, _ := utf8.DecodeRuneInString(said[i+len(text):])
		if within(before, first) || within(last, after) {
			from = i + width
			continue
		}
		out.WriteString(said[done:i] + Masked)
		done = i + len(text)
		from = done
	}
}

// within tells whether two characters beside each other belong to one word.
func within(a, b rune) bool { return partOfWord(a) && partOfWord(b) }

func partOfWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// readFacts reads facts that were kept.
func readFacts(content []byte) (*rules.Facts, error) {
	in := flate.NewReader(bytes.NewReader(content))
	plain, err := io.ReadAll(io.LimitReader(in, rules.MaxRequestBytes+1))
	if err != nil {
		return nil, fmt.Errorf("the facts of a decision cannot be read: %w", err)
	}
	if len(plain) > rules.MaxRequestBytes {
		return nil, fmt.Errorf("the facts of a decision are larger than %d bytes", rules.MaxRequestBytes)
	}
	facts := new(rules.Facts)
	if err := proto.Unmarshal(plain, facts); err != nil {
		return nil, fmt.Errorf("the facts of a decision cannot be read: %w", err)
	}
	return facts, nil
}

// ShowFacts gives facts that were kept as JSON, in the names that rules know them by. What is not there is left out.
func ShowFacts(content []byte) (json.RawMessage, error) {
	facts, err := readFacts(content)
	if err != nil {
		return nil, err
	}
	shown, err := protojson.Marshal(facts)
	if err != nil {
		return nil, err
	}
	var tight bytes.Buffer // protojson puts blanks where it likes
	if err := json.Compact(&tight, shown); err != nil {
		return nil, err
	}
	return tight.Bytes(), nil
}

// deflaters are used again and again: each holds a megabyte.
var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(io.Discard, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is one of theirs
	}
	return w
}}

func deflate(plain []byte) ([]byte, error) {
	var out bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&out)
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
