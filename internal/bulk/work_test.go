package bulk_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/bulk"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/workflow"
)

var errKilled = errors.New("killed")

type store = db.Bulk

// killed is a server that is killed: from a point on nothing that it does reaches the database. before and after are asked when
// results are about to be recorded and when they have been.
type killed struct {
	store
	dead          atomic.Bool
	before, after func() bool
}

func (k *killed) Record(ctx context.Context, id, worker uuid.UUID, results []workflow.BulkResult, until time.Duration) (bool, error) {
	if k.dead.Load() || k.before() {
		k.dead.Store(true)
		return false, errKilled
	}
	goOn, err := k.store.Record(ctx, id, worker, results, until)
	if k.after() {
		k.dead.Store(true)
		return false, errKilled
	}
	return goOn, err
}

func (k *killed) Release(ctx context.Context, id, worker uuid.UUID) (bool, error) {
	if k.dead.Load() {
		return false, errKilled
	}
	return k.store.Release(ctx, id, worker)
}

func (k *killed) Fail(ctx context.Context, id uuid.UUID, why domain.Text) error {
	if k.dead.Load() {
		return errKilled
	}
	return k.store.Fail(ctx, id, why)
}

func (k *killed) Settle(ctx context.Context, id uuid.UUID, keys string) error {
	if k.dead.Load() {
		return errKilled
	}
	return k.store.Settle(ctx, id, keys)
}

// dying gives the use case on a server that dies before or after recording.
func (o *office) dying(before, after func() bool) *bulk.Bulk {
	b := *o.bulk
	b.Store = &killed{store: o.Bulk(), before: before, after: after}
	return &b
}

func never() bool  { return false }
func always() bool { return true }

// lapse has the lease of whoever was killed end.
func (o *office) lapse(t testing.TB, id uuid.UUID) {
	o.exec(t, "update bulk_moves set leased_until = now() - interval '1 second' where id = ? and worker is not null", id)
}

func TestAServerKilledBetweenAMoveAndItsResultLeavesNothingDouble(t *testing.T) {
	t.Parallel()
	for name, dying := range map[string]func(o *office) *bulk.Bulk{
		"before the results are written": func(o *office) *bulk.Bulk { return o.dying(always, never) },
		"after":                          func(o *office) *bulk.Bulk { return o.dying(never, always) },
	} {
		o := newOffice(t)
		o.bulk.Batch = 4
		id := o.begin(t, ani, bulk.Command{ProgrammeIDs: o.programmes(t, "32.04", 10), Move: domain.Advance})
		if _, err := dying(o).Work(t.Context(), id); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		if n := o.count(t, "select count(*) from programmes where stage = 'PLAN'"); n != 4 {
			t.Fatalf("%s: %d moved before the kill", name, n)
		}
		// Another server keeps off until the lease has ended.
		if more, err := o.bulk.Work(t.Context(), id); more || err != nil || o.count(t, "select count(*) from programmes where stage = 'PLAN'") != 4 {
			t.Fatal(name, more, err)
		}
		o.lapse(t, id)
		o.finish(t, id)
		o.sound(t, id)
		if row := o.get(t, id); row.Moved != 10 || row.State != domain.BulkCompleted {
			t.Errorf("%s: %+v", name, row)
		}
		if n := o.count(t, "select count(*) from programme_events where kind = 'MOVED'"); n != 10 {
			t.Errorf("%s: %d events", name, n)
		}
	}
}

func TestWhatMovedBeforeAKillIsNotSkippedByCancelling(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bulk.Batch = 4
	id := o.begin(t, ani, bulk.Command{ProgrammeIDs: o.programmes(t, "32.04", 10), Move: domain.Advance})
	if _, err := o.dying(always, never).Work(t.Context(), id); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	if err := o.direct(t, o.bulk.Cancel, id); err != nil {
		t.Fatal(err)
	}
	if row := o.get(t, id); row.State != domain.BulkCancelled || row.Pending != 10 {
		t.Fatalf("it was settled while a slice may hold it: %+v", row)
	}
	o.lapse(t, id)
	if waiting, err := o.Bulk().Unattended(t.Context()); err != nil || len(waiting) != 1 || waiting[0].ID != id || waiting[0].Last == uuid.Nil {
		t.Fatal(waiting, err)
	}
	o.finish(t, id)
	o.sound(t, id)
	if row := o.get(t, id); row.Moved != 4 || row.Skipped != 6 || row.FinishedAt == nil {
		t.Errorf("%+v", row)
	}
}

