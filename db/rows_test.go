package db_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
)

// rowsOf gives all rows as texts, led by the number of the statement; NULL as "-".
func rowsOf(ctx context.Context, d *db.DB, sql []string, params [][][]byte) ([]string, error) {
	var all []string
	err := d.Rows(ctx, sql, params, func(statement int, values [][]byte) {
		row := fmt.Sprint(statement)
		for _, v := range values {
			if v == nil {
				row += " -"
			} else {
				row += " " + string(v)
			}
		}
		all = append(all, row)
	})
	return all, err
}

func TestRowsOfSeveralStatementsComeInTheirOrder(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	for range 3 { // the statements are prepared once
		got, err := rowsOf(t.Context(), d, []string{
			"select x from unnest(array['a', null, '']) x", "select $1::text, $2::text", "select 'none' where false", "select $1::text",
		}, [][][]byte{nil, {[]byte("one"), nil}, nil, {[]byte("two")}})
		want := []string{"0 a", "0 -", "0 ", "1 one -", "3 two"}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q %v, want %q", got, err, want)
		}
	}
}

func TestRowsReportsWhichErrorItWas(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	if _, err := rowsOf(t.Context(), d, []string{"select 'a'", "select (1 / (length($1::text) - 1))::text"}, [][][]byte{nil, {[]byte("x")}}); err == nil || domain.CodeOf(err) != domain.CodeInternal {
		t.Errorf("a division by zero: %v", err)
	}
	if _, err := rowsOf(t.Context(), d, []string{"select nothing"}, [][][]byte{nil}); err == nil {
		t.Error("a wrong statement passes")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := rowsOf(cancelled, d, []string{"select 'a'"}, [][][]byte{nil}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if got, err := rowsOf(t.Context(), d, []string{"select 'a'"}, [][][]byte{nil}); err != nil || !slices.Equal(got, []string{"0 a"}) {
		t.Errorf("afterwards: %q %v", got, err)
	}
}

func TestRowsKnowsOfAChangedSchema(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	exec := func(sql string) {
		if _, err := d.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec("create table changing (a text)")
	exec("insert into changing values ('x')")
	for range 2 {
		if got, err := rowsOf(t.Context(), d, []string{"select * from changing"}, [][][]byte{nil}); err != nil || !slices.Equal(got, []string{"0 x"}) {
			t.Fatalf("%q %v", got, err)
		}
	}
	exec("alter table changing add b text default 'y'")
	if got, err := rowsOf(t.Context(), d, []string{"select * from changing"}, [][][]byte{nil}); err != nil || !slices.Equal(got, []string{"0 x y"}) {
		t.Errorf("%q %v", got, err)
	}
}

func TestAConnectionKeepsABoundedNumberOfStatements(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	for i := range 450 {
		if _, err := rowsOf(t.Context(), d, []string{fmt.Sprintf("select 'statement %d'", i)}, [][][]byte{nil}); err != nil {
			t.Fatal(err)
		}
	}
	var most int
	if err := d.Pool.QueryRow(t.Context(), "select count(*) from pg_prepared_statements where name like 'rows\\_%'").Scan(&most); err != nil {
		t.Fatal(err)
	}
	if most > 200 {
		t.Errorf("%d statements are kept", most)
	}
}
