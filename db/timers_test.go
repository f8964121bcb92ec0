package db_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
)

// A look for due timers must cost nothing where none is due, however many wait, and little where many are.
func TestDueTimersAreFoundByTheirIndex(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	dbtest.Regions(t, d, "32")
	dbtest.Member(t, d, "ani")
	for _, statement := range []string{
		`insert into programmes (id, created_at, updated_at, region_code, code, title, goal, start_date, end_date, coordinator, stage, status, stage_entered_at, version, facts_version)
			select gen_random_uuid(), now(), now(), '32', 'P-' || n, 't', 'g', '2026-01-01', '2026-12-31', 'ani', 'PLAN', 'ACTIVE', now(), 1, 1 from generate_series(1, 1500) n`,
		`insert into timers (id, created_at, updated_at, programme_id, stage, kind, offset_days, fires_at, state)
			select gen_random_uuid(), now(), now(), p.id, 'PLAN', 'REMINDER', n, now() + (n - 2) * interval '1 day', 'PENDING' from programmes p, generate_series(1, 8) n`,
		`analyze programmes`, `analyze timers`,
	} {
		if _, err := d.Pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	s := d.Timers()
	if err := s.Transact(t.Context(), func(ctx context.Context) error {
		due, err := s.Due(ctx, domain.SystemClock{}.Now(), nil, 500)
		if len(due) != 500 {
			t.Errorf("%d are due", len(due))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, programme := range []*uuid.UUID{nil, {}} {
		var plan []string
		if err := d.Bun.NewRaw("explain "+db.DueQuery, domain.SystemClock{}.Now(), programme, 500).Scan(t.Context(), &plan); err != nil {
			t.Fatal(err)
		}
		text := strings.Join(plan, "\n")
		if strings.Contains(text, "Seq Scan") || programme == nil && !strings.Contains(text, "timers_due") {
			t.Error(text)
		}
	}
}