func TestOnlyWhoHoldsABulkMoveKeepsIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.begin(t, ani, bulk.Command{ProgrammeIDs: o.programmes(t, "32.04", 2), Move: domain.Advance, DryRun: true})
	rows, holder := o.Bulk(), uuid.New()
	if row, err := rows.Claim(t.Context(), id, holder, time.Minute); row == nil || err != nil {
		t.Fatal(row, err)
	}
	for worker, want := range map[uuid.UUID]bool{holder: true, uuid.New(): false} {
		if held, err := rows.Keep(t.Context(), id, worker, time.Hour); held != want || err != nil {
			t.Error(held, want, err)
		}
	}
	if n := o.count(t, "select count(*) from bulk_moves where leased_until > now() + interval '50 minutes'"); n != 1 {
		t.Error("the lease was not kept")
	}
	if _, err := rows.Release(t.Context(), id, holder); err != nil {
		t.Fatal(err)
	}
	if held, err := rows.Keep(t.Context(), id, holder, time.Hour); held || err != nil {
		t.Error("what was let go of is held", err)
	}
}

// TestAWorkerThatWasHeldDeadSpoilsNothing has a worker come back after another has taken over.
func TestAWorkerThatWasHeldDeadSpoilsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := o.programmes(t, "32.04", 3)
	id := o.begin(t, ani, bulk.Command{ProgrammeIDs: ids, Move: domain.Advance, DryRun: true})
	rows, late := o.Bulk(), uuid.New()
	if row, err := rows.Claim(t.Context(), id, late, time.Hour); row == nil || err != nil {
		t.Fatal(row, err)
	}
	o.lapse(t, id)
	o.finish(t, id)
	if err := o.direct(t, o.bulk.Run, id); err != nil {
		t.Fatal(err)
	}
	// What the late one says of the dry run comes when everything is pending again.
	goOn, err := rows.Record(t.Context(), id, late, []workflow.BulkResult{{Position: 1, Outcome: domain.BulkAllowed}}, time.Hour)
	if goOn || err != nil || o.get(t, id).Pending != 3 {
		t.Fatalf("%v %v %+v", goOn, err, o.get(t, id))
	}
	if more, err := rows.Release(t.Context(), id, late); more || err != nil {
		t.Fatal(more, err)
	}
	// It moves a programme after the cancelling has settled everything.
	if err := o.direct(t, o.bulk.Cancel, id); err != nil {
		t.Fatal(err)
	}
	key := bulk.Key(id, 2)
	out, err := o.moves.Move(t.Context(), ani, moving.Command{ProgrammeID: ids[1], Move: domain.Advance, ExpectedVersion: of(int64(1)), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	goOn, err = rows.Record(t.Context(), id, late, []workflow.BulkResult{{Position: 2, Outcome: domain.BulkMoved, EventID: out.EventID}}, time.Hour)
	if goOn || err != nil {
		t.Fatal(goOn, err)
	}
	o.sound(t, id)
	if row := o.get(t, id); row.Moved != 1 || row.Skipped != 2 || row.State != domain.BulkCancelled {
		t.Errorf("%+v", row)
	}
}

func TestManyServersOnOneBulkMoveDoNothingTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bulk.Batch = 5
	id := o.begin(t, ani, bulk.Command{ProgrammeIDs: o.programmes(t, "32.04", 60), Move: domain.Advance})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for o.get(t, id).FinishedAt == nil {
				o.lapse(t, id) // whoever holds it is held dead while it works
				if _, err := o.bulk.Work(t.Context(), id); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	o.sound(t, id)
	if row := o.get(t, id); row.Moved != 60 {
		t.Errorf("%+v", row)
	}
}

func TestWhoeverLosesTheRoleMovesNothingMore(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for name, becomes := range map[string]*access.Actor{
		"viewer": of(actor("ani", domain.Viewer, "32")), "elsewhere": of(actor("ani", domain.Coordinator, "33")), "no member": nil,
	} {
		id := o.begin(t, ani, bulk.Command{ProgrammeIDs: o.programmes(t, "32.04", 3), Move: domain.Advance})
		o.become("ani", becomes)
		o.finish(t, id)
		o.sound(t, id)
		for _, i := range o.items(t, id) {
			if i.Outcome != domain.BulkRefused || *i.Code != domain.CodeForbidden || *i.MessageID == "" {
				t.Errorf("%s: %s %v", name, i.Outcome, *i.Code)
			}
		}
		o.become("ani", &ani)
	}
}

func TestRulesThatCannotBeAskedAreAskedAgainBeforeThatIsTheResult(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := o.programmes(t, "32.04", 4)
	var rounds atomic.Int64
	silent := workflow.Judgement{Unavailable: []workflow.Unavailable{{RuleSet: "national", Reason: "it crashed"}}}
	o.rules.says = func(p *domain.Programme) workflow.Judgement {
		if p.ID == ids[0] || p.ID == ids[1] && rounds.Load() < 2 {
			return silent
		}
		return workflow.Judgement{}
	}
	o.rules.judge = func() { rounds.Add(1) }
	o.bulk.Pauses = []time.Duration{time.Microsecond, time.Microsecond}
	id := o.begin(t, ani, bulk.Command{ProgrammeIDs: ids, Move: domain.Advance})
	o.finish(t, id)
	o.sound(t, id)
	items := o.items(t, id)
	if rounds.Load() != 3 || *items[0].Code != domain.CodeRulesUnavailable || len(items[0].Blocks) != 1 || items[1].Outcome != domain.BulkMoved || items[3].Outcome != domain.BulkMoved {
		t.Errorf("%d rounds, %+v", rounds.Load(), items)
	}
}

func TestWorkThatBreaksOffSaysWhyAndGoesOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.begin(t, ani, bulk.Command{ProgrammeIDs: o.programmes(t, "32.04", 2), Move: domain.Advance})
	broken := *o.bulk
	broken.Resolve = func(context.Context, string) (access.Actor, error) {
		return access.Actor{}, domain.Errorf(domain.CodeUnavailable, "the database cannot be reached").In("basis data tidak dapat dihubungi")
	}
	if _, err := broken.Work(t.Context(), id); domain.CodeOf(err) != domain.CodeUnavailable {
		t.Error(err)
	}
	if row := o.get(t, id); row.LastErrorID == nil || *row.LastErrorID != "basis data tidak dapat dihubungi" || row.Pending != 2 {
		t.Errorf("%+v", row)
	}
	if err := o.bulk.Slice(t.Context(), job(id)); err != nil {
		t.Error(err)
	}
	if row := o.get(t, id); row.LastErrorEN != nil || row.Moved != 2 {
		t.Errorf("%+v", row)
	}
}

