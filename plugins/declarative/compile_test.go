package declarative_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berdaya/berdaya/plugins/declarative"
	"github.com/berdaya/berdaya/plugins/rules/rulestest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestAllThatIsWrongIsNamedWithItsPlace holds what authors read of files that are wrong, in testdata/wrong.
func TestAllThatIsWrongIsNamedWithItsPlace(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/wrong/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		for _, p := range declarative.Check(t.Context(), text) {
			fmt.Fprintf(&said, "%d:%d: %s\n\t%s\n", p.Line, p.Column, p.EN, p.ID)
		}
		golden(t, strings.TrimSuffix(file, ".yaml")+".golden", said.String())
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func compiled(t testing.TB, text string) *declarative.Program {
	t.Helper()
	p, problems := declarative.Compile(t.Context(), []byte(text))
	for _, problem := range problems {
		t.Errorf("%d:%d: %s", problem.Line, problem.Column, problem.EN)
	}
	if problems != nil {
		t.FailNow()
	}
	return p
}

func TestTheFileToBeginWithKeepsTheContractAndPassesItsTests(t *testing.T) {
	t.Parallel()
	text := declarative.Example("jawa-barat", "32")
	for _, p := range declarative.Check(t.Context(), []byte(text)) {
		t.Error(p)
	}
	p := compiled(t, text)
	if len(p.Warnings) > 0 {
		t.Error(p.Warnings)
	}
	rulestest.Conform(t, p.RuleSet(), typical(1))
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
