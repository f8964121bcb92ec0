package keeping_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/keeping"
	"github.com/berdaya/berdaya/workflow"
)

const day = 24 * time.Hour

// noon is the time by the clock of the job. Dry runs are cancelled at the time of the database, so it is near.
var noon = time.Now().UTC().Truncate(time.Second)

type clock struct{}

func (clock) Now() time.Time { return noon }

// over is a second longer ago than something is kept, and due a second less.
func over(d time.Duration) time.Time { return noon.Add(-d - time.Second) }
func due(d time.Duration) time.Time  { return noon.Add(-d + time.Second) }

// office is a database with a programme and a webhook.
type office struct {
	*testing.T
	db        *db.DB
	programme uuid.UUID
	webhook   uuid.UUID
	events    int64
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{T: t, db: dbtest.New(t), programme: uuid.Must(uuid.NewV7()), webhook: uuid.New(), events: 1}
	dbtest.Regions(t, o.db, "32")
	dbtest.Member(t, o.db, "ani")
	p := &domain.Programme{Record: domain.Record{ID: o.programme, CreatedAt: noon, UpdatedAt: noon}, RegionCode: "32", Code: "WATER-1", Title: "Air bersih",
		Goal: "Air bersih", StartDate: "2026-01-01", EndDate: "2027-12-31", Coordinator: "ani", FactsVersion: 1}
	d := workflow.Created(workflow.Course{}, p.ID, "32", "ani", noon)
	d.Seal(domain.RandomIDs{}, "")
	d.After.Apply(p)
	s := o.db.Commands()
	if err := s.Transact(t.Context(), func(ctx context.Context) error {
		_, err := s.In(ctx).NewInsert().Model(p).Exec(ctx)
		return errors.Join(err, s.Begin(ctx, d))
	}); err != nil {
		t.Fatal(err)
	}
	o.run(`insert into webhooks (id, created_at, updated_at, region_code, url, description, active, secret, created_by)
		values ($1, now(), now(), '32', 'https://example.org', '', true, 'x', 'ani')`, o.webhook)
	return o
}

func (o *office) run(query string, args ...any) {
	o.Helper()
	if _, err := o.db.Pool.Exec(o.Context(), query, args...); err != nil {
		o.Fatal(err)
	}
}

// left gives the names of rows, in order.
func (o *office) left(query string) string {
	o.Helper()
	var names []string
	if err := o.db.Pool.QueryRow(o.Context(), `select coalesce(array_agg(name order by name), '{}') from (`+query+`) as x (name)`).Scan(&names); err != nil {
		o.Fatal(err)
	}
	return strings.Join(names, " ")
}

func (o *office) work(p keeping.Periods) error {
	return o.worker(p).Work(o.Context(), workflow.JobRun{})
}

func (o *office) worker(p keeping.Periods) keeping.Keeping {
	return keeping.Keeping{Store: o.db.Commands(), Periods: p, Clock: clock{}, Log: slog.New(slog.DiscardHandler)}
}

func (o *office) draft(key string, settled *time.Time) {
	o.Helper()
	state, by := "OPEN", (*string)(nil)
	if settled != nil {
		state, by = "DROPPED", new(string)
		*by = "ani"
	}
	o.run(`insert into drafts (id, created_at, updated_at, author, key, command, input_hash, personal, code, problems, blocks, state, settled_by, settled_at)
		values (gen_random_uuid(), '2020-01-01', '2020-01-01', 'ani', $1, 'createNeed', repeat('0', 64), false, 'CONFLICT', '[]', '[]', $2, $3, $4)`, key, state, by, settled)
}

