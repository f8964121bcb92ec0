package main

import (
	"testing"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/plugins/rules/rulestest"
)

// ready is a question about a programme that holds what the rules ask for.
func ready() *rules.Question {
	q := rulestest.Ask(rules.Identify, "2026-03-02")
	q.Facts.Needs = []*rulespb.Need{{Votes: 3}, {Votes: 2}, {Votes: 1}}
	q.Facts.TrainingEvents = []*rulespb.TrainingEvent{{Participants: []*rulespb.Participant{{Sex: "FEMALE"}, {Sex: "MALE"}}}}
	q.Facts.Activities = []*rulespb.Activity{{BudgetLines: []*rulespb.BudgetLine{{SourceOfFunds: "Swadaya warga"}}}, {}}
	return q
}

func TestTheRulesKeepTheContract(t *testing.T) {
	t.Parallel()
	rulestest.Conform(t, set, ready())
}

func TestEachRuleAsksForWhatItNames(t *testing.T) {
	t.Parallel()
	w := rulestest.Serve(t, set)
	for rule, v := range w.Evaluate(t, ready()) {
		if !v.GetPassed() {
			t.Errorf("%s: %s", rule, v.GetMessage().GetEn())
		}
	}
	for rule, spoil := range map[string]func(*rules.Facts){
		"THREE_NEEDS_VOTED": func(f *rules.Facts) { f.Needs[2].Votes = 0 },
		"TRAINING_FOR_BOTH": func(f *rules.Facts) { f.TrainingEvents[0].Participants[0].Sex = "MALE" },
		"OWN_MONEY":         func(f *rules.Facts) { f.Activities[0].BudgetLines = nil },
	} {
		q := ready()
		spoil(q.Facts)
		for other, v := range w.Evaluate(t, q) {
			if v.GetPassed() != (other != rule) {
				t.Errorf("%s without what it asks for: %s passed %v", rule, other, v.GetPassed())
			}
		}
	}
}
