package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/berdaya/berdaya/domain"
)

// lockNumber is the advisory lock that a migration holds: "berdaya" in ASCII.
const lockNumber = 0x62657264617961

// lockBound is how long a migration waits for another program's, and for any table it changes.
const lockBound = time.Minute

// State says what is between a database and a migration.
type State string

// The states of a migration.
const (
	Applied State = "applied"
	Pending State = "pending"
	Changed State = "changed" // its file is not the one that was applied
	Unknown State = "unknown" // applied by a program that is newer than this one
	Skipped State = "skipped" // pending, and a later one is applied
)

// Status is where a database stands with one migration.
type Status struct {
	Version, Name string
	State         State
	AppliedAt     time.Time // zero if it is not applied
}

type row struct {
	Version, Name, Checksum string
	AppliedAt               time.Time
}

// Status tells where the database of a connection string stands with every migration, in order. It changes nothing.
func (s *Set) Status(ctx context.Context, dsn string) (status []Status, err error) {
	err = connected(ctx, dsn, func(conn *pgx.Conn) error {
		rows, err := applied(ctx, conn)
		status = s.compare(rows)
		return err
	})
	return status, err
}

// Check returns nil if the schema is the one this program knows, else an error with CodeSchemaMismatch that says what to do.
func (s *Set) Check(ctx context.Context, dsn string) error {
	status, err := s.Status(ctx, dsn)
	if err != nil {
		return err
	}
	if err := acceptable(status); err != nil {
		return err
	}
	pending := slices.DeleteFunc(status, func(m Status) bool { return m.State != Pending })
	if len(pending) > 0 {
		return domain.Errorf(domain.CodeSchemaMismatch,
			"the database's schema is older than this program, which has %d migrations more, from %s_%s on: run berdaya migrate up",
			len(pending), pending[0].Version, pending[0].Name)
	}
	return nil
}

// Up applies every pending migration and gives those it applied. One that fails leaves the ones before it in place.
func (s *Set) Up(ctx context.Context, dsn string) ([]Migration, error) {
	return s.steps(ctx, dsn, func(tx pgx.Tx, status []Status) (*Migration, error) {
		i := slices.IndexFunc(status, func(m Status) bool { return m.State == Pending })
		if i < 0 {
			return nil, nil
		}
		m := s.find(status[i].Version)
		if err := execute(ctx, tx, *m, "up", m.up); err != nil {
			return nil, err
		}
		_, err := tx.Exec(ctx, "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)", m.Version, m.Name, m.Checksum)
		return m, err
	})
}

// Down rolls back the last n applied migrations, newest first, and gives those it rolled back. Their data are lost.
func (s *Set) Down(ctx context.Context, dsn string, n int) ([]Migration, error) {
	return s.steps(ctx, dsn, func(tx pgx.Tx, status []Status) (*Migration, error) {
		if n--; n < 0 {
			return nil, nil
		}
		for _, at := range slices.Backward(status) {
			if at.State != Applied {
				continue
			}
			m := s.find(at.Version)
			if err := execute(ctx, tx, *m, "down", m.down); err != nil {
				return nil, err
			}
			_, err := tx.Exec(ctx, "DELETE FROM schema_migrations WHERE version = $1", m.Version)
			return m, err
		}
		return nil, nil
	})
}

// steps takes one step after the other, each in a transaction under the lock, until a step has nothing to do.
func (s *Set) steps(ctx context.Context, dsn string, step func(pgx.Tx, []Status) (*Migration, error)) (taken []Migration, err error) {
	err = connected(ctx, dsn, func(conn *pgx.Conn) error {
		for {
			var m *Migration
			err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
				if err := prepare(ctx, tx); err != nil {
					return err
				}
				rows, err := applied(ctx, tx)
				if err != nil {
					return err
				}
				status := s.compare(rows)
				if err := acceptable(status); err != nil {
					return err
				}
				m, err = step(tx, status)
				return err
			})
			if err != nil || m == nil {
				return err
			}
			taken = append(taken, *m)
		}
	})
	return taken, err
}

