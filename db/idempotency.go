package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/berdaya/berdaya/workflow"
)

// Commands is the part of a store that every use case shares: transactions that travel in the context, and the outcomes that
// are remembered under idempotency keys. A use case's own store embeds it and asks [Commands.In] for what to write with.
type Commands struct{ DB *DB }

// Commands gives the store of commands.
func (d *DB) Commands() Commands { return Commands{d} }

// travelling is the key of the transaction in a context.
type travelling struct{}

// Transact runs fn in a transaction that travels in the context fn receives; within a transaction it joins that one. It tries
// again as DB.Transact does.
func (c Commands) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	if _, inside := ctx.Value(travelling{}).(bun.Tx); inside {
		return fn(ctx)
	}
	return c.DB.Transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		return fn(context.WithValue(ctx, travelling{}, tx))
	})
}

// In gives the transaction that travels in the context, or the database itself where none does.
func (c Commands) In(ctx context.Context) bun.IDB {
	if tx, inside := ctx.Value(travelling{}).(bun.Tx); inside {
		return tx
	}
	return c.DB.Bun
}

// Recall gives what is remembered under an actor's key; nil where nothing is.
func (c Commands) Recall(ctx context.Context, actor, key string) (*workflow.Remembered, error) {
	r := workflow.Remembered{Actor: actor, Key: key}
	err := c.In(ctx).NewRaw(`select command, input_hash, outcome, ids, version, changed_at from idempotency_keys where actor = ? and key = ?`, actor, key).
		Scan(ctx, &r.Command, &r.InputHash, &r.Outcome, pgdialect.Array(&r.IDs), &r.Version, &r.ChangedAt)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, Coded(err)
	}
	return &r, nil
}

// RecallAll gives what is remembered under these keys of an actor, in no order.
func (c Commands) RecallAll(ctx context.Context, actor string, keys []string) ([]*workflow.Remembered, error) {
	rows, err := c.In(ctx).QueryContext(ctx, `select key, command, input_hash, outcome, ids, version, changed_at from idempotency_keys
		where actor = ? and key = any(?)`, actor, pgdialect.Array(keys))
	if err != nil {
		return nil, Coded(err)
	}
	defer func() { _ = rows.Close() }()
	var all []*workflow.Remembered
	for rows.Next() {
		r := &workflow.Remembered{Actor: actor}
		if err := rows.Scan(&r.Key, &r.Command, &r.InputHash, &r.Outcome, pgdialect.Array(&r.IDs), &r.Version, &r.ChangedAt); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, Coded(rows.Err())
}

// Remember stores a record, dated by the transaction; ALREADY_EXISTS if the key is remembered already.
func (c Commands) Remember(ctx context.Context, r workflow.Remembered) error {
	ids := r.IDs
	if ids == nil {
		ids = []uuid.UUID{}
	}
	_, err := c.In(ctx).ExecContext(ctx, `insert into idempotency_keys (actor, key, command, input_hash, outcome, ids, version, changed_at, created_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, now())`, r.Actor, r.Key, r.Command, r.InputHash, r.Outcome, pgdialect.Array(ids), r.Version, r.ChangedAt)
	return Coded(err)
}

// forgetQuery keeps the keys of moves (bulk.Key) whose result a bulk move does not have yet, however long somebody has it pause: by
// them the move is known to have been made. Anybody may call a key of theirs the same, so it is read as one only where it is one.
const forgetQuery = `delete from idempotency_keys where (actor, key) in (
	select k.actor, k.key from idempotency_keys k where k.created_at < $1 and not case
		when k.key ~ '^bulk:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}:[1-9][0-9]{0,4}$' then exists (
			select from bulk_moves b join bulk_move_items i on i.bulk_move_id = b.id where b.finished_at is null and b.actor = k.actor
				and b.id = substr(k.key, 6, 36)::uuid and i.position = substr(k.key, 43)::integer and i.outcome = 'PENDING')
		else false end
	order by k.created_at limit $2 for update of k skip locked)`

// Forget removes what has been remembered since before an instant, the oldest first and at most so many, and gives how many.
func (c Commands) Forget(ctx context.Context, before time.Time, most int) (int, error) {
	done, err := c.DB.Pool.Exec(ctx, forgetQuery, before, most)
	return int(done.RowsAffected()), Coded(err)
}
