package history

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/workflow"
)

// Store is what verifying needs of the database.
type Store interface {
	// Histories hands out, of one moment, the next programmes of a scope after an id, in the order of ids and at most so many,
	// each with its events by version: a call an event, one without an event for a programme that has none.
	Histories(ctx context.Context, scope workflow.HistoryScope, after uuid.UUID, atMost int, each func(workflow.HistoryRow)) error
	// CountProgrammes counts the programmes of a scope. NOT_FOUND for a region or programme that is not there.
	CountProgrammes(ctx context.Context, scope workflow.HistoryScope) (int, error)
}

// page is how many programmes are read at once.
const page = 500

// Broken is a history that does not fit.
type Broken struct {
	ProgrammeID uuid.UUID
	Code        string // of the programme
	workflow.Broken
}

// Sum is what was verified.
type Sum struct{ Histories, Events, Broken int64 }

func (s *Sum) add(o Sum) {
	s.Histories, s.Events, s.Broken = s.Histories+o.Histories, s.Events+o.Events, s.Broken+o.Broken
}

// Verifier verifies histories.
type Verifier struct{ Store Store }

// All verifies the histories of a scope, tells broken of each that does not fit by its first event that does not, and progress
// how many of how many are behind it. Programmes that are entered meanwhile may or may not be among them.
func (v Verifier) All(ctx context.Context, scope workflow.HistoryScope, progress func(done, total int), broken func(Broken)) (Sum, error) {
	var sum Sum
	total, err := v.Store.CountProgrammes(ctx, scope)
	if err != nil {
		return sum, err
	}
	for after := uuid.Nil; ; {
		progress(int(sum.Histories), max(total, int(sum.Histories)))
		found, last, err := v.next(ctx, scope, after, broken)
		if err != nil {
			return sum, err
		}
		sum.add(found)
		if found.Histories < page {
			return sum, nil
		}
		after = last
	}
}

// next verifies one page after an id, and gives the last id on it.
func (v Verifier) next(ctx context.Context, scope workflow.HistoryScope, after uuid.UUID, broken func(Broken)) (Sum, uuid.UUID, error) {
	var f folding
	f.broken, f.present.Row.ProgrammeID = broken, after
	err := v.Store.Histories(ctx, scope, after, page, f.take)
	f.end()
	return f.sum, f.present.Row.ProgrammeID, err
}

// folding folds histories that come one after the other.
type folding struct {
	sum     Sum
	broken  func(Broken)
	present workflow.HistoryRow // the last one taken
	state   workflow.State      // what its history comes to so far
	failed  *workflow.Broken    // what is wrong with it
}

// take takes the next event.
func (f *folding) take(r workflow.HistoryRow) {
	if r.Row.ProgrammeID != f.present.Row.ProgrammeID {
		f.end()
		f.sum.Histories++
		f.state, f.failed = workflow.State{}, nil
	}
	f.present = r
	if r.Event == nil {
		return
	}
	f.sum.Events++
	if f.failed != nil {
		return
	}
	next, err := f.state.Follow(r.Event)
	if err != nil {
		if !errors.As(err, &f.failed) {
			f.failed = &workflow.Broken{Version: r.Event.Version, Why: err.Error()}
		}
		return
	}
	f.state = next
}

// end compares what the present history comes to with the programme's row.
func (f *folding) end() {
	if f.sum.Histories == 0 {
		return
	}
	row := f.present.Row
	row.Hash = f.state.Hash
	switch {
	case f.failed != nil:
	case f.present.Event == nil:
		f.failed = &workflow.Broken{Why: "there is no event at all"}
	case f.state.Version < row.Version:
		f.failed = &workflow.Broken{Version: f.state.Version + 1, Why: "it is missing, while the programme's row has come further"}
	case !f.state.Equal(row):
		f.failed = &workflow.Broken{Version: f.state.Version, Why: "the programme's row is not what the history comes to"}
	default:
		return
	}
	f.sum.Broken++
	f.broken(Broken{row.ProgrammeID, f.present.Code, *f.failed})
}
