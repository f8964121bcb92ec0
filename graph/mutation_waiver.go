package graph

import (
	"context"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/moving"
)

func (m mutation) RequestWaiver(ctx context.Context, in model.RequestWaiverInput) (*model.WaiverPayload, error) {
	f := new(fields)
	r := moving.WaiverRequest{ProgrammeID: f.id("programmeId", "Programme", in.ProgrammeID), RuleSet: in.RuleSet, Rule: in.Rule, Reason: in.Reason,
		ExpiresOn: in.ExpiresOn, ExpectedVersion: version(in.ExpectedVersion), Key: in.IdempotencyKey.Value()}
	if len(f.wrong) > 0 {
		return waiverAnswer(ctx, moving.Outcome{}, f.wrong)
	}
	out, err := m.Moves.RequestWaiver(ctx, access.FromContext(ctx), r)
	return waiverAnswer(ctx, out, err)
}

func (m mutation) GrantWaiver(ctx context.Context, in model.SettleWaiverInput) (*model.WaiverPayload, error) {
	return m.settleWaiver(ctx, in, domain.WaiverGranted)
}

func (m mutation) RefuseWaiver(ctx context.Context, in model.SettleWaiverInput) (*model.WaiverPayload, error) {
	return m.settleWaiver(ctx, in, domain.WaiverRefused)
}

func (m mutation) RevokeWaiver(ctx context.Context, in model.SettleWaiverInput) (*model.WaiverPayload, error) {
	return m.settleWaiver(ctx, in, domain.WaiverRevoked)
}

func (m mutation) settleWaiver(ctx context.Context, in model.SettleWaiverInput, to domain.WaiverState) (*model.WaiverPayload, error) {
	f := new(fields)
	c := moving.WaiverDecision{WaiverID: f.id("id", "Waiver", in.ID), To: to, Reason: in.Reason, ExpectedVersion: version(in.ExpectedVersion),
		Key: in.IdempotencyKey.Value()}
	if len(f.wrong) > 0 {
		return waiverAnswer(ctx, moving.Outcome{}, f.wrong)
	}
	out, err := m.Moves.SettleWaiver(ctx, access.FromContext(ctx), c)
	return waiverAnswer(ctx, out, err)
}

func waiverAnswer(ctx context.Context, out moving.Outcome, err error) (*model.WaiverPayload, error) {
	p := &model.WaiverPayload{UserErrors: []*model.UserError{}}
	if err != nil {
		p.UserErrors, err = userErrors(ctx, err)
		return p, err
	}
	p.Waiver = &model.Waiver{ID: gid.New("Waiver", *out.WaiverID)}
	p.Programme = &model.Programme{ID: gid.New("Programme", out.ProgrammeID)}
	p.Event = &model.ProgrammeEvent{ID: gid.New("ProgrammeEvent", *out.EventID)}
	return p, nil
}

func (m mutation) PlanStage(ctx context.Context, in model.PlanStageInput) (*model.PlanStagePayload, error) {
	f := new(fields)
	c := moving.StagePlan{ProgrammeID: f.id("programmeId", "Programme", in.ProgrammeID), Stage: in.Stage.Value(), DueOn: in.DueOn, Reason: in.Reason,
		ExpectedVersion: version(in.ExpectedVersion), Key: in.IdempotencyKey.Value()}
	p := &model.PlanStagePayload{UserErrors: []*model.UserError{}}
	if len(f.wrong) > 0 {
		var err error
		p.UserErrors, err = userErrors(ctx, f.wrong)
		return p, err
	}
	out, err := m.Moves.PlanStage(ctx, access.FromContext(ctx), c)
	if err != nil {
		p.UserErrors, err = userErrors(ctx, err)
		return p, err
	}
	p.Programme = &model.Programme{ID: in.ProgrammeID}
	if out.EventID != nil {
		p.Event = &model.ProgrammeEvent{ID: gid.New("ProgrammeEvent", *out.EventID)}
	}
	return p, nil
}

// version reads the version of a programme that a client saw.
func version(v graphqlInt) *int64 {
	if v.Value() == nil {
		return nil
	}
	seen := int64(*v.Value())
	return &seen
}
