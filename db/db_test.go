package db_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
)

func opened(t *testing.T, o db.Options, schema string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), dbtest.DSN(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if schema != "" {
		if _, err := d.Bun.ExecContext(t.Context(), schema); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for dsn, code := range map[string]domain.Code{
		"postgres://berdaya:secret@localhost:notaport/x":                              domain.CodeBadUserInput,
		"host=" + t.TempDir() + " port=5432 user=berdaya password=secret dbname=none": domain.CodeUnavailable,
	} {
		_, err := db.Open(ctx, dsn, db.Options{})
		if domain.CodeOf(err) != code {
			t.Errorf("code %s, want %s: %v", domain.CodeOf(err), code, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the password is shown: %v", err)
		}
	}
}

func TestBothPoolsHaveTheLimitsAndReadTimesInUTC(t *testing.T) {
	t.Parallel()
	d := opened(t, db.Options{Name: "limits", StatementTimeout: 1234 * time.Millisecond}, "")
	const ask = "SELECT concat_ws(' ', current_setting('application_name'), current_setting('statement_timeout'), current_setting('lock_timeout'), " +
		"current_setting('idle_in_transaction_session_timeout'), current_setting('timezone')), '2026-11-23 18:00:00.000001+07'::timestamptz"
	var byBun, byPool string
	var bunTime, poolTime time.Time
	if err := d.Bun.QueryRowContext(t.Context(), ask).Scan(&byBun, &bunTime); err != nil {
		t.Fatal(err)
	}
	if err := d.Pool.QueryRow(t.Context(), ask).Scan(&byPool, &poolTime); err != nil {
		t.Fatal(err)
	}
	if want := "limits 1234ms 10s 1min UTC"; byBun != want || byPool != want {
		t.Errorf("bun %q, pool %q, want %q", byBun, byPool, want)
	}
	if want := time.Date(2026, 11, 23, 11, 0, 0, 1000, time.UTC); bunTime != want || poolTime != want {
		t.Errorf("bun %v, pool %v, want %v", bunTime, poolTime, want)
	}
}

func TestATransactionIsWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	d := opened(t, db.Options{}, "CREATE TABLE villages (name text)")
	insert := func(ctx context.Context, tx bun.Tx) {
		if _, err := tx.NewRaw("INSERT INTO villages VALUES (?)", "Sukamaju").Exec(ctx); err != nil {
			t.Error(err)
		}
	}
	refused := errors.New("refused")
	if err := d.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error { insert(ctx, tx); return refused }); err != refused {
		t.Errorf("err = %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = d.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error { insert(ctx, tx); panic("a fault") })
	}()
	if err := d.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error { insert(ctx, tx); return nil }); err != nil {
		t.Error(err)
	}
	var n int
	if err := d.Pool.QueryRow(t.Context(), "SELECT count(*) FROM villages").Scan(&n); err != nil || n != 1 {
		t.Fatalf("%d rows, %v; want 1", n, err)
	}
}

