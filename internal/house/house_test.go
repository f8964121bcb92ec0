// Package house holds the rules of the house that a compiler does not: which package may import which, and how long a file
// may grow. It has no code of its own.
package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/berdaya/berdaya"

type pkg struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Standard", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// allowed says what the packages below a folder may import of ours, the folder itself always included. The first folder
// that fits decides.
var allowed = []struct {
	folder string
	may    []string
}{
	{"domain", nil},
	{"workflow", []string{"domain"}},
	{"plugins/rules", []string{"plugins/conformance"}}, // an office's plugin must not break when the server is rebuilt
	{"plugins/conformance", []string{"plugins/rules"}}, // so this, which goes out with the kit
	{"plugins/national", []string{"plugins/rules"}},
	{"plugins/host", []string{"plugins/rules", "plugins/conformance", "plugins/declarative/declarativepb", "workflow", "domain", "internal/deathsig", "internal/plainyaml"}},
	{"plugins/declarative", []string{"plugins/rules", "internal/plainyaml"}},
	{"plugins", []string{"plugins/rules"}},
	{"db/cluster", []string{"domain", "internal/deathsig"}},
	{"db", []string{"domain", "workflow", "internal/deathsig"}},
	{"internal/deathsig", nil},
	{"internal/plainyaml", nil},
	{"internal", []string{"domain", "workflow", "internal"}},
	{"graph", []string{"domain", "workflow", "internal"}},
	{"cmd", []string{""}},
	{"tools", nil},
	{"bench", []string{""}},
}

func TestImportsRunOneWayOnly(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		rel := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		i := slices.IndexFunc(allowed, func(r struct {
			folder string
			may    []string
		}) bool {
			return below(rel, r.folder)
		})
		if i < 0 {
			t.Errorf("%s lies in no folder of the design; say in this test what it may import", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			target, ours := strings.CutPrefix(imp, module+"/")
			if !ours || below(target, allowed[i].folder) {
				continue
			}
			if !slices.ContainsFunc(allowed[i].may, func(f string) bool { return below(target, f) }) {
				t.Errorf("%s imports %s; packages in %s may import only %q", rel, target, allowed[i].folder, allowed[i].may)
			}
		}
	}
}

func TestTheDomainImportsOnlyUUIDAndOneDecimalLibrary(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if p.ImportPath != module+"/domain" {
			continue
		}
		for _, imp := range p.Imports {
			if strings.Contains(imp, ".") && imp != "github.com/google/uuid" && imp != "github.com/shopspring/decimal" {
				t.Errorf("domain imports %s", imp)
			}
		}
	}
}

func below(path, folder string) bool {
	return folder == "" || path == folder || strings.HasPrefix(path, folder+"/")
}

// A file of one subject seldom needs more lines than these; one that does is two subjects.
const maxLines = 450

func TestHandWrittenFilesStayShort(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if n := bytes.Count(text, []byte("\n")); n > maxLines && !bytes.Contains(text[:min(4000, len(text))], []byte("Code generated")) {
			t.Errorf("%s has %d lines; does it still have one subject?", path, n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
