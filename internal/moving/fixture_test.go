package moving_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/history"
	"github.com/berdaya/berdaya/internal/history/historytest"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/workflow"
)

func of[T any](v T) *T { return &v }

// tick is a clock that goes on by a minute whenever it is looked at.
type tick struct{ minutes atomic.Int64 }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func (c *tick) Now() time.Time { return noon.Add(time.Duration(c.minutes.Add(1)) * time.Minute) }

// rules is the port to the rules, with answers that a test gives. The rules themselves have tests of their own.
type rules struct {
	needs  []workflow.FactKind
	refuse error                                        // of Needs
	judge  func(q workflow.Question) workflow.Judgement // nil: everything passes
	asked  atomic.Int64                                 // questions
	rounds atomic.Int64                                 // calls of Judge
}

func (r *rules) Needs(context.Context, string) ([]workflow.FactKind, error) { return r.needs, r.refuse }

func (r *rules) Judge(_ context.Context, questions []workflow.Question) []workflow.Judgement {
	r.rounds.Add(1)
	answers := make([]workflow.Judgement, len(questions))
	for i, q := range questions {
		r.asked.Add(1)
		answers[i] = workflow.Judgement{Revisions: []domain.RuleRevision{{RuleSet: "national", Version: "1.0.0"}}}
		if r.judge != nil {
			answers[i] = r.judge(q)
		}
	}
	return answers
}

// office is a database with two provinces, and the use case on it.
type office struct {
	*db.DB
	rules *rules
	moves *moving.Moves
	clock *tick
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{DB: dbtest.New(t), rules: &rules{}, clock: &tick{}}
	o.moves = &moving.Moves{Store: o.DB.Moving(), Rules: o.rules, Courses: workflow.Default, Clock: o.clock, IDs: domain.RandomIDs{}}
	o.exec(t, `insert into regions (code, parent_code, level, name, valid_from) values
		('32', 'ID', 'PROVINCE', 'Jawa Barat', '1950-01-01'), ('33', 'ID', 'PROVINCE', 'Jawa Tengah', '1950-01-01')`)
	o.insert(t, &domain.Member{Record: record(), Subject: "coordinator", Name: "The coordinator", Locale: domain.Indonesian})
	return o
}

func (o *office) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := o.Bun.ExecContext(context.Background(), query, args...); err != nil {
		t.Fatal(err)
	}
}

func (o *office) insert(t testing.TB, models ...any) {
	t.Helper()
	for _, m := range models {
		if _, err := o.Bun.NewInsert().Model(m).Exec(context.Background()); err != nil {
			t.Fatalf("%T: %v", m, err)
		}
	}
}

func (o *office) count(t testing.TB, query string, args ...any) (n int) {
	t.Helper()
	if err := o.Bun.NewRaw(query, args...).Scan(context.Background(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func record() domain.Record {
	return domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: noon, UpdatedAt: noon}
}

// programme begins a programme in a province, as entering one does: the row, its first event and its first visit.
func (o *office) programme(t testing.TB, region, code string) uuid.UUID {
	t.Helper()
	p := &domain.Programme{Record: record(), RegionCode: region, Code: code, Title: "Air bersih", Goal: "Clean water for all",
		StartDate: "2026-01-01", EndDate: "2027-12-31", Coordinator: "coordinator", FactsVersion: 1}
	d := workflow.Created(workflow.Default, p.ID, p.RegionCode, "coordinator", noon)
	d.Seal(domain.RandomIDs{}, "")
	d.After.Apply(p)
	s := o.Commands()
	if err := s.Transact(context.Background(), func(ctx context.Context) error {
		_, err := s.In(ctx).NewInsert().Model(p).Exec(ctx)
		return errors.Join(err, s.Begin(ctx, d))
	}); err != nil {
		t.Fatal(err)
	}
	return p.ID
}

func (o *office) get(t testing.TB, id uuid.UUID) domain.Programme {
	t.Helper()
	found, err := o.moves.Store.Snapshots(context.Background(), []uuid.UUID{id})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	return found[0].Programme
}

func actor(role domain.Role, region string) access.Actor {
	return access.Actor{Subject: string(role) + " " + region, Locale: domain.English, Grants: []access.Grant{{Role: role, Region: region}}}
}

var (
	coordinator = actor(domain.Coordinator, "32")
	admin       = actor(domain.RegionalAdmin, "32")
)

// move makes a move that must succeed.
func (o *office) move(t testing.TB, c moving.Command) moving.Outcome {
	t.Helper()
	out, err := o.moves.Move(context.Background(), admin, c)
	if err != nil {
		t.Fatalf("%s: %v", c.Move, err)
	}
	return out
}

func (o *office) verify(t testing.TB, id uuid.UUID) {
	t.Helper()
	for _, b := range o.broken(t, id) {
		t.Error(&b.Broken)
	}
}

// broken gives what does not fit in a programme's history.
func (o *office) broken(t testing.TB, id uuid.UUID) []history.Broken {
	t.Helper()
	return historytest.Broken(t, o.Histories(), workflow.HistoryScope{Programme: o.get(t, id).Code})
}
