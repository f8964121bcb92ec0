package host

import (
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berdaya/berdaya/domain"
)

func TestAManifestIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	got, err := ParseManifest("plugin.yaml", []byte("# ours\nname: jawa-timur\nversion: 1.20\ncommand: bin/rules\nos: linux\narch: \"amd64\"\n"))
	want := &Manifest{Name: "jawa-timur", Version: "1.20", Command: "bin/rules", OS: "linux", Arch: "amd64"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	again, err := ParseManifest("plugin.yaml", got.text())
	if diff := cmp.Diff(want, again); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if m, err := ParseManifest("plugin.yaml", []byte("{name: a, version: '1', command: r.js, runtime: node}")); err != nil || m.Runtime != "node" || m.Fits() != nil {
		t.Error(m, err)
	}
}

func TestAllThatIsWrongWithAManifestIsSaidWithItsPlace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                      {"m, line 1, column 1: the file is empty"},
		"just text":             {"m, line 1, column 1: keys with values"},
		"name: a\n\tversion: 1": {"m, line 2, column 1: a tab"},
		"name: [a]\nversion: {}\ncolour: red\nname: b":                  {`m, line 1, column 7: "name" is a text`, `m, line 2, column 10: "version" is a text`, `m, line 3, column 1: "colour" is not known`, `m, line 4, column 1: "name" is there twice`},
		"name: A B\nversion: ''\ncommand: ../x\nruntime: /usr/bin/node": {"m, line 1, column 1: name", "m, line 2, column 1: version", "m, line 3, column 1: command", "m, line 4, column 1: runtime"},
		"name: a\nversion: 1\ncommand: x":                               {": os", ": arch"},
		strings.Repeat("[", 100000):                                     {"more than"},
		strings.Repeat("[", 1000):                                       {"too deep"},
		"name: a\n---\nname: b":                                         {"one document"},
		"name: \xff":                                                    {"UTF-8"},
	} {
		_, err := ParseManifest("m", []byte(text))
		problems, _ := err.(domain.Problems)
		if len(problems) < len(want) {
			t.Errorf("%q: %v", text, err)
			continue
		}
		for i, w := range want {
			p := problems[i]
			if len(want) == 2 && strings.HasPrefix(w, ":") { // in either order
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q: %v", text, err)
				}
			} else if !strings.Contains(p.Message, w) {
				t.Errorf("%q: problem %d is %q, not %q", text, i, p.Message, w)
			}
			if p.Code != domain.CodeBadFile || p.Text.ID == "" || p.Params["line"] == nil {
				t.Errorf("%+v", p)
			}
		}
	}
}

func TestAProgramForAnotherMachineIsNamed(t *testing.T) {
	t.Parallel()
	for _, m := range []Manifest{{OS: "plan9"}, {OS: runtime.GOOS, Arch: "pdp11"}} {
		if err := m.Fits(); err == nil || !strings.Contains(err.Error(), runtime.GOOS+"/"+runtime.GOARCH) {
			t.Errorf("%+v: %v", m, err)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add("name: a\nversion: 1\ncommand: x\nos: linux\narch: amd64")
	f.Add("{name: a, version: &v 1, command: *v}")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseManifest("m", []byte(text))
		if (m == nil) == (err == nil) {
			t.Fatal(m, err)
		}
		if err == nil {
			if again, err := ParseManifest("m", m.text()); err != nil || *again != *m {
				t.Fatalf("%+v is written as %s, %v", m, m.text(), err)
			}
		}
	})
}
