package bulk

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/workflow"
)

// Store is what bulk moves need of the database.
type Store interface {
	command.Store
	// Listed reads the programmes with these ids, in no order; it leaves out those that are not there.
	Listed(ctx context.Context, ids []uuid.UUID) ([]workflow.BulkCandidate, error)
	// Matching reads the programmes that a filter matches, by code, at most so many.
	Matching(ctx context.Context, f workflow.BulkFilter, most int) ([]workflow.BulkCandidate, error)
	// Insert writes a bulk move with its items.
	Insert(ctx context.Context, b *domain.BulkMove, items []*domain.BulkMoveItem) error
	// Bulk reads a bulk move; nil where there is none. Within a transaction nobody else changes it until that ends.
	Bulk(ctx context.Context, id uuid.UUID) (*domain.BulkMove, error)
	// SetState writes the state, started and finished of a bulk move. Where all is to be begun anew every item is PENDING again,
	// without a result.
	SetState(ctx context.Context, b *domain.BulkMove, anew bool) error
	// Settle makes every PENDING item of a bulk move that was cancelled SKIPPED, or MOVED where its key, keys and its position,
	// is remembered as the actor's, unless a slice of work holds it.
	Settle(ctx context.Context, id uuid.UUID, keys string) error

	// Claim has a worker hold a bulk move until then, and reads it; nil where it is not to be worked on or another one holds it.
	Claim(ctx context.Context, id, worker uuid.UUID, until time.Duration) (*domain.BulkMove, error)
	// Keep has a worker hold a bulk move until then, and tells whether it holds it at all.
	Keep(ctx context.Context, id, worker uuid.UUID, until time.Duration) (bool, error)
	// Turns reads the next items whose turn has not come, by position, at most so many.
	Turns(ctx context.Context, id uuid.UUID, most int) ([]workflow.BulkTurn, error)
	// Record writes results over PENDING items (and what has MOVED over SKIPPED), counts them, keeps the lease until then, and ends
	// a bulk move whose last item has its result. It gives whether the worker is to go on.
	Record(ctx context.Context, id, worker uuid.UUID, results []workflow.BulkResult, until time.Duration) (bool, error)
	// Fail notes why the work on a bulk move broke off.
	Fail(ctx context.Context, id uuid.UUID, why domain.Text) error
	// Release lets go of a bulk move, and gives whether there is still work.
	Release(ctx context.Context, id, worker uuid.UUID) (bool, error)
	// Unattended lists bulk moves that are to be worked on or settled and that nobody holds.
	Unattended(ctx context.Context) ([]workflow.Waiting, error)
	// Progress gives where bulk moves stand.
	Progress(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]workflow.Progress, error)
	// Enqueue hands a job on, if the transaction commits.
	Enqueue(ctx context.Context, j workflow.Job) error
}

// Moves is what bulk moves need of the use case that moves programmes.
type Moves interface {
	DryRunEach(ctx context.Context, actor access.Actor, commands []moving.Command) ([]moving.Result, error)
	MoveEach(ctx context.Context, actor access.Actor, commands []moving.Command) ([]moving.Result, error)
}

// Bulk is the use case. All fields but the last two are needed.
type Bulk struct {
	Store   Store
	Moves   Moves
	Resolve func(ctx context.Context, subject string) (access.Actor, error) // UNAUTHENTICATED for whoever is no member any more
	Clock   domain.Clock
	IDs     domain.IDs
	Log     *slog.Logger
	Batch   int             // how many programmes take their turn together; 100
	Pauses  []time.Duration // of a batch whose rules could not be asked; 1, 2 and 4 s
}

// Command is a bulk move as an actor asks for it: either ProgrammeIDs or Filter.
type Command struct {
	ProgrammeIDs  []uuid.UUID // 1 to 10,000, each once
	Filter        *workflow.BulkFilter
	FilterGiven   json.RawMessage // the filter in the actor's words, to show
	Move          domain.Move
	ToStage       *domain.Stage
	Reason        *string
	ReviewOn      *domain.Date
	ShiftDueDates bool
	DryRun        bool
	ExpectedCount *int // demanded with a filter that moves at once
	Key           string
}

