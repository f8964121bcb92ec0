package graph

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/graph/read"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/bulk"
	"github.com/berdaya/berdaya/workflow"
)

func (m mutation) MoveProgrammes(ctx context.Context, in model.MoveProgrammesInput) (*model.BulkMovePayload, error) {
	f := new(fields)
	c := bulk.Command{
		Move: in.Move, ToStage: in.ToStage.Value(), Reason: in.Reason.Value(), ReviewOn: in.ReviewOn.Value(), ShiftDueDates: in.ShiftDueDates,
		DryRun: in.DryRun, ExpectedCount: in.ExpectedCount.Value(), Key: in.IdempotencyKey,
	}
	if ids := in.ProgrammeIds.Value(); ids != nil {
		c.ProgrammeIDs = f.ids("programmeIds", "Programme", ids)
	}
	if given := in.Filter.Value(); given != nil {
		filter, err := bulkFilter(given)
		if err != nil {
			f.problem(err)
		}
		c.Filter = filter
		var unwritten error
		if c.FilterGiven, unwritten = asGiven(given); unwritten != nil {
			return nil, unwritten
		}
	}
	if len(f.wrong) > 0 {
		return bulkMove(ctx, uuid.Nil, f.wrong)
	}
	id, err := m.Bulk.Begin(ctx, access.FromContext(ctx), c)
	return bulkMove(ctx, id, err)
}

func (m mutation) RunBulkMove(ctx context.Context, in model.DirectBulkMoveInput) (*model.BulkMovePayload, error) {
	return directBulk(ctx, in, m.Bulk.Run)
}

func (m mutation) PauseBulkMove(ctx context.Context, in model.DirectBulkMoveInput) (*model.BulkMovePayload, error) {
	return directBulk(ctx, in, m.Bulk.Pause)
}

func (m mutation) ResumeBulkMove(ctx context.Context, in model.DirectBulkMoveInput) (*model.BulkMovePayload, error) {
	return directBulk(ctx, in, m.Bulk.Resume)
}

func (m mutation) CancelBulkMove(ctx context.Context, in model.DirectBulkMoveInput) (*model.BulkMovePayload, error) {
	return directBulk(ctx, in, m.Bulk.Cancel)
}

func directBulk(ctx context.Context, in model.DirectBulkMoveInput, do func(context.Context, access.Actor, bulk.Direction) (uuid.UUID, error)) (*model.BulkMovePayload, error) {
	f := new(fields)
	d := bulk.Direction{ID: f.id("id", "BulkMove", in.ID), Key: &in.IdempotencyKey}
	if len(f.wrong) > 0 {
		return bulkMove(ctx, uuid.Nil, f.wrong)
	}
	id, err := do(ctx, access.FromContext(ctx), d)
	return bulkMove(ctx, id, err)
}

func bulkMove(ctx context.Context, done uuid.UUID, err error) (*model.BulkMovePayload, error) {
	id, wrong, err := answer(ctx, "BulkMove", done, err)
	return &model.BulkMovePayload{BulkMove: at(id, &model.BulkMove{ID: id}), UserErrors: wrong}, err
}

// bulkFilter reads the filter of the list of programmes.
func bulkFilter(in *model.ProgrammesFilter) (*workflow.BulkFilter, *domain.Error) {
	f := &workflow.BulkFilter{Coordinator: in.Coordinator.Value()}
	code, exactly, err := read.Chosen(in.Region.Value(), "filter", "region")
	switch e, coded := err.(*domain.Error); {
	case coded:
		return f, e
	case exactly:
		f.Exactly = &code
	case code != "":
		f.Within = []string{code}
	}
	if s := in.Stage.Value(); s != nil {
		f.Stages = either(s.Eq.Value(), s.In.Value())
	}
	if s := in.Status.Value(); s != nil {
		f.Statuses = either(s.Eq.Value(), s.In.Value())
	}
	return f, nil
}

// either gives the codes that are equal to one and among others; nil for any.
func either[T comparable](eq *T, in []T) *[]T {
	switch {
	case eq == nil && in == nil:
		return nil
	case eq == nil:
		return &in
	case in == nil:
		return &[]T{*eq}
	}
	both := []T{}
	for _, v := range in {
		if v == *eq {
			both = []T{v}
		}
	}
	return &both
}

// asGiven writes an input without what was left out of it.
func asGiven(in any) (json.RawMessage, error) {
	raw, err := json.Marshal(in)
	var fields map[string]any
	if err == nil {
		err = json.Unmarshal(raw, &fields)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(said(fields))
}

// said leaves out what is null.
func said(fields map[string]any) map[string]any {
	for name, value := range fields {
		if inner, ok := value.(map[string]any); ok {
			fields[name] = said(inner)
		} else if value == nil {
			delete(fields, name)
		}
	}
	return fields
}
