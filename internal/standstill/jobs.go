package standstill

import (
	"context"
	"time"

	"github.com/berdaya/berdaya/workflow"
)

// The jobs. Tick is handed on every so often and does nothing but hand on Kind, which there is one of at a time.
const (
	Tick = "standstill_tick"
	Kind = "standstill"
)

// Timeout bounds a run of Kind, which lets go long before.
const Timeout = time.Minute

// Every is how often programmes that have changed are looked for.
const Every = 10 * time.Second

// Ticked is the work of Tick.
func (c *Checks) Ticked(ctx context.Context, _ workflow.JobRun) error {
	return c.Store.Enqueue(ctx, workflow.Job{Kind: Kind, Key: Kind})
}

// Work is the work of Kind, a slice at a time.
func (c *Checks) Work(ctx context.Context, _ workflow.JobRun) error {
	done, err := c.Run(ctx, slice)
	if err == nil && !done {
		return workflow.GoOnIn(0)
	}
	return err
}
