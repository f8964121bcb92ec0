package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
)

func (m mutation) CreateReport(ctx context.Context, in model.CreateReportInput) (*model.ReportPayload, error) {
	f := new(fields)
	row := &domain.Report{
		ProgrammeID: f.id("programmeId", "Programme", in.ProgrammeID), Kind: in.Kind, Audience: in.Audience,
		PeriodStart: in.PeriodStart, PeriodEnd: in.PeriodEnd, Narrative: in.Narrative,
	}
	id, wrong, err := m.enter(ctx, "Report", in.IdempotencyKey, in.ClientID, row, f)
	return &model.ReportPayload{Report: at(id, &model.Report{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateReport(ctx context.Context, in model.UpdateReportInput) (*model.ReportPayload, error) {
	id, wrong, err := change(ctx, m, "Report", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(r *domain.Report, f *fields) {
		set(f, "kind", &r.Kind, in.Kind)
		set(f, "audience", &r.Audience, in.Audience)
		set(f, "periodStart", &r.PeriodStart, in.PeriodStart)
		set(f, "periodEnd", &r.PeriodEnd, in.PeriodEnd)
		set(f, "narrative", &r.Narrative, in.Narrative)
	})
	return &model.ReportPayload{Report: at(id, &model.Report{ID: id}), UserErrors: wrong}, err
}

func (m mutation) PublishReport(ctx context.Context, in model.PublishReportInput) (*model.ReportPayload, error) {
	id, wrong, err := about(ctx, "id", "Report", in.ID, func(a access.Actor, key uuid.UUID) (uuid.UUID, error) {
		return m.Content.Publish(ctx, a, key, in.IdempotencyKey.Value())
	})
	return &model.ReportPayload{Report: at(id, &model.Report{ID: id}), UserErrors: wrong}, err
}

func (m mutation) CreateDistribution(ctx context.Context, in model.CreateDistributionInput) (*model.DistributionPayload, error) {
	f := new(fields)
	row := &domain.Distribution{
		ReportID: f.id("reportId", "Report", in.ReportID), StakeholderID: f.id("stakeholderId", "Stakeholder", in.StakeholderID),
	}
	if sent := in.SentAt.Value(); sent != nil {
		row.SentAt = *sent
	}
	id, wrong, err := m.enter(ctx, "Distribution", in.IdempotencyKey, in.ClientID, row, f)
	return &model.DistributionPayload{Distribution: at(id, &model.Distribution{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateDistribution(ctx context.Context, in model.UpdateDistributionInput) (*model.DistributionPayload, error) {
	id, wrong, err := change(ctx, m, "Distribution", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(d *domain.Distribution, f *fields) {
		let(f, "acknowledgedAt", &d.AcknowledgedAt, in.AcknowledgedAt)
		let(f, "feedback", &d.Feedback, in.Feedback)
	})
	return &model.DistributionPayload{Distribution: at(id, &model.Distribution{ID: id}), UserErrors: wrong}, err
}

func (m mutation) TickChecklistItem(ctx context.Context, in model.TickChecklistItemInput) (*model.ChecklistItemPayload, error) {
	id, wrong, err := about(ctx, "id", "ChecklistItem", in.ID, func(a access.Actor, key uuid.UUID) (uuid.UUID, error) {
		return m.Content.Tick(ctx, a, key, in.Done, in.IdempotencyKey.Value())
	})
	return &model.ChecklistItemPayload{ChecklistItem: at(id, &model.ChecklistItem{ID: id}), UserErrors: wrong}, err
}
