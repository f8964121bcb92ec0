package graph

import (
	"context"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
)

func (m mutation) CreateIndicator(ctx context.Context, in model.CreateIndicatorInput) (*model.IndicatorPayload, error) {
	f := new(fields)
	row := &domain.Indicator{
		ProgrammeID: f.id("programmeId", "Programme", in.ProgrammeID), ObjectiveID: f.maybeID("objectiveId", "Objective", in.ObjectiveID),
		Name: in.Name, Unit: in.Unit, Direction: in.Direction, Baseline: in.Baseline.Value(), BaselineOn: in.BaselineOn.Value(),
		Target: in.Target.Value(), TargetOn: in.TargetOn.Value(), Cumulative: in.Cumulative,
	}
	id, wrong, err := m.enter(ctx, "Indicator", in.IdempotencyKey, in.ClientID, row, f)
	return &model.IndicatorPayload{Indicator: at(id, &model.Indicator{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateIndicator(ctx context.Context, in model.UpdateIndicatorInput) (*model.IndicatorPayload, error) {
	id, wrong, err := change(ctx, m, "Indicator", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(i *domain.Indicator, f *fields) {
		letID(f, "objectiveId", "Objective", &i.ObjectiveID, in.ObjectiveID)
		set(f, "name", &i.Name, in.Name)
		set(f, "unit", &i.Unit, in.Unit)
		set(f, "direction", &i.Direction, in.Direction)
		let(f, "baseline", &i.Baseline, in.Baseline)
		let(f, "baselineOn", &i.BaselineOn, in.BaselineOn)
		let(f, "target", &i.Target, in.Target)
		let(f, "targetOn", &i.TargetOn, in.TargetOn)
		set(f, "cumulative", &i.Cumulative, in.Cumulative)
	})
	return &model.IndicatorPayload{Indicator: at(id, &model.Indicator{ID: id}), UserErrors: wrong}, err
}

func (m mutation) CreateMeasurement(ctx context.Context, in model.CreateMeasurementInput) (*model.MeasurementPayload, error) {
	f := new(fields)
	row := &domain.Measurement{
		IndicatorID: f.id("indicatorId", "Indicator", in.IndicatorID), MeasuredOn: in.MeasuredOn, Value: in.Value, Source: in.Source,
		Evidence: in.Evidence.Value(), Sex: in.Sex.Value(), AgeBand: in.AgeBand.Value(), WithDisability: in.WithDisability.Value(),
	}
	id, wrong, err := m.enter(ctx, "Measurement", in.IdempotencyKey, in.ClientID, row, f)
	return &model.MeasurementPayload{Measurement: at(id, &model.Measurement{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateMeasurement(ctx context.Context, in model.UpdateMeasurementInput) (*model.MeasurementPayload, error) {
	id, wrong, err := change(ctx, m, "Measurement", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(v *domain.Measurement, f *fields) {
		set(f, "measuredOn", &v.MeasuredOn, in.MeasuredOn)
		set(f, "value", &v.Value, in.Value)
		set(f, "source", &v.Source, in.Source)
		let(f, "evidence", &v.Evidence, in.Evidence)
		let(f, "sex", &v.Sex, in.Sex)
		let(f, "ageBand", &v.AgeBand, in.AgeBand)
		let(f, "withDisability", &v.WithDisability, in.WithDisability)
	})
	return &model.MeasurementPayload{Measurement: at(id, &model.Measurement{ID: id}), UserErrors: wrong}, err
}

func (m mutation) CreateFinding(ctx context.Context, in model.CreateFindingInput) (*model.FindingPayload, error) {
	f := new(fields)
	row := &domain.Finding{
		ProgrammeID: f.id("programmeId", "Programme", in.ProgrammeID), FoundOn: in.FoundOn, Title: in.Title, Severity: in.Severity,
		Status: domain.FindingOpen, Action: in.Action.Value(), Owner: in.Owner.Value(), DueOn: in.DueOn.Value(),
	}
	id, wrong, err := m.enter(ctx, "Finding", in.IdempotencyKey, in.ClientID, row, f)
	return &model.FindingPayload{Finding: at(id, &model.Finding{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateFinding(ctx context.Context, in model.UpdateFindingInput) (*model.FindingPayload, error) {
	id, wrong, err := change(ctx, m, "Finding", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(g *domain.Finding, f *fields) {
		set(f, "foundOn", &g.FoundOn, in.FoundOn)
		set(f, "title", &g.Title, in.Title)
		set(f, "severity", &g.Severity, in.Severity)
		set(f, "status", &g.Status, in.Status)
		let(f, "action", &g.Action, in.Action)
		let(f, "owner", &g.Owner, in.Owner)
		let(f, "dueOn", &g.DueOn, in.DueOn)
	})
	return &model.FindingPayload{Finding: at(id, &model.Finding{ID: id}), UserErrors: wrong}, err
}
