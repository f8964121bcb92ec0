package rulesets

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// EndJob is the kind of the job that ends activations which bind nobody any more, and checks what was forgotten.
const EndJob = "rule_set_end"

// Of the job.
const (
	EndEvery   = time.Hour
	EndTimeout = 5 * time.Minute
	forgotten  = 15 * time.Minute // after which a version that waits to be checked has lost its job
	endAtOnce  = 100              // activations that are ended by one statement
	// inFlight is how long a move may take from its decision, which says when its programme enters the stage, until it is written,
	// by clocks that differ: nobody who entered before a newer activation is written later than that after it.
	inFlight = 10 * time.Minute
)

// End is the work of EndJob.
func (s *RuleSets) End(ctx context.Context, _ workflow.JobRun) error {
	all, err := s.Store.Unended(ctx)
	if err != nil {
		return err
	}
	var ended []uuid.UUID
	now := s.Clock.Now()
	write := func(atLeast int) error {
		if len(ended) < atLeast {
			return nil
		}
		err := s.Store.EndActivations(ctx, ended, now)
		ended = ended[:0]
		return err
	}
	for chain := range domain.Chains(all) {
		entries := workflow.EntriesOf(chain)
		for i, a := range chain[:len(chain)-1] {
			binds := false
			if entries[i] != nil {
				if chain[i+1].ActivatedAt.After(now.Add(-inFlight)) {
					continue // somebody whom it binds may be on the way
				}
				if binds, err = s.Store.AnyEntered(ctx, a.RegionCode, *entries[i]); err != nil {
					return err
				}
			}
			if binds {
				continue
			}
			ended = append(ended, a.ID)
			if err := write(endAtOnce); err != nil {
				return err
			}
		}
	}
	if err := write(1); err != nil {
		return err
	}
	return s.remind(ctx)
}

// remind hands the check of versions on again whose job was given up before it could write anything.
func (s *RuleSets) remind(ctx context.Context) error {
	waiting, err := s.Store.Waiting(ctx, s.Clock.Now().Add(-forgotten), endAtOnce)
	for _, id := range waiting {
		if err == nil {
			err = s.Store.Enqueue(ctx, workflow.Job{Kind: CheckJob, Args: check{id}, Key: id.String(), Attempts: checkAttempts})
		}
	}
	return err
}
