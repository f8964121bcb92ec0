package bulk_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/bulk"
	"github.com/berdaya/berdaya/internal/moving"
	_ "github.com/berdaya/berdaya/internal/seeded"
)

// TestEveryProgrammeHasOneResultWhateverHappens makes random bulk moves of programmes that the actor sees, does not see, or that
// are not there, while others move them, servers are killed, and people pause, resume and cancel.
func TestEveryProgrammeHasOneResultWhateverHappens(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bulk.Batch = 3
	o.rules.says = refusing(func(p *domain.Programme) bool { return p.Code[len(p.Code)-1] == '3' })
	rapid.Check(t, func(r *rapid.T) {
		ids := o.programmes(t, "32.04", rapid.IntRange(1, 9).Draw(r, "programmes"))
		for range rapid.IntRange(0, 2).Draw(r, "hidden") {
			ids = append(ids, o.programmes(t, "33.01", 1)...)
		}
		for range rapid.IntRange(0, 1).Draw(r, "unknown") {
			ids = append(ids, uuid.New())
		}
		ids = rapid.Permutation(ids).Draw(r, "order")
		move := domain.Move(rapid.SampledFrom(domain.Moves.Codes()[:5]).Draw(r, "move"))
		c := bulk.Command{ProgrammeIDs: ids, Move: move, DryRun: rapid.Bool().Draw(r, "dry run"), Key: uuid.NewString()}
		if move != domain.Advance {
			c.Reason = of("because")
		}
		if move == domain.SendBack {
			c.ToStage = of(domain.Identify)
		}
		id := o.begin(t, ani, c)
		for range rapid.IntRange(1, 8).Draw(r, "steps") {
			o.happen(t, r, id, ids, move)
		}
		o.end(t, id)
		o.sound(t, id)
		if t.Failed() {
			r.FailNow()
		}
	})
}

// happen has one thing happen.
func (o *office) happen(t *testing.T, r *rapid.T, id uuid.UUID, ids []uuid.UUID, move domain.Move) {
	switch what := rapid.SampledFrom([]string{"work", "work", "two at once", "kill before", "kill after", "pause", "resume", "cancel", "run", "single"}).Draw(r, "what"); what {
	case "work":
		o.lapse(t, id)
		if _, err := o.bulk.Work(t.Context(), id); err != nil {
			t.Error(err)
		}
	case "two at once":
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				o.lapse(t, id)
				if _, err := o.bulk.Work(t.Context(), id); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
	case "kill before", "kill after":
		o.lapse(t, id)
		left := rapid.IntRange(0, 2).Draw(r, "batches before")
		now := func() bool { left--; return left < 0 }
		dying := o.dying(now, never)
		if what == "kill after" {
			dying = o.dying(never, now)
		}
		if _, err := dying.Work(t.Context(), id); err != nil && !errors.Is(err, errKilled) {
			t.Error(err)
		}
	case "single":
		single := rapid.SampledFrom([]domain.Move{move, domain.Hold, domain.Resume, domain.Advance}).Draw(r, "single move")
		_, _ = o.moves.Move(t.Context(), budi, moving.Command{ProgrammeID: rapid.SampledFrom(ids).Draw(r, "one"), Move: single, Reason: of("x")})
	default:
		do := map[string]func() error{
			"pause": func() error { return o.direct(t, o.bulk.Pause, id) }, "resume": func() error { return o.direct(t, o.bulk.Resume, id) },
			"cancel": func() error { return o.direct(t, o.bulk.Cancel, id) }, "run": func() error { return o.direct(t, o.bulk.Run, id) },
		}[what]
		if err := do(); err != nil && domain.CodeOf(err) != domain.CodeBulkNotPossible {
			t.Error(err)
		}
	}
}

// end has a bulk move come to its end.
func (o *office) end(t *testing.T, id uuid.UUID) {
	for range 5 {
		o.lapse(t, id)
		o.finish(t, id)
		switch row := o.get(t, id); {
		case row.State == domain.BulkPaused:
			_ = o.direct(t, o.bulk.Resume, id)
		case row.State == domain.BulkChecked:
			o.agrees(t, id)
		case row.FinishedAt != nil && row.Pending == 0 && row.Allowed == 0:
			return
		case row.FinishedAt != nil && row.State == domain.BulkCancelled && row.StartedAt == nil && row.Pending == 0:
			return // a dry run that was cancelled keeps what it said
		}
	}
	t.Errorf("it does not end: %+v", o.get(t, id))
}

// agrees runs what was checked, with nothing happening between the two but the asking, and compares.
func (o *office) agrees(t *testing.T, id uuid.UUID) {
	row, now := o.get(t, id), map[int]domain.Code{}
	for _, i := range o.items(t, id) {
		if i.ProgrammeID == nil {
			now[i.Position] = domain.CodeNotFound
			continue
		}
		_, err := o.moves.DryRun(t.Context(), ani, moving.Command{ProgrammeID: *i.ProgrammeID, Move: row.Move, ToStage: row.ToStage, Reason: row.Reason, ExpectedVersion: i.Version})
		now[i.Position] = domain.CodeOf(err)
	}
	if err := o.direct(t, o.bulk.Run, id); err != nil {
		t.Error(err)
	}
	o.finish(t, id)
	for _, i := range o.items(t, id) {
		var code domain.Code
		if i.Code != nil {
			code = *i.Code
		}
		if code != now[i.Position] {
			t.Errorf("item %d: the dry run says %q, the run %q", i.Position, now[i.Position], code)
		}
	}
}
