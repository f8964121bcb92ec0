package declarative

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
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
	at      place
	outcome string
	count   int               // of failures; 0: any number
	en, id  string            // empty: any message
	path    []string          // nil: any
	values  map[string]string // those given must be so
}

type expectedPlan struct {
	at        place
	dueOn     *string
	checklist []string // codes; nil: any
}

// tests reads the tests of a file.
func (r *reader) tests(m member) (list []*Test) {
	for _, n := range r.list(m, mostTests) {
		list = append(list, r.test(n, m.at))
	}
	return list
}

func (r *reader) test(n ast.Node, at place) *Test {
	at = beginning(n, at)
	q := &rules.Question{ProgrammeId: "01990000-0000-7000-8000-000000000001", Move: rules.Advance, Facts: &rules.Facts{
		Programme: &rulespb.Programme{Status: "ACTIVE"}, Region: &rulespb.Region{}}}
	t := &Test{Line: at.line, Column: at.column, question: q}
	stage, given := "", map[string]bool{}
	for _, m := range r.mapping(n, at, "name", "move", "stage", "at", "parameters", "facts", "expect", "plan") {
		given[m.key] = true
		switch m.key {
		case "name":
			s, _ := r.sized(m, 200)
			t.Name, t.Line, t.Column = s.text, m.at.line, m.at.column
		case "move":
			q.Move, _ = r.oneOf(m.value, m.at, m.key, rules.Moves)
		case "stage":
			stage, _ = r.oneOf(m.value, m.at, m.key, rules.Stages)
		case "at":
			if s, ok := r.scalar(m); ok {
				if q.At, ok = instant(s.text); !ok {
					r.unfit(s, m.key, "a day, such as 2026-03-02, or a time, such as 2026-03-02T09:30:00Z", "tanggal, misalnya 2026-03-02, atau waktu, misalnya 2026-03-02T09:30:00Z")
				}
			}
		case "parameters":
			t.parameters, _ = r.data(m.value).(map[string]any)
		case "facts":
			if _, null := m.value.(*ast.NullNode); !null && m.value != nil {
				r.message(q.Facts.ProtoReflect(), m.value, m.at)
			}
		case "expect":
			t.expect = r.expectations(m)
		case "plan":
			t.plan = r.expectedPlan(m)
		}
	}
	r.missing(at, given, "name", "stage", "at")
	if !given["expect"] && !given["plan"] {
		r.wrong(at, "a test says what it expects: expect or plan", "uji menyebut apa yang diharapkan: expect atau plan")
	}
	if q.Facts.Programme == nil {
		q.Facts.Programme = &rulespb.Programme{}
	}
	q.Facts.Programme.Id, q.Facts.Programme.Stage = q.ProgrammeId, stage
	q.TargetStage = Target(q.Move, stage)
	return t
}

// Target gives the stage that a move leads to; the same where a programme ends.
func Target(move, stage string) string {
	i := slices.Index(rules.Stages, stage)
	switch {
	case i < 0 || move != rules.Advance || i+1 == len(rules.Stages):
		return stage
	}
	return rules.Stages[i+1]
}

func (r *reader) expectations(m member) (list []expectation) {
	for _, f := range r.mapping(m.value, m.at) {
		e := expectation{code: f.key, at: f.at}
		if _, plain := scalarOf(f.value, nil); plain {
			e.outcome, _ = r.oneOf(f.value, f.at, f.key, outcomes)
			list = append(list, e)
			continue
		}
		e.outcome = expectBlock
		for _, w := range r.mapping(f.value, f.at, "severity", "count", "message", "path", "values") {
			switch w.key {
			case "severity":
				s, _ := r.oneOf(w.value, w.at, w.key, rules.Severities)
				e.outcome = strings.ToLower(s)
			case "count":
				if s, ok := r.scalar(w); ok {
					n, err := strconv.Atoi(s.text)
					if err != nil || n < 1 || n > mostOfEach {
						r.unfit(s, w.key, fmt.Sprintf("a number from 1 to %d", mostOfEach), fmt.Sprintf("bilangan 1 sampai %d", mostOfEach))
					}
					e.count = n
				}
			case "message":
				for _, language := range r.mapping(w.value, w.at, "en", "id") {
					s, _ := r.scalar(language)
					if language.key == "en" {
						e.en = strings.TrimSpace(s.text)
					} else {
						e.id = strings.TrimSpace(s.text)
					}
				}
			case "path":
				e.path = r.path(w)
			case "values":
				e.values = map[string]string{}
				for _, v := range r.mapping(w.value, w.at) {
					s, _ := r.scalar(v)
					e.values[v.key] = s.text
				}
			}
		}
		list = append(list, e)
	}
	return list
}

