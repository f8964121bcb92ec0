package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/berdaya/berdaya/bench/load"
	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/cluster"
	"github.com/berdaya/berdaya/db/migrate"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/demo"
	"github.com/berdaya/berdaya/internal/members"
	"github.com/berdaya/berdaya/internal/regions"
	"github.com/berdaya/berdaya/internal/token"
)

// ground is the PostgreSQL that everything is measured on.
type ground struct {
	cluster *cluster.Cluster
	dir     string // for what is written
	kept    bool
	module  string // Berdaya's folder
	built   string // a folder for what is built from it
}

// prepare starts a private cluster in a folder, or in a temporary one.
func prepare(ctx context.Context, data string) (*ground, error) {
	module, err := moduleDir(ctx)
	if err != nil {
		return nil, err
	}
	g := &ground{kept: data != "", module: module}
	if g.dir, err = filepath.Abs(data); err != nil {
		return nil, err
	}
	if !g.kept {
		if g.dir, err = os.MkdirTemp("", "berdaya-bench-"); err != nil {
			return nil, err
		}
	}
	if g.built, err = os.MkdirTemp("", "berdaya-bench-build-"); err != nil {
		g.close()
		return nil, err
	}
	g.cluster, err = cluster.Start(ctx, cluster.Options{Dir: filepath.Join(g.dir, "postgres"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

// stopBound is how long the cluster may take to stop.
const stopBound = 15 * time.Second

func (g *ground) close() {
	if g.cluster != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopBound)
		defer cancel()
		g.cluster.Stop(ctx)
	}
	if g.built != "" {
		_ = os.RemoveAll(g.built)
	}
	if !g.kept {
		_ = os.RemoveAll(g.dir)
	}
}

// portfolio gives the connection string of a database with one in so many programmes of the national portfolio, made now or in
// a run before, and a member who may read all of it.
func (g *ground) portfolio(ctx context.Context, say io.Writer, database string, part int) (dsn, reader string, err error) {
	if dsn, err = g.migrated(ctx, database); err != nil {
		return "", "", err
	}
	d, err := db.Open(ctx, dsn, db.Options{Name: "berdaya bench", StatementTimeout: time.Hour})
	if err != nil {
		return "", "", err
	}
	defer d.Close()
	if _, _, err := regions.Seed(ctx, d, regions.Options{}); err != nil {
		return "", "", err
	}
	all := members.New(d, domain.SystemClock{}, domain.RandomIDs{})
	actor := func(ctx context.Context, role domain.Role, region string) (access.Actor, error) {
		subject, err := all.EnsureDevelopment(ctx, role, region)
		if err != nil {
			return access.Actor{}, err
		}
		return all.Resolve(ctx, subject)
	}
	began := time.Now()
	made, err := demo.Nation{Store: d.Demo(), Clock: domain.SystemClock{}, Actor: actor, Part: part}.Seed(ctx)
	if err != nil {
		return "", "", err
	}
	if made > 0 {
		fmt.Fprintf(say, "made %d programmes in %s\n", made, time.Since(began).Round(time.Second))
	}
	who, err := actor(ctx, domain.Viewer, domain.NationCode)
	return dsn, who.Subject, err
}

// nation gives the program, built now, and the connection string of a database with one in so many programmes of the national
// portfolio, whose schema the program has brought up to date, and a member who may read all of it.
func (g *ground) nation(ctx context.Context, say io.Writer, part int) (binary, dsn, reader string, err error) {
	if dsn, reader, err = g.portfolio(ctx, say, fmt.Sprintf("national_%d", part), part); err != nil {
		return "", "", "", err
	}
	if binary, err = build(ctx, g.module, g.built, "./cmd/berdaya"); err != nil {
		return "", "", "", err
	}
	return binary, dsn, reader, migrateUp(ctx, binary, dsn)
}

// migrated gives the connection string of a database with the whole schema.
func (g *ground) migrated(ctx context.Context, name string) (string, error) {
	dsn, err := g.cluster.EnsureDatabase(ctx, name)
	if err != nil {
		return "", err
	}
	set, err := migrate.Embedded()
	if err != nil {
		return "", err
	}
	_, err = set.Up(ctx, dsn)
	return dsn, err
}

// postmaster gives the process that all of a database's processes descend from. It must run on this machine.
func postmaster(ctx context.Context, dsn string) (int, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	var backend int
	if err := conn.QueryRow(ctx, "select pg_backend_pid()").Scan(&backend); err != nil {
		return 0, err
	}
	return load.Parent(backend)
}

// calm has PostgreSQL do now what it would do in the background while others measure.
func calm(ctx context.Context, pool *pgxpool.Pool) error {
	for _, sql := range []string{"alter system set autovacuum = off", "select pg_reload_conf()", "vacuum (analyze, freeze)", "checkpoint"} {
		if _, err := pool.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// secretText is the servers' token secret; they serve made-up rows on this machine alone.
var secretText = hex.EncodeToString([]byte(strings.Repeat("bench", 8)))

// tokenOf gives a token for a member.
func tokenOf(subject string) (string, error) {
	secret, err := token.ParseSecret(secretText)
	if err != nil {
		return "", err
	}
	return token.NewIssuer(secret, time.Now).Issue(subject, 24*time.Hour)
}
