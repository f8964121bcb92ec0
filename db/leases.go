package db

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/workflow"
)

// leased is a table whose rows are worked on in slices, each by one server at a time (package lease). Leases run by the database's
// clock, so that servers whose clocks differ agree on them.
type leased struct {
	table string
	works string // the condition that there is work on a row
	waits string // that somebody is to take it up
	holds string // that whoever holds it goes on holding it
}

// unattended is how many rows are found at once; those beyond are found the next time.
const unattended = 100

// keep has a worker hold a row until then, and tells whether it holds it at all.
func (l leased) keep(ctx context.Context, d *DB, id, worker uuid.UUID, until time.Duration) (bool, error) {
	held, err := d.Pool.Exec(ctx, `update `+l.table+` set leased_until = now() + $3::interval where id = $1 and worker = $2 and `+l.holds, id, worker, until)
	return held.RowsAffected() > 0, Coded(err)
}

// release lets go of a row, and gives whether there is still work.
func (l leased) release(ctx context.Context, d *DB, id, worker uuid.UUID) (more bool, err error) {
	err = d.Pool.QueryRow(ctx, `update `+l.table+` set worker = null, leased_until = null where id = $1 and worker = $2 returning `+l.works, id, worker).Scan(&more)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil // another one holds it by now
	}
	return more, Coded(err)
}

// unattended lists rows that wait and that nobody holds.
func (l leased) unattended(ctx context.Context, d *DB) ([]workflow.Waiting, error) {
	rows, err := d.Pool.Query(ctx, `select id, coalesce(worker, '00000000-0000-0000-0000-000000000000') from `+l.table+`
		where `+l.waits+` and (leased_until is null or leased_until < now()) order by id limit $1`, unattended)
	if err != nil {
		return nil, Coded(err)
	}
	waiting, err := pgx.CollectRows(rows, pgx.RowToStructByPos[workflow.Waiting])
	return waiting, Coded(err)
}

// progress gives where rows stand; it leaves out those that are not there.
func (l leased) progress(ctx context.Context, d *DB, ids []uuid.UUID) (map[uuid.UUID]workflow.Progress, error) {
	rows, err := d.Pool.Query(ctx, `select id, revision, finished_at is not null from `+l.table+` where id = any($1)`, ids)
	if err != nil {
		return nil, Coded(err)
	}
	stands := make(map[uuid.UUID]workflow.Progress, len(ids))
	var id uuid.UUID
	var p workflow.Progress
	_, err = pgx.ForEachRow(rows, []any{&id, &p.Revision, &p.Finished}, func() error {
		stands[id] = p
		return nil
	})
	return stands, Coded(err)
}
