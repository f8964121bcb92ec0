package db

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Bulk is the store of bulk moves. What begins and directs them takes part in the transaction that travels; what works on them
// is by prepared statements, in bulk_work.go.
type Bulk struct{ Commands }

// Bulk gives the store of bulk moves.
func (d *DB) Bulk() Bulk { return Bulk{d.Commands()} }

// insertedAtOnce is how many items one statement inserts.
const insertedAtOnce = 1000

// Insert writes a bulk move with its items.
func (b Bulk) Insert(ctx context.Context, row *domain.BulkMove, items []*domain.BulkMoveItem) error {
	if _, err := b.In(ctx).NewInsert().Model(row).Exec(ctx); err != nil {
		return Coded(err)
	}
	for some := range slices.Chunk(items, insertedAtOnce) {
		if _, err := b.In(ctx).NewInsert().Model(&some).Exec(ctx); err != nil {
			return Coded(err)
		}
	}
	return nil
}

// candidates is how a programme is read for a bulk move.
const candidates = `select p.id, p.version, p.region_code from programmes p where `

// Listed reads the programmes with these ids, in no order; it leaves out those that are not there.
func (b Bulk) Listed(ctx context.Context, ids []uuid.UUID) ([]workflow.BulkCandidate, error) {
	return b.candidates(ctx, candidates+`p.id = any(?::uuid[])`, pgdialect.Array(ids))
}

// Matching reads the programmes that a filter matches, by code, at most so many.
func (b Bulk) Matching(ctx context.Context, f workflow.BulkFilter, most int) ([]workflow.BulkCandidate, error) {
	query, args := candidates, []any{}
	and := func(condition string, values ...any) {
		if len(args) > 0 || query != candidates {
			query += ` and `
		}
		query += condition
		args = append(args, values...)
	}
	if where, values := within(f.Within); where != "" {
		and(where, values...)
	}
	if f.Exactly != nil {
		and(`p.region_code = ?`, *f.Exactly)
	}
	if f.Stages != nil {
		and(`p.stage = any(?::text[])`, pgdialect.Array(*f.Stages))
	}
	if f.Statuses != nil {
		and(`p.status = any(?::text[])`, pgdialect.Array(*f.Statuses))
	}
	if f.Coordinator != nil {
		and(`p.coordinator = ?`, *f.Coordinator)
	}
	if query == candidates {
		and(`true`)
	}
	return b.candidates(ctx, query+` order by p.code, p.id limit ?`, append(args, most)...)
}

// ancestors are the columns in which programmes keep their region of a level.
var ancestors = map[domain.Level]string{
	domain.Province: "p.province_code", domain.Regency: "p.regency_code", domain.District: "p.district_code", domain.Village: "p.region_code",
}

// within gives the condition that a programme lies in one of these regions; "" for the nation.
func within(regions []string) (string, []any) {
	byLevel := map[domain.Level][]string{}
	for _, code := range regions {
		level, ok := domain.LevelOf(code)
		if ok && level == domain.Nation {
			return "", nil
		}
		if ok {
			byLevel[level] = append(byLevel[level], code)
		}
	}
	where, args := "", []any{}
	for _, v := range domain.Levels {
		codes := byLevel[domain.Level(v.Code)]
		if len(codes) == 0 {
			continue
		}
		if where != "" {
			where += ` or `
		}
		where += ancestors[domain.Level(v.Code)] + ` in (?)`
		args = append(args, bun.List(codes))
	}
	if where == "" {
		return `false`, nil
	}
	return `(` + where + `)`, args
}

func (b Bulk) candidates(ctx context.Context, query string, args ...any) ([]workflow.BulkCandidate, error) {
	rows, err := b.In(ctx).QueryContext(ctx, query, args...)
	if err != nil {
		return nil, Coded(err)
	}
	defer func() { _ = rows.Close() }()
	var found []workflow.BulkCandidate
	for rows.Next() {
		var c workflow.BulkCandidate
		if err := rows.Scan(&c.ProgrammeID, &c.Version, &c.RegionCode); err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	return found, Coded(rows.Err())
}

// Bulk reads a bulk move; nil where there is none. Within a transaction nobody else changes it until that ends.
func (b Bulk) Bulk(ctx context.Context, id uuid.UUID) (*domain.BulkMove, error) {
	row := new(domain.BulkMove)
	q := b.In(ctx).NewSelect().Model(row).Where("id = ?", id)
	if _, inside := ctx.Value(travelling{}).(bun.Tx); inside {
		q = q.For("update")
	}
	err := q.Scan(ctx)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, Coded(err)
	}
	return row, nil
}

// SetState writes the state of a bulk move, and when it started and finished. Where all is to be begun anew every item is
// PENDING again, except those that never had a programme.
func (b Bulk) SetState(ctx context.Context, row *domain.BulkMove, anew bool) error {
	set := b.In(ctx).NewUpdate().Model((*domain.BulkMove)(nil)).Where("id = ?", row.ID).
		Set("last_error_en = null").Set("last_error_id = null").Set("updated_at = now()").Set("revision = revision + 1")
	state, finished := row.State, row.FinishedAt
	if anew {
		res, err := b.In(ctx).ExecContext(ctx, `update bulk_move_items set outcome = 'PENDING', code = null, message_en = null, message_id = null,
			blocks = '[]', updated_at = now() where bulk_move_id = ? and programme_id is not null`, row.ID)
		if err != nil {
			return Coded(err)
		}
		pending, err := res.RowsAffected()
		if err != nil {
			return err
		}
		set = set.Set("pending = ?", pending).Set("refused = total - ?", pending).Set("allowed = 0").Set("moved = 0").Set("skipped = 0")
		if pending == 0 { // there never was a programme in it that the actor saw
			state, finished = domain.BulkCompleted, row.StartedAt
		}
	}
	_, err := set.Set("state = ?", state).Set("started_at = ?", row.StartedAt).Set("finished_at = ?", finished).Exec(ctx)
	return Coded(err)
}

// Settle gives every PENDING item of a bulk move that was cancelled its result, unless a slice of work holds it: SKIPPED, or
// MOVED where its key (keys and its position) is remembered as the actor's move of this programme.
func (b Bulk) Settle(ctx context.Context, id uuid.UUID, keys string) error {
	// The row is locked by a statement before, so that the counts are of what others have left.
	return b.Transact(ctx, func(ctx context.Context) error {
		if _, err := b.In(ctx).ExecContext(ctx, `select from bulk_moves where id = ? for update`, id); err != nil {
			return Coded(err)
		}
		_, err := b.In(ctx).ExecContext(ctx, settleQuery, id, keys, id)
		return Coded(err)
	})
}

const settleQuery = `
with free as (
	select id, actor from bulk_moves
	where id = ? and state = 'CANCELLED' and finished_at is null and (leased_until is null or leased_until < now())
), settled as (
	update bulk_move_items i set updated_at = now(), event_id = k.ids[2], outcome = case when k.ids is null then 'SKIPPED' else 'MOVED' end
	from free join bulk_move_items j on j.bulk_move_id = free.id and j.outcome = 'PENDING'
		left join idempotency_keys k on k.actor = free.actor and k.key = ? || j.position and k.command = 'moveProgramme' and k.ids[1] = j.programme_id
	where i.id = j.id
	returning i.outcome
)
update bulk_moves b set pending = 0, finished_at = now(), updated_at = now(), revision = revision + 1,
	skipped = skipped + (select count(*) from settled where outcome = 'SKIPPED'),
	moved = moved + (select count(*) from settled where outcome = 'MOVED')
from free where b.id = ? and b.id = free.id`
