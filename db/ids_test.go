package db_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db/dbtest"
)

func TestIDsComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	one, two := uuid.MustParse("0192f0c1-2345-7000-8000-0123456789ab"), uuid.MustParse("ffffffff-ffff-7fff-bfff-ffffffffffff")
	var text string
	var back uuid.UUID
	var none, some *uuid.UUID
	var list []uuid.UUID
	err := d.Pool.QueryRow(t.Context(), `select $1::uuid::text, $1::uuid, null::uuid, $1::uuid, $2::uuid[] || $3::uuid[]`, one, []uuid.UUID{one, two}, []any{two}).
		Scan(&text, &back, &none, &some, &list)
	if err != nil {
		t.Fatal(err)
	}
	if text != one.String() || back != one || none != nil || some == nil || *some != one {
		t.Errorf("%s, %s, %v, %v", text, back, none, some)
	}
	if diff := cmp.Diff([]uuid.UUID{one, two, two}, list); diff != "" {
		t.Error(diff)
	}
	if err := d.Pool.QueryRow(t.Context(), `select null::uuid`).Scan(&back); err == nil {
		t.Error("no id was read as an id")
	}
}
