package host

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/national"
	"github.com/berdaya/berdaya/workflow"
)

func TestVerdictsAreThoseOfAJudgementWithoutItsPlan(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, Binding{RuleSet: national.Name, Region: domain.NationCode, Command: as("national")})
	ready(t, h)
	q := workflow.Question{Facts: aProgramme(), Move: domain.Advance, Target: domain.Train, At: question("32").At}
	whole, said := h.Judge(t.Context(), []workflow.Question{q})[0], h.Verdicts(t.Context(), []workflow.Question{q})[0]
	if len(whole.Blocks) == 0 || len(whole.Checklist) == 0 || whole.Activations[0] != (domain.DecisionRevision{RuleSet: national.Name, Version: national.Version, Region: domain.NationCode}) {
		t.Fatalf("%+v", whole)
	}
	whole.DueOn, whole.Checklist = nil, nil
	if diff := cmp.Diff(whole, said); diff != "" {
		t.Error(diff)
	}
}

func TestFactsThatWereKeptAreJudgedAsTheyWereThen(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, Binding{RuleSet: national.Name, Region: domain.NationCode, Command: as("national")})
	ready(t, h)
	r, err := NewRecorder(nil)
	if err != nil {
		t.Fatal(err)
	}
	f := aProgramme()
	content, _, err := r.Keep(f)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := Recall(content)
	if err != nil {
		t.Fatal(err)
	}
	then := workflow.Question{Facts: f, Move: domain.Advance, Target: domain.Train, At: question("32").At, Kinds: workflow.FactKinds}
	now := then
	now.Facts, now.Kept = &workflow.Facts{Programme: f.Programme}, kept
	all := h.Verdicts(t.Context(), []workflow.Question{then, now})
	if diff := cmp.Diff(all[0], all[1]); diff != "" || len(all[0].Blocks) == 0 {
		t.Error(all[0], diff)
	}
	now.Kinds = []workflow.FactKind{}
	if j := h.Verdicts(t.Context(), []workflow.Question{now})[0]; len(j.Unavailable) != 1 || j.Unavailable[0].Region != domain.NationCode {
		t.Error("facts that were never read were judged:", j)
	}
}

func TestShadowsTakeNoRoomFromTrials(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil)
	for range cap(h.trials) {
		h.trials <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Try(ctx, Version{}, "32", nil, nil); err != context.Canceled {
		t.Error("there is room for one trial more:", err)
	}
	if err := h.Shadow(t.Context(), Version{Kind: domain.RuleProgram}, "32", nil, nil); err == nil || err == context.Canceled {
		t.Error("a shadow of nothing waits, or runs:", err)
	}
}
