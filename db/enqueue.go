package db

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/berdaya/berdaya/workflow"
)

// Enqueue hands a job on: in the transaction that travels in the context, so that it is there if and only if that commits, or
// in one of its own where none does.
func (c Commands) Enqueue(ctx context.Context, j workflow.Job) error {
	return c.Transact(ctx, func(ctx context.Context) error {
		tx := ctx.Value(travelling{}).(bun.Tx)
		return Coded(c.DB.jobs.Add(ctx, tx.Tx, j))
	})
}

// EnqueueAll is Enqueue for many jobs, in one round trip.
func (c Commands) EnqueueAll(ctx context.Context, all []workflow.Job) error {
	if len(all) == 0 {
		return nil
	}
	return c.Transact(ctx, func(ctx context.Context) error {
		tx := ctx.Value(travelling{}).(bun.Tx)
		return Coded(c.DB.jobs.AddAll(ctx, tx.Tx, all))
	})
}
