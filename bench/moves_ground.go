package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/berdaya/berdaya/bench/ripe"
	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/cluster"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/members"
	"github.com/berdaya/berdaya/internal/regions"
)

// ripeTemplate is the database that every measurement of moves works on a copy of.
const ripeTemplate = "ripe"

// logging has the cluster write what it logs as JSON to a file, and gives the file. Nothing is logged yet.
func (g *ground) logging(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, g.cluster.DSN("postgres"))
	if err != nil {
		return "", err
	}
	for _, sql := range []string{"alter system set logging_collector = on", "alter system set log_destination = 'jsonlog'",
		"alter system set log_directory = 'log'", "alter system set log_filename = 'bench.log'", "alter system set autovacuum = off"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			conn.Close(ctx)
			return "", fmt.Errorf("%s: %w", sql, err)
		}
	}
	if err := conn.Close(ctx); err != nil {
		return "", err
	}
	dir := g.cluster.Dir
	g.cluster.Stop(ctx)
	g.cluster, err = cluster.Start(ctx, cluster.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	return filepath.Join(dir, "data", "log", "bench.json"), err
}

// ripen puts so many programmes that are ready to move into a database, and gives the coordinator who may move them.
func (g *ground) ripen(ctx context.Context, say io.Writer, database string, programmes int) (coordinator string, err error) {
	dsn, err := g.migrated(ctx, database)
	if err != nil {
		return "", err
	}
	d, err := db.Open(ctx, dsn, db.Options{Name: "berdaya bench", StatementTimeout: time.Hour})
	if err != nil {
		return "", err
	}
	defer d.Close()
	if _, _, err := regions.Seed(ctx, d, regions.Options{}); err != nil {
		return "", err
	}
	all := members.New(d, domain.SystemClock{}, domain.RandomIDs{})
	if coordinator, err = all.EnsureDevelopment(ctx, domain.Coordinator, province); err != nil {
		return "", err
	}
	rows, err := d.Pool.Query(ctx, `select code from regions where level = 'REGENCY' and parent_code = $1 and valid_to is null order by code`, province)
	if err != nil {
		return "", err
	}
	places, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", err
	}
	var there bool
	if err := d.Pool.QueryRow(ctx, `select exists (select from findings where programme_id = $1)`, ripe.ID(ripe.First+programmes-1)).Scan(&there); err != nil || there {
		return coordinator, err // made in a run before
	}
	began := time.Now()
	if err := ripe.Make(ctx, d, coordinator, places, programmes, time.Now().AddDate(0, 0, -20)); err != nil {
		return "", err
	}
	fmt.Fprintf(say, "made %d programmes with what people work with in %s\n", programmes, time.Since(began).Round(time.Second))
	return coordinator, calm(ctx, d.Pool)
}

// fresh gives the connection string of a new copy of a database, in the place of the copy before.
func (g *ground) fresh(ctx context.Context, template, name string) (string, error) {
	conn, err := pgx.Connect(ctx, g.cluster.DSN("postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	copied := pgx.Identifier{name}.Sanitize()
	for _, sql := range []string{"drop database if exists " + copied + " with (force)",
		"create database " + copied + " template " + pgx.Identifier{template}.Sanitize() + " strategy file_copy"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return "", fmt.Errorf("%s: %w", sql, err)
		}
	}
	return g.cluster.DSN(name), nil
}

// tally counts what is in every table, and how programmes, visits and timers stand: where two databases have the same tally,
// the same work was done in them.
func tally(ctx context.Context, dsn string) (map[string]int, error) {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	rows, err := pool.Query(ctx, `select tablename from pg_tables where schemaname = current_schema() order by 1`)
	if err != nil {
		return nil, err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, t := range tables {
		var n int
		if err := pool.QueryRow(ctx, "select count(*) from "+pgx.Identifier{t}.Sanitize()).Scan(&n); err != nil {
			return nil, err
		}
		counts[t] = n
	}
	for what, sql := range map[string]string{
		"programmes": `select concat_ws(' ', stage, status, version, facts_version), count(*) from programmes group by 1`,
		"visits":     `select concat_ws(' ', stage, left_at is null, due_on - entered_at::date), count(*) from stage_visits group by 1`,
		"timers":     `select concat_ws(' ', stage, kind, state), count(*) from timers group by 1`,
		"items":      `select concat_ws(' ', stage, rule_set, code), count(*) from checklist_items group by 1`,
		"events":     `select concat_ws(' ', version, kind, from_stage, to_stage, rule_revisions), count(*) from programme_events group by 1`,
	} {
		found, err := pool.Query(ctx, sql)
		if err != nil {
			return nil, err
		}
		var name string
		var n int
		if _, err := pgx.ForEachRow(found, []any{&name, &n}, func() error { counts[what+" "+name] = n; return nil }); err != nil {
			return nil, err
		}
	}
	return counts, nil
}
