package db

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// AppendEvent appends a sealed event to a programme's history and begins the visit that comes with it, if any. It belongs to
// the transaction that travels in the context, and is how a programme's history begins; moves are written by Moving.
func (c Commands) AppendEvent(ctx context.Context, e *domain.ProgrammeEvent, begins *domain.StageVisit) error {
	if _, err := c.In(ctx).NewInsert().Model(e).Exec(ctx); err != nil {
		return Coded(err)
	}
	if begins == nil {
		return nil
	}
	_, err := c.In(ctx).NewInsert().Model(begins).Exec(ctx)
	return Coded(err)
}

// History gives all events of a programme by version; none for a programme that is not there.
func (c Commands) History(ctx context.Context, programmeID uuid.UUID) ([]domain.ProgrammeEvent, error) {
	var events []domain.ProgrammeEvent
	err := c.In(ctx).NewSelect().Model(&events).Where("programme_id = ?", programmeID).Order("version").Scan(ctx)
	return slices.Clip(events), Coded(err)
}
