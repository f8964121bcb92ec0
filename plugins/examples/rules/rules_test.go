// Package rules_test holds that the example rule files are what they say: they keep the contract, nothing in them may take long,
// and their tests pass and leave no rule out.
package rules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berdaya/berdaya/plugins/declarative"
	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulestest"
)

func TestTheExamplesKeepTheContractAndPassTheirTests(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	provinces := 0
	for _, file := range files {
		if strings.HasSuffix(file, ".test.yaml") {
			continue
		}
		provinces++
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range declarative.Check(t.Context(), text) {
				t.Errorf("%s:%d:%d: %s", file, p.Line, p.Column, p.EN)
			}
			p, problems := declarative.Compile(t.Context(), text)
			if problems != nil {
				t.FailNow()
			}
			for _, w := range p.Warnings {
				t.Errorf("%s:%d:%d: %s", file, w.Line, w.Column, w.EN)
			}
			tests := tried(t, p, strings.TrimSuffix(file, ".yaml")+".test.yaml")
			var examples []*rules.Question
			for _, test := range tests {
				q, _ := test.Question()
				examples = append(examples, q)
			}
			rulestest.Conform(t, p.RuleSet(), examples...)
		})
	}
	if provinces < 3 {
		t.Errorf("there are %d examples", provinces)
	}
}

// tried runs the tests of a file and those beside it, and wants every rule to pass once and to fail once.
func tried(t *testing.T, p *declarative.Program, beside string) []*declarative.Test {
	t.Helper()
	var more []*declarative.Test
	if text, err := os.ReadFile(beside); err == nil {
		var problems declarative.Problems
		if more, problems = declarative.Tests(text); problems != nil {
			t.Fatalf("%s: %v", beside, problems)
		}
	}
	results, err := p.Test(t.Context(), more...)
	if err != nil {
		t.Fatal(err)
	}
	passed, failed := map[string]bool{}, map[string]bool{}
	var tests []*declarative.Test
	for _, r := range results {
		for _, d := range r.Wrong {
			t.Errorf("%s, line %d: %s: expected %s, got %s", r.Test.Name, d.Line, d.Code, d.Want.EN, d.Got.EN)
		}
		q, parameters := r.Test.Question()
		set := p.RuleSet()
		if err := set.Configure("", parameters); err != nil {
			t.Fatal(err)
		}
		verdicts, err := set.Evaluate(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range verdicts {
			passed[v.GetRule()] = passed[v.GetRule()] || v.GetPassed()
			failed[v.GetRule()] = failed[v.GetRule()] || !v.GetPassed()
		}
		tests = append(tests, r.Test)
	}
	for _, r := range p.Rules {
		if !passed[r.Code] || !failed[r.Code] {
			t.Errorf("no test in which %s passes (%t) or fails (%t)", r.Code, passed[r.Code], failed[r.Code])
		}
	}
	return tests
}
