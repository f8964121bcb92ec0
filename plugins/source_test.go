package plugins

import (
	"bytes"
	"strings"
	"testing"
)

func TestTheContractInJavaScriptIsTheContract(t *testing.T) {
	t.Parallel()
	ours, err := source.ReadFile("rules/rules.proto")
	if err != nil {
		t.Fatal(err)
	}
	copied, err := source.ReadFile("examples/javascript-trainings/rules.proto")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(ours, copied) {
		t.Error("copy plugins/rules/rules.proto to plugins/examples/javascript-trainings")
	}
}

func TestAModuleNamesNobodyElseAndNoRegistry(t *testing.T) {
	t.Parallel()
	for _, language := range Languages {
		files, err := (&Module{Name: "jawa-timur", Language: language, Region: "35", Place: "Jawa Timur"}).files()
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range files {
			if strings.HasSuffix(name, "_test.go") && strings.HasPrefix(name, "sdk/") {
				t.Errorf("%s has a test of the kit", name)
			}
			for _, never := range []string{"<%", "%>", `"resolved"`, "trainings"} {
				if strings.Contains(string(text), never) && !strings.HasPrefix(name, "sdk/") {
					t.Errorf("%s %s has %q in it", language, name, never)
				}
			}
		}
	}
}
