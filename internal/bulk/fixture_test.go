package bulk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/bulk"
	"github.com/berdaya/berdaya/internal/history/historytest"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/workflow"
)

func of[T any](v T) *T { return &v }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// rules answer as a test says. The rules themselves have tests of their own.
type rules struct {
	mu    sync.Mutex
	says  func(p *domain.Programme) workflow.Judgement // nil: everything passes
	judge func()                                       // called with every batch
}

func (r *rules) Needs(context.Context, string) ([]workflow.FactKind, error) { return nil, nil }

func (r *rules) Judge(_ context.Context, questions []workflow.Question) []workflow.Judgement {
	r.mu.Lock()
	says, judge := r.says, r.judge
	r.mu.Unlock()
	if judge != nil {
		judge()
	}
	all := make([]workflow.Judgement, len(questions))
	for i, q := range questions {
		if says != nil {
			all[i] = says(&q.Facts.Programme)
		}
	}
	return all
}

// refusing blocks programmes.
func refusing(which func(p *domain.Programme) bool) func(*domain.Programme) workflow.Judgement {
	return func(p *domain.Programme) workflow.Judgement {
		if !which(p) {
			return workflow.Judgement{}
		}
		return workflow.Judgement{Blocks: []domain.Block{{RuleSet: "national", Version: "1.0.0", Rule: "NEED_RANKED", Severity: domain.SeverityBlock,
			Message: domain.Text{EN: "rank the needs of " + p.Code, ID: "peringkat kebutuhan " + p.Code}, Waivable: domain.WaivableNo}}}
	}
}

// office is a database with two provinces, four members, and the use case on it.
type office struct {
	*db.DB
	rules *rules
	moves *moving.Moves
	bulk  *bulk.Bulk
	made  atomic.Int64 // programmes

	mu     sync.Mutex
	actors map[string]access.Actor
}

func actor(subject string, role domain.Role, region string) access.Actor {
	return access.Actor{Subject: subject, Locale: domain.English, Grants: []access.Grant{{Role: role, Region: region}}}
}

var (
	ani   = actor("ani", domain.Coordinator, "32")
	budi  = actor("budi", domain.RegionalAdmin, "32")
	citra = actor("citra", domain.Viewer, "32")
	dewi  = actor("dewi", domain.Coordinator, "33")
)

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{DB: dbtest.New(t), rules: &rules{}, actors: map[string]access.Actor{}}
	dbtest.Regions(t, o.DB, "32.04", "32.73", "33.01")
	for _, a := range []access.Actor{ani, budi, citra, dewi} {
		dbtest.Member(t, o.DB, a.Subject)
		o.actors[a.Subject] = a
	}
	clock, ids := domain.SystemClock{}, domain.RandomIDs{}
	o.moves = &moving.Moves{Store: o.Moving(), Rules: o.rules, Courses: workflow.Default, Clock: clock, IDs: ids}
	o.bulk = &bulk.Bulk{Store: o.Bulk(), Moves: o.moves, Resolve: o.resolve, Clock: clock, IDs: ids, Log: slog.New(slog.DiscardHandler), Pauses: []time.Duration{}}
	return o
}

func (o *office) Bulk() db.Bulk { return o.DB.Bulk() }

func (o *office) resolve(_ context.Context, subject string) (access.Actor, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	a, ok := o.actors[subject]
	if !ok {
		return access.Actor{}, domain.Errorf(domain.CodeUnauthenticated, "no member")
	}
	return a, nil
}

// become gives a member other roles, or takes them out.
func (o *office) become(subject string, a *access.Actor) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if delete(o.actors, subject); a != nil {
		o.actors[subject] = *a
	}
}

func (o *office) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := o.Bun.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

