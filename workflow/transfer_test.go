package workflow_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

func TestAHistoryWithoutItsFirstRegionHoldsAndKnowsItAfterATransfer(t *testing.T) {
	t.Parallel()
	d := workflow.Created(workflow.Default, uuid.New(), "32", "a", noon)
	d.Event.ToRegion = nil // as first events were written before
	d.Event.ID = uuid.New()
	workflow.Seal(d.Event, "")
	s, err := workflow.Fold([]domain.ProgrammeEvent{*d.Event})
	if err != nil || s.Region != "" || !s.Equal(workflow.State{ProgrammeID: s.ProgrammeID, Region: "32", Stage: s.Stage, Status: s.Status,
		StageEnteredAt: s.StageEnteredAt, DueOn: s.DueOn, Version: 1, Hash: s.Hash}) {
		t.Fatal(s, err)
	}
	s.Region = "32" // the row knows
	over := workflow.Transfer(s, "33", "a", "split", noon)
	over.Seal(domain.RandomIDs{}, s.Hash)
	if s, err := workflow.Fold([]domain.ProgrammeEvent{*d.Event, *over.Event}); err != nil || s.Region != "33" || s.Stage != domain.Identify {
		t.Error(s, err)
	}
	for what, change := range map[string]func(e *domain.ProgrammeEvent){
		"to nowhere":     func(e *domain.ProgrammeEvent) { e.ToRegion = nil },
		"to itself":      func(e *domain.ProgrammeEvent) { e.ToRegion = e.FromRegion },
		"with a stage":   func(e *domain.ProgrammeEvent) { e.ToStage = domain.Plan },
		"with a move":    func(e *domain.ProgrammeEvent) { m := domain.Hold; e.Move = &m },
		"as a move only": func(e *domain.ProgrammeEvent) { e.Kind = domain.EventMoved },
	} {
		forged := *over.Event
		change(&forged)
		workflow.Seal(&forged, s.Hash)
		if _, err := workflow.Fold([]domain.ProgrammeEvent{*d.Event, forged}); err == nil {
			t.Errorf("a transfer %s is taken", what)
		}
	}
	if d := workflow.Transfer(s, "32", "a", "x", noon); domain.CodeOf(d.Err) != domain.CodeBadUserInput {
		t.Error(d.Err)
	}
}
