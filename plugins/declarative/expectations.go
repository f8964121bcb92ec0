package declarative

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// tests reads the tests of a file.
func (r *reader) tests(m member) (list []*Test) {
	for _, n := range r.list(m, mostTests) {
		list = append(list, r.test(n, m.at))
	}
	return list
}

func (r *reader) test(n ast.Node, at place) *Test {
	at = beginning(n, at)
	q := &rules.Question{ProgrammeId: "01990000-0000-7000-8000-000000000001", Move: rules.Advance, Facts: &rules.Facts{}}
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
