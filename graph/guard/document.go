package guard

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/domain"
)

// Limits bound one document and what it may bring back. All are inclusive.
type Limits struct {
	Tokens     int // of the text
	Operations int // in the document
	Fragments  int // defined in the document
	Variables  int // of one operation
	RootFields int // of one operation
	Depth      int // of fields in fields, through fragments
	Fields     int // of one operation, with fragments counted wherever they are spread
	Spreads    int // of fragments, as written
	Aliases    int // as written
	Directives int // as written
	Arguments  int // of one field or directive
	SameKey    int // fields with one response key in one selection, through fragments
	Name       int // bytes of a name
	Cost       int // things that the answer can hold, see Cost
	Schema     int // things that an answer about the schema can hold
}

// Default are limits that leave room for whatever a person or a front end would write, several times over.
func Default() Limits {
	return Limits{
		Tokens: 10_000, Operations: 20, Fragments: 100, Variables: 100, RootFields: 20, Depth: 20, Fields: 750, Spreads: 400,
		Aliases: 100, Directives: 100, Arguments: 30, SameKey: 50, Name: 100, Cost: 20_000, Schema: 500_000,
	}
}

// Check looks at a parsed document before it is validated. Its time grows with the document's length alone. The error has
// CodeTooLarge and names the limit, or CodeBadUserInput for a text with characters that cannot be stored. Check knows no
// schema and leaves everything else that may be wrong to validation.
func Check(doc *ast.QueryDocument, l Limits) *domain.Error {
	w := walk{limits: l, fragments: make(map[string]*fragment, len(doc.Fragments))}
	w.most("operations", len(doc.Operations), l.Operations)
	w.most("fragments", len(doc.Fragments), l.Fragments)
	if w.err != nil {
		return w.err
	}
	for _, f := range doc.Fragments {
		w.name(f.Name)
		w.name(f.TypeCondition)
		w.directives(f.Directives)
		if w.fragments[f.Name] == nil { // validation refuses a second one of the same name
			w.fragments[f.Name] = &fragment{definition: f}
		}
	}
	for _, f := range doc.Fragments {
		w.fragment(f.Name)
		w.written(f.SelectionSet)
	}
	for _, op := range doc.Operations {
		w.name(op.Name)
		w.most("variables of an operation", len(op.VariableDefinitions), l.Variables)
		w.directives(op.Directives)
		for _, v := range op.VariableDefinitions {
			w.name(v.Variable)
			w.typeName(v.Type)
			w.directives(v.Directives)
			w.value(v.DefaultValue)
		}
		w.written(op.SelectionSet)
		w.size(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		w.fragmentKeys(f.Name)
	}
	for _, op := range doc.Operations {
		roots := 0
		for _, n := range w.keys(op.SelectionSet) {
			roots += n
		}
		w.most("fields at the top of an operation", roots, l.RootFields)
	}
	return w.err
}

// fragment is what the walk remembers of one: each is walked once.
type fragment struct {
	definition *ast.FragmentDefinition
	size       *size          // nil until it was walked; zero while it is
	keys       map[string]int // response keys at its top
	collecting bool
}

// size is how large a selection is with its fragments spread out.
type size struct{ fields, depth int }

type walk struct {
	limits                      Limits
	fragments                   map[string]*fragment
	aliases, directive, spreads int
	err                         *domain.Error // the first thing wrong
}

func (w *walk) most(what string, n, limit int) {
	if n > limit && w.err == nil {
		w.err = domain.Errorf(domain.CodeTooLarge, "the document has too many %s: at most %d are allowed", what, limit).
			In("dokumen terlalu besar: melebihi batas (" + what + ")")
		w.err.Params = map[string]any{"limit": limit, "of": what}
	}
}

func (w *walk) name(s string) {
	if len(s) > w.limits.Name && w.err == nil {
		w.err = domain.Errorf(domain.CodeTooLarge, "a name is too long: at most %d characters are allowed", w.limits.Name).In("ada nama yang terlalu panjang")
	}
}

func (w *walk) typeName(t *ast.Type) {
	for ; t != nil; t = t.Elem {
		w.name(t.NamedType)
	}
}

// written goes through what is written in a selection, without following fragments.
func (w *walk) written(set ast.SelectionSet) {
	for _, s := range set {
		if w.err != nil {
			return
		}
		switch s := s.(type) {
		case *ast.Field:
			w.name(s.Name)
			w.name(s.Alias)
			if s.Alias != s.Name {
				w.aliases++
				w.most("aliases", w.aliases, w.limits.Aliases)
			}
			w.arguments(s.Arguments)
			w.directives(s.Directives)
			w.written(s.SelectionSet)
		case *ast.InlineFragment:
			w.name(s.TypeCondition)
			w.spreads++
			w.directives(s.Directives)
			w.written(s.SelectionSet)
		case *ast.FragmentSpread:
			w.name(s.Name)
			w.spreads++
			w.directives(s.Directives)
		}
		w.most("spreads", w.spreads, w.limits.Spreads)
	}
}

func (w *walk) directives(ds ast.DirectiveList) {
	w.directive += len(ds)
	w.most("directives", w.directive, w.limits.Directives)
	for _, d := range ds {
		w.name(d.Name)
		w.arguments(d.Arguments)
	}
}

func (w *walk) arguments(as ast.ArgumentList) {
	w.most("arguments in one place", len(as), w.limits.Arguments)
	for _, a := range as {
		w.name(a.Name)
		w.value(a.Value)
	}
}

// value looks at a value and the values in it. A name that stands as a value is an enum's, or a variable's.
func (w *walk) value(v *ast.Value) {
	if v == nil || w.err != nil {
		return
	}
	switch v.Kind {
	case ast.EnumValue, ast.Variable:
		w.name(v.Raw)
	case ast.StringValue, ast.BlockValue:
		if !storable(v.Raw) {
			w.err = unstorable()
		}
	}
	for _, c := range v.Children {
		w.name(c.Name)
		w.value(c.Value)
	}
}

// fragment gives the size of a fragment, walking it where that was not done yet. Of one that spreads itself nothing is
// added; validation refuses it.
func (w *walk) fragment(name string) size {
	f := w.fragments[name]
	if f == nil {
		return size{}
	}
	if f.size == nil {
		f.size = &size{}
		*f.size = w.size(f.definition.SelectionSet)
	}
	return *f.size
}

func (w *walk) size(set ast.SelectionSet) size {
	var sum size
	for _, s := range set {
		var of size
		switch s := s.(type) {
		case *ast.Field:
			of = w.size(s.SelectionSet)
			of = size{plus(of.fields, 1), of.depth + 1}
		case *ast.InlineFragment:
			of = w.size(s.SelectionSet)
		case *ast.FragmentSpread:
			of = w.fragment(s.Name)
		}
		sum = size{plus(sum.fields, of.fields), max(sum.depth, of.depth)}
	}
	w.most("fields", sum.fields, w.limits.Fields)
	w.most("levels of fields in fields", sum.depth, w.limits.Depth)
	return sum
}

// keys counts the fields at the top of a selection by response key, through fragments, and checks the selections below. It
// comes last: what it adds up is bounded by the number of fields, which is checked by then.
func (w *walk) keys(set ast.SelectionSet) map[string]int {
	keys := make(map[string]int, len(set))
	w.collect(set, keys)
	return keys
}

func (w *walk) collect(set ast.SelectionSet, keys map[string]int) {
	for _, s := range set {
		if w.err != nil {
			return
		}
		switch s := s.(type) {
		case *ast.Field:
			w.add(keys, s.Alias, 1)
			w.keys(s.SelectionSet)
		case *ast.InlineFragment:
			w.collect(s.SelectionSet, keys)
		case *ast.FragmentSpread:
			for k, n := range w.fragmentKeys(s.Name) {
				w.add(keys, k, n)
			}
		}
	}
}

func (w *walk) add(keys map[string]int, key string, n int) {
	keys[key] += n
	w.most("fields of one name in one place", keys[key], w.limits.SameKey)
}

func (w *walk) fragmentKeys(name string) map[string]int {
	f := w.fragments[name]
	if f == nil || f.collecting {
		return nil
	}
	if f.keys == nil {
		f.collecting = true
		f.keys = w.keys(f.definition.SelectionSet)
		f.collecting = false
	}
	return f.keys
}

// plus adds without running over.
func plus(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

// times multiplies without running over; neither is negative.
func times(a, b int) int {
	if a != 0 && b > math.MaxInt/a {
		return math.MaxInt
	}
	return a * b
}

// storable tells whether PostgreSQL can hold the text.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func unstorable() *domain.Error {
	return domain.Errorf(domain.CodeBadUserInput, "a text holds characters that cannot be stored").In("ada teks dengan karakter yang tidak dapat disimpan")
}
