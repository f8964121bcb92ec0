package rulestest

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// Conform tries what every rule set must keep, whatever its rules are: a description that holds, answers to every stage and
// move with nothing known of the programme, the same answer to the same question, ids that come back in order in a batch, no
// broken rule, texts in both languages, and a plan for every stage. Examples are questions of your own, tried in the same way.
func Conform(t *testing.T, set rules.RuleSet, examples ...*rules.Question) {
	w := Serve(t, set)
	for _, r := range w.description.GetRules() {
		if r.GetTitle().GetId() == "" {
			t.Errorf("rule %s has no title in Indonesian", r.GetCode())
		}
	}
	questions := examples
	for _, stage := range rules.Stages {
		for _, move := range rules.Moves {
			q := Ask(stage, "2026-03-02")
			q.Move = move
			questions = append(questions, q)
		}
	}
	batch := make([]*rules.Question, len(questions))
	for i, q := range questions {
		batch[i] = proto.Clone(q).(*rules.Question)
		batch[i].ProgrammeId = fmt.Sprintf("01990000-0000-7000-8000-%012d", i)
	}
	first, second := w.EvaluateAll(t, batch...), w.EvaluateAll(t, batch...)
	for i, a := range first {
		if !proto.Equal(a, second[i]) {
			t.Errorf("question %d got two different answers:\n%v\n%v", i, a, second[i])
		}
		for _, v := range a.GetVerdicts() {
			switch {
			case v.GetRule() == rules.RuleError:
				t.Errorf("%s of %s: %s", batch[i].GetMove(), batch[i].GetFacts().GetProgramme().GetStage(), v.GetMessage().GetEn())
			case !v.GetPassed() && v.GetMessage().GetId() == "":
				t.Errorf("the message of %s is missing in Indonesian", v.GetRule())
			}
		}
		w.Plan(t, batch[i])
	}
	health, err := w.client.Health(deadline(t), &rulespb.HealthRequest{})
	if err != nil || !health.GetServing() {
		t.Errorf("Health: %v, %v", health, err)
	}
}
