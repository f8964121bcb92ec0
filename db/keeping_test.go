package db_test

import (
	"strings"
	"testing"
	"time"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
)

// A thousand days of what is settled, of which twenty are old enough to go: none of it is searched through for them.
func TestWhatIsOldIsFoundByTheIndexThatBeginsWithTheOldest(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	dbtest.Regions(t, d, "32")
	dbtest.Member(t, d, "ani")
	const days = ` from generate_series(1, 4000) n, lateral (select now() - n * interval '6 hours') as a (day)`
	for _, statement := range []string{
		`insert into programmes (id, created_at, updated_at, region_code, code, title, goal, start_date, end_date, coordinator, stage, status, stage_entered_at, version, facts_version)
			values (gen_random_uuid(), now(), now(), '32', 'P-1', 't', 'g', '2026-01-01', '2026-12-31', 'ani', 'PLAN', 'ACTIVE', now(), 1, 1)`,
		`insert into webhooks (id, created_at, updated_at, region_code, url, description, active, secret, created_by)
			values (gen_random_uuid(), now(), now(), '32', 'https://example.org', '', true, 'x', 'ani')`,
		`insert into timers (id, created_at, updated_at, programme_id, stage, kind, offset_days, fires_at, state)
			select gen_random_uuid(), day, day, p.id, 'PLAN', 'REMINDER', 1, day, 'FIRED'` + days + `, programmes p`,
		`insert into timer_events (id, timer_id, programme_id, stage, kind, offset_days, fires_at, fired_at)
			select gen_random_uuid(), id, programme_id, 'PLAN', 'REMINDER', offset_days, now(), fires_at from timers`,
		`insert into notices (id, created_at, kind, programme_id, timer_event_id, published) select id, fired_at, 'REMINDER', programme_id, id, true from timer_events`,
		`insert into notifications (id, created_at, recipient, notice_id, kind, programme_id, read_at)
			select gen_random_uuid(), created_at, 'ani', id, kind, programme_id, case when row_number() over (order by created_at) % 2 = 0 then created_at end from notices`,
		`insert into deliveries (id, created_at, updated_at, channel, webhook_id, region_code, state, attempts, sent_at)
			select gen_random_uuid(), day, day, 'WEBHOOK', w.id, '32', s, 1, case when s = 'SENT' then day end` + days + `, webhooks w, unnest(array['SENT', 'DEAD']) s`,
		`insert into webhook_notices (webhook_id, notice_id, delivery_id) select webhook_id, n.id, x.id
			from (select id, webhook_id, row_number() over (order by created_at desc) from deliveries where state = 'SENT') x
			join (select id, row_number() over (order by created_at desc) from notices) n using (row_number)`,
		`insert into drafts (id, created_at, updated_at, author, key, command, input_hash, personal, code, problems, blocks, state, settled_by, settled_at)
			select gen_random_uuid(), day, day, 'ani', n, 'createNeed', repeat('0', 64), false, 'CONFLICT', '[]', '[]', 'DROPPED', 'ani', day` + days,
		`insert into bulk_moves (id, created_at, updated_at, actor, move, shift_due_dates, state, total, pending, allowed, refused, moved, skipped, finished_at, revision)
			select gen_random_uuid(), day, day, 'ani', 'RESUME', false, s, 1, 0, 0, 1, 0, 0, case when s = 'COMPLETED' then day end, 1` + days + `, unnest(array['CHECKED', 'COMPLETED']) s`,
		`insert into bulk_move_items (id, created_at, updated_at, bulk_move_id, position, outcome) select gen_random_uuid(), now(), now(), id, 1, 'REFUSED' from bulk_moves`,
		`analyze`,
	} {
		if _, err := d.Pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	before := time.Now().Add(-995 * 24 * time.Hour)
	all := []string{"dry-runs", "bulk-results", "drafts", "sent", "dead", "read", "notifications", "notices"}
	if len(all) != len(db.Removals) {
		t.Error("there are others:", len(db.Removals))
	}
	for _, what := range all {
		r := db.Removals[what]
		var plan []string
		if err := d.Bun.NewRaw("explain "+strings.NewReplacer("$1", "?0", "$2", "?1").Replace(r.Query), before, 1000).Scan(t.Context(), &plan); err != nil {
			t.Fatal(what, err)
		}
		if text := strings.Join(plan, "\n"); strings.Contains(text, "Seq Scan") || !strings.Contains(text, "using "+r.Index+" ") {
			t.Errorf("%s:\n%s", what, text)
		}
		if n, err := d.Commands().RemoveOld(t.Context(), what, before, 1000); err != nil || n == 0 || n > 25 {
			t.Errorf("%s: %d %v", what, n, err)
		}
	}
}
