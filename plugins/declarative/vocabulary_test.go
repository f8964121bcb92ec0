package declarative_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/berdaya/berdaya/plugins/declarative"
	"github.com/berdaya/berdaya/plugins/rules"
)

// ruleOf gives a file with one rule about programmes in IDENTIFY, and more at its top level.
func ruleOf(assert, more string) string {
	return fmt.Sprintf("name: one\nversion: '1'\ntitle: {en: A, id: A}\n%s\nrules:\n  - code: ONE\n    title: {en: A, id: A}\n    when: {stages: [IDENTIFY]}\n    message: {en: A, id: A}\n    assert: |\n      %s\n",
		more, strings.ReplaceAll(assert, "\n", "\n      "))
}

func TestEveryFunctionThatAuthorsAreToldOfIsThereAndDoesWhatItsExampleSays(t *testing.T) {
	t.Parallel()
	for _, f := range declarative.Functions() {
		if f.EN == "" || f.ID == "" || f.Type == "" {
			t.Errorf("%s is not described: %+v", f.Name, f)
		}
		set := compiled(t, ruleOf(f.Example, "")).RuleSet()
		q := typical(1)
		q.Facts.Programme.Stage = rules.Identify
		verdicts, err := set.Evaluate(t.Context(), q)
		if err != nil || len(verdicts) != 1 || !verdicts[0].GetPassed() {
			t.Errorf("%s: %v, %v", f.Example, verdicts, err)
		}
	}
}

// TestTheGuideListsEveryFunction keeps the table in docs/regional-offices.md.
func TestTheGuideListsEveryFunction(t *testing.T) {
	t.Parallel()
	const path, begin, end = "../../docs/regional-offices.md", "<!-- functions: written by go test ./plugins/declarative -update -->\n", "<!-- end of functions -->"
	before, rest, found := strings.Cut(readFile(t, path), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("the guide has no place for the functions")
	}
	var table strings.Builder
	table.WriteString("| function | type | what it gives | for example |\n|---|---|---|---|\n")
	in := strings.NewReplacer("|", "\\|")
	for _, f := range declarative.Functions() {
		fmt.Fprintf(&table, "| `%s` | %s | %s | `%s` |\n", f.Name, in.Replace(f.Type), in.Replace(f.EN), in.Replace(f.Example))
	}
	golden(t, path, before+begin+table.String()+end+after)
}

func TestEveryFieldOfTheFactsIsListedWithItsType(t *testing.T) {
	t.Parallel()
	listed := map[string]declarative.Word{}
	for _, w := range declarative.Fields() {
		listed[w.Name] = w
	}
	seen := map[protoreflect.FullName]bool{}
	var visit func(protoreflect.MessageDescriptor)
	visit = func(d protoreflect.MessageDescriptor) {
		if seen[d.FullName()] || d.ParentFile().Package() != "berdaya.rules.v1" {
			return
		}
		seen[d.FullName()] = true
		for i := range d.Fields().Len() {
			f := d.Fields().Get(i)
			name := fmt.Sprintf("%s.%s", d.Name(), f.Name())
			w, ok := listed[name]
			delete(listed, name)
			if !ok || f.IsList() != strings.HasPrefix(w.Type, "list of ") || f.HasOptionalKeyword() != strings.HasSuffix(w.Type, "may be absent") {
				t.Errorf("%s: %+v", name, w)
			}
			if f.Message() != nil {
				visit(f.Message())
			}
		}
	}
	visit((*rules.Facts)(nil).ProtoReflect().Descriptor())
	for name := range listed {
		t.Errorf("%s is listed and not there", name)
	}
	words := map[string]bool{}
	for _, w := range declarative.Variables() {
		words[w.Name] = true
	}
	for _, name := range []string{"needs", "programme", "today", "params.NAME"} {
		if !words[name] {
			t.Errorf("%s is not among the variables", name)
		}
	}
	for _, f := range declarative.Fields() {
		if f.Name == "Community.kind" && !strings.Contains(f.EN, "INDIGENOUS") || f.Name == "Need.sector" && !strings.Contains(f.EN, "FISHERIES") ||
			f.Name == "Need.severity" && !strings.Contains(f.EN, "1 (slight) to 5 (grave)") {
			t.Errorf("%+v", f)
		}
	}
}
