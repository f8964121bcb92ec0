package host

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/berdaya/berdaya/domain"
)

// ManifestName is the file in an office's program that says what it is.
const ManifestName = "plugin.yaml"

// longestManifest is its size at most, in bytes.
const longestManifest = 16 << 10

// Manifest says what an office's program is and how it is run.
//
//	name: jawa-timur        # of the rule set, as the program says it
//	version: 1.2.0          # as the program says it
//	command: rules          # the file that is run, or that the runtime is given, from the folder of the manifest
//	runtime: node           # who runs it; without it the file is run itself
//	os: linux               # needed without a runtime
//	arch: amd64             # needed without a runtime
type Manifest struct {
	Name    string
	Version string
	Command string
	Runtime string
	OS      string // as Go calls it; empty: any
	Arch    string // as Go calls it; empty: any
}

var runtimeName = regexp.MustCompile(`^[a-z0-9.-]{1,40}$`)

// Fits tells whether a program can run on this machine; the error says which one it is for.
func (m *Manifest) Fits() error {
	if (m.OS == "" || m.OS == runtime.GOOS) && (m.Arch == "" || m.Arch == runtime.GOARCH) {
		return nil
	}
	system := cmp.Or(m.OS, "any") + "/" + cmp.Or(m.Arch, "any")
	return domain.Errorf(domain.CodeBadFile, "the program is for %s; this server is %s/%s: build it for that", system, runtime.GOOS, runtime.GOARCH).
		In(fmt.Sprintf("program ini untuk %s; server ini %s/%s: buatlah untuk sistem itu", system, runtime.GOOS, runtime.GOARCH))
}

// text gives the manifest as a file that ParseManifest reads.
func (m *Manifest) text() []byte {
	var b strings.Builder
	for _, f := range m.fields() {
		if *f.value != "" {
			fmt.Fprintf(&b, "%s: %q\n", f.name, *f.value)
		}
	}
	return []byte(b.String())
}

type manifestField struct {
	name  string
	value *string
}

func (m *Manifest) fields() []manifestField {
	return []manifestField{{"name", &m.Name}, {"version", &m.Version}, {"command", &m.Command}, {"runtime", &m.Runtime},
		{"os", &m.OS}, {"arch", &m.Arch}}
}

// ParseManifest reads a manifest. name is what problems call the file. The error is domain.Problems with all that is wrong, each
// BAD_FILE with file, line and column.
func ParseManifest(name string, text []byte) (*Manifest, error) {
	r := manifestReader{file: name, at: map[string]*token.Token{}}
	m := r.read(text)
	if len(r.problems) == 0 {
		r.check(m)
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return m, nil
}

// manifestReader reads one manifest and keeps where each field stands.
type manifestReader struct {
	file     string
	at       map[string]*token.Token
	problems domain.Problems
}

func (r *manifestReader) wrong(at *token.Token, en, id string) {
	line, column := 1, 1
	if at != nil && at.Position != nil {
		line, column = max(1, at.Position.Line), max(1, at.Position.Column)
	}
	r.problems = append(r.problems, domain.InFile(r.file, line, column, en, id))
}

// read gives what can be read. Whatever the parser does with a broken file, the server goes on.
func (r *manifestReader) read(text []byte) *Manifest {
	m := &Manifest{}
	defer func() {
		if recover() != nil {
			r.wrong(nil, "the file cannot be read as YAML", "berkas tidak dapat dibaca sebagai YAML")
		}
	}()
	switch {
	case len(text) > longestManifest:
		r.wrong(nil, fmt.Sprintf("the file has more than %d bytes", longestManifest), fmt.Sprintf("berkas lebih dari %d bita", longestManifest))
		return m
	case !utf8.Valid(text):
		r.wrong(nil, "the file is not text in UTF-8", "berkas bukan teks UTF-8")
		return m
	case strings.Count(string(text), "[")+strings.Count(string(text), "{") > 20 || strings.Count(string(text), "\n") > 500:
		r.wrong(nil, "a manifest is a short list of keys, each with a text", "manifes berupa daftar kunci singkat, masing-masing dengan teks")
		return m
	}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var at *token.Token
		says := "it is not complete"
		if syntax := (*yaml.SyntaxError)(nil); errors.As(err, &syntax) {
			at, says = syntax.Token, syntax.Message
		}
		r.wrong(at, "this is no YAML: "+says, "ini bukan YAML: "+says)
		return m
	}
	docs := slices.DeleteFunc(file.Docs, func(d *ast.DocumentNode) bool { return d == nil || d.Body == nil })
	if len(docs) != 1 {
		r.wrong(nil, "one document with name, version and command belongs here", "di sini seharusnya satu dokumen dengan name, version dan command")
		return m
	}
	var values []*ast.MappingValueNode
	switch n := docs[0].Body.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		r.wrong(n.GetToken(), "keys with values belong here, such as name: jawa-timur", "di sini seharusnya kunci dengan nilai, misalnya name: jawa-timur")
	}
	for _, v := range values {
		r.field(m, v)
	}
	return m
}

