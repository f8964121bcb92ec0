package command

import (
	"context"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// KeptFor is for how long an outcome is remembered. A command that is sent again later than that is a new one.
const KeptFor = 90 * 24 * time.Hour

// The job that forgets: its kind, and how often it is done.
const (
	ForgetKind  = "forget_commands"
	ForgetEvery = time.Hour
)

// Of a run of the job: how many outcomes it forgets in one transaction, and after which time it lets others work.
const (
	forgottenAtOnce = 5000
	forgetSlice     = 10 * time.Second
)

// Forgetting is the job that forgets outcomes when their time is over.
type Forgetting struct {
	Store interface {
		// Forget removes what has been remembered since before an instant, the oldest first and at most so many, and gives how many.
		Forget(ctx context.Context, before time.Time, most int) (int, error)
	}
	Clock domain.Clock
}

// Work is one run of the job. It may be broken off anywhere.
func (f Forgetting) Work(ctx context.Context, _ workflow.JobRun) error {
	before := f.Clock.Now().Add(-KeptFor)
	for began := time.Now(); time.Since(began) < forgetSlice; {
		if n, err := f.Store.Forget(ctx, before, forgottenAtOnce); err != nil || n < forgottenAtOnce {
			return err
		}
	}
	return workflow.GoOnIn(time.Second)
}
