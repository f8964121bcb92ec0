package declarative_test

import (
	"fmt"
	"os"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/berdaya/berdaya/plugins/declarative"
	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/plugins/rules/rulestest"
)

// typical gives a programme as most are: three needs, two consultations, eight activities.
func typical(i int) *rules.Question {
	q := rulestest.Ask(rules.Plan, "2026-03-02")
	q.ProgrammeId = fmt.Sprintf("01990000-0000-7000-8000-%012d", i)
	f := q.Facts
	f.Programme.EndDate = "2026-12-31"
	f.Communities = []*rulespb.Community{{Kind: "VILLAGE", Primary: true, Population: 4000}, {Kind: "FARMERS_GROUP"}}
	for n := range 3 {
		f.Needs = append(f.Needs, &rulespb.Need{Id: fmt.Sprint(n), Title: "Air bersih", Sector: "WATER_SANITATION", Severity: int32(3 + n), HasEvidence: true, Rank: proto.Int32(int32(n + 1)),
			ProblemTree: []*rulespb.ProblemNode{{Kind: "CORE_PROBLEM"}, {Kind: "CAUSE"}, {Kind: "CAUSE", RootCause: true}}})
	}
	for range 2 {
		f.Consultations = append(f.Consultations, &rulespb.Consultation{HeldOn: "2026-02-01", Kind: "WOMENS_MEETING", Female: 20, Male: 18})
	}
	for n := range 8 {
		f.Activities = append(f.Activities, &rulespb.Activity{Kind: "TRAINING", BuildsCapacity: n%2 == 0, PlannedStart: proto.String("2026-04-01"),
			BudgetLines: []*rulespb.BudgetLine{{Planned: &rulespb.Money{Currency: "IDR", Units: 1_000_000}}}})
	}
	for _, kind := range []string{"GOVERNMENT", "COMMUNITY", "NGO", "ACADEMIA"} {
		f.Stakeholders = append(f.Stakeholders, &rulespb.Stakeholder{Kind: kind, Power: 3, Interest: 4})
	}
	return q
}

// BenchmarkTenRules measures ten rules about a typical programme: bare, in batches of 500 over the wire, and beside that the same
// batches to ten rules that look at nothing, which is what the wire itself costs.
func BenchmarkTenRules(b *testing.B) {
	text, err := os.ReadFile("testdata/ten.yaml")
	if err != nil {
		b.Fatal(err)
	}
	p, problems := declarative.Compile(b.Context(), text)
	if problems != nil {
		b.Fatal(problems)
	}
	set := p.RuleSet()
	b.Run("bare", func(b *testing.B) {
		q := typical(1)
		b.ReportAllocs()
		for b.Loop() {
			if verdicts, err := set.Evaluate(b.Context(), q); err != nil || len(verdicts) != 10 || !verdicts[9].GetPassed() {
				b.Fatal(verdicts, err)
			}
		}
	})
	nothing := &rules.Set{Name: "nothing", Version: "1", Title: rules.Text{EN: "A", ID: "A"}}
	for i := range 10 {
		nothing.Rules = append(nothing.Rules, rules.Rule{Code: fmt.Sprint("R", i), Title: nothing.Title, Stages: []string{rules.Plan}, Moves: rules.Moves, Severity: rules.Block,
			Waivable: rules.ByNobody, Check: func(*rules.Question) rules.Text { return rules.Passed }})
	}
	for name, set := range map[string]rules.RuleSet{"batch": set, "wire": nothing} {
		b.Run(name, func(b *testing.B) {
			w := rulestest.Serve(b, set)
			batch := make([]*rules.Question, 500)
			for i := range batch {
				batch[i] = typical(i)
			}
			for b.Loop() {
				w.EvaluateAll(b, batch...)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(batch)), "µs/item")
		})
	}
}

// BenchmarkDecisionAtItsLimit measures a decision that takes all the steps that one may.
func BenchmarkDecisionAtItsLimit(b *testing.B) {
	text := "name: costly\nversion: '1'\ntitle: {en: A, id: A}\nrules:\n"
	for i := range 50 {
		text += fmt.Sprintf("  - {code: R%d, title: {en: A, id: A}, when: {stages: [IDENTIFY]}, assert: 'needs.all(a, needs.all(b, a.severity == b.severity))', message: {en: A, id: A}}\n", i)
	}
	set, q := compiled(b, text).RuleSet(), needy(100)
	for b.Loop() {
		if _, err := set.Evaluate(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
}
