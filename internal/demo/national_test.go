package demo_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/demo"
	"github.com/berdaya/berdaya/internal/history/historytest"
	"github.com/berdaya/berdaya/internal/members"
	"github.com/berdaya/berdaya/internal/regions"
)

// lastDay is the clock of the portfolio's last day, so that its timers are the same every time, too.
type lastDay struct{}

func (lastDay) Now() time.Time { return time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) }

// nationOn makes a national portfolio ready to be seeded, with the bundled regions there.
func nationOn(t testing.TB, d *db.DB, part int) demo.Nation {
	t.Helper()
	if _, _, err := regions.Seed(t.Context(), d, regions.Options{}); err != nil {
		t.Fatal(err)
	}
	who := members.New(d, domain.SystemClock{}, domain.RandomIDs{})
	return demo.Nation{Store: d.Demo(), Part: part, Clock: lastDay{}, Actor: func(ctx context.Context, role domain.Role, region string) (access.Actor, error) {
		subject, err := who.EnsureDevelopment(ctx, role, region)
		return access.Actor{Subject: subject}, err
	}}
}

// tables are what a national portfolio fills, with what each row says beside where it lies and who wrote it when.
var tables = []string{"communities", "stakeholders", "programmes", "programme_communities", "programme_stakeholders", "programme_events", "stage_visits", "timers"}

// digest is the number of rows of each table and a hash over all that they say.
func digest(t testing.TB, d *db.DB) string {
	t.Helper()
	var all []string
	for _, table := range tables {
		var n int
		var hash string
		err := d.Pool.QueryRow(t.Context(), `select count(*), coalesce(md5(string_agg(md5((to_jsonb(x) - 'position' - 'transaction_id')::text), '' order by id)), '') from `+table+` x`).Scan(&n, &hash)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s %d %s", table, n, hash))
	}
	return strings.Join(all, "\n")
}

func count(t testing.TB, d *db.DB, sql string) (n int) {
	t.Helper()
	if err := d.Pool.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	return n
}

