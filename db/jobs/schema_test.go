package jobs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/db/jobs"
)

// When this fails after River was brought up to date, what its new migrations do belongs into a migration of ours.
func TestTheSchemaIsTheOneThatRiverMakes(t *testing.T) {
	t.Parallel()
	theirs, err := pgxpool.New(t.Context(), dbtest.DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	if _, err := theirs.Exec(t.Context(), "create schema "+jobs.Schema); err != nil {
		t.Fatal(err)
	}
	river, err := rivermigrate.New(riverpgxv5.New(theirs), &rivermigrate.Config{Schema: jobs.Schema})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := river.Migrate(t.Context(), rivermigrate.DirectionUp, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.Exec(t.Context(), "drop table jobs.river_migration"); err != nil {
		t.Fatal(err)
	}
	want, got := described(t, theirs), described(t, dbtest.New(t).Pool)
	if len(want) < 60 {
		t.Fatalf("River's schema is described by only %d lines", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("River's schema (-) is not ours (+):\n%s", diff)
	}
}

// described lists everything in the schema of jobs, in PostgreSQL's own words.
func described(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `
		with here as (select oid from pg_namespace where nspname = 'jobs'), tables as (
			select c.oid, relname, relkind, relpersistence from pg_class c, here where relnamespace = here.oid)
		select 'relation ' || relname || ' ' || relkind::text || ' ' || relpersistence::text from tables
		union all
		select 'column ' || relname || '.' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull
			|| coalesce(' default ' || pg_get_expr(adbin, adrelid), '')
		from tables join pg_attribute on attrelid = tables.oid and attnum > 0 and not attisdropped and relkind = 'r'
		left join pg_attrdef on adrelid = attrelid and adnum = attnum
		union all
		select 'constraint ' || relname || ' ' || conname || ' ' || pg_get_constraintdef(k.oid) from pg_constraint k join tables on conrelid = tables.oid
		union all
		select 'index ' || pg_get_indexdef(indexrelid) from pg_index join tables on indrelid = tables.oid
		union all
		select 'trigger ' || pg_get_triggerdef(g.oid) from pg_trigger g join tables on tgrelid = tables.oid where not tgisinternal
		union all
		select 'function ' || pg_get_functiondef(p.oid) from pg_proc p, here where pronamespace = here.oid
		union all
		select 'value ' || typname || ' ' || enumlabel || ' ' || row_number() over (partition by y.oid order by enumsortorder)
		from pg_type y join pg_enum on enumtypid = y.oid, here where typnamespace = here.oid
		order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
