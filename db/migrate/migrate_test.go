package migrate_test

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/db/migrate"
	"github.com/berdaya/berdaya/domain"
)

const (
	first  = "20260101000001_villages"
	second = "20260101000002_names"
)

// files gives two migrations, the second with a function body, and lets a test change them.
func files(change ...func(map[string]string)) fs.FS {
	texts := map[string]string{
		first + ".up.sql":    "CREATE TABLE villages (code text PRIMARY KEY);\nINSERT INTO villages VALUES ('11.01');",
		first + ".down.sql":  "DROP TABLE villages;",
		second + ".up.sql":   "ALTER TABLE villages ADD name text;\nCREATE FUNCTION shout() RETURNS text LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN (SELECT 'a;b');\nEND\n$$;",
		second + ".down.sql": "DROP FUNCTION shout();\nALTER TABLE villages DROP name;",
	}
	for _, c := range change {
		c(texts)
	}
	folder := fstest.MapFS{}
	for name, text := range texts {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return folder
}

func load(t *testing.T, folder fs.FS) *migrate.Set {
	t.Helper()
	set, err := migrate.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func query[T any](t *testing.T, dsn, sql string) (value T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func versions(list []migrate.Migration) string {
	var names []string
	for _, m := range list {
		names = append(names, m.Version+"_"+m.Name)
	}
	return strings.Join(names, " ")
}

func states(t *testing.T, set *migrate.Set, dsn string) string {
	t.Helper()
	status, err := set.Status(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range status {
		if (m.State == migrate.Pending || m.State == migrate.Skipped) != m.AppliedAt.IsZero() {
			t.Errorf("%s is %s, applied at %s", m.Version, m.State, m.AppliedAt)
		}
		all = append(all, string(m.State))
	}
	return strings.Join(all, " ")
}

func TestUpDownAndUpAgain(t *testing.T) {
	t.Parallel()
	dsn, set := dbtest.DSN(t), load(t, files())
	if got := states(t, set, dsn); got != "pending pending" {
		t.Fatalf("states = %s", got)
	}
	if err := set.Check(t.Context(), dsn); domain.CodeOf(err) != domain.CodeSchemaMismatch || !strings.Contains(err.Error(), "2 migrations more") {
		t.Fatalf("Check of an empty database: %v", err)
	}
	if query[bool](t, dsn, "SELECT to_regclass('schema_migrations') IS NOT NULL") {
		t.Fatal("Status or Check changed the database")
	}
	up := func(want string) {
		t.Helper()
		done, err := set.Up(t.Context(), dsn)
		if err != nil || versions(done) != want {
			t.Fatalf("Up applied %q, %v; want %q", versions(done), err, want)
		}
		if err := set.Check(t.Context(), dsn); err != nil {
			t.Fatal(err)
		}
	}
	up(first + " " + second)
	if got := query[string](t, dsn, "SELECT shout()"); got != "a;b" {
		t.Fatalf("shout() = %q", got)
	}
	up("")
	done, err := set.Down(t.Context(), dsn, 1)
	if err != nil || versions(done) != second {
		t.Fatalf("Down rolled back %q, %v", versions(done), err)
	}
	if got := states(t, set, dsn); got != "applied pending" {
		t.Fatalf("states = %s", got)
	}
	up(second)
	if done, err = set.Down(t.Context(), dsn, 99); err != nil || versions(done) != second+" "+first {
		t.Fatalf("Down rolled back %q, %v", versions(done), err)
	}
	if query[bool](t, dsn, "SELECT to_regclass('villages') IS NOT NULL") {
		t.Fatal("villages are still there")
	}
}

func TestASchemaThatIsNotKnownIsRefused(t *testing.T) {
	t.Parallel()
	only := func(version string) func(map[string]string) {
		return func(texts map[string]string) {
			for name := range texts {
				if !strings.HasPrefix(name, version) {
					delete(texts, name)
				}
			}
		}
	}
	edited := func(texts map[string]string) { texts[first+".up.sql"] += "\n-- one word more" }
	rolledBackBetter := func(texts map[string]string) { texts[first+".down.sql"] += "\n-- one word more" }
	for name, test := range map[string]struct {
		applied, known fs.FS
		states, says   string
	}{
		"a newer one":             {files(), files(only(first)), "applied unknown", second + " was applied by another version"},
		"an older one":            {files(only(first)), files(), "applied pending", "1 migrations more, from " + second + " on: run berdaya migrate up"},
		"a changed file":          {files(), files(edited), "changed applied", first + " was changed after it was applied"},
		"one left out":            {files(only(second)), files(), "skipped applied", first + " was never applied"},
		"a changed down is known": {files(), files(rolledBackBetter), "applied applied", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := dbtest.DSN(t)
			if name == "one left out" { // the second changes what the first made
				test.applied = files(only(second), func(texts map[string]string) { texts[second+".up.sql"] = "SELECT 1" })
				test.known = files(func(texts map[string]string) { texts[second+".up.sql"] = "SELECT 1" })
			}
			if _, err := load(t, test.applied).Up(t.Context(), dsn); err != nil {
				t.Fatal(err)
			}
			set := load(t, test.known)
			if got := states(t, set, dsn); got != test.states {
				t.Errorf("states = %s, want %s", got, test.states)
			}
			err := set.Check(t.Context(), dsn)
			if test.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if domain.CodeOf(err) != domain.CodeSchemaMismatch || !strings.Contains(err.Error(), test.says) {
				t.Fatalf("Check: %v", err)
			}
			if test.states == "applied pending" {
				return // which Up mends
			}
			for _, act := range []func() ([]migrate.Migration, error){
				func() ([]migrate.Migration, error) { return set.Up(t.Context(), dsn) },
				func() ([]migrate.Migration, error) { return set.Down(t.Context(), dsn, 1) },
			} {
				if done, err := act(); domain.CodeOf(err) != domain.CodeSchemaMismatch || len(done) > 0 {
					t.Errorf("it should be refused: %s, %v", versions(done), err)
				}
			}
		})
	}
}

func TestAMigrationThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ sql, says string }{
		"an error":              {"CREATE TABLE half ();\nSELECT\n nonsense;", second + ".up.sql, line 3: "},
		"it ends a transaction": {"CREATE TABLE half (); ROLLBACK;", "it ends the transaction"},
		"a missing module":      {"CREATE TABLE half (); CREATE EXTENSION no_such_module;", "install PostgreSQL's contrib modules"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := dbtest.DSN(t)
			set := load(t, files(func(texts map[string]string) { texts[second+".up.sql"] = test.sql }))
			done, err := set.Up(t.Context(), dsn)
			if versions(done) != first || err == nil || !strings.Contains(err.Error(), test.says) {
				t.Fatalf("applied %q, %v", versions(done), err)
			}
			if query[bool](t, dsn, "SELECT to_regclass('half') IS NOT NULL") {
				t.Error("half of it is there")
			}
			if got := states(t, set, dsn); got != "applied pending" {
				t.Errorf("states = %s", got)
			}
		})
	}
}

