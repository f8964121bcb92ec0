package read

import (
	linked "container/list"
	"fmt"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// cache keeps what was made for requests, the longest unused going first when it is full.
type cache[T any] struct {
	mu    sync.Mutex
	limit int
	byKey map[string]*linked.Element
	used  *linked.List // of kept, last used first
}

type kept[T any] struct {
	key   string
	value T
}

func newCache[T any](limit int) *cache[T] {
	return &cache[T]{limit: limit, byKey: map[string]*linked.Element{}, used: linked.New()}
}

func (c *cache[T]) get(key []byte) (T, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[string(key)]
	if !ok {
		var none T
		return none, false
	}
	c.used.MoveToFront(e)
	return e.Value.(kept[T]).value, true
}

func (c *cache[T]) put(key []byte, value T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byKey[string(key)]; ok {
		return
	}
	c.byKey[string(key)] = c.used.PushFront(kept[T]{string(key), value})
	for c.used.Len() > c.limit {
		last := c.used.Remove(c.used.Back()).(kept[T])
		delete(c.byKey, last.key)
	}
}

// outline is what of a document's variables makes a difference to the plan of a field: those that decide what is included or
// how many are asked for by their value, and those that are cursors by whether they are given. It has a number of its own, so
// that plans are found without comparing documents.
type outline struct {
	number    uint64
	variables []variable
}

type variable struct {
	name    string
	byValue bool
}

// planFor gives the plan of a request, made now or before.
func (rd *Reader) planFor(fc *graphql.FieldContext, oc *graphql.OperationContext, q *request, s *sight) (*plan, error) {
	p := &planner{reader: rd, oc: oc, request: q, sight: s}
	if oc.RawQuery == "" {
		return p.compile(fc.Field.Selections)
	}
	buffer := rd.buffers.Get().(*[]byte)
	defer func() { rd.buffers.Put(buffer) }()
	key := append((*buffer)[:0], oc.OperationName...)
	for at := fc; at != nil; at = at.Parent {
		if at.Field.Field != nil {
			key = append(append(key, '/'), at.Field.Alias...)
		}
	}
	key = append(append(key, 0), oc.RawQuery...)
	*buffer = key
	o, ok := rd.outlines.get(key)
	if !ok {
		o = &outline{number: rd.outlined.Add(1)}
		o.walk(oc, fc.Field.Selections, map[string]bool{})
		rd.outlines.put(key, o)
	}
	key = appendDigits(key[:0], int(o.number), 18)
	for _, v := range o.variables {
		key = append(key, ',')
		switch value := oc.Variables[v.name].(type) {
		case nil:
			key = append(key, '-')
		case bool:
			if value {
				key = append(key, 't')
			} else {
				key = append(key, 'f')
			}
		default:
			if v.byValue {
				key = fmt.Append(key, value)
			} else {
				key = append(key, '+')
			}
		}
	}
	key = append(key, '|')
	key = s.appendShape(q.appendShape(key))
	*buffer = key
	if known, ok := rd.plans.get(key); ok {
		return known, nil
	}
	made, err := p.compile(fc.Field.Selections)
	if err == nil {
		rd.plans.put(key, made)
	}
	return made, err
}

// walk adds the variables used in a selection.
func (o *outline) walk(oc *graphql.OperationContext, selection ast.SelectionSet, seen map[string]bool) {
	for _, s := range selection {
		switch s := s.(type) {
		case *ast.Field:
			o.directives(s.Directives)
			for _, a := range s.Arguments {
				o.value(a.Value, a.Name == "first" || a.Name == "last")
			}
			o.walk(oc, s.SelectionSet, seen)
		case *ast.InlineFragment:
			o.directives(s.Directives)
			o.walk(oc, s.SelectionSet, seen)
		case *ast.FragmentSpread:
			o.directives(s.Directives)
			if f := oc.Doc.Fragments.ForName(s.Name); f != nil && !seen[s.Name] {
				seen[s.Name] = true
				o.walk(oc, f.SelectionSet, seen)
			}
		}
	}
}

func (o *outline) directives(all ast.DirectiveList) {
	for _, d := range all {
		for _, a := range d.Arguments {
			o.value(a.Value, true)
		}
	}
}

func (o *outline) value(v *ast.Value, byValue bool) {
	if v.Kind == ast.Variable {
		o.variables = append(o.variables, variable{v.Raw, byValue})
	}
}