// Begin begins a bulk move and gives its id. Errors: UNAUTHENTICATED, FORBIDDEN for whoever may make the move nowhere,
// BAD_USER_INPUT, REASON_REQUIRED, BULK_EMPTY, BULK_COUNT_MISMATCH, TOO_LARGE for more than 10,000 programmes, and
// IDEMPOTENCY_MISMATCH.
func (b *Bulk) Begin(ctx context.Context, actor access.Actor, c Command) (uuid.UUID, error) {
	tidy := workflow.Command{Move: c.Move, ToStage: c.ToStage, Reason: c.Reason, ReviewOn: c.ReviewOn, At: b.Clock.Now()}.Tidy()
	c.Reason, c.ShiftDueDates = tidy.Reason, c.ShiftDueDates && c.Move == domain.Resume
	if err := access.MayAct(actor); err != nil {
		return uuid.Nil, err
	}
	once := command.Command{Actor: actor.Subject, Key: &c.Key, Name: "moveProgrammes", Input: c.input()}
	out, err := command.Run(ctx, b.Store, once, func(ctx context.Context) (command.Outcome, error) {
		if err := c.check(actor, tidy); err != nil { // only now: what was begun under the key stays begun, whatever the day and the roles
			return command.Outcome{}, err
		}
		items, region, err := b.capture(ctx, actor, &c)
		if err != nil {
			return command.Outcome{}, err
		}
		row := b.row(actor, &c, items, region)
		for _, i := range items {
			i.BulkMoveID = row.ID
		}
		if err := b.Store.Insert(ctx, row, items); err != nil {
			return command.Outcome{}, err
		}
		return command.Outcome{Code: command.Done, IDs: []uuid.UUID{row.ID}}, b.Store.Enqueue(ctx, Job(row.ID))
	})
	if err != nil {
		return uuid.Nil, err
	}
	return out.IDs[0], nil
}

// check says what is wrong with a command before anything is read.
func (c *Command) check(actor access.Actor, tidy workflow.Command) error {
	if err := workflow.Check(tidy); err != nil {
		return err
	}
	if err := access.MayMoveSomewhere(actor, c.Move); err != nil {
		return err
	}
	switch {
	case (c.Filter == nil) == (c.ProgrammeIDs == nil):
		return domain.Errorf(domain.CodeBadUserInput, "give either programmeIds or filter").
			In("berikan salah satu: programmeIds atau filter").At("programmeIds")
	case c.Filter == nil && len(c.ProgrammeIDs) == 0:
		return empty().At("programmeIds")
	case len(c.ProgrammeIDs) > domain.MaxBulk:
		return tooMany().At("programmeIds")
	case c.ExpectedCount != nil && *c.ExpectedCount < 0:
		return domain.Errorf(domain.CodeBadUserInput, "a count is 0 or more").In("jumlah adalah 0 atau lebih").At("expectedCount")
	case c.Filter != nil && !c.DryRun && c.ExpectedCount == nil:
		return domain.Errorf(domain.CodeBadUserInput, "say how many programmes you expect the filter to match, or make a dry run first").
			In("sebutkan berapa program yang Anda perkirakan cocok dengan saringan, atau periksa dahulu dengan dryRun").At("expectedCount")
	}
	return once(c.ProgrammeIDs)
}

// input gives the command in the form that is compared with an earlier one of the same key.
func (c *Command) input() any {
	given := *c
	given.FilterGiven, given.Key = nil, ""
	return given
}

// row gives the bulk move as it begins.
func (b *Bulk) row(actor access.Actor, c *Command, items []*domain.BulkMoveItem, region *string) *domain.BulkMove {
	now := b.Clock.Now().UTC().Truncate(time.Microsecond)
	row := &domain.BulkMove{
		Record: domain.Record{ID: b.IDs.New(), CreatedAt: now, UpdatedAt: now}, Actor: actor.Subject, RegionCode: region,
		Move: c.Move, ToStage: c.ToStage, Reason: c.Reason, ReviewOn: c.ReviewOn, ShiftDueDates: c.ShiftDueDates, Filter: c.FilterGiven,
		State: domain.BulkChecking, Total: len(items), Revision: 1,
	}
	for _, i := range items {
		i.Record = domain.Record{ID: b.IDs.New(), CreatedAt: now, UpdatedAt: now}
		if i.Outcome == domain.BulkPending {
			row.Pending++
		} else {
			row.Refused++
		}
	}
	if !c.DryRun {
		row.State, row.StartedAt = domain.BulkRunning, &now
	}
	if row.Pending == 0 { // nothing that the actor sees was listed
		row.State = domain.BulkChecked
		if !c.DryRun {
			row.State, row.FinishedAt = domain.BulkCompleted, &now
		}
	}
	return row
}
