package regions

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Actor is who moves programmes over in their history. No member has this subject.
const Actor = "system:regions"

// Of moving over: so many regions are asked about at once, and so many of each kind move in one transaction.
const (
	overRegions = 200
	overBatch   = 500
)

// OverStore is what moving over needs of the database. All but the first three are called within a transaction.
type OverStore interface {
	// Transact runs fn in one transaction, which travels in the context that fn receives.
	Transact(ctx context.Context, fn func(ctx context.Context) error) error
	// Successors gives all successors with both regions.
	Successors(ctx context.Context) ([]*domain.RegionSuccessor, error)
	// Holdings counts what is registered in regions that are closed on a day, by code; those with nothing are left out.
	Holdings(ctx context.Context, day domain.Date) ([]domain.RegionHolding, error)
	// HoldRegions lets no import change regions until the transaction ends.
	HoldRegions(ctx context.Context) error
	// HoldProgrammes gives the first so many programmes of these regions as they are now, and lets nobody change them until the
	// transaction ends.
	HoldProgrammes(ctx context.Context, regions []string, limit int) ([]*workflow.Snapshot, error)
	// WriteTransfers writes sealed transfers of programmes that are held.
	WriteTransfers(ctx context.Context, transfers []workflow.Decision) error
	// MoveRegistered registers the first so many communities, and as many stakeholders, of these regions in those that follow.
	MoveRegistered(ctx context.Context, over map[string]string, limit int, at time.Time) (communities, stakeholders int, err error)
}

// Over moves what is registered in closed regions to their only successors. All fields but Progress are needed.
type Over struct {
	Store    OverStore
	Clock    domain.Clock
	IDs      domain.IDs
	Progress func(done, total int) // called after each batch; may be nil
}

// Moved counts what was moved over.
type Moved struct{ Programmes, Communities, Stakeholders int }

func (m Moved) total() int { return m.Programmes + m.Communities + m.Stakeholders }

// Waiting is a closed region in which something is registered that does not follow by itself.
type Waiting struct {
	domain.RegionHolding
	Successors []string // none where nobody said what took its place
}

// Move has everything follow that is registered in a region which has closed by today and has one successor by today: each
// programme by an event in its history, by [Actor]; communities and stakeholders by their region alone. Where the successor has
// closed as well, its own only successor is meant, and so on; where that leads to no open region, things stay where they are.
//
// It works in batches, each a transaction: cut off between two, it goes on when it is called again, and what has moved is not
// moved twice, because it is no longer where it would be taken from. Any number of callers may do it at once. With nothing to do
// it reads one table and writes nothing, so servers call it at their start and now and then, for successions of a later day.
//
// A community goes where its own region's successor is, also where that lies outside of its programme's region: where people
// live is a fact and not a choice.
func (o Over) Move(ctx context.Context) (Moved, error) {
	var moved Moved
	today := domain.DateOf(o.Clock.Now())
	for idle := 0; idle < 2; {
		codes, left, err := o.due(ctx, today)
		if err != nil || len(codes) == 0 {
			return moved, err
		}
		before, total := moved.total(), moved.total()+left
		for chunk := range slices.Chunk(codes, overRegions) {
			for {
				m, err := o.batch(ctx, chunk, today)
				if err != nil {
					return moved, err
				}
				if m.total() == 0 {
					break
				}
				moved.Programmes, moved.Communities, moved.Stakeholders = moved.Programmes+m.Programmes, moved.Communities+m.Communities, moved.Stakeholders+m.Stakeholders
				if o.Progress != nil {
					o.Progress(moved.total(), max(total, moved.total()))
				}
			}
		}
		// Others may be moving the same things, so that we find none to take and yet some there. They are done when they are.
		if idle++; moved.total() > before {
			idle = 0
		}
	}
	return moved, nil
}

// due gives the regions in which something is left to follow, and how much.
func (o Over) due(ctx context.Context, today domain.Date) (codes []string, left int, err error) {
	successors, err := o.Store.Successors(ctx)
	if err != nil || len(successors) == 0 {
		return nil, 0, err
	}
	over := follow(successors, today)
	if len(over) == 0 {
		return nil, 0, nil
	}
	holdings, err := o.Store.Holdings(ctx, today)
	for _, h := range holdings {
		if over[h.RegionCode] != "" {
			codes = append(codes, h.RegionCode)
			left += h.Programmes + h.Communities + h.Stakeholders
		}
	}
	return codes, left, err
}

// batch moves some of what is registered in these regions, by what the successors are now: an import may have come between.
func (o Over) batch(ctx context.Context, codes []string, today domain.Date) (Moved, error) {
	var moved Moved
	err := o.Store.Transact(ctx, func(ctx context.Context) error {
		moved = Moved{}
		if err := o.Store.HoldRegions(ctx); err != nil {
			return err
		}
		successors, err := o.Store.Successors(ctx)
		if err != nil {
			return err
		}
		over := follow(successors, today)
		maps.DeleteFunc(over, func(old, _ string) bool { return !slices.Contains(codes, old) })
		if len(over) == 0 {
			return nil
		}
		held, err := o.Store.HoldProgrammes(ctx, slices.Sorted(maps.Keys(over)), overBatch)
		if err != nil {
			return err
		}
		transfers, err := o.transfers(held, over)
		if err != nil {
			return err
		}
		if err := o.Store.WriteTransfers(ctx, transfers); err != nil {
			return err
		}
		moved.Programmes = len(transfers)
		moved.Communities, moved.Stakeholders, err = o.Store.MoveRegistered(ctx, over, overBatch, o.Clock.Now())
		return err
	})
	return moved, err
}

func (o Over) transfers(held []*workflow.Snapshot, over map[string]string) ([]workflow.Decision, error) {
	transfers := make([]workflow.Decision, len(held))
	at := o.Clock.Now()
	for i, s := range held {
		if s.Hash == "" {
			return nil, unwritten(s)
		}
		from := s.Programme.RegionCode
		d := workflow.Transfer(s.State(), over[from], Actor, reason(from, over[from]), at)
		if d.Err != nil {
			return nil, d.Err
		}
		d.Seal(o.IDs, s.Hash)
		transfers[i] = d
	}
	return transfers, nil
}

// Wait lists the closed regions in which something is registered that does not follow by itself today: those that were split,
// and those of which nobody has said what took their place.
func (o Over) Wait(ctx context.Context) ([]Waiting, error) {
	today := domain.DateOf(o.Clock.Now())
	successors, err := o.Store.Successors(ctx)
	if err != nil {
		return nil, err
	}
	holdings, err := o.Store.Holdings(ctx, today)
	if err != nil {
		return nil, err
	}
	over := follow(successors, today)
	var waiting []Waiting
	for _, h := range holdings {
		if over[h.RegionCode] != "" {
			continue
		}
		w := Waiting{RegionHolding: h}
		for _, s := range successors {
			if s.OldCode == h.RegionCode {
				w.Successors = append(w.Successors, s.NewCode)
			}
		}
		waiting = append(waiting, w)
	}
	return waiting, nil
}
