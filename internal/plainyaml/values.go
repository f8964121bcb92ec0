package plainyaml

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// Member is one key of a mapping with its value.
type Member struct {
	Key   string
	At    Place // of the key
	Value ast.Node
}

// Mapping gives the members of a mapping in their order. Keys that are not known, where any are named, and keys that come again
// are noted and left out.
func (r *Reader) Mapping(n ast.Node, at Place, known ...string) (members []Member) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	case nil, *ast.NullNode:
		r.Wrong(at, "nothing stands here; write {} if nothing is meant", "tidak ada isinya; tulis {} bila memang kosong")
		return nil
	default:
		r.Wrong(Standing(n.GetToken()), "keys with values belong here, not "+Shown(n), "di sini seharusnya kunci dengan nilai, bukan "+Shown(n))
		return nil
	}
	seen := map[string]bool{}
	for _, v := range values {
		key, ok := ScalarOf(v.Key, nil)
		if !ok {
			r.Wrong(Standing(v.Key.GetToken()), "this cannot be a key", "ini tidak dapat menjadi kunci")
			continue
		}
		m := Member{key.Text, Standing(v.Key.GetToken()), v.Value}
		switch {
		case len(known) > 0 && !slices.Contains(known, m.Key):
			r.Wrong(m.At, fmt.Sprintf("%q is not known here; known are %s", Short(m.Key), strings.Join(known, ", ")),
				fmt.Sprintf("%q tidak dikenal di sini; yang dikenal: %s", Short(m.Key), strings.Join(known, ", ")))
		case seen[m.Key]:
			r.Wrong(m.At, fmt.Sprintf("%q is there twice; keep one", Short(m.Key)), fmt.Sprintf("%q ada dua kali; simpan satu saja", Short(m.Key)))
		default:
			members = append(members, m)
		}
		seen[m.Key] = true
	}
	return members
}

// List gives the elements of a list.
func (r *Reader) List(m Member, most int) []ast.Node {
	s, ok := m.Value.(*ast.SequenceNode)
	if !ok {
		r.Wrong(m.At, fmt.Sprintf("%q is a list, such as [A, B], not %s", Short(m.Key), Shown(m.Value)), fmt.Sprintf("%q berupa daftar, misalnya [A, B], bukan %s", Short(m.Key), Shown(m.Value)))
		return nil
	}
	if len(s.Values) > most {
		r.Wrong(m.At, fmt.Sprintf("%q has %d entries; at most %d are possible", Short(m.Key), len(s.Values), most), fmt.Sprintf("%q memuat %d isi; paling banyak %d", Short(m.Key), len(s.Values), most))
		return s.Values[:most]
	}
	return s.Values
}

// Scalar gives the value of a key as the file writes it.
func (r *Reader) Scalar(m Member) (Scalar, bool) { return r.Value(m.Value, m.At, m.Key) }

func (r *Reader) Value(n ast.Node, at Place, what string) (Scalar, bool) {
	if s, ok := ScalarOf(n, r.lines); ok {
		return s, true
	}
	if n != nil && n.GetToken() != nil {
		if _, empty := n.(*ast.NullNode); !empty {
			at = Standing(n.GetToken())
		}
	}
	r.Wrong(at, fmt.Sprintf("%q is a text, not %s", Short(what), Shown(n)), fmt.Sprintf("%q berupa teks, bukan %s", Short(what), Shown(n)))
	return Scalar{}, false
}

// Sized gives a text of 1 to most characters.
func (r *Reader) Sized(m Member, most int) (Scalar, bool) {
	s, ok := r.Scalar(m)
	if !ok {
		return s, false
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(s.Text)); n == 0 || utf8.RuneCountInString(s.Text) > most {
		r.Wrong(s.At, fmt.Sprintf("%q has %d characters; 1 to %d are possible", Short(m.Key), utf8.RuneCountInString(s.Text), most), fmt.Sprintf("%q memuat %d karakter; 1 sampai %d", Short(m.Key), utf8.RuneCountInString(s.Text), most))
		return s, false
	}
	return s, true
}

// OneOf gives a text that is one of those allowed.
func (r *Reader) OneOf(n ast.Node, at Place, what string, allowed []string) (string, bool) {
	s, ok := r.Value(n, at, what)
	if !ok || slices.Contains(allowed, s.Text) {
		return s.Text, ok
	}
	r.Wrong(s.At, fmt.Sprintf("%q is not one of %s", Short(s.Text), strings.Join(allowed, ", ")), fmt.Sprintf("%q bukan salah satu dari %s", Short(s.Text), strings.Join(allowed, ", ")))
	return "", false
}

// Several gives a list of texts, each one of those allowed and there once.
func (r *Reader) Several(m Member, allowed []string) (chosen []string) {
	for _, n := range r.List(m, len(allowed)) {
		if s, ok := r.OneOf(n, m.At, m.Key, allowed); ok && !slices.Contains(chosen, s) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// Shown says what stands in the Place of something else.
func Shown(n ast.Node) string {
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
		return strconv.Quote(Short(n.GetToken().Value))
	}
}

// Short bounds what of a file a message repeats.
func Short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
