package db

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

var bulkLease = leased{table: "bulk_moves", works: "state in ('CHECKING', 'RUNNING')",
	waits: "(state in ('CHECKING', 'RUNNING') or state = 'CANCELLED' and finished_at is null)", holds: "true"}

// Claim has a worker hold a bulk move until then, and reads it; nil where it is not to be worked on or another one holds it. The
// lease runs by the database's clock, so that servers whose clocks differ agree on it.
func (b Bulk) Claim(ctx context.Context, id, worker uuid.UUID, until time.Duration) (*domain.BulkMove, error) {
	rows, err := b.DB.Pool.Query(ctx, claimQuery, id, worker, until)
	if err != nil {
		return nil, Coded(err)
	}
	found, err := rowsOf[domain.BulkMove](rows)
	if err != nil || len(found) == 0 {
		return nil, Coded(err)
	}
	return found[0], nil
}

var claimQuery = `update bulk_moves b set worker = $2, leased_until = now() + $3::interval
	where id = $1 and state in ('CHECKING', 'RUNNING') and (leased_until is null or leased_until < now())
	returning ` + columnsOf[domain.BulkMove]("b")

// Keep has a worker hold a bulk move until then, and tells whether it holds it at all.
func (b Bulk) Keep(ctx context.Context, id, worker uuid.UUID, until time.Duration) (bool, error) {
	return bulkLease.keep(ctx, b.DB, id, worker, until)
}

// Turns reads the next items whose turn has not come, by position, at most so many.
func (b Bulk) Turns(ctx context.Context, id uuid.UUID, most int) ([]workflow.BulkTurn, error) {
	rows, err := b.DB.Pool.Query(ctx, `select position, programme_id, version from bulk_move_items
		where bulk_move_id = $1 and outcome = 'PENDING' order by position limit $2`, id, most)
	if err != nil {
		return nil, Coded(err)
	}
	turns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[workflow.BulkTurn])
	return turns, Coded(err)
}

// Record writes results over PENDING items, and what has MOVED over SKIPPED, and counts them; it keeps the lease until then, and
// ends a bulk move whose last item has its result, also one that was paused meanwhile. It gives whether the worker is to go on. A worker that has lost the lease
// writes what has moved and nothing else.
func (b Bulk) Record(ctx context.Context, id, worker uuid.UUID, results []workflow.BulkResult, until time.Duration) (bool, error) {
	n := len(results)
	positions, outcomes, codes := make([]int, n), make([]domain.BulkOutcome, n), make([]*domain.Code, n)
	en, in, blocks, events := make([]*string, n), make([]*string, n), make([]string, n), make([]*uuid.UUID, n)
	for i, r := range results {
		positions[i], outcomes[i], codes[i], events[i] = r.Position, r.Outcome, r.Code, r.EventID
		if r.Message.EN != "" {
			en[i] = &r.Message.EN
		}
		if r.Message.ID != "" {
			in[i] = &r.Message.ID
		}
		if r.Blocks == nil {
			r.Blocks = []domain.Block{}
		}
		raw, err := json.Marshal(r.Blocks)
		if err != nil {
			return false, err
		}
		blocks[i] = string(raw)
	}
	// Two statements in one round trip and one transaction: the second sees what whoever held the row before has left.
	var batch pgx.Batch
	batch.Queue(`select from bulk_moves where id = $1 for update`, id)
	goOn := false
	batch.Queue(recordQuery, id, worker, until, positions, outcomes, codes, en, in, blocks, events).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&goOn)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	err := b.DB.Pool.SendBatch(ctx, &batch).Close()
	return goOn, Coded(err)
}

const recordQuery = `
with done as (
	update bulk_move_items i set updated_at = now(), outcome = r.outcome, code = r.code, message_en = r.en, message_id = r.indonesian,
		blocks = r.blocks, event_id = r.event
	from bulk_moves held, bulk_move_items was,
		unnest($4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::jsonb[], $10::uuid[]) as r (position, outcome, code, en, indonesian, blocks, event)
	where held.id = $1 and was.bulk_move_id = $1 and was.position = r.position and i.id = was.id
		and (was.outcome = 'PENDING' and held.worker = $2 or was.outcome in ('PENDING', 'SKIPPED') and r.outcome = 'MOVED')
	returning i.outcome, was.outcome as before
), sums as (
	select count(*) filter (where before = 'PENDING') as pending, count(*) filter (where before = 'SKIPPED') as skipped,
		count(*) filter (where outcome = 'ALLOWED') as allowed, count(*) filter (where outcome = 'REFUSED') as refused,
		count(*) filter (where outcome = 'MOVED') as moved
	from done
)
update bulk_moves b set pending = b.pending - sums.pending, skipped = b.skipped - sums.skipped, allowed = b.allowed + sums.allowed,
	refused = b.refused + sums.refused, moved = b.moved + sums.moved,
	state = case when b.pending > sums.pending or b.state = 'CANCELLED' then b.state when b.started_at is null then 'CHECKED' else 'COMPLETED' end,
	finished_at = case when b.pending = sums.pending and (b.started_at is not null or b.state = 'CANCELLED') then coalesce(b.finished_at, now()) else b.finished_at end,
	leased_until = case when b.worker = $2 then now() + $3::interval else b.leased_until end,
	last_error_en = null, last_error_id = null, updated_at = now(), revision = b.revision + 1
from sums where b.id = $1
returning b.state in ('CHECKING', 'RUNNING') and coalesce(b.worker = $2, false)`

// Fail notes why the work on a bulk move broke off.
func (b Bulk) Fail(ctx context.Context, id uuid.UUID, why domain.Text) error {
	_, err := b.DB.Pool.Exec(ctx, `update bulk_moves set last_error_en = $2, last_error_id = $3, updated_at = now(), revision = revision + 1 where id = $1`,
		id, why.EN, why.In(domain.Indonesian))
	return Coded(err)
}

// Release lets go of a bulk move, and gives whether there is still work.
func (b Bulk) Release(ctx context.Context, id, worker uuid.UUID) (bool, error) {
	return bulkLease.release(ctx, b.DB, id, worker)
}

// Unattended lists bulk moves that are to be worked on or settled and that nobody holds.
func (b Bulk) Unattended(ctx context.Context) ([]workflow.Waiting, error) {
	return bulkLease.unattended(ctx, b.DB)
}

// Progress gives where bulk moves stand; it leaves out those that are not there.
func (b Bulk) Progress(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]workflow.Progress, error) {
	return bulkLease.progress(ctx, b.DB, ids)
}
