package rulesets

import (
	"context"
	"time"

	"github.com/berdaya/berdaya/workflow"
)

// RemoveJob is the kind of the job that removes content which nobody needs any more.
const RemoveJob = "rule_set_remove"

// Of the job.
const (
	RemoveEvery   = 24 * time.Hour
	RemoveTimeout = 10 * time.Minute
	removeAtOnce  = 100 // that are looked for by one statement
	// Unneeded is how long content stays after its version failed its check or was withdrawn, for whoever looks into why.
	Unneeded = 30 * 24 * time.Hour
)

// Remove is the work of RemoveJob. It may be broken off anywhere.
func (s *RuleSets) Remove(ctx context.Context, _ workflow.JobRun) error {
	now := s.Clock.Now()
	before := now.Add(-Unneeded)
	for last := ""; ; {
		sums, err := s.Store.Unneeded(ctx, before, last, removeAtOnce)
		if err != nil {
			return err
		}
		for _, sum := range sums {
			if _, err := s.Store.RemoveArtefact(ctx, sum, before, now); err != nil {
				return err
			}
			last = sum
		}
		if len(sums) < removeAtOnce {
			return nil
		}
	}
}
