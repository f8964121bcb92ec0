package guard_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/graph/guard"
	_ "github.com/berdaya/berdaya/internal/seeded"
)

var schema = generated.NewExecutableSchema(generated.Config{}).Schema()

func parse(t testing.TB, text string) *ast.QueryDocument {
	t.Helper()
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, guard.Default().Tokens)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// repeated writes something many times; %d in it is the number.
func repeated(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "%d", fmt.Sprint(i)))
		b.WriteByte(' ')
	}
	return b.String()
}

func TestDocumentsThatAskForTooMuchAreRefusedBeforeValidation(t *testing.T) {
	t.Parallel()
	bomb := "{ ...F0 }"
	for i := range 99 { // 2^99 fields, if anybody spread them out
		bomb += fmt.Sprintf(" fragment F%d on Query { ...F%d ...F%d }", i, i+1, i+1)
	}
	bomb += " fragment F99 on Query { __typename }"
	for name, c := range map[string]struct{ text, says string }{
		"fragment bomb":                    {bomb, "fields"},
		"bomb under aliases":               {strings.ReplaceAll(bomb, "{ __typename }", "{ a: viewer { name } }"), "fields"},
		"one field 2000 times":             {"{" + repeated(2000, "__typename") + "}", "fields"},
		"one field 60 times":               {"{ viewer {" + repeated(60, "name") + "} }", "one name"},
		"through inline fragments":         {"{ viewer {" + repeated(60, "... { name }") + "} }", "one name"},
		"through fragments":                {"{ viewer {" + repeated(60, "...F") + "} } fragment F on Viewer { name }", "one name"},
		"deep":                             {"{ region(code: 1) " + strings.Repeat("{ parent ", 30) + strings.Repeat("}", 30) + "}", "levels"},
		"deep through fragments":           {"{ region(code: 1) { ...F0 } }" + repeated(25, "fragment F%d on Region { parent { ...F1%d } }") + repeated(25, "fragment F1%d on Region { parent { ...F2%d } }") + repeated(25, "fragment F2%d on Region"+strings.Repeat("{ parent ", 20)+"{ code }"+strings.Repeat("}", 20)), "levels"},
		"aliases":                          {"{ viewer {" + repeated(101, "a%d: name") + "} }", "aliases"},
		"directives":                       {"{ viewer { name " + strings.Repeat("@include(if: true)", 101) + "} }", "directives"},
		"directives of an operation":       {"query" + strings.Repeat("@a", 101) + "{ viewer { name } }", "directives"},
		"fields at the top":                {"{" + repeated(21, "__typename") + "}", "top"},
		"fields at the top, by a fragment": {"mutation {" + repeated(3, "...F") + "} fragment F on Mutation {" + repeated(7, "__typename") + "}", "top"},
		"arguments":                        {"{ region(" + repeated(31, "a%d: 1") + ") { code } }", "arguments"},
		"variables":                        {"query(" + repeated(101, "$a%d: Int") + "){ __typename }", "variables"},
		"operations":                       {repeated(21, "query Q%d { __typename }"), "operations"},
		"fragments":                        {"{ __typename }" + repeated(101, "fragment F%d on Query { __typename }"), "fragments"},
		"spreads":                          {"{ viewer {" + repeated(401, "... { name }") + "} }", "spreads"},
		"a long field":                     {"{ " + strings.Repeat("x", 101) + " }", "name is too long"},
		"a long type":                      {"query($a: [" + strings.Repeat("x", 101) + "!]){ a }", "name is too long"},
		"a long enum value":                {"{ a(b: [{c: " + strings.Repeat("x", 101) + "}]) }", "name is too long"},
		"an unused fragment's deep value":  {"{ a } fragment F on A { a(b: [{" + strings.Repeat("x", 101) + ": 1}]) }", "name is too long"},
	} {
		err := guard.Check(parse(t, c.text), guard.Default())
		if domain.CodeOf(asError(err)) != domain.CodeTooLarge || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatCannotBeStoredIsRefusedInTheDocumentToo(t *testing.T) {
	t.Parallel()
	err := guard.Check(parse(t, `mutation { a(input: {list: ["fine", "a\u0000b"]}) }`), guard.Default())
	if domain.CodeOf(asError(err)) != domain.CodeBadUserInput {
		t.Error(err)
	}
}

func TestFragmentsThatSpreadEachOtherEndTheWalk(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"{ ...A } fragment A on Query { ...A }",
		"{ ...A } fragment A on Query { viewer { ...B } } fragment B on Viewer { roles { region { ...A } } }",
		"{ ...A ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A x }",
		"{ ...Nowhere } fragment A on Query { x } fragment A on Query { y }",
	} {
		if err := guard.Check(parse(t, text), guard.Default()); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestWhatAPersonOrAFrontEndWritesPasses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing much":    "{ __typename }",
		"introspection":   introspection,
		"every fragment":  "query Page($id: ID!) { programme(id: $id) {" + repeated(30, "...Part%d") + "} }" + repeated(30, "fragment Part%d on Programme { id code title region { code name } stageLabel stakeholders(first: 5) { nodes { id } pageInfo { hasNextPage } } }"),
		"many operations": repeated(10, "query Q%d($first: Int = 20) { programmes(first: $first) { nodes { id code title } } }"),
	} {
		doc := parse(t, text)
		if err := guard.Check(doc, guard.Default()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if errs := validator.ValidateWithRules(schema, doc, rules.NewDefaultRules()); name != "every fragment" && len(errs) > 0 {
			t.Errorf("%s: %v", name, errs)
		}
	}
}

// The bound is a hundred times what these take: it is there to notice what grows without bounds.
func TestTheWorstDocumentsThatPassAreCheapToValidate(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"one name, wide":      "{ programme(id: 1) {" + repeated(49, "region {"+repeated(14, "code")+"}") + "} }",
		"one name, deep":      "{ programme(id: 1) {" + repeated(9, "region {"+repeated(9, "parent {"+repeated(7, "code")+"}")+"}") + "} }",
		"all wrong":           "{ viewer {" + repeated(700, strings.Repeat("x", 90)+"%d") + "} }",
		"all wrong values":    "{" + repeated(19, "programmes(filter: {stage: {in: ["+repeated(110, strings.Repeat("x", 97))+"]}}) { totalCount }") + "}",
		"all wrong fragments": "{ ...F0 }" + repeated(99, "fragment F%d on Viewer { ...F%d wrong }"),
		"conflicts":           "{ programme(id: 1) {" + repeated(45, "region { code code: name "+repeated(12, "code")+"}") + "} }",
	} {
		start := time.Now()
		doc := parse(t, text)
		if err := guard.Check(doc, guard.Default()); err != nil {
			t.Errorf("%s does not pass: %v", name, err)
		}
		errs := validator.ValidateWithRules(schema, doc, rules.NewDefaultRules())
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: %v, %d errors", name, took, len(errs))
		}
	}
}