// prepare takes the lock until the transaction ends, and makes the table of what is applied.
func prepare(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d; SELECT pg_advisory_xact_lock(%d)", lockBound.Milliseconds(), lockNumber),
		pgx.QueryExecModeSimpleProtocol)
	if refused := (*pgconn.PgError)(nil); errors.As(err, &refused) && refused.Code == "55P03" {
		return domain.Errorf(domain.CodeConflict, "another program has been migrating this database for over %s: wait for it, then try again", lockBound).Because(err)
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS schema_migrations (
		version text COLLATE "C" PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`)
	return err
}

// execute runs a file as one simple query, which may be many statements and hold function bodies.
func execute(ctx context.Context, tx pgx.Tx, m Migration, direction, text string) error {
	_, err := tx.Conn().PgConn().Exec(ctx, text).ReadAll()
	if err == nil && tx.Conn().PgConn().TxStatus() != 'T' {
		err = errors.New("it ends the transaction it runs in")
	}
	file := fmt.Sprintf("%s_%s.%s.sql", m.Version, m.Name, direction)
	said := (*pgconn.PgError)(nil)
	if !errors.As(err, &said) {
		if err != nil {
			err = fmt.Errorf("migration %s: %w", file, err)
		}
		return err
	}
	if strings.Contains(strings.ToLower(text), "create extension") && (said.Code == "58P01" || said.Code == "0A000") {
		return domain.Errorf(domain.CodeUnavailable,
			"migration %s: %s: install PostgreSQL's contrib modules (Debian, Ubuntu: part of postgresql; Fedora: postgresql-contrib)", file, said.Message).Because(err)
	}
	place := ""
	if letters, at := []rune(text), int(said.Position); 0 < at && at <= len(letters) {
		place = fmt.Sprintf(", line %d", 1+strings.Count(string(letters[:at]), "\n"))
	}
	return fmt.Errorf("migration %s%s: %w", file, place, err)
}

// querier is a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// applied reads what has been applied; nothing where the table is missing.
func applied(ctx context.Context, q querier) ([]row, error) {
	rows, err := q.Query(ctx, "SELECT to_regclass('schema_migrations') IS NOT NULL")
	if err != nil {
		return nil, err
	}
	if there, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[bool]); err != nil || !there {
		return nil, err
	}
	if rows, err = q.Query(ctx, "SELECT version, name, checksum, applied_at FROM schema_migrations"); err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[row])
}

// compare sets what was applied beside what is known.
func (s *Set) compare(rows []row) []Status {
	newest, byVersion := "", map[string]row{}
	for _, r := range rows {
		newest, byVersion[r.Version] = max(newest, r.Version), r
	}
	var status []Status
	for _, m := range s.migrations {
		r, there := byVersion[m.Version]
		delete(byVersion, m.Version)
		at := Status{Version: m.Version, Name: m.Name, State: Applied, AppliedAt: r.AppliedAt}
		switch {
		case !there && m.Version < newest:
			at.State = Skipped
		case !there:
			at.State = Pending
		case r.Checksum != m.Checksum:
			at.State = Changed
		}
		status = append(status, at)
	}
	for _, r := range byVersion {
		status = append(status, Status{Version: r.Version, Name: r.Name, State: Unknown, AppliedAt: r.AppliedAt})
	}
	slices.SortFunc(status, func(a, b Status) int { return strings.Compare(a.Version, b.Version) })
	return status
}

// acceptable refuses a schema whose history is not a beginning of ours.
func acceptable(status []Status) error {
	for _, m := range status {
		what := ""
		switch m.State {
		case Unknown:
			what = "was applied by another version of Berdaya and is unknown to this one: use the newer program, or roll it back with that one"
		case Changed:
			what = "was changed after it was applied: bring the file back as it was and put the change into a new migration (in development: start with an empty database)"
		case Skipped:
			what = "was never applied, while a later one was: give it a version after the last one applied"
		default:
			continue
		}
		return domain.Errorf(domain.CodeSchemaMismatch, "the database's schema is not one this program knows: migration %s_%s %s", m.Version, m.Name, what)
	}
	return nil
}

func (s *Set) find(version string) *Migration {
	i := slices.IndexFunc(s.migrations, func(m Migration) bool { return m.Version == version })
	return &s.migrations[i]
}

// connected lends a connection of its own, without the time limits that the server's connections have.
func connected(ctx context.Context, dsn string, use func(*pgx.Conn) error) error {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return domain.Errorf(domain.CodeBadUserInput, "the database's address cannot be read: %w", err)
	}
	config.RuntimeParams["application_name"] = "berdaya migrate"
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // nothing is asked twice
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return domain.Errorf(domain.CodeUnavailable, "the database cannot be reached: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return use(conn)
}
