package moving

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/internal/entry"
	"github.com/berdaya/berdaya/workflow"
)

// WaiverRequest asks that a rule which blocks a programme's next move be lifted for its present stage.
type WaiverRequest struct {
	ProgrammeID     uuid.UUID
	RuleSet, Rule   string
	Reason          string      // 1 to 10,000 characters
	ExpiresOn       domain.Date // the last day on which it is to hold; today to workflow.MaxWaiverDays later
	ExpectedVersion *int64      // the version the actor saw; nil: whatever it is
	Key             *string     // the actor's own, so that the command is carried out once
}

// RequestWaiver asks for a waiver. Whoever may move the programme may ask. The rules are asked what blocks
// the programme now. Errors: those of [Moves.Move], NOT_WAIVABLE, ALREADY_EXISTS.
func (m *Moves) RequestWaiver(ctx context.Context, actor access.Actor, r WaiverRequest) (Outcome, error) {
	if err := access.MayAct(actor); err != nil {
		return Outcome{}, err
	}
	r.Reason = strings.TrimSpace(r.Reason)
	input := r
	input.Key = nil
	once := command.Command{Actor: actor.Subject, Key: r.Key, Name: "requestWaiver", Input: input}
	permit := func(actor access.Actor, s *workflow.Snapshot) error {
		if err := access.MayMove(actor, &s.Programme, domain.Advance); err != nil {
			return err
		}
		return expected(r.ExpectedVersion, s)
	}
	return m.waive(ctx, r.ProgrammeID, once, func() (workflow.Decision, *workflow.Snapshot, error) {
		s, err := m.snapshot(ctx, actor, r.ProgrammeID, permit)
		if err != nil {
			return workflow.Decision{}, s, err
		}
		at := m.Clock.Now()
		judged, err := m.judge(ctx, []*workflow.Snapshot{s}, at)
		switch {
		case err != nil:
			return workflow.Decision{}, s, err
		case len(judged) == 0:
			return workflow.Decision{}, nil, access.NotFound()
		}
		j := judged[0]
		if err := permit(actor, &j.Snapshot); err != nil {
			return workflow.Decision{}, s, err
		}
		course, err := m.Courses.Course(ctx, j.Programme.RegionCode)
		if err != nil {
			return workflow.Decision{}, s, err
		}
		var blocks []domain.Block
		for _, o := range workflow.Available(j.Terms(course), j.State(), &j.Facts, j.judgement, at) {
			if o.Move == domain.Advance {
				blocks = o.Blocks
			}
		}
		d := workflow.RequestWaiver(j.State(), blocks, m.IDs.New(), workflow.WaiverRequest{
			Actor: actor.Subject, RuleSet: r.RuleSet, Rule: r.Rule, Reason: r.Reason, ExpiresOn: r.ExpiresOn, At: at})
		d.Blocks = blocks
		return d, &j.Snapshot, d.Err
	})
}

// WaiverDecision grants, refuses or revokes a waiver.
type WaiverDecision struct {
	WaiverID        uuid.UUID
	To              domain.WaiverState // WaiverGranted, WaiverRefused or WaiverRevoked
	Reason          string             // 1 to 10,000 characters
	ExpectedVersion *int64             // of the programme
	Key             *string
}

// waiverCommands are the names of the commands that settle a waiver.
var waiverCommands = map[domain.WaiverState]string{
	domain.WaiverGranted: "grantWaiver", domain.WaiverRefused: "refuseWaiver", domain.WaiverRevoked: "revokeWaiver",
}

// SettleWaiver grants, refuses or revokes a waiver. Errors: UNAUTHENTICATED, NOT_FOUND, FORBIDDEN for whoever may not and for
// whoever asked for it themselves, MOVE_NOT_POSSIBLE, REASON_REQUIRED, BAD_USER_INPUT, CONFLICT, those of idempotency.
func (m *Moves) SettleWaiver(ctx context.Context, actor access.Actor, c WaiverDecision) (Outcome, error) {
	if err := access.MayAct(actor); err != nil {
		return Outcome{}, err
	}
	c.Reason = strings.TrimSpace(c.Reason)
	input := c
	input.Key = nil
	once := command.Command{Actor: actor.Subject, Key: c.Key, Name: waiverCommands[c.To], Input: input}
	w, err := m.Store.Waiver(ctx, c.WaiverID)
	if err != nil {
		return Outcome{}, err
	}
	if w == nil {
		return Outcome{}, access.NotFound()
	}
	return m.waive(ctx, w.ProgrammeID, once, func() (workflow.Decision, *workflow.Snapshot, error) {
		// The programme is read first: whatever changes a waiver makes its version grow, so a waiver that is read later is at
		// least as new, and a decision on anything older is not written.
		s, err := m.snapshot(ctx, actor, w.ProgrammeID, func(actor access.Actor, s *workflow.Snapshot) error {
			if err := access.MayWaive(actor, s.Programme.RegionCode, w); err != nil {
				return err
			}
			return expected(c.ExpectedVersion, s)
		})
		if err != nil {
			return workflow.Decision{}, s, err
		}
		if w, err = m.Store.Waiver(ctx, c.WaiverID); err != nil {
			return workflow.Decision{}, s, err
		}
		d := workflow.SettleWaiver(s.State(), *w, c.To, actor.Subject, c.Reason, m.Clock.Now())
		return d, s, d.Err
	})
}

// waive carries out a command about a waiver, once.
func (m *Moves) waive(ctx context.Context, programmeID uuid.UUID, once command.Command,
	decide func() (workflow.Decision, *workflow.Snapshot, error)) (Outcome, error) {
	before, err := command.Recall(ctx, m.Store, once)
	if err != nil {
		return Outcome{}, err
	}
	out := repeated(programmeID, before)
	if before == nil {
		out, err = m.carry(ctx, programmeID, once, decide)
	}
	return out, entry.Explained(err)
}