func TestProgramsThatStartAtOnceApplyEachMigrationOnce(t *testing.T) {
	t.Parallel()
	dsn, set := dbtest.DSN(t), load(t, files())
	var all []string
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			done, err := set.Up(t.Context(), dsn)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, m := range done {
				all = append(all, m.Version)
			}
		})
	}
	group.Wait()
	if slices.Sort(all); len(all) != 2 || all[0] == all[1] {
		t.Fatalf("applied %v", all)
	}
}

func TestMisnamedFilesAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]string){
		"the name must be like":    func(texts map[string]string) { texts["1_short.up.sql"] = "SELECT 1" },
		"both an up and a down":    func(texts map[string]string) { delete(texts, second+".down.sql") },
		"the version is also that": func(texts map[string]string) { texts["20260101000002_others.up.sql"] = "SELECT 1" },
	} {
		if _, err := migrate.Load(files(change)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %q", err, name)
		}
	}
}

func TestTheEmbeddedMigrationsGoDownToNothingAndUpAgain(t *testing.T) {
	t.Parallel()
	dsn := dbtest.MigratedDSN(t)
	set, err := migrate.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Check(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	if _, err := set.Down(t.Context(), dsn, 1<<30); err != nil {
		t.Fatal(err)
	}
	const left = `SELECT coalesce(string_agg(name, ', ' ORDER BY name), '') FROM (
		SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'schema\_migrations%'
		UNION ALL SELECT proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
			AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')) things`
	if got := query[string](t, dsn, left); got != "" {
		t.Errorf("left behind: %s", got)
	}
	if _, err := set.Up(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
}
