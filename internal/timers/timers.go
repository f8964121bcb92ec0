package timers

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Kind is the kind of the jobs that have timers go off.
const Kind = "fire_timers"

// Of going off.
const (
	// Every is how often it is looked whether a timer is due.
	Every = 10 * time.Second
	// Timeout bounds one run of the job, and spare is what it leaves of that when it stops taking batches.
	Timeout = time.Minute
	spare   = 20 * time.Second
	// batch is how many timers go off in one transaction.
	batch = 500
)

// Store is what going off needs of the database. All but the first two belong to a transaction.
type Store interface {
	// Transact runs fn in one transaction, which travels in the context that fn receives.
	Transact(ctx context.Context, fn func(ctx context.Context) error) error
	// Enqueue hands a job on, in the transaction if there is one.
	Enqueue(ctx context.Context, j workflow.Job) error
	// Due gives the so many longest due timers, of one programme or of all, that nobody else holds, nor their programmes, and
	// holds them until the transaction ends.
	Due(ctx context.Context, at time.Time, programme *uuid.UUID, limit int) ([]workflow.DueTimer, error)
	// Settle writes what became of timers that are held.
	Settle(ctx context.Context, ids []uuid.UUID, state domain.TimerState, at time.Time) error
	// Note writes that timers went off.
	Note(ctx context.Context, events []domain.TimerEvent) error
}

// Teller notes down whom timer events concern, in the transaction that travels in the context. One event never comes twice.
type Teller interface {
	TellTimers(ctx context.Context, timerEventIDs []uuid.UUID) error
}

// Timers is the use case.
type Timers struct {
	Store  Store
	Teller Teller // nil: nobody is told
	Clock  domain.Clock
	IDs    domain.IDs
	Batch  int                       // how many go off in one transaction; 0: 500
	Fired  func([]domain.TimerEvent) // is told what went off, after the commit; may be nil
}

// Gone counts what became of timers.
type Gone struct {
	Off      int  // went off
	Righted  int  // did not fit their programmes, and were held or cancelled instead
	Finished bool // none is left that is due and that nobody else holds
}

// GoOff has everything go off that is due, until none is left or the context's deadline is near.
func (t Timers) GoOff(ctx context.Context) (Gone, error) {
	var all Gone
	for !all.Finished {
		if deadline, bound := ctx.Deadline(); bound && time.Until(deadline) < spare {
			return all, nil
		}
		gone, err := t.once(ctx)
		if err != nil {
			return all, err
		}
		all.Off, all.Righted, all.Finished = all.Off+gone.Off, all.Righted+gone.Righted, gone.Finished
	}
	return all, nil
}

// once has one batch go off.
func (t Timers) once(ctx context.Context) (gone Gone, err error) {
	limit := t.Batch
	if limit == 0 {
		limit = batch
	}
	var events []domain.TimerEvent
	err = t.Store.Transact(ctx, func(ctx context.Context) error {
		at := t.Clock.Now()
		due, err := t.Store.Due(ctx, at, nil, limit)
		if err != nil {
			return err
		}
		gone = Gone{Finished: len(due) < limit}
		if events, err = t.settle(ctx, due, at, func(workflow.DueTimer) time.Time { return at }); err != nil {
			return err
		}
		gone.Off, gone.Righted = len(events), len(due)-len(events)
		if len(events) > 0 && t.Teller != nil {
			ids := make([]uuid.UUID, len(events))
			for i, e := range events {
				ids[i] = e.ID
			}
			if err := t.Teller.TellTimers(ctx, ids); err != nil {
				return err
			}
		}
		if gone.Finished {
			return nil
		}
		return t.Store.Enqueue(ctx, workflow.Job{Kind: Kind, Key: "help"})
	})
	if err == nil && t.Fired != nil {
		t.Fired(events)
	}
	return gone, err
}

// settle writes what becomes of due timers and gives the events of those that go off.
func (t Timers) settle(ctx context.Context, due []workflow.DueTimer, at time.Time, fired func(workflow.DueTimer) time.Time) ([]domain.TimerEvent, error) {
	var events []domain.TimerEvent
	become := map[domain.TimerState][]uuid.UUID{}
	for _, d := range due {
		state := d.Becomes()
		become[state] = append(become[state], d.ID)
		if state == domain.TimerFired {
			events = append(events, d.Event(t.IDs.New(), fired(d)))
		}
	}
	for state, ids := range become {
		if err := t.Store.Settle(ctx, ids, state, at); err != nil {
			return nil, err
		}
	}
	if len(events) == 0 {
		return nil, nil
	}
	return events, t.Store.Note(ctx, events)
}

// Pass has the timers of one programme go off that were due by now, each at its own time, as though a server had always run. Nobody
// is told. It is for stories that are told after they happened.
func (t Timers) Pass(ctx context.Context, programme uuid.UUID) error {
	return t.Store.Transact(ctx, func(ctx context.Context) error {
		at := t.Clock.Now()
		due, err := t.Store.Due(ctx, at, &programme, batch)
		if err != nil {
			return err
		}
		_, err = t.settle(ctx, due, at, func(d workflow.DueTimer) time.Time { return d.FiresAt })
		return err
	})
}

// Start hands on a first job, so that what fell due while no server ran goes off at once.
func (t Timers) Start(ctx context.Context) error {
	return t.Store.Enqueue(ctx, workflow.Job{Kind: Kind, Key: "start"})
}

// Work is one run of the job. It is not tried again by itself where it fails, because another one comes soon.
func (t Timers) Work(ctx context.Context, _ workflow.JobRun) error {
	gone, err := t.GoOff(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		return workflow.GiveUp(err)
	case err != nil:
		return err
	case !gone.Finished:
		return workflow.GoOnIn(0)
	}
	return nil
}
