package bulk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
)

// Direction is a command about a bulk move that there is.
type Direction struct {
	ID  uuid.UUID
	Key *string // the actor's own; the API demands one, so that the command is carried out once
}

// Run has a bulk move whose dry run is complete carried out: every programme gets its turn anew. Only whoever began it may, since
// programmes move in their name. Errors: UNAUTHENTICATED, NOT_FOUND, FORBIDDEN, BULK_NOT_POSSIBLE, IDEMPOTENCY_MISMATCH.
func (b *Bulk) Run(ctx context.Context, actor access.Actor, d Direction) (uuid.UUID, error) {
	return b.direct(ctx, actor, "runBulkMove", d, mine, func(ctx context.Context, row *domain.BulkMove) error {
		if row.State != domain.BulkChecked {
			return notPossible(row, domain.BulkChecked)
		}
		now := b.Clock.Now()
		row.State, row.StartedAt = domain.BulkRunning, &now
		if err := b.Store.SetState(ctx, row, true); err != nil {
			return err
		}
		return b.Store.Enqueue(ctx, Job(row.ID))
	})
}

// Pause stops the checking or running after the batch that is under way; one that is paused stays so. Errors as those of Run.
func (b *Bulk) Pause(ctx context.Context, actor access.Actor, d Direction) (uuid.UUID, error) {
	return b.direct(ctx, actor, "pauseBulkMove", d, access.MayDirectBulk, func(ctx context.Context, row *domain.BulkMove) error {
		switch row.State {
		case domain.BulkPaused:
			return nil
		case domain.BulkChecking, domain.BulkRunning:
			row.State = domain.BulkPaused
			return b.Store.SetState(ctx, row, false)
		}
		return notPossible(row, domain.BulkChecking, domain.BulkRunning)
	})
}

// Resume goes on with one that is paused; one that goes on already does so. Only whoever began it may. Errors as those of Run.
func (b *Bulk) Resume(ctx context.Context, actor access.Actor, d Direction) (uuid.UUID, error) {
	return b.direct(ctx, actor, "resumeBulkMove", d, mine, func(ctx context.Context, row *domain.BulkMove) error {
		switch row.State {
		case domain.BulkChecking, domain.BulkRunning:
			return nil
		case domain.BulkPaused:
			row.State = domain.BulkChecking
			if row.StartedAt != nil {
				row.State = domain.BulkRunning
			}
			if err := b.Store.SetState(ctx, row, false); err != nil {
				return err
			}
			return b.Store.Enqueue(ctx, Job(row.ID))
		}
		return notPossible(row, domain.BulkPaused)
	})
}

// Cancel ends a bulk move after the batch that is under way. What has moved stays moved; whatever had not had its turn is
// SKIPPED. One that is cancelled stays so. Errors as those of Run.
func (b *Bulk) Cancel(ctx context.Context, actor access.Actor, d Direction) (uuid.UUID, error) {
	return b.direct(ctx, actor, "cancelBulkMove", d, access.MayDirectBulk, func(ctx context.Context, row *domain.BulkMove) error {
		switch row.State {
		case domain.BulkCancelled:
			return nil
		case domain.BulkCompleted:
			return notPossible(row, domain.BulkChecking, domain.BulkChecked, domain.BulkRunning, domain.BulkPaused)
		}
		row.State = domain.BulkCancelled
		if row.Pending == 0 {
			now := b.Clock.Now().UTC().Truncate(time.Microsecond)
			row.FinishedAt = &now
		}
		if err := b.Store.SetState(ctx, row, false); err != nil {
			return err
		}
		return b.Store.Settle(ctx, row.ID, keys(row.ID))
	})
}

// See says whether the actor sees a bulk move that there is. The error is UNAUTHENTICATED or NOT_FOUND.
func (b *Bulk) See(ctx context.Context, actor access.Actor, id uuid.UUID) error {
	if err := access.MayAct(actor); err != nil {
		return err
	}
	row, err := b.Store.Bulk(ctx, id)
	switch {
	case err != nil:
		return err
	case row == nil:
		return access.NotFound()
	}
	return access.MaySeeBulk(actor, row)
}

// direct carries out a command about a bulk move, whose row nobody else changes meanwhile.
func (b *Bulk) direct(ctx context.Context, actor access.Actor, name string, d Direction, may func(access.Actor, *domain.BulkMove) error,
	do func(ctx context.Context, row *domain.BulkMove) error) (uuid.UUID, error) {
	if err := access.MayAct(actor); err != nil {
		return uuid.Nil, err
	}
	once := command.Command{Actor: actor.Subject, Key: d.Key, Name: name, Input: d.ID}
	out, err := command.Run(ctx, b.Store, once, func(ctx context.Context) (command.Outcome, error) {
		row, err := b.Store.Bulk(ctx, d.ID)
		switch {
		case err != nil:
			return command.Outcome{}, err
		case row == nil:
			return command.Outcome{}, access.NotFound().At("id")
		}
		if err := may(actor, row); err != nil {
			return command.Outcome{}, at(err, "id")
		}
		return command.Outcome{Code: command.Done, IDs: []uuid.UUID{row.ID}}, do(ctx, row)
	})
	if err != nil {
		return uuid.Nil, err
	}
	return out.IDs[0], nil
}

// mine says whether the actor began a bulk move.
func mine(a access.Actor, row *domain.BulkMove) error {
	if err := access.MaySeeBulk(a, row); err != nil {
		return err
	}
	if a.Subject == row.Actor {
		return nil
	}
	return domain.Errorf(domain.CodeForbidden, "programmes move in the name of whoever began the bulk move, so only they may do this").
		In("program dipindahkan atas nama pemulai langkah massal, jadi hanya ia yang boleh melakukan ini")
}

func at(err error, path string) error {
	if e, ok := err.(*domain.Error); ok {
		return e.At(path)
	}
	return err
}

// notPossible says in which states a command is possible.
func notPossible(row *domain.BulkMove, in ...domain.BulkState) error {
	codes, id := []string{}, []string{}
	for _, s := range in {
		codes = append(codes, string(s))
		id = append(id, domain.BulkStates.Label(string(s), domain.Indonesian))
	}
	e := domain.Errorf(domain.CodeBulkNotPossible, "the bulk move's state is %s; this is possible in: %s", row.State, strings.Join(codes, ", ")).
		In(fmt.Sprintf("keadaan langkah massal ini: %s; ini hanya mungkin dalam keadaan: %s",
			domain.BulkStates.Label(string(row.State), domain.Indonesian), strings.Join(id, ", ")))
	e.Params = map[string]any{"state": string(row.State), "possible": codes}
	return e.At("id")
}