func (o *office) count(t testing.TB, query string, args ...any) (n int) {
	t.Helper()
	if err := o.Bun.NewRaw(query, args...).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// programmes begins programmes in a region, as entering them does, and gives their ids in the order of their codes.
func (o *office) programmes(t testing.TB, region string, n int) []uuid.UUID {
	t.Helper()
	ids := make([]uuid.UUID, n)
	s := o.Commands()
	err := s.Transact(t.Context(), func(ctx context.Context) error {
		for i := range ids {
			code := fmt.Sprintf("P-%06d", o.made.Add(1))
			record := domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: noon, UpdatedAt: noon}
			p := &domain.Programme{Record: record, RegionCode: region, Code: code, Title: "Air bersih", Goal: "Clean water", StartDate: "2026-01-01",
				EndDate: "2027-12-31", Coordinator: "ani", FactsVersion: 1}
			d := workflow.Created(workflow.Default, p.ID, region, "ani", noon)
			d.Seal(domain.RandomIDs{}, "")
			d.After.Apply(p)
			ids[i] = p.ID
			if _, err := s.In(ctx).NewInsert().Model(p).Exec(ctx); err != nil {
				return err
			}
			if err := s.Begin(ctx, d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// begin begins a bulk move that must succeed.
func (o *office) begin(t testing.TB, a access.Actor, c bulk.Command) uuid.UUID {
	t.Helper()
	if c.Key == "" {
		c.Key = uuid.NewString()
	}
	id, err := o.bulk.Begin(t.Context(), a, c)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// finish works until there is nothing to do.
func (o *office) finish(t testing.TB, id uuid.UUID) {
	t.Helper()
	for range 1000 {
		more, err := o.bulk.Work(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return
		}
	}
	t.Fatal("it never ends")
}

func (o *office) get(t testing.TB, id uuid.UUID) *domain.BulkMove {
	t.Helper()
	row, err := o.Bulk().Bulk(t.Context(), id)
	if err != nil || row == nil {
		t.Fatal(row, err)
	}
	return row
}

func (o *office) items(t testing.TB, id uuid.UUID) []domain.BulkMoveItem {
	t.Helper()
	var items []domain.BulkMoveItem
	if err := o.Bun.NewSelect().Model(&items).Where("bulk_move_id = ?", id).Order("position").Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	return items
}

func (o *office) direct(t testing.TB, do func(context.Context, access.Actor, bulk.Direction) (uuid.UUID, error), id uuid.UUID) error {
	t.Helper()
	_, err := do(t.Context(), ani, bulk.Direction{ID: id, Key: of(uuid.NewString())})
	return err
}

// job is the job of a slice as a worker gets it.
func job(id uuid.UUID) workflow.JobRun {
	args, err := json.Marshal(bulk.Job(id).Args)
	if err != nil {
		panic(err)
	}
	return workflow.JobRun{Kind: bulk.SliceJob, Args: args}
}

// sound makes sure that every item has exactly one result, that the counts are theirs, and that the outcomes are what the
// programmes' histories say, whose folds are what the programmes are.
func (o *office) sound(t testing.TB, id uuid.UUID) {
	t.Helper()
	historytest.Verify(t, o.Histories())
	row, items := o.get(t, id), o.items(t, id)
	counts := map[domain.BulkOutcome]int{}
	for _, i := range items {
		counts[i.Outcome]++
		done := o.count(t, "select count(*) from idempotency_keys where actor = ? and key = ?", row.Actor, bulk.Key(id, i.Position))
		if moved := i.Outcome == domain.BulkMoved; moved != (done == 1) || moved != (i.EventID != nil) {
			t.Errorf("item %d is %s, and its move was carried out %d times", i.Position, i.Outcome, done)
		}
		if (i.Outcome == domain.BulkRefused) != (i.Code != nil && i.MessageEN != nil) {
			t.Errorf("item %d is %s with code %v and message %v", i.Position, i.Outcome, i.Code, i.MessageEN)
		}
		if i.ProgrammeID == nil {
			continue
		}
		for _, e := range dbtest.History(t, o.DB, *i.ProgrammeID) {
			if i.EventID != nil && e.ID == *i.EventID && (e.Version != *i.Version+1 || *e.Move != row.Move || e.Actor != row.Actor) {
				t.Errorf("item %d moved by the event %+v", i.Position, e)
			}
		}
	}
	want := map[domain.BulkOutcome]int{domain.BulkPending: row.Pending, domain.BulkAllowed: row.Allowed, domain.BulkRefused: row.Refused,
		domain.BulkMoved: row.Moved, domain.BulkSkipped: row.Skipped}
	for outcome, n := range want {
		if counts[outcome] != n {
			t.Errorf("%d items are %s, %d are counted", counts[outcome], outcome, n)
		}
	}
	if len(items) != row.Total {
		t.Errorf("%d items of %d", len(items), row.Total)
	}
}
