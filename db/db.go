package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/berdaya/berdaya/db/jobs"
	"github.com/berdaya/berdaya/domain"
)

// oldest is the oldest major version of PostgreSQL that Berdaya works with.
const oldest = 15

// Options bound what the connections may use. The zero value of each means its default.
type Options struct {
	Name             string        // what PostgreSQL shows of us in pg_stat_activity; berdaya
	MaxConns         int           // of each of the two pools; 16
	StatementTimeout time.Duration // of one statement; 30 s
	LockTimeout      time.Duration // waiting for a row or table that somebody holds; 10 s
	IdleTimeout      time.Duration // a transaction that does nothing; 1 min
}

// DB is a database that is open.
type DB struct {
	Bun  *bun.DB
	Pool *pgxpool.Pool
	jobs *jobs.Queue
}

// Open connects to the database of a connection string (a URL or keywords, as for psql) and makes sure that it answers and is
// new enough. Its errors are coded: CodeBadUserInput for a string that cannot be read, CodeUnavailable for the rest.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, domain.Errorf(domain.CodeBadUserInput, "the database's address cannot be read: %w", err)
	}
	for name, value := range map[string]string{
		"application_name":                    cmp.Or(o.Name, "berdaya"),
		"timezone":                            "UTC",
		"statement_timeout":                   milliseconds(o.StatementTimeout, 30*time.Second),
		"lock_timeout":                        milliseconds(o.LockTimeout, 10*time.Second),
		"idle_in_transaction_session_timeout": milliseconds(o.IdleTimeout, time.Minute),
	} {
		config.ConnConfig.RuntimeParams[name] = value
	}
	size := cmp.Or(o.MaxConns, 16)
	config.MaxConns = int32(size)
	config.AfterConnect = knowTypes
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, domain.Errorf(domain.CodeUnavailable, "the database cannot be reached: %w", err)
	}
	var version string
	if err := pool.QueryRow(ctx, "SHOW server_version_num").Scan(&version); err != nil {
		pool.Close()
		return nil, domain.Errorf(domain.CodeUnavailable, "the database cannot be reached: %w", err)
	}
	if number, _ := strconv.Atoi(version); number/10000 < oldest {
		pool.Close()
		return nil, domain.Errorf(domain.CodeUnavailable, "the database is PostgreSQL %d, Berdaya needs %d or newer", number/10000, oldest)
	}

	simple := config.ConnConfig.Copy()
	simple.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	sqldb := stdlib.OpenDB(*simple, stdlib.OptionAfterConnect(knowTypes))
	sqldb.SetMaxOpenConns(size)
	sqldb.SetMaxIdleConns(size) // the default of two makes a busy server connect all the time
	sqldb.SetConnMaxIdleTime(5 * time.Minute)
	sqldb.SetConnMaxLifetime(time.Hour)
	return &DB{Bun: bun.NewDB(sqldb, pgdialect.New()), Pool: pool, jobs: jobs.NewQueue()}, nil
}

// Close closes all connections, waiting for queries that run.
func (d *DB) Close() error {
	d.Pool.Close()
	return d.Bun.Close()
}

func milliseconds(d, otherwise time.Duration) string {
	return strconv.FormatInt(cmp.Or(d, otherwise).Milliseconds(), 10)
}

// knowTypes has times come back as domain.Clock makes them, whatever the machine's zone, and ids without a detour.
func knowTypes(_ context.Context, conn *pgx.Conn) error {
	knowIDs(conn.TypeMap())
	conn.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
	return nil
}

// Of trying again: at most this often, after a pause that doubles, of which a random part is taken so that two that ran into
// each other do not do so again.
const (
	attempts   = 6
	firstPause = 4 * time.Millisecond
)

// Transact runs fn in a transaction (read committed) and commits it, or rolls it back if fn fails or panics. fn must use tx
// alone, and runs again from the start if PostgreSQL reports a serialisation failure or a deadlock, at most five times more;
// after that the error has CodeConflict. Errors are coded as by [Coded].
func (d *DB) Transact(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	return d.TransactWith(ctx, nil, fn)
}

// TransactWith is Transact with another isolation level, or read-only.
func (d *DB) TransactWith(ctx context.Context, opts *sql.TxOptions, fn func(ctx context.Context, tx bun.Tx) error) error {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		err := d.Bun.RunInTx(ctx, opts, fn)
		if err == nil || !passing(err) || attempt == attempts {
			return Coded(err)
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(pause/2 + rand.N(pause)):
		}
		pause *= 2
	}
}

// passing tells whether the same transaction may well succeed at another moment.
func passing(err error) bool {
	state := sqlState(err)
	return state == "40001" || state == "40P01"
}

func sqlState(err error) string {
	var said interface{ SQLState() string }
	if errors.As(err, &said) {
		return strings.ToUpper(said.SQLState())
	}
	return ""
}
