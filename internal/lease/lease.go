package lease

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Of leases.
const (
	For   = 8 * time.Second // how long others wait for a server that says nothing any more
	every = 2 * time.Second // how often a server says that it is still at it
)

// While works and renews a lease meanwhile. Where somebody else has it by now, or nobody is to hold it any more, lost is called,
// once; where renewing fails it is tried again: who has lost a lease learns so with what is written next.
func While(ctx context.Context, renew func(context.Context) (held bool, err error), lost func(), work func()) {
	ctx, rest := context.WithCancel(ctx)
	var kept sync.WaitGroup
	kept.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if held, err := renew(ctx); err == nil && !held {
				lost()
				return
			}
		}
	})
	defer kept.Wait()
	defer rest()
	work()
}

// Jobs hands jobs on in a transaction.
type Jobs interface {
	Transact(ctx context.Context, do func(ctx context.Context) error) error
	Enqueue(ctx context.Context, j workflow.Job) error
}

// Sweep has jobs done for what waits. What only waits for its turn has one such job at most; what was held by a server that was
// killed gets another at once, though the old one passes for running until it is rescued.
func Sweep(ctx context.Context, jobs Jobs, waiting []workflow.Waiting, job func(id uuid.UUID) workflow.Job) error {
	if len(waiting) == 0 {
		return nil
	}
	return jobs.Transact(ctx, func(ctx context.Context) error {
		for _, w := range waiting {
			j := job(w.ID)
			j.Key = w.ID.String() + ":" + w.Last.String()
			if err := jobs.Enqueue(ctx, j); err != nil {
				return err
			}
		}
		return nil
	})
}

// Why gives the part of an error that a person may read who waits for the work.
func Why(err error) domain.Text {
	if e, ok := errors.AsType[*domain.Error](err); ok && e.Code != domain.CodeInternal {
		return domain.Text{EN: e.Message, ID: e.Text.In(domain.Indonesian)}
	}
	return domain.Text{EN: "something went wrong on our side; it is in the server's log, and is tried again",
		ID: "terjadi kesalahan di pihak kami; tercatat di log server, dan akan dicoba lagi"}
}
