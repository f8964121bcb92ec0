package offline

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/command"
)

// MaxCommands is how many commands one list holds at most.
const MaxCommands = 500

// Row is any row with an id.
type Row = interface{ Stored() *domain.Record }

// Store is what this package needs of the database.
type Store interface {
	command.Store
	// RecallAll gives what is remembered under these keys of an actor, in no order.
	RecallAll(ctx context.Context, actor string, keys []string) ([]*command.Record, error)
	// Try runs fn within the transaction in the context, so that what fn did is undone where it fails, and nothing else is.
	Try(ctx context.Context, fn func(ctx context.Context) error) error
	// ProgrammeOf gives the programme that the row of this kind with this id belongs to, which may be the programme itself;
	// nil where there is none.
	ProgrammeOf(ctx context.Context, kind Row, id uuid.UUID) (*domain.Programme, error)
	// Drafts gives the drafts that are kept under an author's keys, in no order.
	Drafts(ctx context.Context, author string, keys []string) ([]*domain.Draft, error)
	// Draft gives the draft with this id and its programme, where it has one; nil where there is none. With hold it is held
	// against others who would settle it until the transaction ends.
	Draft(ctx context.Context, id uuid.UUID, hold bool) (*domain.Draft, error)
	// InsertDraft writes a new draft.
	InsertDraft(ctx context.Context, d *domain.Draft) error
	// SettleDraft writes what settling changes in a draft.
	SettleDraft(ctx context.Context, d *domain.Draft) error
}

// Lists is the use case.
type Lists struct {
	Store Store
	Clock domain.Clock
	IDs   domain.IDs
	Time  time.Duration // for one list; no command begins after it. Zero is DefaultTime
}

// DefaultTime is how long a list may take. A request may take longer, so that there is time to answer.
const DefaultTime = 45 * time.Second

// Command is one command, as a client gave it.
type Command struct {
	Key               string
	Name              string          // of the mutation
	Input             json.RawMessage // of the mutation, as it was sent, in one form for equal input
	ExpectedVersion   *int64          // of the programme
	ExpectedUpdatedAt *time.Time      // of the thing that it changes
	// Wrong is what is wrong with how the command was put. Such a command is refused, and what follows may be missing.
	Wrong *domain.Error

	Makes    string      // the global id of a new thing for which the client made one; "" for none
	About    string      // the global id of what it changes; "" for a command that makes a new thing
	Thing    uuid.UUID   // of either
	Names    []uuid.UUID // everything that the input names
	Kind     Row         // of what leads to its programme; nil where nothing does
	On       string      // the global id of that
	In       uuid.UUID   // its key
	Move     bool        // it moves a programme
	Updates  bool        // it changes what somebody else may have changed, so it expects a time of change
	Personal bool        // the input holds personal data

	// Do carries it out. It may run several times.
	Do func(ctx context.Context, way Way) (Answer, error)
}

// ofProgramme tells whether the command changes a programme itself.
func (c *Command) ofProgramme() bool {
	_, is := c.Kind.(*domain.Programme)
	return is && c.About != ""
}

// Way is how a command is carried out.
type Way struct {
	Key     *string    // nil: it is not remembered
	Seen    *time.Time // for updates: the time of change that is expected; nil: whatever it is
	Version *int64     // for moves: the version that is expected
	DryRun  bool       // for moves: only say what would happen
}

// Answer is what the use case behind a command said. Errors that a person cannot correct are no part of it.
type Answer struct {
	ID       string // the global id of what was made or changed; "" where nothing was done
	Problems domain.Problems
	Blocks   []domain.Block
}

// Result is what became of a command.
type Result struct {
	Key       string
	Outcome   domain.OfflineOutcome
	ID        string
	ChangedAt *time.Time // what it gave the thing as its time of change
	Version   *int64     // of the programme after it; for a move and a new programme only
	Problems  domain.Problems
	Blocks    []domain.Block
	Draft     uuid.UUID // zero for none
	Fault     error     // a fault of ours, for the log
}

// refused gives the result of a command that was put wrongly.
func refused(c *Command, wrong ...*domain.Error) Result {
	return Result{Key: c.Key, Outcome: domain.OfflineRefused, Problems: wrong}
}
