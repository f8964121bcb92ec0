package bulk

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/internal/lease"
	"github.com/berdaya/berdaya/workflow"
)

// The kinds of jobs.
const (
	SliceJob = "bulk_slice" // a slice of work on one bulk move
	SweepJob = "bulk_sweep" // looks for bulk moves that nobody works on
)

// SweepEvery is how often one of the servers looks for bulk moves that nobody works on.
const SweepEvery = 5 * time.Second

// SliceTimeout is how long a slice may take at most: what is under way when its own time is over may end.
const SliceTimeout = sliceBound + batchBound + 2*endBound

// slice is what a job is told.
type slice struct {
	BulkMove uuid.UUID `json:"bulkMove"`
}

// Job is the job that does a slice of work.
func Job(id uuid.UUID) workflow.Job { return workflow.Job{Kind: SliceJob, Args: slice{id}} }

// Slice does the job of [Job], and goes on as long as there is work, by turns with other bulk moves.
func (b *Bulk) Slice(ctx context.Context, run workflow.JobRun) error {
	var s slice
	if err := run.Decode(&s); err != nil {
		return err
	}
	more, err := b.Work(ctx, s.BulkMove)
	if err == nil && more {
		return workflow.GoOnIn(0)
	}
	return err
}

// Sweep has work done on bulk moves that nobody holds.
func (b *Bulk) Sweep(ctx context.Context, _ workflow.JobRun) error {
	waiting, err := b.Store.Unattended(ctx)
	if err != nil {
		return err
	}
	return lease.Sweep(ctx, b.Store, waiting, Job)
}
