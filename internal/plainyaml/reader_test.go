package plainyaml_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/berdaya/berdaya/internal/plainyaml"
)

// TestReadingTakesTimeInProportionToTheSize reads what no person writes, over and over. The bound leaves room for a busy machine: what
// is looked for, time by the square of the size, takes far longer.
func TestReadingTakesTimeInProportionToTheSize(t *testing.T) {
	t.Parallel()
	const size = 256 << 10
	for _, unit := range []string{"a: ", "}a: ", "'a: ", "\"a: ", "é: ", "{a: ", "[a: ", "a:\n", "a\n", "a: |\n", "- |\n", "|\n", "a: >\n", "a: 'x\n'\n", "{}", "[]", "{}: ", "\"\t", "\"\t\" ",
		"#\n", "#|\n", "---\n", "- ", "- - x\n", "? ", "'\n", "\"\n", "''", "\\", "\r", "\t", ",", "&a ", "[", "{", "- a: 1\n  b: 2\n", "a: [1, {b: 2}]\n"} {
		for _, lead := range []string{"", "name: ", "rules:\n"} {
			read, begun := make(chan plainyaml.Problems, 1), time.Now()
			go func() {
				r := plainyaml.Reader{}
				r.Parse([]byte(lead+strings.Repeat(unit, size/len(unit))), size+10)
				read <- r.Problems
			}()
			select {
			case <-read:
			case <-time.After(15 * time.Second):
				t.Fatalf("%q after %q takes more than %s", unit, lead, time.Since(begun))
			}
		}
	}
}

// TestMarksAndLineEndsOfOtherSystemsMoveNothing reads the same as editors of several systems write it.
func TestMarksAndLineEndsOfOtherSystemsMoveNothing(t *testing.T) {
	t.Parallel()
	text := "a: 1\nb:\n  - c: |\n      één\n      twee\n    d: \"x\\ty\"\n"
	want := ""
	for _, as := range []string{text, "\uFEFF" + text, strings.ReplaceAll(text, "\n", "\r\n"), "\uFEFF" + strings.ReplaceAll(text, "\n", "\r\n")} {
		r := plainyaml.Reader{}
		root, ok := r.Parse([]byte(as), 1000)
		if !ok {
			t.Fatalf("%q: %v", as, r.Problems)
		}
		got := ""
		var walk func(n ast.Node)
		walk = func(n ast.Node) {
			for _, m := range r.Mapping(n, plainyaml.Place{}) {
				got += fmt.Sprint(m.Key, m.At, " ")
				if list, ok := m.Value.(*ast.SequenceNode); ok {
					walk(list.Values[0])
				} else if s, ok := r.Value(m.Value, m.At, m.Key); ok {
					got += fmt.Sprintf("%q", s.Text)
					for i := range []rune(s.Text) {
						got += fmt.Sprint(s.Spot(i), " ")
					}
				}
			}
		}
		walk(root)
		if want == "" {
			want = got
		}
		if got != want || len(r.Problems) > 0 {
			t.Errorf("%q:\n%s\n%s\n%v", as, got, want, r.Problems)
		}
	}
	if !strings.Contains(want, "twee") || !strings.Contains(want, "{5 7}") {
		t.Error(want)
	}
}

func TestWhatIsNotPlainIsNamedWithItsPlace(t *testing.T) {
	t.Parallel()
	keys := ""
	for i := range 1001 {
		keys += fmt.Sprintf("k%d: 1\n", i)
	}
	for text, want := range map[string]string{
		"":                                "1:1 the file is empty",
		"a: 1\n---\nb: 2\n":               "3:2 the file has more than one document",
		"a: 1\nb: &x 2\n":                 `2:4 "&" is not used here`,
		"a:\n  - *x\n":                    `2:5 "*" is not used here`,
		"a: !!str 1\n":                    `1:4 "!!str" is not used here`,
		"a: \xff":                         "1:1 the file is not text in UTF-8",
		"a:\n\t- 1\n":                     "2:1 a tab stands here; indent with spaces",
		"a: [1\nb: 2\n":                   "this is no YAML",
		keys:                              "1001:6 more than 1000 keys",
		strings.Repeat("[", 101):          "1:101 things lie too deep",
		"a: " + strings.Repeat("x", 8000): "1:1 the file has more than 7900 bytes",
	} {
		r := plainyaml.Reader{}
		most := 7900
		if text == keys {
			most = 20_000
		}
		_, ok := r.Parse([]byte(text), most)
		if got := fmt.Sprintf("%d:%d %s", r.Problems[0].Line, r.Problems[0].Column, r.Problems[0].EN); ok || !strings.Contains(got, want) || r.Problems[0].ID == "" {
			t.Errorf("%.40q: %s", text, got)
		}
	}
}
