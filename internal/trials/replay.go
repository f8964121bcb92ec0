package trials

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// decisions gives the next decisions of the region, with what the rules said then.
func (s *Trials) decisions(ctx context.Context, t *domain.RuleTrial, reached string, c Candidate) ([]asked, string, error) {
	since, after := *t.Since, uuid.Nil
	if reached != "" {
		var err error
		if since, after, err = readPlace(reached); err != nil {
			return nil, "", err
		}
	}
	logged, err := s.Store.NextDecisions(ctx, t.RegionCode, since, after, *t.Until, cmp.Or(s.Batch, batchSize))
	if err != nil || len(logged) == 0 {
		return nil, reached, err
	}
	all := make([]asked, len(logged))
	for i := range logged {
		if all[i], err = s.recalled(&logged[i], c); err != nil {
			return nil, "", err
		}
	}
	last := &logged[len(logged)-1]
	return all, place(last.DecidedAt, last.ID), nil
}

// recalled gives a decision as the question that it was.
func (s *Trials) recalled(d *workflow.LoggedDecision, c Candidate) (asked, error) {
	p := domain.Programme{Record: domain.Record{ID: d.ProgrammeID}, RegionCode: d.RegionCode, Stage: d.Stage, StageEnteredAt: d.EnteredAt, Status: domain.Active}
	if d.Move == domain.Reopen {
		p.Status = domain.Completed
	}
	a := asked{state: workflow.StateOf(&p, ""), masked: slices.ContainsFunc(d.Masked, c.Reads), atWork: workflow.Judgement{Blocks: d.Blocks},
		question: workflow.Question{Facts: &workflow.Facts{Programme: p}, Move: d.Move, Target: d.ToStage, At: d.DecidedAt}}
	for i := range a.atWork.Blocks {
		a.atWork.Blocks[i].Waived = false // it is found out again
	}
	kinds := []workflow.FactKind{}
	if err := errors.Join(json.Unmarshal(d.Kinds, &kinds), json.Unmarshal(d.Waivers, &a.waivers), json.Unmarshal(d.Unavailable, &a.atWork.Unavailable)); err != nil {
		return a, err
	}
	a.question.Kinds = kinds
	why := func(en string) *workflow.Unavailable { return &workflow.Unavailable{RuleSet: "replay", Reason: en} }
	if d.Content == nil {
		a.unread = why("the facts of this decision were not kept")
		return a, nil
	}
	for _, need := range c.Needs() {
		if !slices.Contains(kinds, need) {
			a.unread = why("the facts " + string(need) + " were not read for this decision, because no rule at work needed them")
			return a, nil
		}
	}
	facts, err := s.Trier.Recall(d.Content)
	if err != nil {
		a.unread = why("the facts of this decision cannot be read")
		return a, nil
	}
	a.question.Kept = facts
	return a, nil
}