// TestTheWalkCountsAsSpreadingOutWould compares the walk with the obvious way of counting, which spreads fragments out.
func TestTheWalkCountsAsSpreadingOutWould(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fragments := rapid.IntRange(0, 4).Draw(t, "fragments")
		var selection func(depth, from int) string
		selection = func(depth, from int) string {
			out := "{"
			for range rapid.IntRange(1, 4).Draw(t, "width") {
				switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); {
				case kind == 0 && depth > 0:
					out += "f" + selection(depth-1, from)
				case kind == 1 && depth > 0:
					out += "..." + selection(depth-1, from)
				case kind == 2 && from < fragments:
					out += fmt.Sprintf("...F%d ", rapid.IntRange(from, fragments-1).Draw(t, "spread"))
				default:
					out += rapid.SampledFrom([]string{"a ", "b ", "c "}).Draw(t, "leaf")
				}
			}
			return out + "}"
		}
		text := selection(3, 0)
		for i := range fragments {
			text += fmt.Sprintf(" fragment F%d on A %s", i, selection(2, i+1))
		}
		doc, err := parser.ParseQuery(&ast.Source{Input: text})
		if err != nil {
			t.Fatal(err)
		}
		fields, depth, same := spreadOut(doc, doc.Operations[0].SelectionSet, map[string]int{})
		for _, f := range doc.Fragments { // an unused one counts as well
			n, d, s := spreadOut(doc, f.SelectionSet, map[string]int{})
			fields, depth, same = max(fields, n), max(depth, d), max(same, s)
		}
		l := guard.Default()
		l.RootFields = 1 << 30
		for _, c := range []struct {
			limit *int
			exact int
		}{{&l.Fields, fields}, {&l.Depth, depth}, {&l.SameKey, same}} {
			before := *c.limit
			l.Fields, l.Depth, l.SameKey = max(l.Fields, fields), max(l.Depth, depth), max(l.SameKey, same)
			*c.limit = c.exact
			if err := guard.Check(doc, l); err != nil {
				t.Fatalf("%s: at the limit %d: %v", text, c.exact, err)
			}
			*c.limit = c.exact - 1
			if err := guard.Check(doc, l); err == nil {
				t.Fatalf("%s: above the limit %d: it passes", text, c.exact-1)
			}
			*c.limit = max(before, c.exact)
		}
	})
}

func spreadOut(doc *ast.QueryDocument, set ast.SelectionSet, keys map[string]int) (fields, depth, same int) {
	for _, s := range set {
		var n, d, k int
		switch s := s.(type) {
		case *ast.Field:
			n, d, k = spreadOut(doc, s.SelectionSet, map[string]int{})
			n, d = n+1, d+1
			keys[s.Alias]++
		case *ast.InlineFragment:
			n, d, k = spreadOut(doc, s.SelectionSet, keys)
		case *ast.FragmentSpread:
			n, d, k = spreadOut(doc, doc.Fragments.ForName(s.Name).SelectionSet, keys)
		}
		fields, depth, same = fields+n, max(depth, d), max(same, k)
	}
	for _, n := range keys {
		same = max(same, n)
	}
	return fields, depth, same
}

func asError(e *domain.Error) error {
	if e == nil {
		return nil
	}
	return e
}

// introspection is what GraphiQL and code generators send.
const introspection = `query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind } subscriptionType { name kind }
	types { ...FullType } directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL isOneOf
	fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
	inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
	possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
	ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }`
