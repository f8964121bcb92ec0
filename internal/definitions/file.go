package definitions

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// FileMost is the size of the largest file, in bytes. One with every list full has some four kilobytes.
const FileMost = 64 << 10

// Parse reads a definition from a file in YAML, or in JSON, which is a part of it. name is what problems call the file. The error
// is domain.Problems with all that is wrong, each BAD_FILE with file, line and column, in their order.
func Parse(name string, text []byte) ([]Entry, error) {
	r := reader{file: name, places: map[string]place{}}
	entries := r.read(text)
	for _, p := range Check(entries) {
		r.wrong(r.places[strings.Join(p.Path, ".")], p.Text.EN, p.Text.ID)
	}
	if len(r.problems) == 0 {
		return entries, nil
	}
	slices.SortStableFunc(r.problems, func(a, b *domain.Error) int {
		for _, key := range []string{"line", "column"} {
			if n := cmp.Compare(a.Params[key].(int), b.Params[key].(int)); n != 0 {
				return n
			}
		}
		return 0
	})
	return nil, r.problems
}

// place is where something stands in a file, and what it is there.
type place struct {
	line, column int
	name         string
}

// reader reads one file. It keeps where everything stands by the path that Check gives it.
type reader struct {
	file     string
	places   map[string]place
	problems domain.Problems
}

func (r *reader) wrong(at place, en, id string) {
	at.line, at.column = max(at.line, 1), max(at.column, 1)
	if at.name != "" {
		at.name = " (" + at.name + ")"
	}
	e := domain.Errorf(domain.CodeBadFile, "%s, line %d, column %d%s: %s", r.file, at.line, at.column, at.name, en).
		In(fmt.Sprintf("%s, baris %d, kolom %d%s: %s", r.file, at.line, at.column, at.name, id))
	e.Params = map[string]any{"file": r.file, "line": at.line, "column": at.column}
	r.problems = append(r.problems, e)
}

// read gives what can be read, and notes what cannot. Whatever the parser does with a broken file, the server goes on.
func (r *reader) read(text []byte) (entries []Entry) {
	defer func() {
		if recover() != nil {
			r.wrong(place{}, "the file cannot be read as YAML", "berkas tidak dapat dibaca sebagai YAML")
			entries = nil
		}
	}()
	text = bytes.TrimPrefix(text, []byte("\uFEFF")) // some editors put it before UTF-8
	switch {
	case len(text) > FileMost:
		r.wrong(place{}, fmt.Sprintf("the file has more than %d bytes", FileMost), fmt.Sprintf("berkas lebih dari %d bita", FileMost))
		return nil
	case !utf8.Valid(text):
		r.wrong(place{}, "the file is not text in UTF-8", "berkas bukan teks UTF-8")
		return nil
	case tooDeep(text):
		r.wrong(place{}, "things lie too deep within each other", "isi bertingkat terlalu dalam")
		return nil
	}
	root, ok := r.parse(text)
	if !ok {
		return nil
	}
	found := false
	for _, f := range r.mapping(root, place{line: 1, column: 1}, "stages") {
		found = true
		for _, stage := range r.mapping(f.value, f.at) {
			entries = append(entries, r.entry(len(entries), stage))
		}
	}
	if !found && len(r.problems) == 0 {
		r.wrong(place{}, "the file has no stages; write \"stages:\" and below it what holds for each stage", "berkas tidak memuat stages; tulis \"stages:\" dan di bawahnya yang berlaku untuk tiap tahap")
	}
	return entries
}

// tooDeep bounds the brackets and the indentation that the parser, which calls itself, has to follow.
func tooDeep(text []byte) bool {
	open, indents := 0, 0
	for line := range strings.Lines(string(text)) {
		rest := strings.TrimLeft(line, " -?:\t")
		indents = max(indents, len(line)-len(rest))
		for _, c := range rest {
			if c == '[' || c == '{' {
				open++
			}
		}
	}
	return indents > 200 || open > 1000
}

// parse gives the one document of the file.
func (r *reader) parse(text []byte) (root ast.Node, ok bool) {
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, says := place{}, "it is not complete"
		if syntax := (*yaml.SyntaxError)(nil); errors.As(err, &syntax) {
			at, says = standing(syntax.Token, ""), syntax.Message
		}
		r.wrong(at, "this is no YAML: "+says, "ini bukan YAML: "+says)
		return nil, false
	}
	docs := slices.DeleteFunc(file.Docs, func(d *ast.DocumentNode) bool { return d == nil || d.Body == nil })
	switch len(docs) {
	case 0:
		return nil, true
	case 1:
		return docs[0].Body, true
	}
	r.wrong(standing(docs[1].Body.GetToken(), ""), "the file has more than one document", "berkas memuat lebih dari satu dokumen")
	return nil, false
}

func standing(t *token.Token, name string) place {
	if t == nil || t.Position == nil {
		return place{name: name}
	}
	return place{t.Position.Line, t.Position.Column, name}
}

// member is one key of a mapping with its value.
type member struct {
	key   string
	at    place // of the key
	value ast.Node
}