// consistent checks what no constraint of the schema holds.
func consistent(t testing.TB, d *db.DB) {
	t.Helper()
	for what, sql := range map[string]string{
		"programmes without a primary community": `select count(*) from programmes p where not exists (select from programme_communities c where c.programme_id = p.id and c.is_primary)`,
		"communities outside of the governing region": `select count(*) from programmes p join programme_communities l on l.programme_id = p.id join communities c on c.id = l.community_id
			where p.region_code <> 'ID' and c.region_code <> p.region_code and not starts_with(c.region_code, p.region_code || '.')`,
		"coordinators without a role there": `select count(*) from programmes p where not exists (select from member_roles r where r.subject = p.coordinator and r.role = 'COORDINATOR'
			and (r.region_code in ('ID', p.region_code) or starts_with(p.region_code, r.region_code || '.')))`,
		"programmes whose present visit is not that of the row": `select count(*) from programmes p left join stage_visits v on v.programme_id = p.id and v.left_at is null and v.superseded_at is null
			where (p.status in ('ACTIVE', 'ON_HOLD')) <> (v.id is not null) or v.stage <> p.stage or v.entered_at <> p.stage_entered_at or v.due_on is distinct from p.due_on`,
		"programmes whose last event is not that of the row": `select count(*) from programmes p left join programme_events e on e.programme_id = p.id and e.version = p.version
			where e.id is null or e.to_stage <> p.stage or e.to_status <> p.status or e.occurred_at <> p.updated_at`,
		"holds without a time":              `select count(*) from programmes where (status = 'ON_HOLD') <> (held_at is not null)`,
		"visits that no event began":        `select count(*) from stage_visits v where not exists (select from programme_events e where e.id = v.id and e.occurred_at = v.entered_at)`,
		"visits that end before they begin": `select count(*) from stage_visits where left_at < entered_at or superseded_at < entered_at`,
		"timers that do not fit their programme": `select count(*) from timers t join programmes p on p.id = t.programme_id
			where t.stage <> p.stage or t.state <> case p.status when 'ACTIVE' then 'PENDING' when 'ON_HOLD' then 'HELD' else 'none' end`,
		"timers whose time has passed": `select count(*) from timers where state = 'PENDING' and fires_at <= '2026-11-01'`,
		"timers that do not hang on the due date or the day the stage was entered": `select count(*) from timers t join programmes p on p.id = t.programme_id
			where (t.fires_at at time zone 'UTC')::date <> case t.kind when 'CHECKPOINT' then null when 'REMINDER' then p.due_on - t.offset_days else p.due_on + t.offset_days end`,
		"active programmes that are due and that nothing reminds": `select count(*) from programmes p where status = 'ACTIVE' and due_on > '2026-11-01'
			and not exists (select from timers t where t.programme_id = p.id and t.kind = 'OVERDUE')`,
		"rows from after the last day": `select count(*) from programmes where updated_at > '2026-11-01'`,
	} {
		if n := count(t, d, sql); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
}

func TestAPartOfTheNationIsWholeAndTheSameEveryTime(t *testing.T) {
	t.Parallel()
	var first string
	for round := range 2 {
		d := dbtest.New(t)
		n := nationOn(t, d, 500)
		made, err := n.Seed(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		now := digest(t, d)
		if round == 1 {
			if now != first {
				t.Errorf("the portfolio differs:\n%s\n%s", first, now)
			}
			return
		}
		first = now
		if made != 1_000 || count(t, d, "select count(*) from programmes") != 1_000 || count(t, d, "select count(*) from stakeholders") != 100 ||
			count(t, d, "select count(*) from communities") != 167 || count(t, d, "select count(*) from programme_stakeholders") != 3_000 {
			t.Errorf("made %d:\n%s", made, now)
		}
		if n := count(t, d, "select count(*) from programme_events"); n < 4_000 {
			t.Errorf("only %d events", n)
		}
		if n := count(t, d, "select count(distinct stage) from programmes where status = 'ACTIVE'"); n != 5 {
			t.Errorf("active programmes in %d stages", n)
		}
		if n := count(t, d, "select count(distinct status) from programmes"); n != 4 {
			t.Errorf("programmes in %d statuses", n)
		}
		if n := count(t, d, "select count(distinct move) from programme_events"); n != len(domain.Moves) {
			t.Errorf("%d kinds of moves", n)
		}
		consistent(t, d)
		historytest.Verify(t, d.Histories())
		if again, err := n.Seed(t.Context()); err != nil || again != 0 || digest(t, d) != first {
			t.Errorf("the second seeding made %d: %v", again, err)
		}
	}
}

// unwilling is a store that writes so many batches and then ends everything, or does not settle.
type unwilling struct {
	db.Demo
	left   *atomic.Int64 // loaders work side by side
	cancel context.CancelFunc
}

func (u *unwilling) Load(ctx context.Context, rows ...any) error {
	if u.left.Add(-1) < 0 {
		u.cancel()
	}
	return u.Demo.Load(ctx, rows...)
}

func TestASeedingThatWasCutOffGoesOn(t *testing.T) {
	t.Parallel()
	whole := dbtest.New(t)
	if _, err := nationOn(t, whole, 190).Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	d := dbtest.New(t)
	n := nationOn(t, d, 190)
	for cut := range 4 {
		ctx, cancel := context.WithCancel(t.Context())
		left := new(atomic.Int64)
		left.Store(1)
		n.Store = &unwilling{d.Demo(), left, cancel}
		if _, err := n.Seed(ctx); err == nil {
			t.Fatalf("cut %d: everything was there already", cut)
		}
		cancel()
		if cut == 3 {
			break
		}
		if there := count(t, d, "select count(*) from programmes"); there%2_500 != 0 {
			t.Errorf("%d programmes are there: half a batch", there)
		}
	}
	n.Store = d.Demo()
	if _, err := n.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, b := digest(t, whole), digest(t, d); a != b {
		t.Errorf("what was made in pieces differs:\n%s\n%s", a, b)
	}
	began := time.Now()
	if made, err := n.Seed(t.Context()); made != 0 || err != nil {
		t.Error(made, err)
	}
	t.Logf("known to be complete after %s", time.Since(began))
}
