package declarative

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/berdaya/berdaya/internal/plainyaml"
	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// tests reads the tests of a file.
func (r *reader) tests(m plainyaml.Member) (list []*Test) {
	for _, n := range r.List(m, mostTests) {
		list = append(list, r.test(n, m.At))
	}
	return list
}

func (r *reader) test(n ast.Node, at plainyaml.Place) *Test {
	at = plainyaml.Beginning(n, at)
	q := &rules.Question{ProgrammeId: "01990000-0000-7000-8000-000000000001", Move: rules.Advance, Facts: &rules.Facts{}}
	t := &Test{Line: at.Line, Column: at.Column, question: q}
	stage, given := "", map[string]bool{}
	for _, m := range r.Mapping(n, at, "name", "move", "stage", "at", "parameters", "facts", "expect", "plan") {
		given[m.Key] = true
		switch m.Key {
		case "name":
			s, _ := r.Sized(m, 200)
			t.Name, t.Line, t.Column = s.Text, m.At.Line, m.At.Column
		case "move":
			q.Move, _ = r.OneOf(m.Value, m.At, m.Key, rules.Moves)
		case "stage":
			stage, _ = r.OneOf(m.Value, m.At, m.Key, rules.Stages)
		case "at":
			if s, ok := r.Scalar(m); ok {
				if q.At, ok = instant(s.Text); !ok {
					r.unfit(s, m.Key, "a day, such as 2026-03-02, or a time, such as 2026-03-02T09:30:00Z", "tanggal, misalnya 2026-03-02, atau waktu, misalnya 2026-03-02T09:30:00Z")
				}
			}
		case "parameters":
			t.parameters, _ = r.data(m.Value).(map[string]any)
		case "facts":
			if _, null := m.Value.(*ast.NullNode); !null && m.Value != nil {
				r.message(q.Facts.ProtoReflect(), m.Value, m.At)
			}
		case "expect":
			t.expect = r.expectations(m)
		case "plan":
			t.plan = r.expectedPlan(m)
		}
	}
	r.missing(at, given, "name", "stage", "at")
	if !given["expect"] && !given["plan"] {
		r.Wrong(at, "a test says what it expects: expect or plan", "uji menyebut apa yang diharapkan: expect atau plan")
	}
	t.settle(stage)
	return t
}

// settle fills in what follows from the stage, and what every programme has.
func (t *Test) settle(stage string) {
	q := t.question
	if q.Facts.Programme == nil {
		q.Facts.Programme = &rulespb.Programme{}
	}
	if q.Facts.Region == nil {
		q.Facts.Region = &rulespb.Region{}
	}
	p := q.Facts.Programme
	p.Id, p.Stage, p.Status = cmp.Or(p.Id, q.ProgrammeId), cmp.Or(stage, p.Stage), cmp.Or(p.Status, "ACTIVE")
	q.TargetStage = Target(q.Move, p.Stage)
}

// Question gives what the test asks, and the parameters it asks with.
func (t *Test) Question() (*rules.Question, map[string]any) { return t.question, t.parameters }

// Target gives the stage that a move leads to; the same where a programme ends.
func Target(move, stage string) string {
	i := slices.Index(rules.Stages, stage)
	switch {
	case i < 0 || move != rules.Advance || i+1 == len(rules.Stages):
		return stage
	}
	return rules.Stages[i+1]
}

func (r *reader) expectations(m plainyaml.Member) (list []expectation) {
	for _, f := range r.Mapping(m.Value, m.At) {
		e := expectation{code: f.Key, at: f.At}
		if _, plain := plainyaml.ScalarOf(f.Value, nil); plain {
			e.outcome, _ = r.OneOf(f.Value, f.At, f.Key, outcomes)
			list = append(list, e)
			continue
		}
		e.outcome = expectBlock
		for _, w := range r.Mapping(f.Value, f.At, "severity", "count", "message", "path", "values") {
			switch w.Key {
			case "severity":
				s, _ := r.OneOf(w.Value, w.At, w.Key, rules.Severities)
				e.outcome = strings.ToLower(s)
			case "count":
				if s, ok := r.Scalar(w); ok {
					n, err := strconv.Atoi(s.Text)
					if err != nil || n < 1 || n > mostOfEach {
						r.unfit(s, w.Key, fmt.Sprintf("a number from 1 to %d", mostOfEach), fmt.Sprintf("bilangan 1 sampai %d", mostOfEach))
					}
					e.count = n
				}
			case "message":
				for _, language := range r.Mapping(w.Value, w.At, "en", "id") {
					s, _ := r.Scalar(language)
					if language.Key == "en" {
						e.en = strings.TrimSpace(s.Text)
					} else {
						e.id = strings.TrimSpace(s.Text)
					}
				}
			case "path":
				e.path = r.path(w)
			case "values":
				e.values = map[string]string{}
				for _, v := range r.Mapping(w.Value, w.At) {
					s, _ := r.Scalar(v)
					e.values[v.Key] = s.Text
				}
			}
		}
		list = append(list, e)
	}
	return list
}

func (r *reader) expectedPlan(m plainyaml.Member) *expectedPlan {
	p := &expectedPlan{at: m.At}
	for _, w := range r.Mapping(m.Value, m.At, "dueOn", "checklist") {
		if w.Key == "dueOn" {
			s, _ := r.Scalar(w)
			p.dueOn = &s.Text
			continue
		}
		p.checklist = []string{}
		for _, n := range r.List(w, rules.MaxVerdicts) {
			if s, ok := r.Value(n, w.At, w.Key); ok {
				p.checklist = append(p.checklist, s.Text)
			}
		}
	}
	return p
}

// Tests reads a file of tests that stands beside a rule file.
func Tests(text []byte) ([]*Test, Problems) {
	r := &reader{}
	root, ok := r.Parse(text, FileMost)
	var tests []*Test
	if ok {
		for _, m := range r.Mapping(root, plainyaml.Place{}, "tests") {
			tests = r.tests(m)
		}
	}
	return tests, r.Problems.Sorted()
}
