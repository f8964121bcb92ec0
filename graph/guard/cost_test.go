package guard_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/guard"
)

func cost(t *testing.T, text string, variables map[string]any) guard.Cost {
	t.Helper()
	doc := parse(t, text)
	if errs := validator.ValidateWithRules(schema, doc, rules.NewDefaultRules()); len(errs) > 0 {
		t.Fatal(errs)
	}
	coerced, err := validator.VariableValues(schema, doc.Operations[0], variables)
	if err != nil {
		t.Fatal(err)
	}
	return guard.CostOf(doc.Operations[0], coerced)
}

func TestTheCostIsHowManyThingsTheAnswerCanHold(t *testing.T) {
	t.Parallel()
	first := func(n string) map[string]any { return map[string]any{"n": json.Number(n)} }
	for _, c := range []struct {
		text      string
		variables map[string]any
		want      int
	}{
		{"{ __typename }", nil, 0},
		{"{ viewer { name locale } }", nil, 1},
		{"{ viewer { roles { role region { name } } } }", nil, 1 + 10*2},
		{"{ programmes { nodes { id } } }", nil, 20},
		{"{ programmes(first: 50) { nodes { id code } pageInfo { hasNextPage } totalCount } }", nil, 50},
		{"{ programmes(first: 50) { edges { node { stakeholders(first: 10) { nodes { stakeholder { name } } } history(last: 5) { nodes { kind } } } } } }", nil, 50 * (1 + 10*2 + 5)},
		{"{ programmes(last: 100, first: 1) { nodes { id } } }", nil, 100},
		{"{ programmes(first: 1000000) { nodes { id } } }", nil, 100},
		{"{ programmes(first: -5) { nodes { id } } }", nil, 20},
		{"query($n: Int) { programmes(first: $n) { nodes { id } } }", first("7"), 7},
		{"query($n: Int) { programmes(first: $n) { nodes { id } } }", nil, 20},
		{"query($n: Int = 30) { programmes(first: $n) { nodes { id } } }", nil, 30},
		{"query($n: Int = 30) { programmes(first: $n) { nodes { id } } }", map[string]any{"n": nil}, 20},
		{`{ nodes(ids: ["a", "b", "c"]) { id ... on Programme { region { name } } } }`, nil, 3 * 2},
		{"query($ids: [ID!]!) { nodes(ids: $ids) { id } }", map[string]any{"ids": []any{"a", "b"}}, 2},
		{"{ programme(id: 1) { availableMoves { move } } }", nil, 1 + 20 + 10},
		{"{ a: programmes { ...P } b: programmes { ...P } } fragment P on ProgrammeConnection { nodes { id } }", nil, 40},
	} {
		if got := cost(t, c.text, c.variables); got.Stored != c.want || got.Schema != 0 {
			t.Errorf("%s: %+v, want %d", c.text, got, c.want)
		}
	}
}

func TestTheCostOfNestedPagesDoesNotRunOver(t *testing.T) {
	t.Parallel()
	text := "{ region(code: \"32\") " + strings.Repeat("{ children(first: 100) { nodes ", 15) + "{ code }" + strings.Repeat("} }", 15) + " }"
	if got := cost(t, text, nil); got.Stored != math.MaxInt {
		t.Errorf("%+v", got)
	}
}

func TestLookingAtTheSchemaOnceIsAllowedAndAHundredTimesIsNot(t *testing.T) {
	t.Parallel()
	limit := guard.Default().Schema
	if got := cost(t, introspection, nil); got.Stored != 0 || got.Schema > limit {
		t.Errorf("once: %+v", got)
	}
	if got := cost(t, "{"+repeated(19, "a%d: __schema { types { fields { type { fields { name args { name } } } } } }")+"}", nil); got.Schema <= limit {
		t.Errorf("many times: %+v", got)
	}
}

func TestDocumentsKeepWithinTheirBytes(t *testing.T) {
	t.Parallel()
	d := guard.NewDocuments(100_000)
	ctx := context.Background()
	text := func(i int) string { return fmt.Sprintf("{ a%0100d }", i) }
	for i := range 1000 {
		d.Add(ctx, text(i), &ast.QueryDocument{})
		d.Get(ctx, text(0)) // used all the time
	}
	kept := 0
	for i := range 1000 {
		if _, there := d.Get(ctx, text(i)); there {
			kept++
		}
	}
	if kept < 5 || kept > 20 {
		t.Errorf("%d are kept", kept)
	}
	if _, there := d.Get(ctx, text(0)); !there {
		t.Error("the one used last is gone")
	}
	if _, there := d.Get(ctx, text(500)); there {
		t.Error("an old one is still there")
	}
	huge := strings.Repeat("#", 5000)
	if d.Add(ctx, huge, &ast.QueryDocument{}); func() bool { _, there := d.Get(ctx, huge); return there }() {
		t.Error("one document took more than its share")
	}
}

func TestVariablesThatGraphQLLetsThroughAreStillWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		with map[string]any
		path string // "" where nothing is wrong
	}{
		{"query($v: Int) { programmes(first: $v) { totalCount } }", map[string]any{"v": json.Number("20")}, ""},
		{"query($v: Int) { programmes(first: $v) { totalCount } }", map[string]any{"v": json.Number("4294967296")}, "v"},
		{"query($v: Int) { programmes(first: $v) { totalCount } }", map[string]any{"v": "20"}, "v"},
		{"query($v: String!) { region(code: $v) { code } }", map[string]any{"v": "a\x00b"}, "v"},
		{"query($v: String!) { region(code: $v) { code } }", map[string]any{"v": "a\xffb"}, "v"},
		{"query($v: ProgrammesFilter) { programmes(filter: $v) { totalCount } }", map[string]any{"v": map[string]any{"stage": map[string]any{"in": []any{"PLAN", "TRAIN"}}}}, ""},
		{"query($v: ProgrammesFilter) { programmes(filter: $v) { totalCount } }", map[string]any{"v": map[string]any{"stage": map[string]any{"in": []any{"PLAN", "plan"}}}}, "v.stage.in.1"},
		{"query($v: ProgrammesFilter) { programmes(filter: $v) { totalCount } }", map[string]any{"v": map[string]any{"coordinator": "\x00"}}, "v.coordinator"},
		{"query($v: ProgrammesFilter) { programmes(filter: $v) { totalCount } }", map[string]any{"v": nil}, ""},
		{"query($v: [ID!]!) { nodes(ids: $v) { id } }", map[string]any{"v": []any{"a", "\x00"}}, "v.1"},
	} {
		op := parse(t, c.text).Operations[0]
		validator.ValidateWithRules(schema, &ast.QueryDocument{Operations: ast.OperationList{op}}, rules.NewDefaultRules())
		err := guard.CheckVariables(schema, op, c.with)
		switch {
		case c.path == "" && err != nil:
			t.Errorf("%v: %v", c.with, err)
		case c.path != "" && (err == nil || err.Code != domain.CodeBadUserInput || strings.Join(err.Path, ".") != c.path):
			t.Errorf("%v: %v, want it at %s", c.with, err, c.path)
		}
	}
}
