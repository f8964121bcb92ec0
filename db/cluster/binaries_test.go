package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berdaya/berdaya/domain"
)

// install writes an installation that only knows its version.
func install(t *testing.T, dir string, major int, programs ...string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	script := fmt.Appendf(nil, "#!/bin/sh\necho 'postgres (PostgreSQL) %d.4'\n", major)
	for _, program := range programs {
		if err := os.WriteFile(filepath.Join(dir, program), script, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBinariesAreChosen(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	at := func(name string) string { return filepath.Join(top, name) }
	install(t, at("path"), 16, "postgres", "initdb")
	install(t, at("lone"), 17, "postgres") // a server with no initdb beside it
	install(t, at("lib/9/bin"), 9, "postgres", "initdb")
	install(t, at("lib/15/bin"), 15, "postgres", "initdb")
	install(t, at("lib/17/bin"), 17, "postgres", "initdb")
	if err := os.Mkdir(at("links"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(at("lib/15/bin/postgres"), at("links/postgres")); err != nil {
		t.Fatal(err)
	}
	usual := []string{at("lib/*/bin")}

	for name, test := range map[string]struct {
		path  string
		usual []string
		major int
		want  string // the folder
		says  string // or the error
	}{
		"PATH comes first":                        {path: at("path"), usual: usual, want: "path"},
		"a link in PATH leads to the real folder": {path: at("links"), usual: usual, want: "lib/15/bin"},
		"a server alone will not do":              {path: at("lone"), usual: usual, want: "lib/17/bin"},
		"the newest of the usual folders":         {path: at("nothing"), usual: usual, want: "lib/17/bin"},
		"the version that made the data":          {path: at("path"), usual: usual, major: 15, want: "lib/15/bin"},
		"that version is gone":                    {usual: usual, major: 14, says: "made by PostgreSQL 14"},
		"only an old one":                         {usual: []string{at("lib/9/bin")}, says: "PostgreSQL 9 in " + at("lib/9/bin") + " is too old"},
		"nothing at all":                          {path: at("nothing"), says: "PostgreSQL 15 or newer was not found: install it (Debian, Ubuntu: apt-get install postgresql;"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := findBinaries(t.Context(), nil, test.path, test.usual, test.major)
			if test.says != "" {
				if domain.CodeOf(err) != domain.CodeUnavailable || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "\n") {
					t.Fatalf("err = %v", err)
				}
				return
			}
			if err != nil || b.dir != at(test.want) {
				t.Fatalf("chose %s, want %s; err = %v", b.dir, at(test.want), err)
			}
		})
	}
}

func TestTheLogIsBounded(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "postgres.log")
	l := openLog(name, nil)
	for n := range 40_000 {
		fmt.Fprintf(l, "line %d of what a server may say in a long life, again and again\n", n)
	}
	l.close()
	for _, name := range []string{name, name + ".1"} {
		if info, err := os.Stat(name); err != nil || info.Size() > logRoom {
			t.Errorf("%s: %v, %v", name, info.Size(), err)
		}
	}
	if last := l.last(2); !strings.HasPrefix(last, "line 39998 ") || strings.Count(last, "\n") != 1 {
		t.Errorf("last = %q", last)
	}
}
