package standstill_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/standstill"
	"github.com/berdaya/berdaya/workflow"
)

func of[T any](v T) *T { return &v }

// hand is a clock that a test moves.
type hand struct{ at time.Time }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func (c *hand) Now() time.Time { return c.at }

// rules are the port to the rules, as a test sets them: by region, how long a goal must be for each rule to pass.
type rules struct {
	mu   sync.Mutex
	down bool
	sets map[string]set
}

// set is a rule set of a region.
type set struct {
	version int
	rules   map[string]rule
}

type rule struct {
	goal     int // the goal's length from which it passes
	severity domain.Severity
	waivable domain.Waivable
}

func (r *rules) Needs(context.Context, string) ([]workflow.FactKind, error) { return nil, nil }

func (r *rules) Judge(_ context.Context, questions []workflow.Question) []workflow.Judgement {
	r.mu.Lock()
	defer r.mu.Unlock()
	answers := make([]workflow.Judgement, len(questions))
	for i, q := range questions {
		p := q.Facts.Programme
		if r.down {
			answers[i].Unavailable = []workflow.Unavailable{{RuleSet: "all", Reason: "down"}}
			continue
		}
		for region, s := range r.sets {
			if !domain.Under(p.RegionCode, region) {
				continue
			}
			for code, rule := range s.rules {
				if len(p.Goal) < rule.goal && q.Move == domain.Advance {
					answers[i].Blocks = append(answers[i].Blocks, domain.Block{RuleSet: "set-" + region, Region: region, Rule: code, Version: fmt.Sprint(s.version),
						Severity: rule.severity, Waivable: rule.waivable, Message: domain.Text{EN: code, ID: code}, Title: domain.Text{EN: "Title of " + code, ID: "Judul " + code}})
				}
			}
		}
	}
	return answers
}

func (r *rules) Revisions() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	revisions := map[string]string{}
	for region, s := range r.sets {
		revisions[region] = fmt.Sprint(s.version)
	}
	return revisions
}

// change puts another set in the place of a region's; none where it is nil.
func (r *rules) change(region string, all map[string]rule) {
	r.mu.Lock()
	defer r.mu.Unlock()
	sets := maps.Clone(r.sets)
	if sets == nil {
		sets = map[string]set{}
	}
	sets[region] = set{sets[region].version + 1, all}
	if all == nil {
		delete(sets, region)
	}
	r.sets = sets
}

// office is a database with two provinces, where programmes move and are checked.
type office struct {
	*db.DB
	rules  *rules
	moves  *moving.Moves
	checks *standstill.Checks
	clock  *hand
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{DB: dbtest.New(t), rules: &rules{}, clock: &hand{noon}}
	o.moves = &moving.Moves{Store: o.Moving(), Rules: o.rules, Courses: workflow.Default, Clock: o.clock, IDs: domain.RandomIDs{}}
	o.checks = &standstill.Checks{Store: o.Standing(), Judge: o.moves, Rules: o.rules, Clock: o.clock, IDs: domain.RandomIDs{}}
	o.exec(t, `insert into regions (code, parent_code, level, name, valid_from) values
		('32', 'ID', 'PROVINCE', 'Jawa Barat', '1950-01-01'), ('32.73', '32', 'REGENCY', 'Bandung', '1950-01-01'), ('33', 'ID', 'PROVINCE', 'Jawa Tengah', '1950-01-01')`)
	if _, err := o.Bun.NewInsert().Model(&domain.Member{Record: o.record(), Subject: "coordinator", Name: "The coordinator", Locale: domain.English}).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *office) record() domain.Record {
	return domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: o.clock.at, UpdatedAt: o.clock.at}
}

func (o *office) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := o.Bun.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

