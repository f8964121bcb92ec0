package db

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Begin writes what a programme's history begins with: the sealed first event, its visit and its timers. It belongs to the
// transaction that travels in the context. Moves are written by Moving.
func (c Commands) Begin(ctx context.Context, created workflow.Decision) error {
	if _, err := c.In(ctx).NewInsert().Model(created.Event).Exec(ctx); err != nil {
		return Coded(err)
	}
	if _, err := c.In(ctx).NewInsert().Model(created.Effects.BeginVisit).Exec(ctx); err != nil || len(created.Effects.Timers) == 0 {
		return Coded(err)
	}
	_, err := c.In(ctx).NewInsert().Model(&created.Effects.Timers).Exec(ctx)
	return Coded(err)
}

// History gives all events of a programme by version; none for a programme that is not there.
func (c Commands) History(ctx context.Context, programmeID uuid.UUID) ([]domain.ProgrammeEvent, error) {
	var events []domain.ProgrammeEvent
	err := c.In(ctx).NewSelect().Model(&events).Where("programme_id = ?", programmeID).Order("version").Scan(ctx)
	return slices.Clip(events), Coded(err)
}
