package db

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/berdaya/berdaya/domain"
)

// Demo is the store of a demo portfolio that is too large to be entered command by command.
type Demo struct{ DB *DB }

// Demo gives the store of large demo portfolios.
func (d *DB) Demo() Demo { return Demo{d} }

// Regions gives the code and name of every region that was there on a day, open or closed by now, in the order of the codes.
func (s Demo) Regions(ctx context.Context, day domain.Date) ([]domain.Region, error) {
	found, err := s.DB.Pool.Query(ctx, `select code, name from regions where valid_from <= $1 order by code`, date(&day))
	if err != nil {
		return nil, Coded(err)
	}
	all, err := pgx.CollectRows(found, func(row pgx.CollectableRow) (r domain.Region, err error) {
		return r, row.Scan(&r.Code, &r.Name)
	})
	return all, Coded(err)
}

// Present tells which of the ids are those of communities, stakeholders or programmes that are there.
func (s Demo) Present(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]bool, error) {
	found, err := s.DB.Pool.Query(ctx, `select id from programmes where id = any($1) union all
		select id from communities where id = any($1) union all select id from stakeholders where id = any($1)`, ids)
	if err != nil {
		return nil, Coded(err)
	}
	present := map[uuid.UUID]bool{}
	var id uuid.UUID
	_, err = pgx.ForEachRow(found, []any{&id}, func() error { present[id] = true; return nil })
	return present, Coded(err)
}

// There tells whether there is a programme with a code.
func (s Demo) There(ctx context.Context, code string) (there bool, err error) {
	err = s.DB.Pool.QueryRow(ctx, `select exists (select from programmes where code = $1)`, code).Scan(&there)
	return there, Coded(err)
}

// Load writes rows by COPY in one transaction, all of them or none. Each argument is a slice of one kind of domain struct;
// what others refer to comes first. Fields that identify a person are left out.
func (s Demo) Load(ctx context.Context, rows ...any) error {
	return Coded(pgx.BeginFunc(ctx, s.DB.Pool, func(tx pgx.Tx) error {
		// A batch is far from any limit on a machine that does little else; on one that is busy it may take what it takes.
		if _, err := tx.Exec(ctx, `set local statement_timeout = 0`); err != nil {
			return err
		}
		for _, slice := range rows {
			if err := s.copyIn(ctx, tx, reflect.ValueOf(slice)); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (s Demo) copyIn(ctx context.Context, tx pgx.Tx, rows reflect.Value) error {
	if rows.Len() == 0 {
		return nil
	}
	of := shapeOf(rows.Type().Elem())
	columns := make([]func(reflect.Value) any, len(of.fields))
	for i, index := range of.fields {
		columns[i] = wire(rows.Type().Elem().FieldByIndex(index).Type)
	}
	values := make([]any, len(columns))
	_, err := tx.CopyFrom(ctx, pgx.Identifier{s.DB.Bun.Table(rows.Type().Elem()).Name}, of.columns,
		pgx.CopyFromSlice(rows.Len(), func(i int) ([]any, error) {
			row := rows.Index(i)
			for k, index := range of.fields {
				values[k] = columns[k](row.FieldByIndex(index))
			}
			return values, nil
		}))
	return err
}

// wire gives how values of a type are handed to pgx: as a type that it writes without asking the value how.
func wire(t reflect.Type) func(reflect.Value) any {
	if t.Kind() == reflect.Pointer {
		inside := wire(t.Elem())
		return func(v reflect.Value) any {
			if v.IsNil() {
				return nil
			}
			return inside(v.Elem())
		}
	}
	switch t {
	case reflect.TypeFor[uuid.UUID]():
		return func(v reflect.Value) any { return pgtype.UUID{Bytes: v.Interface().(uuid.UUID), Valid: true} }
	case reflect.TypeFor[domain.Date]():
		return func(v reflect.Value) any { d := domain.Date(v.String()); return date(&d) }
	case reflect.TypeFor[time.Time](), reflect.TypeFor[json.RawMessage]():
		return reflect.Value.Interface
	}
	switch t.Kind() {
	case reflect.String:
		return func(v reflect.Value) any { return v.String() }
	case reflect.Slice, reflect.Struct:
		return func(v reflect.Value) any {
			text, err := json.Marshal(v.Interface())
			if err != nil {
				return err // which PostgreSQL's types do not take, so the copy fails
			}
			return json.RawMessage(text)
		}
	}
	return reflect.Value.Interface
}

// demoTables are the tables that a large demo portfolio fills.
var demoTables = []string{"communities", "stakeholders", "programmes", "programme_communities", "programme_stakeholders",
	"programme_events", "stage_visits"}

// settledTables are those and timers, of which there may be none: a portfolio that is old has nothing left that is due.
var settledTables = append(slices.Clip(demoTables), "timers")

// Settled tells whether every table of a large portfolio has been vacuumed since rows came into it.
func (s Demo) Settled(ctx context.Context) (bool, error) {
	var is bool
	err := s.DB.Pool.QueryRow(ctx, `select bool_and(relallvisible > 0) from pg_class
		where relkind = 'r' and relnamespace = current_schema()::regnamespace and relname = any($1)`, demoTables).Scan(&is)
	return is, Coded(err)
}

// Settle brings the planner's statistics and the visibility maps up to date, which PostgreSQL would do by and by: without them
// an index alone does not answer. settled, if not nil, is told how many tables of how many are done.
func (s Demo) Settle(ctx context.Context, settled func(done, total int)) error {
	c, err := s.DB.Pool.Acquire(ctx)
	if err != nil {
		return Coded(err)
	}
	defer c.Release()
	if _, err := c.Exec(ctx, `set statement_timeout = 0`); err != nil {
		return Coded(err)
	}
	for i, table := range settledTables {
		if _, err := c.Exec(ctx, fmt.Sprintf(`vacuum (analyze) %s`, pgx.Identifier{table}.Sanitize())); err != nil {
			return Coded(err) // a connection that failed is not used again
		}
		if settled != nil {
			settled(i+1, len(settledTables))
		}
	}
	_, err = c.Exec(ctx, `reset statement_timeout`)
	return Coded(err)
}