// programme begins a programme, as entering one does.
func (o *office) programme(t testing.TB, region, code string, goal int) uuid.UUID {
	t.Helper()
	p := &domain.Programme{Record: o.record(), RegionCode: region, Code: code, Title: "Air bersih", Goal: goalOf(goal), StartDate: "2026-01-01",
		EndDate: "2027-12-31", Coordinator: "coordinator", FactsVersion: 1}
	d := workflow.Created(workflow.Default, p.ID, p.RegionCode, "coordinator", o.clock.at)
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

func goalOf(length int) string { return fmt.Sprintf("%0*d", length, 0)[:length] }

// enter changes what the rules judge, as entering content does.
func (o *office) enter(t testing.TB, id uuid.UUID, goal int) {
	t.Helper()
	s := o.Commands()
	if err := s.Transact(t.Context(), func(ctx context.Context) error {
		_, err := s.BumpFacts(ctx, id, o.clock.at)
		if err == nil {
			_, err = s.In(ctx).ExecContext(ctx, `update programmes set goal = ? where id = ?`, goalOf(goal), id)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func (o *office) run(t testing.TB) {
	t.Helper()
	if done, err := o.checks.Run(t.Context(), time.Minute); err != nil || !done {
		t.Fatal(done, err)
	}
}

var everywhere = access.Actor{Subject: "minister", Locale: domain.English, Grants: []access.Grant{{Role: domain.NationalAdmin, Region: domain.NationCode}}}

// held is a rule that stops a programme, as it is compared.
type held struct {
	programme                     uuid.UUID
	region, set, rule, ruleRegion string
	stage                         domain.Stage
	waivable                      domain.Waivable
}

// still is the same rule stopping the same programme, whoever may lift it by now.
func (h held) still() held {
	h.waivable = ""
	return h
}

// kept gives what is kept of what stops these programmes, with since when.
func (o *office) kept(t testing.TB, ids []uuid.UUID) map[held]time.Time {
	t.Helper()
	var rows []domain.ProgrammeBlock
	if err := o.Bun.NewSelect().Model(&rows).Where("programme_id in (?)", bun.List(ids)).Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := map[held]time.Time{}
	for _, b := range rows {
		all[held{b.ProgrammeID, b.RegionCode, b.RuleSet, b.Rule, b.RuleRegion, b.Stage, b.Waivable}] = b.Since
	}
	if len(all) != len(rows) {
		t.Fatal("something is kept twice")
	}
	return all
}

// asked gives the same as moving.Available says it.
func (o *office) asked(t testing.TB, ids []uuid.UUID) map[held]bool {
	t.Helper()
	options, err := o.moves.Available(t.Context(), everywhere, ids)
	if err != nil {
		t.Fatal(err)
	}
	all := map[held]bool{}
	for id, p := range o.programmes(t, ids) {
		for _, step := range options[id] {
			for _, b := range step.Blocks {
				if step.Move == domain.Advance && b.Severity == domain.SeverityBlock && !b.Waived && !b.Retry {
					all[held{id, p.RegionCode, b.RuleSet, b.Rule, b.Region, p.Stage, b.Waivable}] = true
				}
			}
		}
	}
	return all
}

func (o *office) programmes(t testing.TB, ids []uuid.UUID) map[uuid.UUID]domain.Programme {
	t.Helper()
	found, err := o.Moving().Snapshots(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	all := map[uuid.UUID]domain.Programme{}
	for _, s := range found {
		all[s.Programme.ID] = s.Programme
	}
	return all
}

// waive has a rule that may be waived lifted for a programme, if there is one.
func (o *office) waive(t testing.TB, id uuid.UUID, until domain.Date) {
	t.Helper()
	for b := range o.asked(t, []uuid.UUID{id}) {
		if b.waivable == domain.WaivableNo {
			continue
		}
		out, err := o.moves.RequestWaiver(t.Context(), everywhere, moving.WaiverRequest{ProgrammeID: id, RuleSet: b.set, Rule: b.rule, Reason: "why", ExpiresOn: until})
		if domain.CodeOf(err) == domain.CodeAlreadyExists { // it has expired
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		second := everywhere
		second.Subject = "second"
		if _, err := o.moves.SettleWaiver(t.Context(), second, moving.WaiverDecision{WaiverID: *out.WaiverID, To: domain.WaiverGranted, Reason: "yes"}); err != nil {
			t.Fatal(err)
		}
		return
	}
}
