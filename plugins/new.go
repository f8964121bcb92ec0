package plugins

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"text/template"
)

// Languages lists the languages that a first module can be written in.
var Languages = []string{"go", "javascript"}

// Module is a rule program that is about to be begun.
type Module struct {
	Name     string // of the rule set: small letters, digits and hyphens
	Language string
	Region   string // a code, for its tests
	Place    string // for whom it is, in words
}

// Write writes the module's files into a folder: a first rule with its test, what serves it, and the kit.
func (m *Module) Write(dir string) error {
	files, err := m.files()
	if err != nil {
		return err
	}
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(at, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// files gives the text of each file by its path.
func (m *Module) files() (map[string][]byte, error) {
	files := map[string][]byte{}
	values := struct {
		*Module
		OS, Arch string
	}{m, runtime.GOOS, runtime.GOARCH}
	root := "templates/" + m.Language
	err := fs.WalkDir(source, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := source.ReadFile(name)
		if err != nil {
			return err
		}
		t, err := template.New(name).Delims("<%", "%>").Parse(string(text))
		if err != nil {
			return err
		}
		var out bytes.Buffer
		if err := t.Execute(&out, values); err != nil {
			return err
		}
		to := strings.TrimSuffix(strings.TrimPrefix(name, root+"/"), ".tmpl")
		if to == "gitignore" {
			to = ".gitignore"
		}
		files[to] = out.Bytes()
		return nil
	})
	if err != nil {
		return nil, err
	}
	if m.Language == "go" {
		return files, m.goKit(files)
	}
	return files, m.javaScriptKit(files)
}

// goKit adds the kit as a module of its own below sdk, and the module file that leads there.
func (m *Module) goKit(files map[string][]byte) error {
	err := fs.WalkDir(source, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.go") || !strings.HasPrefix(name, "conformance/") && !strings.HasPrefix(name, "rules/") {
			return err
		}
		files["sdk/plugins/"+name], err = source.ReadFile(name)
		return err
	})
	if err != nil {
		return err
	}
	needs, err := source.ReadFile("kit.mod")
	if err != nil {
		return err
	}
	sums, err := source.ReadFile("kit.sum")
	if err != nil {
		return err
	}
	files["sdk/go.mod"], files["sdk/go.sum"], files["go.sum"] = needs, sums, sums
	_, rest, _ := strings.Cut(string(needs), "module github.com/berdaya/berdaya\n")
	version, indirect, _ := strings.Cut(rest, "require (\n")
	indirect = strings.ReplaceAll(strings.TrimSuffix(indirect, ")\n"), "\n", " // indirect\n")
	files["go.mod"] = fmt.Appendf(nil, "module %s\n%s// The kit lies beside the program: nothing need be published.\nreplace github.com/berdaya/berdaya => ./sdk\n\nrequire github.com/berdaya/berdaya v0.0.0\n\nrequire (\n%s)\n",
		m.Name, version, indirect)
	return nil
}

// javaScriptKit adds what serves the rules, the contract, and the modules that it needs, by version and checksum.
func (m *Module) javaScriptKit(files map[string][]byte) error {
	const example = "examples/javascript-trainings"
	for _, name := range []string{"plugin.js", "ruleset.js", "plugin.proto", "health.proto", "rules.proto", "package.json", "package-lock.json"} {
		text, err := source.ReadFile(path.Join(example, name))
		if err != nil {
			return err
		}
		text = bytes.ReplaceAll(text, []byte(`"name": "trainings"`), fmt.Appendf(nil, `"name": %q`, m.Name))
		text = bytes.ReplaceAll(text, []byte("Rules of an office that wants its trainings to lead somewhere"), []byte("Rules of "+m.Place))
		files[name] = bytes.Replace(text, []byte(`"version": "1.0.0"`), []byte(`"version": "0.1.0"`), 2)
	}
	return nil
}
