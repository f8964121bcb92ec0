package db

import (
	"context"

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
