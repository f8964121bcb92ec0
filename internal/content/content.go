package content

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/internal/entry"
	"github.com/berdaya/berdaya/workflow"
)

// Row is any row with an id: a piece of content, or what one refers to.
type Row = interface{ Stored() *domain.Record }

// Store is what this package needs of the database. Within a transaction everything but Facts belongs to it.
type Store interface {
	command.Store
	// ProgrammeOf gives the programme that the row of this kind with this id belongs to, which may be the programme itself;
	// nil where there is none.
	ProgrammeOf(ctx context.Context, kind Row, id uuid.UUID) (*domain.Programme, error)
	// BumpFacts locks the programme, makes its facts version and its time of change grow, and gives it as it is now.
	BumpFacts(ctx context.Context, programmeID uuid.UUID, at time.Time) (*domain.Programme, error)
	// Find reads the row with this id into row and tells whether there is one.
	Find(ctx context.Context, row Row, id uuid.UUID) (bool, error)
	// Insert and Update write a row.
	Insert(ctx context.Context, row Row) error
	Update(ctx context.Context, row Row) error

	// IsMember tells whether there is a member with this subject.
	IsMember(ctx context.Context, subject string) (bool, error)
	// Linked tells whether the stakeholder has a role in the programme.
	Linked(ctx context.Context, programmeID, stakeholderID uuid.UUID) (bool, error)
	// Around gives the codes of the regions that govern programmes in which the thing takes part.
	Around(ctx context.Context, row domain.Registered) ([]string, error)
	// ObjectivesBelow gives the objectives that serve this one.
	ObjectivesBelow(ctx context.Context, objectiveID uuid.UUID) ([]*domain.Objective, error)
	// TakePrimary makes no community of the programme the primary one.
	TakePrimary(ctx context.Context, programmeID uuid.UUID, at time.Time) error
	// LastEdition gives the highest edition of the programme's reports of this kind for this audience; 0 for none.
	LastEdition(ctx context.Context, programmeID uuid.UUID, kind domain.ReportKind, audience string) (int, error)
	// Needs gives the programme's needs by id.
	Needs(ctx context.Context, programmeID uuid.UUID) ([]*domain.Need, error)
	// SetRanks writes the scores and ranks of needs.
	SetRanks(ctx context.Context, ranks []domain.NeedRank, at time.Time) error
	// Population gives the people in the programme's communities.
	Population(ctx context.Context, programmeID uuid.UUID) (int, error)
	// Facts reads the wanted facts as they were committed last.
	Facts(ctx context.Context, wanted []workflow.Wanted) ([]workflow.FactsSnapshot, error)
}

// Writer is the use case.
type Writer struct {
	Store Store
	Clock domain.Clock
	IDs   domain.IDs
}

// Enter enters a piece of content, which is as people gave it, and gives its id. Errors: UNAUTHENTICATED; NOT_FOUND and
// FORBIDDEN on what it hangs on; MOVE_NOT_POSSIBLE where the programme's status does not take it; BAD_USER_INPUT, NOT_FOUND
// and ALREADY_EXISTS on its fields; those of idempotency.
func (w Writer) Enter(ctx context.Context, a access.Actor, row domain.Content, n entry.New) (uuid.UUID, error) {
	if err := access.MayAct(a); err != nil {
		return uuid.Nil, err
	}
	c, err := n.Of(a, row)
	if err != nil {
		return uuid.Nil, err
	}
	return entry.First(command.Run(ctx, w.Store, c, func(ctx context.Context) (command.Outcome, error) {
		now := w.Clock.Now()
		*row.Stored() = domain.Record{}
		begin(row, now)
		wrong := entry.Gather(n.Wrong, row.Validate(domain.Today(now)))
		parent, id, path := on(row)
		if entry.Names(wrong, path) {
			return command.Outcome{}, wrong // nobody can say whether the actor may write there
		}
		p, err := w.open(ctx, a, actOf(row), parent, id, takes(row, false), now)
		if err != nil {
			return command.Outcome{}, entry.At(err, path)
		}
		*row.BelongsTo() = p.ID
		found, err := w.check(ctx, a, p, row)
		if err != nil {
			return command.Outcome{}, err
		}
		if err := entry.Problems(wrong, found); err != nil {
			return command.Outcome{}, err
		}
		*row.Stored() = n.Record(w.IDs, now)
		return entry.Done(row.Stored().ID, now), entry.Explained(w.Store.Insert(ctx, row))
	}))
}

// Change changes the content with an id, reading it into row, and gives the id. Errors: as those of Enter, on id where they
// are about the content as a whole; CONFLICT where it may no longer change.
func (w Writer) Change(ctx context.Context, a access.Actor, row domain.Content, c entry.Change) (uuid.UUID, error) {
	if err := access.MayAct(a); err != nil {
		return uuid.Nil, err
	}
	return entry.First(command.Run(ctx, w.Store, c.Of(a), func(ctx context.Context) (command.Outcome, error) {
		now := w.Clock.Now()
		kind := takes(row, true)
		if c.Erases {
			kind = workflow.ErasureContent
		}
		p, err := w.open(ctx, a, actOf(row), row, c.ID, kind, now)
		if err != nil {
			return command.Outcome{}, entry.At(err, "id")
		}
		if found, err := w.Store.Find(ctx, row, c.ID); err != nil {
			return command.Outcome{}, err
		} else if !found {
			return command.Outcome{}, access.NotFound().At("id")
		}
		if err := c.StillAt(row.Stored().UpdatedAt); err != nil {
			return command.Outcome{}, err
		}
		if err := settled(row); err != nil {
			return command.Outcome{}, entry.At(err, "id")
		}
		wrong := entry.Gather(c.Apply(), row.Validate(domain.Today(now)))
		follow(row, now)
		found, err := w.check(ctx, a, p, row)
		if err != nil {
			return command.Outcome{}, err
		}
		if err := entry.Problems(wrong, found); err != nil {
			return command.Outcome{}, err
		}
		row.Stored().UpdatedAt = now
		return entry.Done(c.ID, now), entry.Explained(w.Store.Update(ctx, row))
	}))
}

// open finds a programme by a row of its own, says whether the actor may do the act and its status takes the content, and
// locks it until the transaction ends.
func (w Writer) open(ctx context.Context, a access.Actor, act access.Act, of Row, id uuid.UUID, content workflow.Content, now time.Time) (*domain.Programme, error) {
	seen, err := w.Store.ProgrammeOf(ctx, of, id)
	switch {
	case err != nil:
		return nil, err
	case seen == nil:
		return nil, access.NotFound()
	}
	if err := access.MayWrite(a, act, seen.RegionCode); err != nil {
		return nil, err
	}
	p, err := w.Store.BumpFacts(ctx, seen.ID, now)
	if err != nil {
		return nil, err
	}
	if err := workflow.MayEnter(p.Status, content); err != nil {
		return nil, err
	}
	return p, entry.AtVersion(ctx, p)
}
