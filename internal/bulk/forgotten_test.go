package bulk_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/bulk"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/workflow"
)

// aged has everything that is remembered be older than it is kept, and what may be forgotten forgotten.
func (o *office) aged(t testing.TB) {
	t.Helper()
	o.exec(t, "update idempotency_keys set created_at = ?", time.Now().Add(-command.KeptFor-time.Hour))
	if err := (command.Forgetting{Store: o.Commands(), Clock: domain.SystemClock{}}).Work(t.Context(), workflow.JobRun{}); err != nil {
		t.Fatal(err)
	}
}

// keys counts what is remembered.
func (o *office) keys(t testing.TB) int { return o.count(t, "select count(*) from idempotency_keys") }

func TestWhatMovedBeforeAKillHasMovedHoweverLongTheBulkMoveIsPaused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		direct         func(*bulk.Bulk) func(context.Context, access.Actor, bulk.Direction) (uuid.UUID, error)
		moved, skipped int
	}{
		"cancelled": {func(b *bulk.Bulk) func(context.Context, access.Actor, bulk.Direction) (uuid.UUID, error) {
			return b.Cancel
		}, 5, 5},
		"resumed": {func(b *bulk.Bulk) func(context.Context, access.Actor, bulk.Direction) (uuid.UUID, error) {
			return b.Resume
		}, 10, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			id := o.begin(t, ani, bulk.Command{ProgrammeIDs: o.programmes(t, "32.04", 10), Move: domain.Advance})
			o.killedAfterTwoBatches(t, id)
			if err := o.direct(t, o.bulk.Pause, id); err != nil {
				t.Fatal(err)
			}
			o.lapse(t, id)
			o.aged(t)
			if row := o.get(t, id); row.State != domain.BulkPaused || row.Moved != 1 || row.Pending != 9 {
				t.Fatalf("%+v", row)
			}
			if n := o.keys(t); n != 4 { // of the moves without a result, and of nothing else
				t.Errorf("%d keys are kept", n)
			}
			if err := o.direct(t, c.direct(o.bulk), id); err != nil {
				t.Fatal(err)
			}
			o.finish(t, id)
			if row := o.get(t, id); row.Moved != c.moved || row.Skipped != c.skipped || row.FinishedAt == nil {
				t.Errorf("%+v", row)
			}
			for _, i := range o.items(t, id) {
				if n := o.count(t, "select count(*) from programme_events where kind = 'MOVED' and id = ? and programme_id = ?", i.EventID, i.ProgrammeID); (n == 1) != (i.Outcome == domain.BulkMoved) {
					t.Errorf("item %d is %s by the event %v", i.Position, i.Outcome, i.EventID)
				}
			}
			if n := o.count(t, "select count(*) from programme_events where kind = 'MOVED'"); n != c.moved {
				t.Errorf("%d moves", n)
			}
			if o.aged(t); o.keys(t) != 0 {
				t.Errorf("%d keys are kept for ever", o.keys(t))
			}
		})
	}
}

// killedAfterTwoBatches has one programme move with its result, and four more without.
func (o *office) killedAfterTwoBatches(t testing.TB, id uuid.UUID) {
	t.Helper()
	o.bulk.Batch = 1
	if _, err := o.dying(never, always).Work(t.Context(), id); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	o.lapse(t, id)
	o.bulk.Batch = 4
	if _, err := o.dying(always, never).Work(t.Context(), id); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
}

func TestAKeyThatOnlyLooksLikeABulkMovesIsForgottenInItsTime(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.begin(t, ani, bulk.Command{ProgrammeIDs: o.programmes(t, "32.04", 2), Move: domain.Advance})
	for _, key := range []string{"bulk:", "bulk::1", "bulk:" + id.String(), bulk.Key(id, 3), bulk.Key(id, 0), bulk.Key(id, 99_999_999_999), "bulk:" + id.String() + ":one",
		bulk.Key(uuid.New(), 1), "x" + bulk.Key(id, 1), bulk.Key(id, 1) + "\n", bulk.Key(id, 1) + ":1"} {
		o.exec(t, `insert into idempotency_keys (actor, key, command, input_hash, outcome, ids, created_at) values ('ani', ?, 'moveProgramme', '', 'DONE', '{}', now())`, key)
	}
	if o.aged(t); o.keys(t) != 0 {
		t.Errorf("%d keys are kept", o.keys(t))
	}
}
