package history

import (
	"context"
	"log/slog"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// CheckStore is what the job needs of the database beside histories.
type CheckStore interface {
	Store
	// BeginCheck gives the verification of a job, begun at a time unless it has been begun before.
	BeginCheck(ctx context.Context, jobID int64, at time.Time) (workflow.HistoryCheck, error)
	// AdvanceCheck notes how far a verification has come, and tells whether it did: not where another run of the job has
	// advanced it since.
	AdvanceCheck(ctx context.Context, from, to workflow.HistoryCheck) (bool, error)
}

// CheckKind is the kind of the job.
const CheckKind = "verify_histories"

// Of the job: how long a slice takes, how long it rests after one, and how many broken histories it names in each. All are
// counted, and `berdaya history verify` names all.
const (
	slice = 10 * time.Second
	rest  = time.Second
	named = 20
)

// Checks is the job that verifies all histories.
type Checks struct {
	Store CheckStore
	Clock domain.Clock
	Log   *slog.Logger
}

// Run does a slice, or what is left. Two runs of one job at once do no harm: one of them gives way.
func (c Checks) Run(ctx context.Context, run workflow.JobRun) error {
	check, err := c.Store.BeginCheck(ctx, run.ID, c.Clock.Now())
	if err != nil || check.FinishedAt != nil {
		return err
	}
	verifier := Verifier{c.Store}
	for until, left := time.Now().Add(slice), named; time.Now().Before(until); {
		sum, last, err := verifier.next(ctx, workflow.HistoryScope{}, check.After, func(b Broken) {
			if left--; left >= 0 {
				c.Log.ErrorContext(ctx, "a history is broken", "programme", b.Code, "event", b.Version, "why", b.Why)
			}
		})
		if err != nil {
			return err
		}
		next := check
		next.After, next.Histories, next.Events, next.Broken = last, check.Histories+sum.Histories, check.Events+sum.Events, check.Broken+sum.Broken
		if sum.Histories < page {
			at := c.Clock.Now()
			next.FinishedAt = &at
		}
		if advanced, err := c.Store.AdvanceCheck(ctx, check, next); err != nil || !advanced {
			return err
		}
		check = next
		if check.FinishedAt != nil {
			c.sayDone(ctx, check)
			return nil
		}
	}
	return workflow.GoOnIn(rest)
}

func (c Checks) sayDone(ctx context.Context, check workflow.HistoryCheck) {
	say := c.Log.InfoContext
	if check.Broken > 0 {
		say = c.Log.ErrorContext
	}
	say(ctx, "histories are verified", "histories", check.Histories, "events", check.Events, "broken", check.Broken)
}