// mapping gives the members of a mapping in their order. Keys that are not known, where any are named, and keys that come again
// are noted and left out; with none named, the caller looks at the keys.
func (r *reader) mapping(n ast.Node, at place, known ...string) (members []member) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	case nil, *ast.NullNode:
		if at.name == "" {
			return nil
		}
		r.wrong(at, "nothing stands here; write {} if nothing is meant", "tidak ada isinya; tulis {} bila memang kosong")
		return nil
	default:
		r.wrong(standing(n.GetToken(), at.name), "keys with values belong here, not "+shown(n), "di sini seharusnya kunci dengan nilai, bukan "+shown(n))
		return nil
	}
	seen := map[string]bool{}
	for _, v := range values {
		key, ok := v.Key.(*ast.StringNode)
		if !ok {
			r.wrong(standing(v.Key.GetToken(), ""), "this cannot be a key", "ini tidak dapat menjadi kunci")
			continue
		}
		m := member{key.Value, standing(key.Token, short(key.Value)), v.Value}
		switch {
		case len(known) > 0 && !slices.Contains(known, m.key):
			r.wrong(m.at, "this is not known here; known are "+strings.Join(known, ", "), "ini tidak dikenal di sini; yang dikenal: "+strings.Join(known, ", "))
		case len(known) > 0 && seen[m.key]:
			r.wrong(m.at, "this is there twice; keep one", "ini ada dua kali; simpan satu saja")
		default:
			members = append(members, m)
		}
		seen[m.key] = true
	}
	return members
}

// entry reads what is said of a stage.
func (r *reader) entry(number int, stage member) Entry {
	path := strconv.Itoa(number)
	r.places[path+".stage"] = stage.at
	e := Entry{Stage: domain.Stage(stage.key)}
	for _, f := range r.mapping(stage.value, stage.at, "days", "checkpoints", "reminders", "overdue", "escalations") {
		at := path + "." + f.key
		r.places[at] = f.at
		switch f.key {
		case "days":
			if days, ok := r.number(f.value, f.at); ok {
				e.Days, r.places[at] = &days, standing(f.value.GetToken(), f.key)
			}
		case "checkpoints":
			e.Checkpoints = r.numbers(f, at)
		case "reminders":
			e.Reminders = r.numbers(f, at)
		case "overdue":
			e.Overdue = r.numbers(f, at)
		case "escalations":
			e.Escalations = r.escalations(f, at)
		}
	}
	return e
}

// list gives the elements of a list.
func (r *reader) list(f member) []ast.Node {
	if s, ok := f.value.(*ast.SequenceNode); ok {
		return s.Values
	}
	r.wrong(f.at, "this is a list, such as [1, 7], not "+shown(f.value), "ini berupa daftar, misalnya [1, 7], bukan "+shown(f.value))
	return nil
}

// numbers reads a list of numbers. One that is none is left out, so the numbers that Check gives are those of what is left.
func (r *reader) numbers(f member, path string) (list []int) {
	for _, v := range r.list(f) {
		if n, ok := r.number(v, f.at); ok {
			r.places[path+"."+strconv.Itoa(len(list))] = standing(v.GetToken(), f.key)
			list = append(list, n)
		}
	}
	return list
}

func (r *reader) number(n ast.Node, at place) (int, bool) {
	if i, ok := n.(*ast.IntegerNode); ok {
		switch v := i.Value.(type) {
		case int64:
			return int(min(max(v, -1_000_000), 1_000_000)), true
		case uint64:
			return int(min(v, 1_000_000)), true
		}
	}
	if n != nil && n.GetToken() != nil {
		at = standing(n.GetToken(), at.name)
	}
	r.wrong(at, "a whole number of days belongs here, not "+shown(n), "di sini seharusnya jumlah hari berupa bilangan bulat, bukan "+shown(n))
	return 0, false
}

func (r *reader) escalations(f member, path string) (list []workflow.Escalation) {
	for _, v := range r.list(f) {
		at := place{name: f.key}
		if v != nil {
			at = standing(v.GetToken(), f.key)
		}
		if t, ok := v.(*ast.MappingNode); ok && len(t.Values) > 0 {
			at = standing(t.Values[0].Key.GetToken(), f.key)
		}
		number := path + "." + strconv.Itoa(len(list))
		r.places[number] = at
		e, complete, readable := workflow.Escalation{}, 0, true
		for _, m := range r.mapping(v, at, "after", "to") {
			r.places[number+"."+m.key] = standing(m.value.GetToken(), m.key)
			complete++
			if m.key == "after" {
				days, ok := r.number(m.value, m.at)
				e.After, readable = days, readable && ok
				continue
			}
			to, ok := m.value.(*ast.StringNode)
			if !ok {
				r.wrong(m.at, "a level belongs here, such as REGENCY, not "+shown(m.value), "di sini seharusnya tingkat, misalnya REGENCY, bukan "+shown(m.value))
				readable = false
				continue
			}
			e.To = domain.Level(to.Value)
		}
		switch {
		case complete == 2 && readable:
			list = append(list, e)
		case complete < 2 && shown(v) == shown((*ast.MappingNode)(nil)): // otherwise it is said already that it is none
			r.wrong(at, "an escalation says after how many days and to which level, such as {after: 14, to: REGENCY}", "eskalasi menyebut setelah berapa hari dan ke tingkat mana, misalnya {after: 14, to: REGENCY}")
		}
	}
	return list
}

// shown says what stands in the place of something else.
func shown(n ast.Node) string {
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "{…}"
	case *ast.SequenceNode:
		return "[…]"
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		return "&, *, << or !"
	default:
		if n.GetToken() == nil {
			return "this"
		}
		return strconv.Quote(short(n.GetToken().Value))
	}
}

// short bounds what of a file a message repeats.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
