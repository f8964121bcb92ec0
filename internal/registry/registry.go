package registry

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/internal/entry"
)

// Store is what the registry needs of the database.
type Store interface {
	command.Store
	// Region gives the region with this code; nil where there is none.
	Region(ctx context.Context, code string) (*domain.Region, error)
	// Find reads the thing with this id into row, holding it against other writers until the transaction ends, and tells
	// whether there is one.
	Find(ctx context.Context, row domain.Registered, id uuid.UUID) (bool, error)
	// Around gives the codes of the regions that govern programmes in which the thing takes part.
	Around(ctx context.Context, row domain.Registered) ([]string, error)
	// Insert and Update write the thing. Update also makes the facts version and the time of change of all programmes grow
	// in which it takes part.
	Insert(ctx context.Context, row domain.Registered) error
	Update(ctx context.Context, row domain.Registered) error
}

// Registry is the use case.
type Registry struct {
	Store Store
	Clock domain.Clock
	IDs   domain.IDs
}

// Enter enters a thing and gives its id. Errors: UNAUTHENTICATED; FORBIDDEN and NOT_FOUND on regionCode; BAD_USER_INPUT;
// those of idempotency.
func (r Registry) Enter(ctx context.Context, a access.Actor, row domain.Registered, n entry.New) (uuid.UUID, error) {
	if err := access.MayAct(a); err != nil {
		return uuid.Nil, err
	}
	c, err := n.Of(a, row)
	if err != nil {
		return uuid.Nil, err
	}
	return entry.First(command.Run(ctx, r.Store, c, func(ctx context.Context) (command.Outcome, error) {
		now := r.Clock.Now()
		wrong := entry.Gather(n.Wrong, row.Validate(domain.DateOf(now)))
		if !entry.Names(wrong, "regionCode") {
			if err := r.mayEnter(ctx, a, row.GovernedBy(), now); err != nil {
				return command.Outcome{}, err
			}
		}
		if len(wrong) > 0 {
			return command.Outcome{}, wrong
		}
		*row.Stored() = n.Record(r.IDs, now)
		return entry.Done(row.Stored().ID, now), entry.Explained(r.Store.Insert(ctx, row))
	}))
}

// mayEnter says whether the region is there and open, and the actor may enter things in it.
func (r Registry) mayEnter(ctx context.Context, a access.Actor, code string, now time.Time) error {
	region, err := r.Store.Region(ctx, code)
	if err != nil {
		return err
	}
	if err := Open(region, code, now); err != nil {
		return entry.At(err, "regionCode")
	}
	return entry.At(access.MayEnterIn(a, access.WriteRegistry, code), "regionCode")
}

// Open says whether a region takes new things: NOT_FOUND where there is none, BAD_USER_INPUT where it is closed or has not begun.
func Open(region *domain.Region, code string, now time.Time) error {
	switch today := domain.DateOf(now); {
	case region == nil:
		return domain.Errorf(domain.CodeNotFound, "there is no region %s", code).In("tidak ada wilayah " + code)
	case region.ClosedOn(today):
		return domain.Errorf(domain.CodeBadUserInput, "region %s is closed since %s; choose the region that took its place", code, *region.ValidTo).
			In(fmt.Sprintf("wilayah %s ditutup sejak %s; pilih wilayah penggantinya", code, *region.ValidTo))
	case !region.OpenOn(today):
		return domain.Errorf(domain.CodeBadUserInput, "region %s begins on %s; until then choose the one whose place it takes", code, region.ValidFrom).
			In(fmt.Sprintf("wilayah %s baru berlaku %s; sampai saat itu pilih wilayah yang digantikannya", code, region.ValidFrom))
	}
	return nil
}

// Change changes the thing with an id, reading it into row, and gives the id. Errors: UNAUTHENTICATED; NOT_FOUND and
// FORBIDDEN on id; BAD_USER_INPUT; those of idempotency.
func (r Registry) Change(ctx context.Context, a access.Actor, row domain.Registered, c entry.Change) (uuid.UUID, error) {
	if err := access.MayAct(a); err != nil {
		return uuid.Nil, err
	}
	return entry.First(command.Run(ctx, r.Store, c.Of(a), func(ctx context.Context) (command.Outcome, error) {
		found, err := r.Store.Find(ctx, row, c.ID)
		if err != nil {
			return command.Outcome{}, err
		}
		if err := r.mayChange(ctx, a, row, c.ID, found); err != nil {
			return command.Outcome{}, entry.At(err, "id")
		}
		if err := c.StillAt(row.Stored().UpdatedAt); err != nil {
			return command.Outcome{}, err
		}
		now := r.Clock.Now()
		if err := entry.Problems(c.Apply(), row.Validate(domain.DateOf(now))); err != nil {
			return command.Outcome{}, err
		}
		row.Stored().UpdatedAt = now
		return entry.Done(c.ID, now), r.Store.Update(ctx, row)
	}))
}

// mayChange says whether the actor may change a thing. A stakeholder of another region is seen, by name and kind, where it
// takes part in a programme that the actor sees: then it is forbidden and not hidden, but who may change it would tell where
// it lives. What is not there is looked for around programmes as well, so that it takes as long as what may not be seen.
func (r Registry) mayChange(ctx context.Context, a access.Actor, row domain.Registered, id uuid.UUID, found bool) error {
	var err error = access.NotFound()
	if found {
		err = access.MayWrite(a, access.WriteRegistry, row.GovernedBy())
	}
	if _, stakeholder := row.(*domain.Stakeholder); !stakeholder || domain.CodeOf(err) != domain.CodeNotFound {
		return err
	}
	row.Stored().ID = id
	around, failed := r.Store.Around(ctx, row)
	if failed != nil {
		return failed
	}
	if found && slices.ContainsFunc(around, a.Reads().Contains) {
		return domain.Errorf(domain.CodeForbidden, "this stakeholder belongs to another region: only coordinators and admins there may change it").
			In("pemangku kepentingan ini milik wilayah lain: hanya koordinator dan admin di sana yang boleh mengubahnya")
	}
	return err
}
