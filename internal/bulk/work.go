package bulk

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/lease"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/workflow"
)

// Of a slice of work.
const (
	sliceBound = 20 * time.Second // after which no new batch is begun
	batchBound = 20 * time.Second // for one batch, after which it is given up and begun anew
	batchSize  = 100              // programmes, where nothing else is said
	endBound   = 5 * time.Second
)

// pauses are how long a batch waits, time after time, where rules could not be asked: a rule process that crashed is started
// again within these. After them the result is RULES_UNAVAILABLE.
var pauses = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}

// Key is the idempotency key, of the bulk move's actor, of the move of one programme.
func Key(id uuid.UUID, position int) string { return keys(id) + strconv.Itoa(position) }

func keys(id uuid.UUID) string { return "bulk:" + id.String() + ":" }

// Work does a slice of work on a bulk move, if nobody else does, and tells whether there is more to do. It may be broken off
// anywhere, and begun again.
func (b *Bulk) Work(ctx context.Context, id uuid.UUID) (more bool, err error) {
	worker := b.IDs.New()
	row, err := b.Store.Claim(ctx, id, worker, lease.For)
	if err != nil {
		return false, err
	}
	if row == nil {
		return false, b.Store.Settle(ctx, id, keys(id))
	}
	renew := func(ctx context.Context) (bool, error) { return b.Store.Keep(ctx, id, worker, lease.For) }
	lease.While(ctx, renew, func() {}, func() { err = b.slice(ctx, row, worker) })
	// Also where this slice was told to stop others are to go on at once, and not only when the lease has ended.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endBound)
	defer cancel()
	if err != nil && ctx.Err() == nil {
		err = errors.Join(err, b.Store.Fail(ending, id, lease.Why(err)))
	}
	more, releaseErr := b.Store.Release(ending, id, worker)
	return more, errors.Join(err, releaseErr, b.Store.Settle(ending, id, keys(id)))
}

// slice works through batches until its time is over, somebody stops it, or all is done.
func (b *Bulk) slice(ctx context.Context, row *domain.BulkMove, worker uuid.UUID) error {
	actor, err := b.Resolve(ctx, row.Actor)
	switch {
	case domain.CodeOf(err) == domain.CodeUnauthenticated:
		actor = access.Actor{Subject: row.Actor} // no member any more: sees nothing, moves nothing
	case err != nil:
		return err
	}
	begun := time.Now()
	for time.Since(begun) < sliceBound {
		turns, err := b.Store.Turns(ctx, row.ID, cmp.Or(b.Batch, batchSize))
		if err != nil || len(turns) == 0 {
			return err
		}
		results, failed := b.batch(ctx, actor, row, turns)
		goOn, err := b.Store.Record(ctx, row.ID, worker, results, lease.For)
		if err := errors.Join(failed, err); err != nil || !goOn {
			return err
		}
	}
	return nil
}

// batch gives each of these programmes its turn. Where the error is not nil, the results are those that there are.
func (b *Bulk) batch(ctx context.Context, actor access.Actor, row *domain.BulkMove, turns []workflow.BulkTurn) ([]workflow.BulkResult, error) {
	ctx, cancel := context.WithTimeout(ctx, batchBound)
	defer cancel()
	each := b.Moves.DryRunEach
	if row.State == domain.BulkRunning {
		each = b.Moves.MoveEach
	}
	var done []workflow.BulkResult
	waits := b.Pauses
	if waits == nil {
		waits = pauses
	}
	for _, pause := range append(slices.Clone(waits), -1) {
		commands := make([]moving.Command, len(turns))
		for i, t := range turns {
			key := Key(row.ID, t.Position)
			commands[i] = moving.Command{ProgrammeID: t.ProgrammeID, Move: row.Move, ToStage: row.ToStage, Reason: row.Reason, ReviewOn: row.ReviewOn,
				ShiftDueDates: row.ShiftDueDates, ExpectedVersion: &t.Version, Key: &key}
		}
		said, err := each(ctx, actor, commands)
		if err != nil {
			return done, err
		}
		var again []workflow.BulkTurn
		for i := range said {
			r, err := b.result(row, turns[i], &said[i])
			switch {
			case err != nil:
				return done, err
			case pause >= 0 && r.Code != nil && *r.Code == domain.CodeRulesUnavailable:
				again = append(again, turns[i])
			default:
				done = append(done, r)
			}
		}
		if turns = again; len(turns) == 0 {
			break
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return done, ctx.Err()
		}
	}
	return done, nil
}

// result gives what came of one programme; an error where nothing did.
func (b *Bulk) result(row *domain.BulkMove, t workflow.BulkTurn, said *moving.Result) (workflow.BulkResult, error) {
	r := workflow.BulkResult{Position: t.Position, Outcome: domain.BulkAllowed, EventID: said.EventID, Blocks: said.Blocks}
	if said.EventID != nil {
		r.Outcome = domain.BulkMoved
	}
	err := said.Err
	if err == nil {
		return r, nil
	}
	code := domain.CodeOf(err)
	switch code {
	case domain.CodeUnavailable:
		return r, err
	case domain.CodeInternal:
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return r, err
		}
		// One programme that is broken must not keep all the others from moving.
		b.Log.Error("a programme in a bulk move failed through a fault of ours", "bulk", row.ID, "programme", t.ProgrammeID, "error", err)
		r.Message = domain.Text{EN: "something went wrong on our side; it is in the server's log", ID: "terjadi kesalahan di pihak kami; tercatat di log server"}
	case domain.CodeNotFound:
		// The actor saw it when the bulk move began, and programmes are never deleted.
		code = domain.CodeForbidden
		r.Message = domain.Text{EN: "your roles no longer let you move this programme", ID: "peran Anda tidak lagi mengizinkan Anda memindahkan program ini"}
	default:
		r.Message = message(err)
	}
	r.Outcome, r.Code = domain.BulkRefused, &code
	return r, nil
}

// message gives what an error says, in both languages.
func message(err error) domain.Text {
	e, _ := errors.AsType[*domain.Error](err)
	if e == nil || e.Text.EN == "" {
		return domain.Text{EN: err.Error()}
	}
	return e.Text
}