func (r *reader) expectedPlan(m member) *expectedPlan {
	p := &expectedPlan{at: m.at}
	for _, w := range r.mapping(m.value, m.at, "dueOn", "checklist") {
		if w.key == "dueOn" {
			s, _ := r.scalar(w)
			p.dueOn = &s.text
			continue
		}
		p.checklist = []string{}
		for _, n := range r.list(w, rules.MaxVerdicts) {
			if s, ok := r.value(n, w.at, w.key); ok {
				p.checklist = append(p.checklist, s.text)
			}
		}
	}
	return p
}

// Tests reads a file of tests that stands beside a rule file.
func Tests(text []byte) ([]*Test, Problems) {
	r := &reader{}
	root, ok := r.parse(text)
	var tests []*Test
	if ok {
		for _, m := range r.mapping(root, place{1, 1}, "tests") {
			tests = r.tests(m)
		}
	}
	return tests, r.problems.sorted()
}

// Result is how a test went.
type Result struct {
	Test  *Test
	Wrong []Difference // none: it passed
}

// Difference is something that a test expected otherwise.
type Difference struct {
	Problem
	Code      string // of the rule; empty for the plan and for the parameters
	Want, Got string
}

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
	wrong := func(at place, code, want, got string) {
		d := Difference{Code: code, Want: want, Got: got}
		d.Line, d.Column = at.line, at.column
		about := code
		if about != "" {
			about += ": "
		}
		d.EN = fmt.Sprintf("test %q: %sexpected %s, got %s", short(t.Name), about, want, got)
		d.ID = fmt.Sprintf("uji %q: %sdiharapkan %s, hasilnya %s", short(t.Name), about, want, got)
		result.Wrong = append(result.Wrong, d)
	}
	s := p.RuleSet()
	if err := s.Configure("", t.parameters); err != nil {
		wrong(place{t.Line, t.Column}, "", "parameters that fit", err.Error())
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
		wrong(t.plan.at, "", "dueOn "+quoted(*want), quoted(plan.GetDueOn()))
	}
	var got []string
	for _, item := range plan.GetChecklist() {
		got = append(got, item.GetCode())
	}
	if want := t.plan.checklist; want != nil && !slices.Equal(want, got) {
		wrong(t.plan.at, "", fmt.Sprintf("checklist %v", want), fmt.Sprint(got))
	}
	return result, nil
}

func quoted(s string) string { return strconv.Quote(s) }

// compare tells what the verdicts have otherwise than was expected.
func (e *expectation) compare(p *Program, verdicts []*rules.Verdict, wrong func(at place, code, want, got string)) {
	if !slices.ContainsFunc(p.rules, func(r rule) bool { return r.Code == e.code }) {
		wrong(e.at, e.code, "a rule of this name", "none in the file")
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
		if len(said) > 0 && !said[0].GetPassed() {
			got += " (" + said[0].GetMessage().GetEn() + ")"
		}
		wrong(e.at, e.code, e.outcome, got)
		return
	}
	if len(said) == 0 || said[0].GetPassed() {
		return
	}
	if e.count > 0 && e.count != len(said) {
		wrong(e.at, e.code, fmt.Sprintf("%d failures", e.count), strconv.Itoa(len(said)))
	}
	v := said[0]
	if e.en != "" && e.en != v.GetMessage().GetEn() {
		wrong(e.at, e.code, "message.en "+quoted(e.en), quoted(v.GetMessage().GetEn()))
	}
	if e.id != "" && e.id != v.GetMessage().GetId() {
		wrong(e.at, e.code, "message.id "+quoted(e.id), quoted(v.GetMessage().GetId()))
	}
	if e.path != nil && !slices.Equal(e.path, v.GetPath()) {
		wrong(e.at, e.code, fmt.Sprintf("path %v", e.path), fmt.Sprint(v.GetPath()))
	}
	for _, name := range slices.Sorted(maps.Keys(e.values)) {
		if got, there := v.GetValues()[name]; !there || got != e.values[name] {
			wrong(e.at, e.code, "value "+name+" "+quoted(e.values[name]), quoted(got))
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
		problems.note(place{}, "there was no time to run the tests", "tidak ada waktu untuk menjalankan uji")
	}
	for _, r := range results {
		for _, d := range r.Wrong {
			problems = append(problems, d.Problem)
		}
	}
	return problems.sorted()
}
