package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/internal/entry"
	"github.com/berdaya/berdaya/internal/moving"
)

func (m mutation) CreateProgramme(ctx context.Context, in model.CreateProgrammeInput) (*model.ProgrammePayload, error) {
	f := new(fields)
	row := &domain.Programme{
		RegionCode: in.RegionCode, Code: in.Code, Title: in.Title, Goal: in.Goal, StartDate: in.StartDate, EndDate: in.EndDate,
	}
	if c := in.Coordinator.Value(); c != nil {
		row.Coordinator = *c
	}
	communities := f.ids("communityIds", "Community", in.CommunityIds)
	n := entry.New{Command: "createProgramme", Key: in.IdempotencyKey.Value(), ID: f.made(in.ClientID)}
	n.Wrong = f.wrong
	done, err := m.Programmes.Enter(ctx, access.FromContext(ctx), row, communities, n)
	id, wrong, err := answer(ctx, "Programme", done, err)
	return &model.ProgrammePayload{Programme: at(id, &model.Programme{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateProgramme(ctx context.Context, in model.UpdateProgrammeInput) (*model.ProgrammePayload, error) {
	row, done := new(domain.Programme), uuid.Nil
	c, err := toChange("Programme", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, row, func(p *domain.Programme, f *fields) {
		set(f, "title", &p.Title, in.Title)
		set(f, "goal", &p.Goal, in.Goal)
		set(f, "startDate", &p.StartDate, in.StartDate)
		set(f, "endDate", &p.EndDate, in.EndDate)
	})
	if err == nil {
		done, err = m.Programmes.Change(ctx, access.FromContext(ctx), row, c)
	}
	id, wrong, err := answer(ctx, "Programme", done, err)
	return &model.ProgrammePayload{Programme: at(id, &model.Programme{ID: id}), UserErrors: wrong}, err
}

func (m mutation) CreateProgrammeCommunity(ctx context.Context, in model.CreateProgrammeCommunityInput) (*model.ProgrammeCommunityPayload, error) {
	f := new(fields)
	row := &domain.ProgrammeCommunity{
		ProgrammeID: f.id("programmeId", "Programme", in.ProgrammeID), CommunityID: f.id("communityId", "Community", in.CommunityID), Primary: in.Primary,
	}
	id, wrong, err := m.enter(ctx, "ProgrammeCommunity", in.IdempotencyKey, in.ClientID, row, f)
	return &model.ProgrammeCommunityPayload{ProgrammeCommunity: at(id, &model.ProgrammeCommunity{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateProgrammeCommunity(ctx context.Context, in model.UpdateProgrammeCommunityInput) (*model.ProgrammeCommunityPayload, error) {
	id, wrong, err := change(ctx, m, "ProgrammeCommunity", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(p *domain.ProgrammeCommunity, f *fields) {
		set(f, "primary", &p.Primary, in.Primary)
	})
	return &model.ProgrammeCommunityPayload{ProgrammeCommunity: at(id, &model.ProgrammeCommunity{ID: id}), UserErrors: wrong}, err
}

func (m mutation) CreateProgrammeStakeholder(ctx context.Context, in model.CreateProgrammeStakeholderInput) (*model.ProgrammeStakeholderPayload, error) {
	f := new(fields)
	row := &domain.ProgrammeStakeholder{
		ProgrammeID: f.id("programmeId", "Programme", in.ProgrammeID), StakeholderID: f.id("stakeholderId", "Stakeholder", in.StakeholderID),
		Role: in.Role, Power: in.Power, Interest: in.Interest,
	}
	id, wrong, err := m.enter(ctx, "ProgrammeStakeholder", in.IdempotencyKey, in.ClientID, row, f)
	return &model.ProgrammeStakeholderPayload{ProgrammeStakeholder: at(id, &model.ProgrammeStakeholder{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateProgrammeStakeholder(ctx context.Context, in model.UpdateProgrammeStakeholderInput) (*model.ProgrammeStakeholderPayload, error) {
	id, wrong, err := change(ctx, m, "ProgrammeStakeholder", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(s *domain.ProgrammeStakeholder, f *fields) {
		set(f, "role", &s.Role, in.Role)
		set(f, "power", &s.Power, in.Power)
		set(f, "interest", &s.Interest, in.Interest)
	})
	return &model.ProgrammeStakeholderPayload{ProgrammeStakeholder: at(id, &model.ProgrammeStakeholder{ID: id}), UserErrors: wrong}, err
}

func (m mutation) MoveProgramme(ctx context.Context, in model.MoveProgrammeInput) (*model.MoveProgrammePayload, error) {
	f := new(fields)
	c := moving.Command{
		ProgrammeID: f.id("programmeId", "Programme", in.ProgrammeID), Move: in.Move, ToStage: in.ToStage.Value(), Reason: in.Reason.Value(),
		ReviewOn: in.ReviewOn.Value(), ShiftDueDates: in.ShiftDueDates, Key: in.IdempotencyKey.Value(),
		ExpectedVersion: version(in.ExpectedVersion),
	}
	if len(f.wrong) > 0 {
		wrong, err := userErrors(ctx, f.wrong)
		return &model.MoveProgrammePayload{Blocks: []*model.Block{}, UserErrors: wrong}, err
	}
	move := m.Moves.Move
	if in.DryRun {
		move = m.Moves.DryRun
	}
	out, err := move(ctx, access.FromContext(ctx), c)
	if err := m.Moves.Explain(ctx, access.FromContext(ctx), out); err != nil {
		return nil, err
	}
	gather(ctx).blocks = out.Blocks
	if err == nil {
		command.Note(ctx, command.Outcome{IDs: []uuid.UUID{c.ProgrammeID}, Version: &out.Version, Repeated: out.Repeated})
	}
	p := &model.MoveProgrammePayload{Allowed: out.Allowed, Blocks: model.Blocks(out.Blocks, access.FromContext(ctx).Locale), UserErrors: []*model.UserError{}}
	p.Programme = &model.Programme{ID: gid.New("Programme", c.ProgrammeID)}
	if out.EventID != nil {
		p.Event = &model.ProgrammeEvent{ID: gid.New("ProgrammeEvent", *out.EventID)}
	}
	if err != nil {
		if e, one := err.(*domain.Error); one && len(e.Path) == 0 && (e.Code == domain.CodeNotFound || e.Code == domain.CodeForbidden) {
			err = e.At("programmeId")
		}
		p.UserErrors, err = userErrors(ctx, err)
	}
	return p, err
}
