package guard

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Of pages, and of lists whose length the schema does not bound.
const (
	pageDefault = 20
	pageMost    = 100
	listLength  = 10
)

// weights are fields that cost more than what they return: rules are asked, all rows are counted.
var weights = map[string]int{
	"Programme.availableMoves": 20,
	"Query.board":              50,
	"Query.diagram":            50,
	"Query.stuck":              100,
}

// longest are lists whose length the schema does not say, but a use case bounds.
var longest = map[string]int{
	"SubmitCommandsPayload.results": 500, // offline.MaxCommands
}

// lengths are the lists about the schema: how many there are of each, roughly.
var lengths = map[string]int{
	"__Schema.types": 250, "__Schema.directives": 8, "__Type.fields": 10, "__Type.inputFields": 8, "__Type.interfaces": 1,
	"__Type.enumValues": 4, "__Type.possibleTypes": 4, "__Field.args": 3, "__Directive.args": 1,
}

// Cost is how many things an answer can hold at most.
type Cost struct {
	Stored int // Berdaya's own
	Schema int // of the schema
}

// CostOf adds up what an operation of a valid document can bring back: every object counts one, times the lengths of the lists
// it lies in, which for a page is what first or last say. What is skipped by a directive counts as well. Fragments are added
// up once, however often they are spread.
func CostOf(op *ast.OperationDefinition, variables map[string]any) Cost {
	a := adder{variables: variables, fragments: map[*ast.FragmentDefinition]Cost{}}
	return a.selection(op.SelectionSet)
}

type adder struct {
	variables map[string]any
	fragments map[*ast.FragmentDefinition]Cost
}

func (a *adder) selection(set ast.SelectionSet) Cost {
	var sum Cost
	for _, s := range set {
		var c Cost
		switch s := s.(type) {
		case *ast.Field:
			c = a.field(s)
		case *ast.InlineFragment:
			c = a.selection(s.SelectionSet)
		case *ast.FragmentSpread:
			if s.Definition == nil {
				continue
			}
			known := false
			if c, known = a.fragments[s.Definition]; !known {
				c = a.selection(s.Definition.SelectionSet)
				a.fragments[s.Definition] = c
			}
		}
		sum = Cost{plus(sum.Stored, c.Stored), plus(sum.Schema, c.Schema)}
	}
	return sum
}

func (a *adder) field(f *ast.Field) Cost {
	c := a.selection(f.SelectionSet)
	if f.Definition == nil || f.ObjectDefinition == nil {
		return c
	}
	owner := f.ObjectDefinition.Name
	if strings.HasPrefix(owner, "__") || strings.HasPrefix(f.Name, "__") {
		if len(f.SelectionSet) == 0 {
			return c
		}
		n := 1
		if length, listed := lengths[owner+"."+f.Name]; listed {
			n = length
		}
		return Cost{c.Stored, times(n, plus(1, c.Schema))}
	}
	isList := f.Definition.Type.Elem != nil
	switch {
	case len(f.SelectionSet) == 0: // a leaf is part of its object
	case strings.HasSuffix(owner, "Connection"), strings.HasSuffix(owner, "Edge"): // part of the page, counted with it
	case paged(f.Definition):
		c.Stored = times(a.page(f), plus(1, c.Stored))
	case f.Definition.Arguments.ForName("ids") != nil:
		c.Stored = times(a.length(f.Arguments.ForName("ids")), plus(1, c.Stored))
	case isList:
		length := listLength
		if n, known := longest[owner+"."+f.Name]; known {
			length = n
		}
		c.Stored = times(length, plus(1, c.Stored))
	default:
		c.Stored = plus(1, c.Stored)
	}
	c.Stored = plus(c.Stored, weights[owner+"."+f.Name])
	return c
}

func paged(d *ast.FieldDefinition) bool {
	return d.Arguments.ForName("first") != nil && d.Arguments.ForName("last") != nil
}

// page gives how long a page can be: the larger of first and last, which the schema bounds to 1 to 100.
func (a *adder) page(f *ast.Field) int {
	n := 0
	for _, name := range []string{"first", "last"} {
		if arg := f.Arguments.ForName(name); arg != nil {
			n = max(n, a.number(arg.Value))
		}
	}
	if n == 0 {
		n = pageDefault
	}
	return min(max(n, 1), pageMost)
}

func (a *adder) number(v *ast.Value) int {
	got, err := v.Value(a.variables)
	if err != nil {
		return pageMost
	}
	switch n := got.(type) {
	case int64:
		return int(n)
	case int:
		return n
	case float64:
		return int(n)
	case json.Number:
		whole, _ := strconv.Atoi(n.String())
		return whole
	}
	return 0
}

func (a *adder) length(arg *ast.Argument) int {
	if arg == nil {
		return 1
	}
	got, err := arg.Value.Value(a.variables)
	if list, ok := got.([]any); ok && err == nil {
		return max(len(list), 1)
	}
	return 1
}
