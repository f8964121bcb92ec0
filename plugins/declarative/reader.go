package declarative

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// FileMost is the size of the largest rule file, in bytes.
const FileMost = 1 << 20

// mostDepth is how deep things may lie within each other in a file: brackets, and columns of indentation.
const mostDepth = 100

// mostKeys is how many keys one mapping may have.
const mostKeys = 1000

// reader reads one file, and notes all that is wrong with it.
type reader struct {
	lines    []string
	problems Problems
}

func (r *reader) wrong(at place, en, id string) { r.problems.note(at, en, id) }

// parse gives the one document of a file in YAML, or in JSON, which is a part of it. Whatever the parser does with a broken
// file, the process goes on.
func (r *reader) parse(text []byte) (root ast.Node, ok bool) {
	defer func() {
		if recover() != nil {
			r.wrong(place{}, "the file cannot be read as YAML", "berkas tidak dapat dibaca sebagai YAML")
			root, ok = nil, false
		}
	}()
	switch {
	case len(text) > FileMost:
		r.wrong(place{}, fmt.Sprintf("the file has more than %d bytes", FileMost), fmt.Sprintf("berkas lebih dari %d bita", FileMost))
		return nil, false
	case !utf8.Valid(text):
		r.wrong(place{}, "the file is not text in UTF-8", "berkas bukan teks UTF-8")
		return nil, false
	}
	r.lines = strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text)), "\n")
	tokens := lexer.Tokenize(string(text))
	if !r.plain(tokens) {
		return nil, false
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, says := place{}, "it is not complete"
		if syntax := (*yaml.SyntaxError)(nil); errors.As(err, &syntax) {
			at, says = standing(syntax.Token), syntax.Message
		}
		r.wrong(at, "this is no YAML: "+says, "ini bukan YAML: "+says)
		return nil, false
	}
	docs := slices.DeleteFunc(file.Docs, func(d *ast.DocumentNode) bool { return d == nil || d.Body == nil })
	switch len(docs) {
	case 0:
		r.wrong(place{}, "the file is empty", "berkas kosong")
		return nil, false
	case 1:
		return docs[0].Body, true
	}
	r.wrong(standing(docs[1].Body.GetToken()), "the file has more than one document", "berkas memuat lebih dari satu dokumen")
	return nil, false
}

// plain tells whether the words of a file are such that parsing them is quick: no anchors, by which a short file stands for
// a long one, nothing that lies very deep, as the parser calls itself at each level, and no mapping of very many keys, for which
// it takes time by their square.
func (r *reader) plain(tokens token.Tokens) bool {
	depth, keys := 0, map[int]int{} // keys of the mapping at each column; of those in brackets at each depth, as a negative number
	begin := func(at int) {
		for other := range keys {
			if at > 0 && other > at || at < 0 && other < at {
				delete(keys, other)
			}
		}
	}
	for i, t := range tokens {
		at := standing(t)
		switch t.Type {
		case token.AnchorType, token.AliasType, token.TagType, token.MergeKeyType, token.MappingKeyType, token.DirectiveType:
			r.wrong(at, fmt.Sprintf("%q is not used in rule files; put text that begins so in quotes", short(t.Value)),
				fmt.Sprintf("%q tidak dipakai dalam berkas aturan; beri tanda kutip pada teks yang diawali begitu", short(t.Value)))
			return false
		case token.SequenceStartType, token.MappingStartType:
			depth++
			delete(keys, -depth)
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			begin(at.column)
		case token.MappingValueType:
			of := -depth
			if depth == 0 && i > 0 {
				of = standing(tokens[i-1]).column
			}
			begin(of)
			keys[of]++
		}
		if keys[-depth] > mostKeys || depth == 0 && i > 0 && keys[standing(tokens[i-1]).column] > mostKeys {
			r.wrong(at, fmt.Sprintf("more than %d keys stand beside each other", mostKeys), fmt.Sprintf("lebih dari %d kunci berdampingan", mostKeys))
			return false
		}
		deep := t.Type == token.SequenceEntryType && at.column > mostDepth || t.Type == token.MappingValueType && t.Position != nil && t.Position.IndentNum > mostDepth
		if depth > mostDepth || deep {
			r.wrong(at, "things lie too deep within each other", "isi bertingkat terlalu dalam")
			return false
		}
	}
	return true
}

// member is one key of a mapping with its value.
type member struct {
	key   string
	at    place // of the key
	value ast.Node
}