// bulk enters a bulk move with two items; its name is its reason.
func (o *office) bulk(name, state string, updated time.Time, finished *time.Time) {
	o.Helper()
	id := uuid.New()
	o.run(`insert into bulk_moves (id, created_at, updated_at, actor, move, reason, shift_due_dates, state, total, pending, allowed, refused, moved, skipped, finished_at, revision)
		values ($1, '2020-01-01', $2, 'ani', 'HOLD', $3, false, $4, 2, 0, 0, 2, 0, 0, $5, 1)`, id, updated, name, state, finished)
	o.run(`insert into bulk_move_items (id, created_at, updated_at, bulk_move_id, position, outcome) select gen_random_uuid(), '2020-01-01', '2020-01-01', $1, n, 'REFUSED' from generate_series(1, 2) n`, id)
}

// delivery enters a delivery whose name is its last error: a digest with one notification, or else a message to the webhook.
func (o *office) delivery(name, channel, state string, created, updated time.Time) (id uuid.UUID) {
	o.Helper()
	id = uuid.New()
	o.run(`insert into deliveries (id, created_at, updated_at, channel, recipient, digest_on, webhook_id, region_code, state, attempts, last_error, next_attempt_at, sent_at)
		values ($1, $2::timestamptz, $3::timestamptz, $4, case when $4 = 'EMAIL' then 'ani' end, case when $4 = 'EMAIL' then ($2::timestamptz)::date end, case when $4 <> 'EMAIL' then $6::uuid end, '32', $5, 1, $7,
		case when $5 = 'PENDING' then $3::timestamptz end, case when $5 = 'SENT' then $3::timestamptz end)`, id, created, updated, channel, state, o.webhook, name)
	return id
}

// notice enters a notice, each of an event of its own.
func (o *office) notice(created time.Time) (id uuid.UUID) {
	o.Helper()
	id = uuid.New()
	o.events++
	o.run(`insert into programme_events overriding user value select (jsonb_populate_record(e, jsonb_build_object('id', $1::uuid, 'version', $2::bigint))).* from programme_events e where version = 1`, id, o.events)
	o.run(`insert into notices (id, created_at, kind, programme_id, programme_event_id, published) values ($1, $2, 'WAIVER_GRANTED', $3, $1, true)`, id, created, o.programme)
	return id
}

// told enters a notice with a notification.
func (o *office) told(kind string, created time.Time, read *time.Time, delivery *uuid.UUID) {
	o.Helper()
	o.run(`insert into notifications (id, created_at, recipient, notice_id, kind, programme_id, read_at, delivery_id) values (gen_random_uuid(), $1, 'ani', $2, $3, $4, $5, $6)`,
		created, o.notice(created), kind, o.programme, read, delivery)
}

func of[T any](v T) *T { return &v }

