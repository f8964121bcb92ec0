package timers_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/timers"
	"github.com/berdaya/berdaya/workflow"
)

func of[T any](v T) *T { return &v }

var morning = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)

// clock stands still until a test lets it go on.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) goOn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// until lets the clock go on to nine in the morning of a day, in western Indonesia.
func (c *clock) until(d domain.Date) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = d.Time().Add(2 * time.Hour)
}

// passing are rules that let everything pass.
type passing struct{}

func (passing) Needs(context.Context, string) ([]workflow.FactKind, error) { return nil, nil }

func (passing) Judge(_ context.Context, questions []workflow.Question) []workflow.Judgement {
	return make([]workflow.Judgement, len(questions))
}

// office is a database with a village and all above it, where programmes move and timers go off by one clock.
type office struct {
	*db.DB
	clock  *clock
	moves  *moving.Moves
	timers timers.Timers
}

var admin = access.Actor{Subject: "admin", Locale: domain.English, Grants: []access.Grant{{Role: domain.NationalAdmin, Region: domain.NationCode}}}

func newOffice(t testing.TB, course workflow.Courses) *office {
	t.Helper()
	o := &office{DB: dbtest.New(t), clock: &clock{now: morning}}
	dbtest.Regions(t, o.DB, "32.73.05.1001")
	dbtest.Member(t, o.DB, "coordinator")
	o.moves = &moving.Moves{Store: o.DB.Moving(), Rules: passing{}, Courses: course, Clock: o.clock, IDs: domain.RandomIDs{}}
	o.timers = timers.Timers{Store: o.DB.Timers(), Teller: o.DB.Notices(), Clock: o.clock, IDs: domain.RandomIDs{}}
	return o
}

// programme begins a programme, as entering one does.
func (o *office) programme(t testing.TB, region, code string) uuid.UUID {
	t.Helper()
	at := o.clock.Now()
	p := &domain.Programme{Record: domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: at, UpdatedAt: at}, RegionCode: region, Code: code, Title: "Air bersih",
		Goal: "Air bersih untuk semua", StartDate: "2026-01-01", EndDate: "2027-12-31", Coordinator: "coordinator", FactsVersion: 1}
	course, err := o.moves.Courses.Course(t.Context(), region)
	if err != nil {
		t.Fatal(err)
	}
	d := workflow.Created(course, p.ID, region, "coordinator", at)
	d.Seal(domain.RandomIDs{}, "")
	d.After.Apply(p)
	s := o.Commands()
	if err := s.Transact(t.Context(), func(ctx context.Context) error {
		_, err := s.In(ctx).NewInsert().Model(p).Exec(ctx)
		return errors.Join(err, s.Begin(ctx, d))
	}); err != nil {
		t.Fatal(err)
	}
	return p.ID
}

func (o *office) move(t testing.TB, c moving.Command) {
	t.Helper()
	if _, err := o.moves.Move(t.Context(), admin, c); err != nil {
		t.Fatalf("%s: %v", c.Move, err)
	}
}

// goOff has everything go off that is due, and says how much did.
func (o *office) goOff(t testing.TB) int {
	t.Helper()
	gone, err := o.timers.GoOff(t.Context())
	if err != nil || !gone.Finished || gone.Righted != 0 {
		t.Fatal(gone, err)
	}
	return gone.Off
}

func (o *office) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := o.Bun.ExecContext(context.Background(), query, args...); err != nil {
		t.Fatal(err)
	}
}

func (o *office) count(t testing.TB, query string, args ...any) (n int) {
	t.Helper()
	if err := o.Bun.NewRaw("select count(*) from "+query, args...).Scan(context.Background(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// exact makes sure that what has gone off has one event, and nothing else has any.
func (o *office) exact(t testing.TB) {
	t.Helper()
	if n := o.count(t, `timers t full join timer_events e on e.timer_id = t.id where (t.state = 'FIRED') is distinct from (e.id is not null)`); n != 0 {
		t.Errorf("%d timers went off without an event, or have one without having gone off", n)
	}
	if fired, events := o.count(t, `timers where state = 'FIRED'`), o.count(t, `timer_events`); fired != events {
		t.Errorf("%d went off with %d events", fired, events)
	}
}
