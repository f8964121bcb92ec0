package host

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/plainyaml"
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
	for i, value := range m.fields() {
		if *value != "" {
			fmt.Fprintf(&b, "%s: %q\n", manifestKeys[i], *value)
		}
	}
	return []byte(b.String())
}

// manifestKeys are the keys of a manifest, in the order of fields.
var manifestKeys = []string{"name", "version", "command", "runtime", "os", "arch"}

func (m *Manifest) fields() []*string {
	return []*string{&m.Name, &m.Version, &m.Command, &m.Runtime, &m.OS, &m.Arch}
}

// ParseManifest reads a manifest. name is what problems call the file. The error is domain.Problems with all that is wrong, each
// BAD_FILE with file, line and column.
func ParseManifest(name string, text []byte) (*Manifest, error) {
	m, at, r := &Manifest{}, map[string]plainyaml.Place{}, plainyaml.Reader{}
	if root, ok := r.Parse(text, longestManifest); ok {
		fields := m.fields()
		for _, member := range r.Mapping(root, plainyaml.Place{}, manifestKeys...) {
			at[member.Key] = member.At
			if s, ok := r.Scalar(member); ok { // a version such as 1.20 is meant as it is written
				*fields[slices.Index(manifestKeys, member.Key)] = s.Text
			}
		}
	}
	if len(r.Problems) == 0 {
		m.check(func(field, en, id string) { r.Wrong(at[field], field+": "+en, field+": "+id) })
	}
	if len(r.Problems) == 0 {
		return m, nil
	}
	var wrong domain.Problems
	for _, p := range r.Problems.Sorted() {
		wrong = append(wrong, domain.InFile(name, p.Line, p.Column, p.EN, p.ID))
	}
	return nil, wrong
}

// check tells what is wrong with the values.
func (m *Manifest) check(wrong func(field, en, id string)) {
	must := func(ok bool, field, en, id string) {
		if !ok {
			wrong(field, en, id)
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
}

// localPath tells whether a name in an artefact stays in its folder and is written in one way only.
func localPath(name string) bool {
	return name != "" && len(name) <= 500 && name == path.Clean(name) && name != "." && name != ".." && !path.IsAbs(name) &&
		!strings.HasPrefix(name, "../") && !strings.ContainsAny(name, "\\\x00") && utf8.ValidString(name)
}
