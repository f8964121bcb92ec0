package dbtest

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestDatabasesAreIsolatedAndMigrated(t *testing.T) {
	t.Parallel()
	for n := range 6 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			d := New(t)
			if _, err := d.Bun.NewRaw("INSERT INTO regions (code, parent_code, level, name, valid_from) VALUES ('11', 'ID', 'PROVINCE', ?, '1956-12-07')",
				fmt.Sprint("province ", n)).Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
			var names string
			if err := d.Pool.QueryRow(t.Context(), "SELECT string_agg(name, ',' ORDER BY code) FROM regions WHERE code <> 'ID'").Scan(&names); err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprint("province ", n); names != want {
				t.Fatalf("names = %q, want %q", names, want)
			}
		})
	}
}

func TestAnEmptyDatabaseIsEmptyAndGoneAfterwards(t *testing.T) {
	t.Parallel()
	var dsn string
	t.Run("during", func(t *testing.T) {
		dsn = DSN(t)
		conn, err := pgx.Connect(t.Context(), dsn) // left open: dropping the database ends it
		if err != nil {
			t.Fatal(err)
		}
		var tables int
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&tables); err != nil || tables != 0 {
			t.Fatalf("%d tables, %v", tables, err)
		}
	})
	if conn, err := pgx.Connect(t.Context(), dsn); err == nil {
		conn.Close(context.Background())
		t.Fatal("the database outlives its test")
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		MigratedDSN(b)
	}
}