func (r *manifestReader) field(m *Manifest, v *ast.MappingValueNode) {
	key := v.Key.GetToken()
	fields := m.fields()
	i := slices.IndexFunc(fields, func(f manifestField) bool { return f.name == key.Value })
	switch {
	case i < 0:
		r.wrong(key, "this is not known here; known are name, version, command, runtime, os and arch",
			"ini tidak dikenal di sini; yang dikenal: name, version, command, runtime, os dan arch")
	case r.at[key.Value] != nil:
		r.wrong(key, "this is there twice; keep one", "ini ada dua kali; simpan satu saja")
	default:
		r.at[key.Value] = key
		switch n := v.Value.(type) {
		case *ast.StringNode:
			*fields[i].value = n.Value
		case *ast.IntegerNode, *ast.FloatNode: // a version such as 1.2 is meant as it is written
			*fields[i].value = n.GetToken().Value
		default:
			r.wrong(key, "a text belongs here", "di sini seharusnya teks")
		}
	}
}

// check notes what is wrong with the values.
func (r *manifestReader) check(m *Manifest) {
	must := func(ok bool, field, en, id string) {
		if !ok {
			r.wrong(r.at[field], field+": "+en, field+": "+id)
		}
	}
	must(domain.ValidRuleSetName(m.Name), "name", "1 to 64 small letters, digits and hyphens belong here, as the program says its name",
		"di sini seharusnya 1 sampai 64 huruf kecil, angka dan tanda hubung, seperti nama yang disebut program")
	must(m.Version != "" && len(m.Version) <= 64, "version", "1 to 64 characters belong here, as the program says its version",
		"di sini seharusnya 1 sampai 64 karakter, seperti versi yang disebut program")
	must(localPath(m.Command), "command", "a file in the folder of the manifest belongs here, such as rules or dist/rules.js",
		"di sini seharusnya berkas di folder manifes, misalnya rules atau dist/rules.js")
	must(m.Runtime == "" || runtimeName.MatchString(m.Runtime), "runtime", "the name of a runtime that the operator declares belongs here, such as node",
		"di sini seharusnya nama runtime yang dinyatakan operator, misalnya node")
	for field, value := range map[string]string{"os": m.OS, "arch": m.Arch} {
		must(value == "" && m.Runtime != "" || runtimeName.MatchString(value), field, "a program without a runtime says what it was built for, such as os: linux and arch: amd64",
			"program tanpa runtime menyebut sistem sasarannya, misalnya os: linux dan arch: amd64")
	}
	slices.SortStableFunc(r.problems, func(a, b *domain.Error) int { return cmp.Compare(a.Params["line"].(int), b.Params["line"].(int)) })
}

// localPath tells whether a name in an artefact stays in its folder and is written in one way only.
func localPath(name string) bool {
	return name != "" && len(name) <= 500 && name == path.Clean(name) && name != "." && name != ".." && !path.IsAbs(name) &&
		!strings.HasPrefix(name, "../") && !strings.ContainsAny(name, "\\\x00") && utf8.ValidString(name)
}
