package bulk

import (
	"context"
	"time"

	"github.com/google/uuid"

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

// Sweep has work done on bulk moves that nobody holds. One that only waits for its turn has a job of this kind at most; one whose
// server was killed gets another job at once, though the old one passes for running until it is rescued.
func (b *Bulk) Sweep(ctx context.Context, _ workflow.JobRun) error {
	waiting, err := b.Store.Unattended(ctx)
	if err != nil || len(waiting) == 0 {
		return err
	}
	return b.Store.Transact(ctx, func(ctx context.Context) error {
		for _, w := range waiting {
			j := Job(w.ID)
			j.Key = w.ID.String() + ":" + w.Last.String()
			if err := b.Store.Enqueue(ctx, j); err != nil {
				return err
			}
		}
		return nil
	})
}