func TestTheSweepFindsWhatNobodyWorksOnOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := o.programmes(t, "32.04", 2)
	waiting := o.begin(t, ani, bulk.Command{ProgrammeIDs: ids, Move: domain.Advance, DryRun: true})
	held := o.begin(t, ani, bulk.Command{ProgrammeIDs: ids, Move: domain.Advance, DryRun: true})
	paused := o.begin(t, ani, bulk.Command{ProgrammeIDs: ids, Move: domain.Advance, DryRun: true})
	checked := o.begin(t, ani, bulk.Command{ProgrammeIDs: ids, Move: domain.Advance, DryRun: true})
	o.finish(t, checked)
	if err := o.direct(t, o.bulk.Pause, paused); err != nil {
		t.Fatal(err)
	}
	if row, err := o.Bulk().Claim(t.Context(), held, uuid.New(), time.Hour); row == nil || err != nil {
		t.Fatal(row, err)
	}
	o.exec(t, "delete from jobs.river_job")
	for range 3 {
		if err := o.bulk.Sweep(t.Context(), workflow.JobRun{}); err != nil {
			t.Fatal(err)
		}
	}
	if n, of := o.count(t, "select count(*) from jobs.river_job where kind = 'bulk_slice'"), o.count(t, "select count(*) from jobs.river_job where args::text like ?", "%"+waiting.String()+"%"); n != 1 || of != 1 {
		t.Errorf("%d jobs, %d of them for the one that waits", n, of)
	}
}
