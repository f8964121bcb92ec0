package declarative

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/berdaya/berdaya/internal/plainyaml"
	"github.com/berdaya/berdaya/plugins/rules"
)

// Test is an example of what the rules should say: a programme's facts, a move, and the verdicts that are expected.
type Test struct {
	Name         string
	Line, Column int

	question   *rules.Question
	parameters map[string]any
	expect     []expectation
	plan       *expectedPlan
}

// What a test may expect of a rule.
const (
	expectPass  = "pass"  // it passes
	expectBlock = "block" // it fails and blocks
	expectWarn  = "warn"  // it fails and warns
	expectInfo  = "info"  // it fails and informs
	expectError = "error" // it breaks: RULE_ERROR
	expectNone  = "none"  // it does not speak to this stage and move
)

var outcomes = []string{expectPass, expectBlock, expectWarn, expectInfo, expectError, expectNone}

type expectation struct {
	code    string
	at      plainyaml.Place
	outcome string
	count   int               // of failures; 0: any number
	en, id  string            // empty: any message
	path    []string          // nil: any
	values  map[string]string // those given must be so
}

type expectedPlan struct {
	at        plainyaml.Place
	dueOn     *string
	checklist []string // codes; nil: any
}

// Result is how a test went.
type Result struct {
	Test  *Test
	Wrong []Difference // none: it passed
}

// Difference is something that a test expected otherwise.
type Difference struct {
	Line, Column int    // of the expectation
	Code         string // of the rule; empty for the plan and for the parameters
	Want, Got    rules.Text
}

// problem puts the difference into a sentence.
func (d Difference) problem(t *Test) Problem {
	about := ""
	if d.Code != "" {
		about = d.Code + ": "
	}
	return Problem{Place: plainyaml.Place{Line: d.Line, Column: d.Column}, EN: fmt.Sprintf("test %q: %sexpected %s, got %s", plainyaml.Short(t.Name), about, d.Want.EN, d.Got.EN),
		ID: fmt.Sprintf("uji %q: %sdiharapkan %s, hasilnya %s", plainyaml.Short(t.Name), about, d.Want.ID, d.Got.ID)}
}

// both is a text that reads the same in both languages.
func both(s string) rules.Text { return rules.Text{EN: s, ID: s} }

// Tests gives the tests that stand in the file.
func (p *Program) Tests() []*Test { return p.tests }

// Test runs the tests that stand in the file, then those given.
func (p *Program) Test(ctx context.Context, more ...*Test) ([]Result, error) {
	var results []Result
	for _, t := range slices.Concat(p.tests, more) {
		r, err := p.run(ctx, t)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

func (p *Program) run(ctx context.Context, t *Test) (Result, error) {
	result := Result{Test: t}
	wrong := func(at plainyaml.Place, code string, want, got rules.Text) {
		result.Wrong = append(result.Wrong, Difference{Line: at.Line, Column: at.Column, Code: code, Want: want, Got: got})
	}
	s := p.RuleSet()
	if err := s.Configure("", t.parameters); err != nil {
		wrong(plainyaml.Place{Line: t.Line, Column: t.Column}, "", rules.Text{EN: "parameters that fit", ID: "parameter yang sesuai"}, both(err.Error()))
		return result, nil
	}
	verdicts, err := s.Evaluate(ctx, t.question)
	if err != nil {
		return result, err
	}
	for _, e := range t.expect {
		e.compare(p, verdicts, wrong)
	}
	if t.plan == nil {
		return result, nil
	}
	plan, err := s.Plan(ctx, t.question)
	if err != nil {
		return result, err
	}
	if want := t.plan.dueOn; want != nil && *want != plan.GetDueOn() {
		wrong(t.plan.at, "", both("dueOn "+quoted(*want)), both(quoted(plan.GetDueOn())))
	}
	var got []string
	for _, item := range plan.GetChecklist() {
		got = append(got, item.GetCode())
	}
	if want := t.plan.checklist; want != nil && !slices.Equal(want, got) {
		wrong(t.plan.at, "", both(fmt.Sprintf("checklist %v", want)), both(fmt.Sprint(got)))
	}
	return result, nil
}

func quoted(s string) string { return strconv.Quote(s) }

// compare tells what the verdicts have otherwise than was expected.
func (e *expectation) compare(p *Program, verdicts []*rules.Verdict, wrong func(at plainyaml.Place, code string, want, got rules.Text)) {
	if !slices.ContainsFunc(p.rules, func(r rule) bool { return r.Code == e.code }) {
		wrong(e.at, e.code, rules.Text{EN: "a rule of this name", ID: "aturan dengan nama ini"}, rules.Text{EN: "none in the file", ID: "tidak ada dalam berkas"})
		return
	}
	var said []*rules.Verdict
	for _, v := range verdicts {
		if v.GetRule() == e.code || v.GetRule() == rules.RuleError && v.GetValues()["rule"] == e.code {
			said = append(said, v)
		}
	}
	got := expectNone
	if len(said) > 0 {
		got = outcomeOf(said[0])
	}
	if got != e.outcome {
		text := both(got)
		if len(said) > 0 && !said[0].GetPassed() {
			text.EN += " (" + said[0].GetMessage().GetEn() + ")"
			text.ID += " (" + said[0].GetMessage().GetId() + ")"
		}
		wrong(e.at, e.code, both(e.outcome), text)
		return
	}
	if len(said) == 0 || said[0].GetPassed() {
		return
	}
	if e.count > 0 && e.count != len(said) {
		wrong(e.at, e.code, both(fmt.Sprintf("count %d", e.count)), both(strconv.Itoa(len(said))))
	}
	v := said[0]
	if e.en != "" && e.en != v.GetMessage().GetEn() {
		wrong(e.at, e.code, both("message.en "+quoted(e.en)), both(quoted(v.GetMessage().GetEn())))
	}
	if e.id != "" && e.id != v.GetMessage().GetId() {
		wrong(e.at, e.code, both("message.id "+quoted(e.id)), both(quoted(v.GetMessage().GetId())))
	}
	if e.path != nil && !slices.Equal(e.path, v.GetPath()) {
		wrong(e.at, e.code, both(fmt.Sprintf("path %v", e.path)), both(fmt.Sprint(v.GetPath())))
	}
	for _, name := range slices.Sorted(maps.Keys(e.values)) {
		if got, there := v.GetValues()[name]; !there || got != e.values[name] {
			wrong(e.at, e.code, both("value "+name+" "+quoted(e.values[name])), both(quoted(got)))
		}
	}
}

func outcomeOf(v *rules.Verdict) string {
	switch {
	case v.GetRule() == rules.RuleError:
		return expectError
	case v.GetPassed():
		return expectPass
	}
	return strings.ToLower(v.GetSeverity())
}

// Check says all that is wrong with a rule file: what does not compile, and otherwise what its own tests have otherwise.
func Check(ctx context.Context, text []byte) Problems {
	p, problems := Compile(ctx, text)
	if len(problems) > 0 {
		return problems
	}
	results, err := p.Test(ctx)
	if err != nil {
		problems.Note(plainyaml.Place{}, "there was no time to run the tests", "tidak ada waktu untuk menjalankan uji")
	}
	for _, r := range results {
		for _, d := range r.Wrong {
			problems = append(problems, d.problem(r.Test))
		}
	}
	return problems.Sorted()
}