// mapping gives the members of a mapping in their order. Keys that are not known, where any are named, and keys that come again
// are noted and left out.
func (r *reader) mapping(n ast.Node, at place, known ...string) (members []member) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	case nil, *ast.NullNode:
		r.wrong(at, "nothing stands here; write {} if nothing is meant", "tidak ada isinya; tulis {} bila memang kosong")
		return nil
	default:
		r.wrong(standing(n.GetToken()), "keys with values belong here, not "+shown(n), "di sini seharusnya kunci dengan nilai, bukan "+shown(n))
		return nil
	}
	seen := map[string]bool{}
	for _, v := range values {
		key, ok := scalarOf(v.Key, nil)
		if !ok {
			r.wrong(standing(v.Key.GetToken()), "this cannot be a key", "ini tidak dapat menjadi kunci")
			continue
		}
		m := member{key.text, standing(v.Key.GetToken()), v.Value}
		switch {
		case len(known) > 0 && !slices.Contains(known, m.key):
			r.wrong(m.at, fmt.Sprintf("%q is not known here; known are %s", short(m.key), strings.Join(known, ", ")),
				fmt.Sprintf("%q tidak dikenal di sini; yang dikenal: %s", short(m.key), strings.Join(known, ", ")))
		case seen[m.key]:
			r.wrong(m.at, fmt.Sprintf("%q is there twice; keep one", short(m.key)), fmt.Sprintf("%q ada dua kali; simpan satu saja", short(m.key)))
		default:
			members = append(members, m)
		}
		seen[m.key] = true
	}
	return members
}

// list gives the elements of a list.
func (r *reader) list(m member, most int) []ast.Node {
	s, ok := m.value.(*ast.SequenceNode)
	if !ok {
		r.wrong(m.at, fmt.Sprintf("%q is a list, such as [A, B], not %s", short(m.key), shown(m.value)), fmt.Sprintf("%q berupa daftar, misalnya [A, B], bukan %s", short(m.key), shown(m.value)))
		return nil
	}
	if len(s.Values) > most {
		r.wrong(m.at, fmt.Sprintf("%q has %d entries; at most %d are possible", short(m.key), len(s.Values), most), fmt.Sprintf("%q memuat %d isi; paling banyak %d", short(m.key), len(s.Values), most))
		return s.Values[:most]
	}
	return s.Values
}

// scalar gives the value of a key as the file writes it.
func (r *reader) scalar(m member) (scalar, bool) { return r.value(m.value, m.at, m.key) }

func (r *reader) value(n ast.Node, at place, what string) (scalar, bool) {
	if s, ok := scalarOf(n, r.lines); ok {
		return s, true
	}
	if n != nil && n.GetToken() != nil {
		if _, empty := n.(*ast.NullNode); !empty {
			at = standing(n.GetToken())
		}
	}
	r.wrong(at, fmt.Sprintf("%q is a text, not %s", short(what), shown(n)), fmt.Sprintf("%q berupa teks, bukan %s", short(what), shown(n)))
	return scalar{}, false
}

// sized gives a text of 1 to most characters.
func (r *reader) sized(m member, most int) (scalar, bool) {
	s, ok := r.scalar(m)
	if !ok {
		return s, false
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(s.text)); n == 0 || utf8.RuneCountInString(s.text) > most {
		r.wrong(s.at, fmt.Sprintf("%q has %d characters; 1 to %d are possible", short(m.key), utf8.RuneCountInString(s.text), most), fmt.Sprintf("%q memuat %d karakter; 1 sampai %d", short(m.key), utf8.RuneCountInString(s.text), most))
		return s, false
	}
	return s, true
}

// oneOf gives a text that is one of those allowed.
func (r *reader) oneOf(n ast.Node, at place, what string, allowed []string) (string, bool) {
	s, ok := r.value(n, at, what)
	if !ok || slices.Contains(allowed, s.text) {
		return s.text, ok
	}
	r.wrong(s.at, fmt.Sprintf("%q is not one of %s", short(s.text), strings.Join(allowed, ", ")), fmt.Sprintf("%q bukan salah satu dari %s", short(s.text), strings.Join(allowed, ", ")))
	return "", false
}

// several gives a list of texts, each one of those allowed and there once.
func (r *reader) several(m member, allowed []string) (chosen []string) {
	for _, n := range r.list(m, len(allowed)) {
		if s, ok := r.oneOf(n, m.at, m.key, allowed); ok && !slices.Contains(chosen, s) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// shown says what stands in the place of something else.
func shown(n ast.Node) string {
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return `""`
	case *ast.MappingNode, *ast.MappingValueNode:
		return "{…}"
	case *ast.SequenceNode:
		return "[…]"
	default:
		if n.GetToken() == nil {
			return "…"
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
