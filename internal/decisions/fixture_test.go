package decisions_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/decisions"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/plugins/host"
	"github.com/berdaya/berdaya/workflow"
)

func of[T any](v T) *T { return &v }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// tick is a clock that goes on by a second whenever it is looked at.
type tick struct{ seconds atomic.Int64 }

func (c *tick) Now() time.Time { return noon.Add(time.Duration(c.seconds.Add(1)) * time.Second) }

// rules is the port to the rules, with the answer that a test gives.
type rules struct {
	say func(workflow.Question) workflow.Judgement
}

func (rules) Needs(context.Context, string) ([]workflow.FactKind, error) {
	return []workflow.FactKind{workflow.ConsultationFacts}, nil
}

func (r rules) Judge(_ context.Context, questions []workflow.Question) []workflow.Judgement {
	answers := make([]workflow.Judgement, len(questions))
	for i, q := range questions {
		answers[i] = workflow.Judgement{Revisions: []domain.RuleRevision{{RuleSet: "national", Version: "1.0.0"}}}
		if r.say != nil {
			said := r.say(q)
			answers[i].Blocks, answers[i].Unavailable = said.Blocks, said.Unavailable
		}
	}
	return answers
}

// office is a database with a province, programmes that move there, and the log.
type office struct {
	*db.DB
	moves *moving.Moves
	log   *decisions.Log
	lost  atomic.Int64
}

func newOffice(t testing.TB, change func(*decisions.Log)) *office {
	t.Helper()
	o := &office{DB: dbtest.New(t)}
	dbtest.Regions(t, o.DB, "32", "32.73")
	dbtest.Member(t, o.DB, "coordinator")
	recorder, err := host.NewRecorder(host.DefaultMasks)
	if err != nil {
		t.Fatal(err)
	}
	o.log = &decisions.Log{Store: o.Decisions(), Recorder: recorder, Show: host.ShowFacts, Clock: &tick{}, IDs: domain.RandomIDs{}, Log: slog.New(slog.DiscardHandler),
		Keeping: decisions.DefaultKeeping, Pauses: []time.Duration{time.Millisecond}, Count: func(_, lost int) { o.lost.Add(int64(lost)) }}
	if change != nil {
		change(o.log)
	}
	o.log.Start()
	t.Cleanup(func() { o.log.Close(context.Background()) })
	o.moves = &moving.Moves{Store: o.Moving(), Rules: rules{}, Courses: workflow.Default, Clock: &tick{}, IDs: domain.RandomIDs{}, Recorder: o.log}
	return o
}

// programme begins a programme with a consultation.
func (o *office) programme(t testing.TB, region string) uuid.UUID {
	t.Helper()
	record := func() domain.Record {
		return domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: noon, UpdatedAt: noon}
	}
	p := &domain.Programme{Record: record(), RegionCode: region, Code: "P-" + strings.ToUpper(uuid.NewString()[:13]), Title: "Air bersih", Goal: "Clean water for all",
		StartDate: "2026-01-01", EndDate: "2027-12-31", Coordinator: "coordinator", FactsVersion: 1}
	d := workflow.Created(workflow.Default, p.ID, p.RegionCode, "coordinator", noon)
	d.Seal(domain.RandomIDs{}, "")
	d.After.Apply(p)
	s := o.Commands()
	if err := s.Transact(context.Background(), func(ctx context.Context) error {
		_, err := s.In(ctx).NewInsert().Model(p).Exec(ctx)
		_, more := s.In(ctx).NewInsert().Model(&domain.Consultation{Record: record(), ProgrammeID: p.ID, HeldOn: "2026-02-01", Kind: "VILLAGE_MEETING",
			Place: "the house of a family", Female: 12, Male: 9}).Exec(ctx)
		return errors.Join(err, more, s.Begin(ctx, d))
	}); err != nil {
		t.Fatal(err)
	}
	return p.ID
}

func actor(role domain.Role, region string) access.Actor {
	return access.Actor{Subject: string(role) + " " + region, Locale: domain.English, Grants: []access.Grant{{Role: role, Region: region}}}
}

var admin = actor(domain.RegionalAdmin, "32")

// written gives all entries once the log is closed, oldest first.
func (o *office) written(t testing.TB) []domain.Decision {
	t.Helper()
	o.log.Close(t.Context())
	var all []domain.Decision
	if err := o.Bun.NewSelect().Model(&all).Order("decided_at", "id").Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	return all
}

func (o *office) count(t testing.TB, query string, args ...any) (n int) {
	t.Helper()
	if err := o.Bun.NewRaw(query, args...).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func blocked(q workflow.Question) workflow.Judgement {
	return workflow.Judgement{Blocks: []domain.Block{{RuleSet: "water", Region: "32", Version: "2", Rule: "WELL_DUG", Severity: domain.SeverityBlock, Message: domain.Text{EN: "dig a well", ID: "gali sumur"}}}}
}

func away(workflow.Question) workflow.Judgement {
	return workflow.Judgement{Unavailable: []workflow.Unavailable{{RuleSet: "water", Region: "32", Reason: "late"}}}
}
