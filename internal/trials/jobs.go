package trials

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/internal/lease"
	"github.com/berdaya/berdaya/workflow"
)

// The kinds of jobs.
const (
	SliceJob  = "trial_slice"   // a slice of work on one simulation or replay
	SweepJob  = "trial_sweep"   // looks for those that nobody works on, and ends shadows whose time is over
	ForgetJob = "forget_trials" // deletes trials that ended long ago
)

// How often the servers do what is periodic, and how long the rest takes at most.
const (
	SweepEvery   = 5 * time.Second
	ForgetEvery  = 24 * time.Hour
	SliceTimeout = sliceBound + 2*batchBound + 2*endBound
	keeping      = 180 * 24 * time.Hour // how long trials are kept that have ended
)

// slice is what a job is told.
type slice struct {
	Trial uuid.UUID `json:"trial"`
}

// Job is the job that does a slice of work.
func Job(id uuid.UUID) workflow.Job { return workflow.Job{Kind: SliceJob, Args: slice{id}} }

// Slice does the job of [Job], and goes on as long as there is work, by turns with other trials.
func (s *Trials) Slice(ctx context.Context, run workflow.JobRun) error {
	var of slice
	if err := run.Decode(&of); err != nil {
		return err
	}
	more, err := s.Work(ctx, of.Trial)
	if err == nil && more {
		return workflow.GoOnIn(0)
	}
	return err
}

// Sweep has work done on trials that nobody holds, and ends shadows whose time is over or whose version was withdrawn.
func (s *Trials) Sweep(ctx context.Context, _ workflow.JobRun) error {
	if err := s.Store.EndShadows(ctx, s.Clock.Now(), errWithdrawn.Text); err != nil {
		return err
	}
	waiting, err := s.Store.UnattendedTrials(ctx)
	if err != nil {
		return err
	}
	return lease.Sweep(ctx, s.Store, waiting, Job)
}

// Forget deletes trials that ended long ago, one at a time. It may be broken off anywhere.
func (s *Trials) Forget(ctx context.Context, _ workflow.JobRun) error {
	for {
		more, err := s.Store.ForgetTrials(ctx, s.Clock.Now().Add(-keeping))
		if err != nil || !more {
			return err
		}
	}
}
