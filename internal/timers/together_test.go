package timers_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/timers"
	"github.com/berdaya/berdaya/workflow"
)

// interrupted tells as ever, and first does what a test wants done in the midst of a batch.
type interrupted struct {
	db.Notices
	do func()
}

func (i interrupted) TellTimers(ctx context.Context, ids []uuid.UUID) error {
	i.do()
	return i.Notices.TellTimers(ctx, ids)
}

func TestTwoServersShareTheWork(t *testing.T) {
	t.Parallel()
	o := newOffice(t, workflow.Default)
	for i := range 20 {
		o.programme(t, "32.73", fmt.Sprintf("P-%d", i))
	}
	o.clock.until("2027-01-01") // 160 are due
	var both sync.WaitGroup
	both.Add(2)
	var off [2]int
	var all errgroup.Group
	for i := range off {
		first := sync.OnceFunc(func() { both.Done(); both.Wait() }) // neither goes on before the other has a batch as well
		server := o.timers
		server.Batch, server.Teller = 10, interrupted{o.Notices(), first}
		all.Go(func() error {
			gone, err := server.GoOff(context.Background())
			off[i] = gone.Off
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	if off[0] == 0 || off[1] == 0 || off[0]+off[1] != 160 {
		t.Errorf("%v went off", off)
	}
	o.exact(t)
}

func TestTheSweepWaitsForNoMoveAndTakesWhatItLeftOutAtTheNextLook(t *testing.T) {
	t.Parallel()
	o := newOffice(t, workflow.Default)
	held, kept, other := o.programme(t, "32.73", "P-1"), o.programme(t, "32.73", "P-2"), o.programme(t, "32.73", "P-3")
	o.clock.until("2026-04-16") // the first reminder of each
	// Two moves are under way. Each holds its programme, as the first thing that a move does.
	under := func(id uuid.UUID) pgx.Tx {
		tx, err := o.Pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
		if _, err := tx.Exec(t.Context(), `update programmes set status = 'ON_HOLD', held_at = now(), version = version + 1 where id = $1`, id); err != nil {
			t.Fatal(err)
		}
		return tx
	}
	done, failed := under(held), under(kept)
	if n := o.goOff(t); n != 1 {
		t.Errorf("%d go off beside two moves that are under way", n)
	}
	if _, err := done.Exec(t.Context(), `update timers set state = 'HELD' where programme_id = $1`, held); err != nil {
		t.Fatal(err)
	}
	if n := o.goOff(t); n != 0 {
		t.Errorf("%d go off while two moves are under way", n)
	}
	if err := errors.Join(done.Commit(t.Context()), failed.Rollback(t.Context())); err != nil {
		t.Fatal(err)
	}
	if n := o.goOff(t); n != 1 {
		t.Errorf("%d go off after one of them failed", n)
	}
	for id, want := range map[uuid.UUID]int{held: 0, kept: 1, other: 1} {
		if n := o.count(t, `timer_events where programme_id = ?`, id); n != want {
			t.Errorf("%d went off and not %d", n, want)
		}
	}
	o.exact(t)
}

func TestAHoldWaitsForTheBatchAndHoldsTheRest(t *testing.T) {
	t.Parallel()
	o := newOffice(t, workflow.Default)
	id := o.programme(t, "32.73", "P-1")
	o.clock.until("2026-04-16")
	done := make(chan error, 1)
	o.timers.Teller = interrupted{o.Notices(), func() {
		go func() {
			_, err := o.moves.Move(context.Background(), admin, moving.Command{ProgrammeID: id, Move: domain.Hold, Reason: of("banjir")})
			done <- err
		}()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
			if o.count(t, `pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`) == 1 {
				return
			}
			if time.Now().After(deadline) {
				t.Error("the hold does not wait")
				return
			}
		}
	}}
	if n := o.goOff(t); n != 1 {
		t.Errorf("%d went off", n)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if fired, held := o.count(t, `timers where state = 'FIRED'`), o.count(t, `timers where state = 'HELD'`); fired != 1 || held != 7 {
		t.Errorf("%d went off, %d are held", fired, held)
	}
	o.exact(t)
}

func TestMovesAndSweepsAtOnceNeitherLoseNorDoubleNorBlockEachOther(t *testing.T) {
	t.Parallel()
	o := newOffice(t, workflow.Default)
	var ids []uuid.UUID
	for i := range 6 {
		ids = append(ids, o.programme(t, "32.73", fmt.Sprintf("P-%d", i)))
	}
	moving, stop := context.WithCancel(t.Context())
	var sweepers, movers errgroup.Group
	for range 2 {
		server := timers.Timers{Store: o.timers.Store, Teller: o.timers.Teller, Clock: o.clock, IDs: domain.RandomIDs{}, Batch: 7}
		sweepers.Go(func() error {
			for moving.Err() == nil {
				if gone, err := server.GoOff(context.Background()); err != nil || gone.Righted != 0 {
					return fmt.Errorf("%+v: %w", gone, err)
				}
			}
			return nil
		})
	}
	for n := range 4 {
		movers.Go(func() error { return o.hammer(ids, rand.New(rand.NewPCG(1, uint64(n))), 30) })
	}
	err := movers.Wait()
	stop()
	if swept := sweepers.Wait(); err != nil || swept != nil {
		t.Fatal(err, swept)
	}
	o.goOff(t)
	o.exact(t)
	o.fit(t)
	var deadlocks int
	if err := o.Pool.QueryRow(t.Context(), `select deadlocks from pg_stat_database where datname = current_database()`).Scan(&deadlocks); err != nil || deadlocks != 0 {
		t.Errorf("%d deadlocks, %v", deadlocks, err)
	}
}

// hammer makes random moves, of which those that others were quicker with come to nothing.
func (o *office) hammer(ids []uuid.UUID, rng *rand.Rand, times int) error {
	for range times {
		o.clock.goOn(time.Duration(rng.IntN(10*24)) * time.Hour)
		c := moving.Command{ProgrammeID: ids[rng.IntN(len(ids))], Move: domain.Move(domain.Moves[rng.IntN(len(domain.Moves))].Code), Reason: of("x"),
			ShiftDueDates: rng.IntN(2) == 0}
		if c.Move == domain.Cancel && rng.IntN(4) > 0 {
			c.Move = domain.Resume
		}
		if c.Move == domain.SendBack {
			c.ToStage = of(domain.Identify)
		}
		_, err := o.moves.Move(context.Background(), admin, c)
		switch domain.CodeOf(err) {
		case "", domain.CodeMoveNotPossible, domain.CodeConflict, domain.CodeBadUserInput:
		default:
			return fmt.Errorf("%s: %w", c.Move, err)
		}
	}
	return nil
}
