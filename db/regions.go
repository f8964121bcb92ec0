package db

import (
	"context"
	"slices"
	"strings"

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
// codes, open and closed, and all successors; it gives the regions to write, parents before children, and the successors to add.
// A code that is not there is inserted, one that is has its name and ValidTo replaced; a region that is open then has no
// successors. If plan gives nothing, nothing is written; if it fails, its error is returned. written, if not nil, is told how
// many regions of how many have been written; they are there for others when ImportRegions has returned.
func (d *DB) ImportRegions(ctx context.Context, plan func(known []domain.Region, successors []domain.RegionSuccessor) ([]domain.Region, []domain.RegionSuccessor, error),
	written func(done, total int)) error {
	return Coded(pgx.BeginFunc(ctx, d.Pool, func(tx pgx.Tx) error {
		// This lock lets everybody read, and refer to regions, but no second import begin.
		if _, err := tx.Exec(ctx, `lock table regions in share row exclusive mode`); err != nil {
			return err
		}
		known, err := knownRegions(ctx, tx)
		if err != nil {
			return err
		}
		found, err := tx.Query(ctx, `select id, old_code, new_code, effective_on::text from region_successors order by old_code, new_code`)
		if err != nil {
			return err
		}
		successors, err := pgx.CollectRows(found, func(row pgx.CollectableRow) (s domain.RegionSuccessor, err error) {
			err = row.Scan(&s.ID, &s.OldCode, &s.NewCode, &s.EffectiveOn)
			return s, err
		})
		if err != nil {
			return err
		}
		rows, coming, err := plan(known, successors)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			if err := writeRegions(ctx, tx, known, rows, written); err != nil {
				return err
			}
		}
		return insertSuccessors(ctx, tx, coming)
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
			r.ValidTo = (*domain.Date)(once(to))
		}
		regions = append(regions, r)
		return nil
	})
	return regions, err
}

// writeRegions writes the rows in batches: new ones by COPY, for there may be all of a nation's, the others by UPDATE.
func writeRegions(ctx context.Context, tx pgx.Tx, known, rows []domain.Region, written func(done, total int)) error {
	done := 0
	for batch := range slices.Chunk(rows, regionBatch) {
		var coming, changed []domain.Region
		for _, r := range batch {
			_, there := slices.BinarySearchFunc(known, r.Code, func(k domain.Region, code string) int { return strings.Compare(k.Code, code) })
			if there {
				changed = append(changed, r)
			} else {
				coming = append(coming, r)
			}
		}
		if err := insertRegions(ctx, tx, coming); err != nil {
			return err
		}
		if err := updateRegions(ctx, tx, changed); err != nil {
			return err
		}
		if done += len(batch); written != nil {
			written(done, len(rows))
		}
	}
	if len(rows) < regionAnalyze {
		return nil
	}
	_, err := tx.Exec(ctx, `analyze regions`)
	return err
}

func insertRegions(ctx context.Context, tx pgx.Tx, rows []domain.Region) error {
	if len(rows) == 0 {
		return nil
	}
	columns := []string{"code", "parent_code", "level", "name", "valid_from", "valid_to"}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"regions"}, columns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		r := &rows[i]
		return []any{r.Code, r.ParentCode, string(r.Level), r.Name, date(&r.ValidFrom), date(r.ValidTo)}, nil
	}))
	return err
}

func updateRegions(ctx context.Context, tx pgx.Tx, rows []domain.Region) error {
	if len(rows) == 0 {
		return nil
	}
	codes, names, to := make([]string, len(rows)), make([]string, len(rows)), make([]pgtype.Date, len(rows))
	for i, r := range rows {
		codes[i], names[i], to[i] = r.Code, r.Name, date(r.ValidTo)
	}
	if _, err := tx.Exec(ctx, `update regions r set name = now.name, valid_to = now.valid_to
		from unnest($1::text[], $2::text[], $3::date[]) as now (code, name, valid_to) where r.code = now.code`, codes, names, to); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `delete from region_successors s using unnest($1::text[], $2::date[]) as now (code, valid_to)
		where s.old_code = now.code and now.valid_to is null`, codes, to)
	return err
}

func insertSuccessors(ctx context.Context, tx pgx.Tx, rows []domain.RegionSuccessor) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"region_successors"}, []string{"id", "old_code", "new_code", "effective_on"},
		pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
			r := &rows[i]
			return []any{r.ID, r.OldCode, r.NewCode, date(&r.EffectiveOn)}, nil
		}))
	return err
}

// date gives a date to pgx's binary protocol.
func date(d *domain.Date) pgtype.Date {
	if d == nil {
		return pgtype.Date{}
	}
	return pgtype.Date{Time: d.Time(), Valid: true}
}
