package moving

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/workflow"
)

// StagePlan plans when a stage of a programme is due.
type StagePlan struct {
	ProgrammeID     uuid.UUID
	Stage           *domain.Stage // the present one or a later one; nil: the present one
	DueOn           domain.Date   // today or later
	Reason          string        // 1 to 10,000 characters
	ExpectedVersion *int64        // the version the actor saw; nil: whatever it is
	Key             *string       // the actor's own, so that the command is carried out once
}

// PlanStage plans when a stage is due. For the present stage that moves its due date and timers; a plan for a later stage waits
// until the programme enters it. Either is an event in the history. Whoever may move the programme may plan. Errors: those of
// [Moves.Move] but for what rules say.
func (m *Moves) PlanStage(ctx context.Context, actor access.Actor, c StagePlan) (Outcome, error) {
	if err := access.MayAct(actor); err != nil {
		return Outcome{}, err
	}
	c.Reason = strings.TrimSpace(c.Reason)
	input := c
	input.Key = nil
	once := command.Command{Actor: actor.Subject, Key: c.Key, Name: "planStage", Input: input}
	before, err := command.Recall(ctx, m.Store, once)
	if before != nil || err != nil {
		return repeated(c.ProgrammeID, before), err
	}
	permit := func(actor access.Actor, s *workflow.Snapshot) error {
		if err := access.MayMove(actor, &s.Programme, domain.Advance); err != nil {
			return err
		}
		return expected(c.ExpectedVersion, s)
	}
	return m.carry(ctx, c.ProgrammeID, once, func() (workflow.Decision, *workflow.Snapshot, error) {
		s, err := m.snapshot(ctx, actor, c.ProgrammeID, permit)
		if err != nil {
			return workflow.Decision{}, s, err
		}
		if c.Stage != nil && *c.Stage != s.Programme.Stage {
			d := workflow.PlanLater(s.State(), *c.Stage, c.DueOn, actor.Subject, c.Reason, m.Clock.Now())
			return d, s, d.Err
		}
		course, err := m.Courses.Course(ctx, s.Programme.RegionCode)
		if err != nil {
			return workflow.Decision{}, s, err
		}
		d := workflow.Reschedule(s.Terms(course), s.State(), c.DueOn, actor.Subject, c.Reason, m.Clock.Now())
		return d, s, d.Err
	})
}
