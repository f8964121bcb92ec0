package read_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator/rules"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	_ "github.com/berdaya/berdaya/internal/seeded"
)

// readers are people with different sights.
var readers = []access.Actor{
	actor("nadia", "NATIONAL_ADMIN ID"),
	actor("other", "AUDITOR ID"),
	actor("other", "VIEWER ID"),
	actor("citra", "COORDINATOR ID"),
	actor("fajar", "FACILITATOR ID"),
	actor("rina", "REGIONAL_ADMIN 32"),
	actor("citra", "COORDINATOR 32.73", "VIEWER 33"),
	actor("fajar", "FACILITATOR 32.73", "REGIONAL_ADMIN 33.01"),
	actor("citra", "VIEWER 32", "COORDINATOR 32.73.05", "VIEWER 33.01.01"),
	actor("rina", "VIEWER 32.73.05.1001", "VIEWER 32.73.05.2002", "REGIONAL_ADMIN 32.73.06", "COORDINATOR 33"),
	actor("other", "VIEWER 33.01.01.2001"),
	actor("nobody"),
}

// trial compares answers with the naive evaluator's.
type trial struct {
	*generator
	server  *server
	world   *world
	places  map[string]int // of cursors sent
	cursors map[cursorOf]string
}

func newTrial(t testing.TB, d *db.DB, s *server, w *world, below func(int) int) *trial {
	t.Helper()
	lists, places := sentCursors(t, s, w, readers[0])
	return &trial{&generator{below: below, schema: servedSchema(), world: w, cursors: lists}, s, w, places, map[cursorOf]string{}}
}

// run asks one random query; the answer is the difference, "" for none.
func (x *trial) run(t testing.TB) string {
	t.Helper()
	who := readers[x.below(len(readers))]
	if x.below(2) == 0 {
		who.Locale = domain.Indonesian
	}
	e := x.example()
	doc, errs := gqlparser.LoadQueryWithRules(x.schema, e.query, rules.NewDefaultRules())
	if errs != nil {
		t.Fatalf("%v\n%s", errs, e.query)
	}
	n := &naive{world: x.world, actor: who, doc: doc, variables: plainVariables(e.variables), cursors: x.places}
	data, failed := x.server.ask(t, who, e.query, e.variables)
	difference := ""
	if failed != nil {
		difference = failed.Error()
	} else {
		difference = x.compare(n.query(), decode(t, data), "")
	}
	if difference == "" {
		return ""
	}
	return fmt.Sprintf("%s\nasked by %s %v in %s:\n%s\n%v\n%s", difference, who.Subject, who.Grants, who.Locale, e.query, e.variables, data)
}

// plainVariables gives variables as JSON would.
func plainVariables(v map[string]any) map[string]any {
	var plain map[string]any
	if err := json.Unmarshal([]byte(jsonOf(v)), &plain); err != nil {
		panic(err)
	}
	for k, x := range plain {
		if f, ok := x.(float64); ok {
			plain[k] = int64(f)
		}
	}
	return plain
}

// compare gives the first difference of two answers. The cursors of a row in an order are always the same, and no others are.
func (x *trial) compare(want, got any, path string) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("%s: want %v, got %v", path, want, got)
		}
		for k := range w {
			if d := x.compare(w[k], g[k], path+"."+k); d != "" {
				return d
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("%s: want %v, got %v", path, want, got)
		}
		for i := range w {
			if d := x.compare(w[i], g[i], fmt.Sprintf("%s.%d", path, i)); d != "" {
				return d
			}
		}
		return ""
	case cursorOf:
		g, _ := got.(string)
		if before, ok := x.cursors[w]; g == "" || ok && before != g || x.places[g] != 0 && x.places[g] != w.place {
			return fmt.Sprintf("%s: the cursor of %v is %q, and was %q", path, w, g, before)
		}
		x.cursors[w] = g
		return ""
	case json.Number, float64:
		if fmt.Sprint(w) == fmt.Sprint(got) || fmt.Sprint(toFloat(w)) == fmt.Sprint(toFloat(got)) {
			return ""
		}
	}
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return fmt.Sprintf("%s: want %#v, got %#v", path, want, got)
}

func toFloat(v any) any {
	if n, ok := v.(json.Number); ok {
		f, err := n.Float64()
		if err == nil {
			return f
		}
	}
	return v
}

func TestAnswersEqualTheNaiveEvaluators(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			d := portfolio(t, seed, 40)
			x := newTrial(t, d, serve(t, d), load(t, d), nil)
			rapid.Check(t, func(r *rapid.T) {
				x.below = func(limit int) int { return rapid.IntRange(0, limit-1).Draw(r, "n") }
				for range 4 {
					if difference := x.run(t); difference != "" {
						r.Fatal(difference)
					}
				}
			})
		})
	}
}

// TestABrokenPlannerIsFound spoils the SQL on its way to the database as a mistake in the planner would.
func TestABrokenPlannerIsFound(t *testing.T) {
	t.Parallel()
	d := portfolio(t, 7, 40)
	w := load(t, d)
	replaced := func(pattern, by string) func(string) string {
		p := regexp.MustCompile(pattern)
		return func(sql string) string { return p.ReplaceAllString(sql, by) }
	}
	for mistake, change := range map[string]func(string) string{
		"drops the scope of a list":                replaced(`t\.(province|regency|district)_code = (\$\d+)`, "$2::text is not null"),
		"drops the scope of a relation":            replaced(`exists \(select from programmes v where`, "exists (select where true union all select from programmes v where"),
		"shows personal data to every coordinator": replaced(`\w+\.coordinator = (\$\d+)`, "$1::text is not null"),
		"swaps columns":                            replaced(`\bt\.people_affected\b`, "t.votes"),
		"joins by the wrong column":                replaced(`(j\d+\.id = t\.)programme_id`, "${1}id"),
		"repeats the row of a cursor":              replaced(` > (\(?\$)`, " >= $1"),
		"counts a page too many":                   replaced(`select count\(\*\) from`, "select count(*) + 1 from"),
		"is late a day early":                      replaced(`(due_on|review_on) < `, "$1 <= "),
		"takes another for the median":             replaced(`t\.upto \* 2 >= t\.total`, "t.upto * 3 >= t.total"),
		"drops the scope of what stands still":     replaced(`from programme_blocks t where t\.(province|regency|district|region)_code = (\$\d+)`, "from programme_blocks t where $2::text is not null"),
		"sorts the wrong way":                      replaced(`order by t\.id limit`, "order by t.id desc limit"),
	} {
		t.Run(mistake, func(t *testing.T) {
			t.Parallel()
			port := &counted{Port: d}
			r := rand.New(rand.NewPCG(11, 12))
			x := newTrial(t, d, serve(t, port), w, r.IntN)
			port.change = change
			for range 3000 {
				if difference := x.run(t); difference != "" {
					if strings.Contains(difference, "SQLSTATE") {
						t.Fatal(difference)
					}
					return
				}
			}
			t.Error("not found in 3000 queries")
		})
	}
}
