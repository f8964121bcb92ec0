package db

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Definitions is the store of how long stages take.
type Definitions struct{ Commands }

// Definitions gives the store of how long stages take.
func (d *DB) Definitions() Definitions { return Definitions{d.Commands()} }

// InForce gives the definition in force of every region that has one and how many definitions there have ever been, if there are
// other than so many known; otherwise none and the same number. It is asked all the time, so it is one prepared statement, and
// takes part in no transaction.
func (s Definitions) InForce(ctx context.Context, known int) (map[string]workflow.Definition, int, error) {
	rows, err := s.DB.Pool.Query(ctx, `with had as (select count(*) as n from definitions)
		select n, d.region_code, d.version, d.stages from had left join lateral (
			select distinct on (region_code) region_code, version, stages from definitions order by region_code, version desc
		) d on n <> $1`, known)
	if err != nil {
		return nil, 0, Coded(err)
	}
	var there int
	var region *string
	var version *int
	var d workflow.Definition
	defined := map[string]workflow.Definition{}
	_, err = pgx.ForEachRow(rows, []any{&there, &region, &version, &d.Stages}, func() error {
		if region != nil {
			defined[*region] = workflow.Definition{Region: *region, Version: *version, Stages: d.Stages}
			d.Stages = nil // the next row gets a map of its own
		}
		return nil
	})
	return defined, there, Coded(err)
}

// HoldVersions lets nobody else publish for a region until the transaction ends, and gives the region's newest definition, version 0
// where it has none, and no region where there is none.
func (s Definitions) HoldVersions(ctx context.Context, region string) (newest workflow.Definition, there bool, err error) {
	there, err = found(s.In(ctx).NewSelect().Model(&domain.Region{}).Column("code").Where("code = ?", region).For("no key update").Scan(ctx))
	if err != nil || !there {
		return newest, false, err
	}
	newest.Region = region
	// A statement of its own, so that it sees what was committed while this one waited.
	_, err = found(s.In(ctx).NewRaw(`select version, stages from definitions where region_code = ? order by version desc limit 1`, region).Scan(ctx, &newest.Version, &newest.Stages))
	return newest, true, Coded(err)
}

// Publish writes a new version.
func (s Definitions) Publish(ctx context.Context, p *workflow.Published) error {
	_, err := s.In(ctx).ExecContext(ctx, `insert into definitions (id, created_at, region_code, version, author, note, stages) values (?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.At, p.Region, p.Version, p.Author, p.Note, p.Stages)
	return Coded(err)
}

// Versions gives the newest so many definitions of a region, or of all, the newest first.
func (s Definitions) Versions(ctx context.Context, region *string, limit int) ([]workflow.Published, error) {
	rows, err := s.DB.Pool.Query(ctx, `select id, created_at, author, note, region_code, version, stages from definitions
		where $1::text is null or region_code = $1 order by created_at desc, region_code, version desc limit $2`, region, limit)
	if err != nil {
		return nil, Coded(err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p workflow.Published, err error) {
		return p, row.Scan(&p.ID, &p.At, &p.Author, &p.Note, &p.Region, &p.Version, &p.Stages)
	})
	return found, Coded(err)
}

// Version gives a definition of a region, version 0 being the newest; nil where there is none.
func (s Definitions) Version(ctx context.Context, region string, version int) (*workflow.Published, error) {
	p := &workflow.Published{}
	err := s.DB.Pool.QueryRow(ctx, `select id, created_at, author, note, region_code, version, stages from definitions where region_code = $1
		and ($2 = 0 or version = $2) order by version desc limit 1`, region, version).Scan(&p.ID, &p.At, &p.Author, &p.Note, &p.Region, &p.Version, &p.Stages)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return p, Coded(err)
}
