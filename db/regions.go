package db

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/berdaya/berdaya/domain"
)

// Of an import of regions: so many rows are written by one statement, so that its progress can be told; and from so many on
// the planner's statistics are brought up to date at once instead of when PostgreSQL comes round to it.
const (
	regionBatch   = 10_000
	regionAnalyze = 1_000
)

// HasRegions tells whether there are regions below the nation.
func (d *DB) HasRegions(ctx context.Context) (bool, error) {
	var has bool
	err := d.Pool.QueryRow(ctx, `select exists (select from regions where level = 'PROVINCE')`).Scan(&has)
	return has, Coded(err)
}

// ImportRegions changes regions in one transaction that no other import overlaps. plan gets every region in the order of the
// codes, open and closed, and gives the rows to write, parents before children: a code that is not there is inserted, one that
// is has its name and ValidTo replaced. If plan gives none, nothing is written; if it fails, its error is returned. written, if
// not nil, is told how many rows of how many have been written; they are there for others when ImportRegions has returned.
func (d *DB) ImportRegions(ctx context.Context, plan func(known []domain.Region) ([]domain.Region, error), written func(done, total int)) error {
	return Coded(pgx.BeginFunc(ctx, d.Pool, func(tx pgx.Tx) error {
		// This lock lets everybody read, and refer to regions, but no second import begin.
		if _, err := tx.Exec(ctx, `lock table regions in share row exclusive mode`); err != nil {
			return err
		}
		known, err := knownRegions(ctx, tx)
		if err != nil {
			return err
		}
		rows, err := plan(known)
		if err != nil || len(rows) == 0 {
			return err
		}
		return writeRegions(ctx, tx, rows, written)
	}))
}

// knownRegions reads all regions. Dates and parents repeat, so they are kept once.
func knownRegions(ctx context.Context, tx pgx.Tx) ([]domain.Region, error) {
	found, err := tx.Query(ctx, `select code, parent_code, level, name, valid_from::text, valid_to::text from regions order by code`)
	if err != nil {
		return nil, err
	}
	texts := map[string]*string{}
	once := func(b []byte) *string {
		kept, ok := texts[string(b)]
		if !ok {
			s := string(b)
			kept = &s
			texts[s] = kept
		}
		return kept
	}
	dates := map[string]*domain.Date{}
	var regions []domain.Region
	var parent, level, from, to pgtype.DriverBytes
	var r domain.Region
	_, err = pgx.ForEachRow(found, []any{&r.Code, &parent, &level, &r.Name, &from, &to}, func() error {
		r.Level, r.ValidFrom = domain.Level(*once(level)), domain.Date(*once(from))
		r.ParentCode, r.ValidTo = nil, nil
		if parent != nil {
			r.ParentCode = once(parent)
		}
		if to != nil {
			date, ok := dates[string(to)]
			if !ok {
				d := domain.Date(to)
				date = &d
				dates[string(d)] = date
			}
			r.ValidTo = date
		}
		regions = append(regions, r)
		return nil
	})
	return regions, err
}

// writeRegions copies the rows to a table beside and merges them from there.
func writeRegions(ctx context.Context, tx pgx.Tx, rows []domain.Region, written func(done, total int)) error {
	if _, err := tx.Exec(ctx, `create temporary table regions_coming
		(row integer primary key, code text collate "C", parent_code text, level text, name text, valid_from date, valid_to date)
		on commit drop`); err != nil {
		return err
	}
	columns := []string{"row", "code", "parent_code", "level", "name", "valid_from", "valid_to"}
	source := pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		r := &rows[i]
		to := pgtype.Date{}
		if r.ValidTo != nil {
			to = pgtype.Date{Time: r.ValidTo.Time(), Valid: true}
		}
		return []any{int32(i), r.Code, r.ParentCode, string(r.Level), r.Name, pgtype.Date{Time: r.ValidFrom.Time(), Valid: true}, to}, nil
	})
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"regions_coming"}, columns, source); err != nil {
		return err
	}
	for done := 0; done < len(rows); {
		if _, err := tx.Exec(ctx, `insert into regions (code, parent_code, level, name, valid_from, valid_to)
			select code, parent_code, level, name, valid_from, valid_to from regions_coming where row >= $1 and row < $2 order by row
			on conflict (code) do update set name = excluded.name, valid_to = excluded.valid_to`, done, done+regionBatch); err != nil {
			return err
		}
		done = min(done+regionBatch, len(rows))
		if written != nil {
			written(done, len(rows))
		}
	}
	if len(rows) < regionAnalyze {
		return nil
	}
	_, err := tx.Exec(ctx, `analyze regions`)
	return err
}
