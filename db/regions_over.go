package db

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// MoveRegistered registers the first so many communities, and as many stakeholders, of these regions in the regions that follow
// them, and lets the facts of the programmes grow in which they take part. It gives how many of each it moved.
func (r Regions) MoveRegistered(ctx context.Context, over map[string]string, limit int, at time.Time) (communities, stakeholders int, err error) {
	if communities, err = r.moveRegistered(ctx, "communities", "programme_communities", "community_id", over, limit, at); err != nil {
		return 0, 0, err
	}
	stakeholders, err = r.moveRegistered(ctx, "stakeholders", "programme_stakeholders", "stakeholder_id", over, limit, at)
	return communities, stakeholders, err
}

func (r Regions) moveRegistered(ctx context.Context, table, links, column string, over map[string]string, limit int, at time.Time) (int, error) {
	from, to := make([]string, 0, len(over)), make([]string, 0, len(over))
	for old, successor := range over {
		from, to = append(from, old), append(to, successor)
	}
	var ids []uuid.UUID
	err := r.In(ctx).NewRaw(`with held as (select id from ? where region_code = any(?) order by id limit ? for no key update)
		update ? t set region_code = n.new_code, updated_at = ? from held, unnest(?::text[], ?::text[]) as n (old_code, new_code)
		where t.id = held.id and t.region_code = n.old_code returning t.id`,
		bun.Ident(table), pgdialect.Array(from), limit, bun.Ident(table), at, pgdialect.Array(from), pgdialect.Array(to)).Scan(ctx, &ids)
	if err != nil || len(ids) == 0 {
		return 0, Coded(err)
	}
	return len(ids), r.bumpAround(ctx, links, column, ids, at)
}

// bumpAround makes the facts version and the time of change grow of all programmes in which these things take part. The
// programmes are locked by id, as everybody does who locks many.
func (r Regions) bumpAround(ctx context.Context, links, column string, ids []uuid.UUID, at time.Time) error {
	_, err := r.In(ctx).ExecContext(ctx, `with held as (select id from programmes where id in (select programme_id from ? where ? = any(?)) order by id for no key update)
		update programmes p set facts_version = facts_version + 1, updated_at = ? from held where p.id = held.id`,
		bun.Ident(links), bun.Ident(column), pgdialect.Array(ids), at)
	return Coded(err)
}