func TestWhatIsOldEnoughGoesAndNothingYounger(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.draft("old", of(over(400*day)))
	o.draft("young", of(due(400*day)))
	o.draft("open", nil)
	o.bulk("old", "COMPLETED", over(400*day), of(over(400*day)))
	o.bulk("young", "COMPLETED", over(400*day), of(due(400*day)))
	o.bulk("runs", "RUNNING", over(4000*day), nil)
	o.bulk("paused", "PAUSED", over(4000*day), nil)
	o.bulk("tried", "CHECKED", over(90*day), nil)
	o.bulk("untried", "CHECKED", due(90*day), nil)
	o.delivery("sent", "WEBHOOK", "SENT", over(4000*day), over(180*day))
	o.delivery("sent-young", "WEBHOOK", "SENT", over(4000*day), due(180*day))
	o.delivery("dead", "WEBHOOK", "DEAD", over(4000*day), over(730*day))
	o.delivery("dead-again", "WEBHOOK", "DEAD", over(4000*day), due(730*day))
	o.delivery("pending", "WEBHOOK", "PENDING", over(4000*day), over(4000*day))
	sent, dead := o.delivery("digest", "EMAIL", "SENT", over(180*day), over(180*day)), o.delivery("digest-dead", "EMAIL", "DEAD", over(401*day), over(401*day))
	o.told("READ", due(400*day), of(over(180*day)), nil)
	o.told("READ_YOUNG", due(400*day), of(due(180*day)), nil)
	o.told("UNREAD", over(400*day), nil, nil)
	o.told("UNREAD_YOUNG", due(400*day), nil, &sent)
	o.told("DEAD", over(401*day), of(over(180*day)), &dead)
	if err := o.work(nil); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{
		"drafts":        o.left(`select key from drafts`),
		"results":       o.left(`select b.reason || n from bulk_moves b, lateral (select count(*) from bulk_move_items i where i.bulk_move_id = b.id) as i (n)`),
		"dry runs":      o.left(`select reason || ' ' || state || case when finished_at is null then '' else ' finished' end from bulk_moves where reason like '%tried'`),
		"deliveries":    o.left(`select last_error from deliveries`),
		"notifications": o.left(`select kind from notifications`),
		"notices":       o.left(`select coalesce(m.kind, 'nobody') from notices n left join notifications m on m.notice_id = n.id`),
	}
	want := map[string]string{
		"drafts":        "open young",
		"results":       "old0 paused2 runs2 tried2 untried2 young2",
		"dry runs":      "tried CANCELLED finished untried CHECKED",
		"deliveries":    "dead-again digest-dead pending sent-young",
		"notifications": "DEAD READ_YOUNG UNREAD_YOUNG",
		"notices":       "DEAD READ_YOUNG UNREAD_YOUNG nobody", // that of READ is younger than 400 days
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheOperatorSaysHowLongThingsAreKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.draft("old", of(over(100*day)))
	o.draft("young", of(due(100*day)))
	if err := o.work(keeping.Periods{keeping.Drafts: 100 * day}); err != nil {
		t.Fatal(err)
	}
	if left := o.left(`select key from drafts`); left != "young" {
		t.Error(left)
	}
	for said, bad := range map[string]keeping.Periods{
		"dry-runs, bulk-results, drafts":         {"everything": day},
		"drafts can be kept for 2160h to 87600h": {keeping.Drafts: 90*day - 1},
		"not 87600h0m0.000000001s":               {keeping.Dead: keeping.Most + 1},
	} {
		if err := bad.Check(); err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	for _, k := range keeping.All {
		if err := (keeping.Periods{k.What: k.Least}).Check(); err != nil || k.Default < k.Least || k.Default > keeping.Most {
			t.Errorf("%s: %v", k.What, err)
		}
	}
}

// breaking is a store whose connection breaks after some statements.
type breaking struct {
	db.Commands
	statements int
}

func (b *breaking) RemoveOld(ctx context.Context, what string, before time.Time, most int) (int, error) {
	if b.statements--; b.statements < 0 {
		return 0, errors.New("the connection broke")
	}
	return b.Commands.RemoveOld(ctx, what, before, most)
}

func TestARunThatIsBrokenOffIsGoneOnWith(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.run(`insert into drafts (id, created_at, updated_at, author, key, command, input_hash, personal, code, problems, blocks, state, settled_by, settled_at)
		select gen_random_uuid(), '2020-01-01', '2020-01-01', 'ani', n, 'createNeed', repeat('0', 64), false, 'CONFLICT', '[]', '[]', 'DROPPED', 'ani', timestamptz '2020-01-01' + n * interval '1 second'
		from generate_series(1, 2500) n`)
	o.draft("young", of(due(400*day)))
	o.told("UNREAD", over(400*day), nil, nil)
	k := o.worker(nil)
	k.Store = &breaking{Commands: o.db.Commands(), statements: 4} // two of what comes before drafts, and two of those
	if err := k.Work(t.Context(), workflow.JobRun{}); err == nil {
		t.Fatal("nothing broke")
	}
	if left := o.left(`select count(*)::text || ' ' || min(settled_at)::date from drafts`); left != "501 2020-01-01" {
		t.Error("not the oldest went first:", left)
	}
	if err := o.work(nil); err != nil {
		t.Fatal(err)
	}
	if left := o.left(`select key from drafts union select kind from notifications`); left != "young" {
		t.Error(left)
	}
}
