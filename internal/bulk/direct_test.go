package bulk_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/bulk"
)

func TestWhoeverPausesOrCancelsIsHeardWithinABatch(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(*bulk.Bulk) func(context.Context, access.Actor, bulk.Direction) (uuid.UUID, error){
		"pause": func(b *bulk.Bulk) func(context.Context, access.Actor, bulk.Direction) (uuid.UUID, error) {
			return b.Pause
		},
		"cancel": func(b *bulk.Bulk) func(context.Context, access.Actor, bulk.Direction) (uuid.UUID, error) {
			return b.Cancel
		},
	} {
		o := newOffice(t)
		o.bulk.Batch = 5
		id := o.begin(t, ani, bulk.Command{ProgrammeIDs: o.programmes(t, "32.04", 20), Move: domain.Advance})
		var batches atomic.Int64
		o.rules.judge = func() {
			if batches.Add(1) == 2 { // while the second batch is being judged
				if err := o.direct(t, stop(o.bulk), id); err != nil {
					t.Error(name, err)
				}
			}
		}
		o.finish(t, id)
		o.sound(t, id)
		row := o.get(t, id)
		switch {
		case row.Moved != 10 || batches.Load() != 2:
			t.Errorf("%s: %d moved in %d batches", name, row.Moved, batches.Load())
		case name == "cancel" && (row.State != domain.BulkCancelled || row.Skipped != 10 || row.FinishedAt == nil):
			t.Errorf("%+v", row)
		case name == "pause" && (row.State != domain.BulkPaused || row.Pending != 10 || row.FinishedAt != nil):
			t.Errorf("%+v", row)
		}
		if name == "cancel" {
			continue
		}
		if err := o.direct(t, o.bulk.Resume, id); err != nil {
			t.Fatal(err)
		}
		o.finish(t, id)
		o.sound(t, id)
		if row := o.get(t, id); row.State != domain.BulkCompleted || row.Moved != 20 {
			t.Errorf("%+v", row)
		}
	}
}

// TestWhatIsPossibleInEachState goes through all states with all commands.
func TestWhatIsPossibleInEachState(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := o.programmes(t, "32.04", 2)
	commands := map[string]func(context.Context, access.Actor, bulk.Direction) (uuid.UUID, error){
		"run": o.bulk.Run, "pause": o.bulk.Pause, "resume": o.bulk.Resume, "cancel": o.bulk.Cancel,
	}
	possible := map[domain.BulkState][]string{
		domain.BulkChecking: {"pause", "resume", "cancel"}, domain.BulkChecked: {"run", "cancel"}, domain.BulkRunning: {"pause", "resume", "cancel"},
		domain.BulkPaused: {"pause", "resume", "cancel"}, domain.BulkCancelled: {"cancel"}, domain.BulkCompleted: {},
	}
	for state, may := range possible {
		for name, do := range commands {
			id := o.begin(t, ani, bulk.Command{ProgrammeIDs: ids, Move: domain.Cancel, Reason: of("x"), DryRun: true})
			switch state {
			case domain.BulkChecked:
				o.finish(t, id)
			case domain.BulkPaused:
				_ = o.direct(t, o.bulk.Pause, id)
			case domain.BulkCancelled:
				_ = o.direct(t, o.bulk.Cancel, id)
			case domain.BulkRunning, domain.BulkCompleted:
				o.finish(t, id)
				_ = o.direct(t, o.bulk.Run, id)
				if state == domain.BulkCompleted {
					o.finish(t, id)
				}
			}
			if row := o.get(t, id); row.State != state {
				t.Fatalf("%s, not %s", row.State, state)
			}
			err := o.direct(t, do, id)
			if slices.Contains(may, name) {
				if err != nil {
					t.Errorf("%s while %s: %v", name, state, err)
				}
				continue
			}
			e, _ := err.(*domain.Error)
			if domain.CodeOf(err) != domain.CodeBulkNotPossible || e.Params["state"] != string(state) || e.Text.ID == "" {
				t.Errorf("%s while %s: %v", name, state, err)
			}
		}
	}
}

func TestWhoMayDirect(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := o.programmes(t, "32.04", 1)
	auditor := actor("citra", domain.Auditor, "32")
	for name, x := range map[string]struct {
		who  access.Actor
		may  []string
		code domain.Code
	}{
		"whoever began it":       {ani, []string{"pause", "resume", "cancel", "run"}, ""},
		"an admin of the region": {budi, []string{"pause", "cancel"}, domain.CodeForbidden},
		"an auditor":             {auditor, nil, domain.CodeForbidden},
		"another coordinator":    {actor("dewi", domain.Coordinator, "32"), nil, domain.CodeNotFound},
		"an admin of a part":     {actor("dewi", domain.RegionalAdmin, "32.04.05"), nil, domain.CodeNotFound},
		"an admin elsewhere":     {actor("dewi", domain.RegionalAdmin, "33"), nil, domain.CodeNotFound},
		"nobody":                 {access.Actor{}, nil, domain.CodeUnauthenticated},
	} {
		id := o.begin(t, ani, bulk.Command{ProgrammeIDs: ids, Move: domain.Advance, DryRun: true})
		for _, step := range []string{"pause", "resume", "cancel", "run"} {
			do := map[string]func(context.Context, access.Actor, bulk.Direction) (uuid.UUID, error){
				"pause": o.bulk.Pause, "resume": o.bulk.Resume, "cancel": o.bulk.Cancel, "run": o.bulk.Run,
			}[step]
			_, err := do(t.Context(), x.who, bulk.Direction{ID: id})
			if may := slices.Contains(x.may, step); may && err != nil && domain.CodeOf(err) != domain.CodeBulkNotPossible || !may && domain.CodeOf(err) != x.code {
				t.Errorf("%s: %s: %v", name, step, err)
			}
		}
		err := o.bulk.See(t.Context(), x.who, id)
		if sees := x.code == "" || x.code == domain.CodeForbidden; sees != (err == nil) || !sees && domain.CodeOf(err) != x.code {
			t.Errorf("%s: sees it: %v", name, err)
		}
	}
	if err := o.bulk.See(t.Context(), ani, uuid.New()); domain.CodeOf(err) != domain.CodeNotFound {
		t.Error(err)
	}
	if err := o.direct(t, o.bulk.Pause, uuid.New()); domain.CodeOf(err) != domain.CodeNotFound {
		t.Error(err)
	}
}

func TestACommandSentTwiceIsDoneOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.begin(t, ani, bulk.Command{ProgrammeIDs: o.programmes(t, "32.04", 2), Move: domain.Advance, DryRun: true})
	o.finish(t, id)
	d := bulk.Direction{ID: id, Key: of("run it")}
	for range 2 {
		if _, err := o.bulk.Run(t.Context(), ani, d); err != nil {
			t.Fatal(err)
		}
		o.finish(t, id)
	}
	if row := o.get(t, id); row.Moved != 2 || row.State != domain.BulkCompleted {
		t.Errorf("%+v", row)
	}
	if _, err := o.bulk.Cancel(t.Context(), ani, d); domain.CodeOf(err) != domain.CodeIdempotencyMismatch {
		t.Error(err)
	}
}
