package graph

import (
	"context"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
)

func (m mutation) CreateObjective(ctx context.Context, in model.CreateObjectiveInput) (*model.ObjectivePayload, error) {
	f := new(fields)
	row := &domain.Objective{
		ProgrammeID: f.id("programmeId", "Programme", in.ProgrammeID), ParentID: f.maybeID("parentId", "Objective", in.ParentID), Level: in.Level,
		Statement: in.Statement, MeansOfVerification: in.MeansOfVerification.Value(), Assumption: in.Assumption.Value(),
	}
	id, wrong, err := m.enter(ctx, "Objective", in.IdempotencyKey, in.ClientID, row, f)
	return &model.ObjectivePayload{Objective: at(id, &model.Objective{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateObjective(ctx context.Context, in model.UpdateObjectiveInput) (*model.ObjectivePayload, error) {
	id, wrong, err := change(ctx, m, "Objective", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(o *domain.Objective, f *fields) {
		letID(f, "parentId", "Objective", &o.ParentID, in.ParentID)
		set(f, "level", &o.Level, in.Level)
		set(f, "statement", &o.Statement, in.Statement)
		let(f, "meansOfVerification", &o.MeansOfVerification, in.MeansOfVerification)
		let(f, "assumption", &o.Assumption, in.Assumption)
	})
	return &model.ObjectivePayload{Objective: at(id, &model.Objective{ID: id}), UserErrors: wrong}, err
}

func (m mutation) CreateActivity(ctx context.Context, in model.CreateActivityInput) (*model.ActivityPayload, error) {
	f := new(fields)
	row := &domain.Activity{
		ProgrammeID: f.id("programmeId", "Programme", in.ProgrammeID), ObjectiveID: f.maybeID("objectiveId", "Objective", in.ObjectiveID),
		Title: in.Title, Kind: in.Kind, BuildsCapacity: in.BuildsCapacity,
		PlannedStart: in.PlannedStart.Value(), PlannedEnd: in.PlannedEnd.Value(),
		ActualStart: in.ActualStart.Value(), ActualEnd: in.ActualEnd.Value(), Responsible: in.Responsible.Value(),
	}
	id, wrong, err := m.enter(ctx, "Activity", in.IdempotencyKey, in.ClientID, row, f)
	return &model.ActivityPayload{Activity: at(id, &model.Activity{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateActivity(ctx context.Context, in model.UpdateActivityInput) (*model.ActivityPayload, error) {
	id, wrong, err := change(ctx, m, "Activity", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(a *domain.Activity, f *fields) {
		letID(f, "objectiveId", "Objective", &a.ObjectiveID, in.ObjectiveID)
		set(f, "title", &a.Title, in.Title)
		set(f, "kind", &a.Kind, in.Kind)
		set(f, "buildsCapacity", &a.BuildsCapacity, in.BuildsCapacity)
		let(f, "plannedStart", &a.PlannedStart, in.PlannedStart)
		let(f, "plannedEnd", &a.PlannedEnd, in.PlannedEnd)
		let(f, "actualStart", &a.ActualStart, in.ActualStart)
		let(f, "actualEnd", &a.ActualEnd, in.ActualEnd)
		let(f, "responsible", &a.Responsible, in.Responsible)
	})
	return &model.ActivityPayload{Activity: at(id, &model.Activity{ID: id}), UserErrors: wrong}, err
}

func (m mutation) CreateBudgetLine(ctx context.Context, in model.CreateBudgetLineInput) (*model.BudgetLinePayload, error) {
	f := new(fields)
	row := &domain.BudgetLine{
		ActivityID: f.id("activityId", "Activity", in.ActivityID), Description: in.Description, SourceOfFunds: in.SourceOfFunds,
		Planned: in.Planned, Spent: in.Spent, Currency: in.Currency,
	}
	id, wrong, err := m.enter(ctx, "BudgetLine", in.IdempotencyKey, in.ClientID, row, f)
	return &model.BudgetLinePayload{BudgetLine: at(id, &model.BudgetLine{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateBudgetLine(ctx context.Context, in model.UpdateBudgetLineInput) (*model.BudgetLinePayload, error) {
	id, wrong, err := change(ctx, m, "BudgetLine", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(b *domain.BudgetLine, f *fields) {
		set(f, "description", &b.Description, in.Description)
		set(f, "sourceOfFunds", &b.SourceOfFunds, in.SourceOfFunds)
		set(f, "planned", &b.Planned, in.Planned)
		set(f, "spent", &b.Spent, in.Spent)
		set(f, "currency", &b.Currency, in.Currency)
	})
	return &model.BudgetLinePayload{BudgetLine: at(id, &model.BudgetLine{ID: id}), UserErrors: wrong}, err
}