func TestSerialisationFailuresAreTriedAgain(t *testing.T) {
	t.Parallel()
	d := opened(t, db.Options{}, "CREATE TABLE counters (name text, value int); INSERT INTO counters VALUES ('a', 0)")
	const writers = 4
	var runs atomic.Int32
	var met sync.WaitGroup // on their first run all read before any writes
	met.Add(writers)
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			first := true
			err := d.TransactWith(t.Context(), &sql.TxOptions{Isolation: sql.LevelSerializable}, func(ctx context.Context, tx bun.Tx) error {
				runs.Add(1)
				var value int
				if err := tx.QueryRowContext(ctx, "SELECT value FROM counters WHERE name = 'a'").Scan(&value); err != nil {
					return err
				}
				if first {
					first = false
					met.Done()
					met.Wait()
				}
				_, err := tx.NewRaw("UPDATE counters SET value = ? WHERE name = 'a'", value+1).Exec(ctx)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	var value int
	if err := d.Pool.QueryRow(t.Context(), "SELECT value FROM counters").Scan(&value); err != nil || value != writers {
		t.Fatalf("value = %d, %v; want %d", value, err, writers)
	}
	if runs.Load() <= writers {
		t.Fatalf("%d runs: nothing was tried again", runs.Load())
	}
}

func TestDeadlocksAreTriedAgain(t *testing.T) {
	t.Parallel()
	d := opened(t, db.Options{}, "CREATE TABLE counters (name text, value int); INSERT INTO counters VALUES ('a', 0), ('b', 0)")
	var met sync.WaitGroup // on their first run each holds its first row before either asks for its second
	met.Add(2)
	var group sync.WaitGroup
	for _, names := range [][2]string{{"a", "b"}, {"b", "a"}} {
		group.Go(func() {
			first := true
			err := d.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				for i, name := range names {
					if _, err := tx.NewRaw("UPDATE counters SET value = value + 1 WHERE name = ?", name).Exec(ctx); err != nil {
						return db.Coded(err) // as a store would
					}
					if i == 0 && first {
						first = false
						met.Done()
						met.Wait()
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	var least, most int
	if err := d.Pool.QueryRow(t.Context(), "SELECT min(value), max(value) FROM counters").Scan(&least, &most); err != nil || least != 2 || most != 2 {
		t.Fatalf("values %d to %d, %v; want 2", least, most, err)
	}
}

func TestTryingAgainIsBounded(t *testing.T) {
	t.Parallel()
	d := opened(t, db.Options{}, "")
	runs := 0
	err := d.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		runs++
		_, err := tx.ExecContext(ctx, "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")
		return err
	})
	if runs != 6 || domain.CodeOf(err) != domain.CodeConflict {
		t.Fatalf("%d runs, %v", runs, err)
	}
}

func TestErrorsOfPostgreSQLAreCoded(t *testing.T) {
	t.Parallel()
	d := opened(t, db.Options{StatementTimeout: 3 * time.Second, LockTimeout: 50 * time.Millisecond, MaxConns: 4}, `
		CREATE TABLE villages (code text PRIMARY KEY, people int NOT NULL CHECK (people >= 0), name varchar(5));
		CREATE TABLE programmes (village text REFERENCES villages);
		CREATE TABLE visits (day daterange, EXCLUDE USING gist (day WITH &&));
		INSERT INTO villages VALUES ('11.01', 5), ('11.02', 5); INSERT INTO programmes VALUES ('11.01'); INSERT INTO visits VALUES ('[2026-01-01,2026-02-01)')`)
	holder, err := d.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Rollback(context.Background())
	if _, err := holder.Exec(t.Context(), "SELECT FROM villages WHERE code = '11.02' FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	for statement, want := range map[string]struct {
		code  domain.Code
		param string
	}{
		"INSERT INTO villages VALUES ('11.01', 1)":                    {domain.CodeAlreadyExists, "villages_pkey"},
		"INSERT INTO programmes VALUES ('99.99')":                     {domain.CodeNotFound, "programmes_village_fkey"},
		"DELETE FROM villages WHERE code = '11.01'":                   {domain.CodeConflict, "programmes_village_fkey"},
		"INSERT INTO villages VALUES ('11.03', -1)":                   {domain.CodeBadUserInput, "villages_people_check"},
		"INSERT INTO villages VALUES ('11.03', NULL)":                 {domain.CodeBadUserInput, ""},
		"INSERT INTO villages VALUES ('11.03', 1, 'Sukamaju')":        {domain.CodeBadUserInput, ""},
		"INSERT INTO villages VALUES ('11.03', 99999999999)":          {domain.CodeBadUserInput, ""},
		"SELECT 'eleven'::int":                                        {domain.CodeBadUserInput, ""},
		"SELECT '2026-13-01'::date":                                   {domain.CodeBadUserInput, ""},
		"SELECT E'\\xff'":                                             {domain.CodeBadUserInput, ""},
		"INSERT INTO visits VALUES ('[2026-01-15,2026-01-16)')":       {domain.CodeConflict, "visits_day_excl"},
		"UPDATE villages SET people = 6 WHERE code = '11.02'":         {domain.CodeConflict, ""},
		"SELECT pg_sleep(60)":                                         {domain.CodeUnavailable, ""},
		"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53300'; END $$": {domain.CodeUnavailable, ""},
		"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '57P01'; END $$": {domain.CodeUnavailable, ""},
		"SELECT pg_terminate_backend(pg_backend_pid())":               {domain.CodeUnavailable, ""},
	} {
		_, err := d.Bun.ExecContext(t.Context(), statement)
		coded := (*domain.Error)(nil)
		if !errors.As(db.Coded(err), &coded) || coded.Code != want.code {
			t.Errorf("%s: %v, want %s", statement, db.Coded(err), want.code)
			continue
		}
		if want.param != "" && coded.Params["constraint"] != want.param {
			t.Errorf("%s: params %v, want constraint %s", statement, coded.Params, want.param)
		}
		if said := (*pgconn.PgError)(nil); !errors.As(coded, &said) {
			t.Errorf("%s: the cause is lost", statement)
		}
		if coded.Text.ID == "" || strings.Contains(coded.Message, "villages") {
			t.Errorf("%s: the message is %q, %q in Indonesian", statement, coded.Message, coded.Text.ID)
		}
	}
}

func TestOtherErrorsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	d := opened(t, db.Options{}, "")
	ours := domain.Errorf(domain.CodeBlocked, "not yet")
	for _, err := range []error{nil, sql.ErrNoRows, ours, context.Canceled} {
		if got := db.Coded(err); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
	_, err := d.Bun.ExecContext(t.Context(), "SELECT nonsense")
	if got := db.Coded(err); got != err || domain.CodeOf(got) != domain.CodeInternal {
		t.Errorf("%v became %v", err, got)
	}
}
