package moving_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/workflow"
)

func TestAProgrammeGoesAllTheWay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.rules.needs = workflow.FactKinds
	o.rules.judge = func(q workflow.Question) workflow.Judgement {
		return workflow.Judgement{Revisions: []domain.RuleRevision{{RuleSet: "national", Version: "1.0.0"}}, DueOn: of(domain.Date("2026-09-01")),
			Blocks:    []domain.Block{{RuleSet: "national", Version: "1.0.0", Rule: "FEW_WOMEN", Severity: domain.SeverityWarn, Message: domain.Text{EN: "Few\x00 women came."}}},
			Checklist: []domain.ChecklistItem{{RuleSet: "national", Code: "AGREED", TitleEN: "Agreed in " + string(q.Target), TitleID: "Disepakati"}}}
	}
	id := o.programme(t, "32", "P-1")
	for _, c := range []moving.Command{
		{Move: domain.Advance}, {Move: domain.Hold, Reason: of(" flood "), ReviewOn: of(domain.Date("2026-04-01"))},
		{Move: domain.Resume, Reason: of("dry"), ShiftDueDates: true}, {Move: domain.Advance},
		{Move: domain.SendBack, ToStage: of(domain.Identify), Reason: of("ask again")}, {Move: domain.Advance}, {Move: domain.Advance},
		{Move: domain.Cancel, Reason: of("no funds")}, {Move: domain.Reopen, Reason: of("funds")},
		{Move: domain.Advance}, {Move: domain.Advance}, {Move: domain.Advance}, {Move: domain.Reopen, Reason: of("one more report")}, {Move: domain.Advance},
	} {
		c.ProgrammeID = id
		dry, err := o.moves.DryRun(t.Context(), admin, c)
		if err != nil || dry.EventID != nil {
			t.Fatal(c.Move, dry, err)
		}
		real := o.move(t, c)
		dry.EventID = real.EventID
		if diff := cmp.Diff(dry, real); diff != "" {
			t.Error("the dry run said otherwise:", diff)
		}
		o.verify(t, id)
		p := o.get(t, id)
		present := o.count(t, `select count(*) from stage_visits where programme_id = ? and left_at is null and superseded_at is null
			and stage = ? and due_on is not distinct from ?`, id, p.Stage, p.DueOn)
		if working := p.Status == domain.Active || p.Status == domain.OnHold; working != (present == 1) {
			t.Errorf("after %s the programme is %s and %s, with %d fitting visits", c.Move, p.Stage, p.Status, present)
		}
	}
	p := o.get(t, id)
	if p.Status != domain.Completed || p.Version != 15 || p.DueOn != nil {
		t.Errorf("%+v", p)
	}
	if n := o.count(t, `select count(*) from stage_visits where programme_id = ? and superseded_at is not null`, id); n != 2 {
		t.Error(n, "superseded visits; PLAN and TRAIN were undone")
	}
	if n := o.count(t, `select count(*) from checklist_items where programme_id = ?`, id); n != 4 {
		t.Error(n, "checklist items; four stages were entered by rules")
	}
	events := dbtest.History(t, o.DB, id)
	if len(events) != 15 {
		t.Fatal(len(events))
	}
	hold, advance := events[2], events[1]
	if *hold.Reason != "flood" || *hold.ReviewOn != "2026-04-01" || hold.FactsHash != nil || len(hold.RuleRevisions) != 0 {
		t.Errorf("%+v", hold)
	}
	if advance.FactsHash == nil || len(advance.RuleRevisions) != 1 || *advance.DueOn != "2026-09-01" || workflow.Remarks(&advance)[0].Message.EN != "Few women came." {
		t.Errorf("%+v", advance)
	}
}

func TestGoingBackSupersedesButNeverWhatHappened(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.programme(t, "32", "P-1")
	o.move(t, moving.Command{ProgrammeID: id, Move: domain.Advance})
	o.move(t, moving.Command{ProgrammeID: id, Move: domain.Advance})
	planned := &domain.Activity{Record: record(), ProgrammeID: id, Title: "planned", Kind: "TRAINING"}
	begun := &domain.Activity{Record: record(), ProgrammeID: id, Title: "begun", Kind: "TRAINING", ActualStart: of(domain.Date("2026-02-01"))}
	published := &domain.Report{Record: record(), ProgrammeID: id, Kind: "PROGRESS", Audience: "village council", PeriodStart: "2026-01-01", PeriodEnd: "2026-02-01", Edition: 1, PublishedAt: &noon}
	draft := &domain.Report{Record: record(), ProgrammeID: id, Kind: "FINAL", Audience: "village council", PeriodStart: "2026-01-01", PeriodEnd: "2026-02-01"}
	o.insert(t, planned, begun, published, draft)
	other := o.programme(t, "32", "P-2")
	elsewhere := &domain.Activity{Record: record(), ProgrammeID: other, Title: "of another programme", Kind: "TRAINING"}
	o.insert(t, elsewhere)

	o.move(t, moving.Command{ProgrammeID: id, Move: domain.SendBack, ToStage: of(domain.Plan), Reason: of("x")})
	for what, want := range map[string]int{
		`activities where superseded_at is not null and title = 'planned'`: 1, `activities where superseded_at is null`: 2,
		`reports where superseded_at is not null and kind = 'PROGRESS'`: 1, `reports where superseded_at is null`: 1,
		`stage_visits where superseded_at is not null and stage = 'TRAIN'`: 1, `stage_visits where superseded_at is not null`: 1,
	} {
		if n := o.count(t, `select count(*) from `+what); n != want {
			t.Errorf("%d %s, not %d", n, what, want)
		}
	}
	snapshot, err := o.moves.Store.Facts(t.Context(), []workflow.Wanted{{ProgrammeID: id, Kinds: workflow.FactKinds}})
	if err != nil || len(snapshot) != 1 || len(snapshot[0].Facts.Activities) != 1 || len(snapshot[0].Facts.Reports) != 1 {
		t.Error("rules still see what is superseded:", snapshot, err)
	}
}

func TestWhoMayNotSeeIsToldNothingAndWhoMayNotMoveIsToldSo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.programme(t, "32", "P-1")
	elsewhere := actor(domain.Coordinator, "33")
	stranger := moving.Command{ProgrammeID: id, Move: domain.Advance}
	_, unseen := o.moves.Move(t.Context(), elsewhere, stranger)
	_, missing := o.moves.Move(t.Context(), elsewhere, moving.Command{ProgrammeID: uuid.New(), Move: domain.Advance})
	if domain.CodeOf(unseen) != domain.CodeNotFound || unseen.Error() != missing.Error() {
		t.Error(unseen, missing)
	}
	stranger.Move = "JUMP"
	if _, err := o.moves.Move(t.Context(), elsewhere, stranger); domain.CodeOf(err) != domain.CodeNotFound {
		t.Error("an unknown move of an unseen programme:", err)
	}
	if _, err := o.moves.Move(t.Context(), coordinator, stranger); domain.CodeOf(err) != domain.CodeBadUserInput {
		t.Error("an unknown move:", err)
	}
	if _, err := o.moves.Move(t.Context(), actor(domain.Viewer, "32"), moving.Command{ProgrammeID: id, Move: domain.Advance}); domain.CodeOf(err) != domain.CodeForbidden {
		t.Error(err)
	}
	if _, err := o.moves.DryRun(t.Context(), access.Actor{}, moving.Command{ProgrammeID: id, Move: domain.Advance}); domain.CodeOf(err) != domain.CodeUnauthenticated {
		t.Error(err)
	}
	o.move(t, moving.Command{ProgrammeID: id, Move: domain.Cancel, Reason: of("x")})
	if _, err := o.moves.Move(t.Context(), coordinator, moving.Command{ProgrammeID: id, Move: domain.Reopen, Reason: of("x")}); domain.CodeOf(err) != domain.CodeForbidden {
		t.Error("a coordinator reopened:", err)
	}
	options, err := o.moves.Available(t.Context(), coordinator, []uuid.UUID{id})
	if err != nil || len(options[id]) != 1 || options[id][0].Allowed || options[id][0].Blocks[0].Rule != moving.RuleNotPermitted || options[id][0].Blocks[0].Message.ID == "" {
		t.Error(options, err)
	}
	if options, err := o.moves.Available(t.Context(), elsewhere, []uuid.UUID{id}); err != nil || len(options) != 0 {
		t.Error(options, err)
	}
}

func TestRulesThatAreAwayBlockWhatAsksThem(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]*rules{
		"late": {judge: func(workflow.Question) workflow.Judgement {
			return workflow.Judgement{Unavailable: []workflow.Unavailable{{RuleSet: "national", Reason: "late"}}}
		}},
		"no needs known": {refuse: errors.New("boom at 10.0.0.1")},
	} {
		o := newOffice(t)
		id := o.programme(t, "32", "P-1")
		o.moves.Rules = away
		out, err := o.moves.Move(t.Context(), coordinator, moving.Command{ProgrammeID: id, Move: domain.Advance})
		if domain.CodeOf(err) != domain.CodeRulesUnavailable || len(out.Blocks) != 1 || !out.Blocks[0].Retry || strings.Contains(out.Blocks[0].Message.EN, "boom") {
			t.Error(name, out, err)
		}
		options, err := o.moves.Available(t.Context(), coordinator, []uuid.UUID{id})
		if err != nil || len(options[id]) != 3 || options[id][0].Allowed || !options[id][1].Allowed || !options[id][2].Allowed {
			t.Error(name, options, err)
		}
		o.move(t, moving.Command{ProgrammeID: id, Move: domain.Hold, Reason: of("x")})
		o.move(t, moving.Command{ProgrammeID: id, Move: domain.Resume, Reason: of("x")})
		o.move(t, moving.Command{ProgrammeID: id, Move: domain.Cancel, Reason: of("x")})
		o.verify(t, id)
	}
}

func TestWhatIsWrongByItselfAsksNoRules(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.programme(t, "32", "P-1")
	if _, err := o.moves.Move(t.Context(), admin, moving.Command{ProgrammeID: id, Move: domain.Reopen, Reason: of("x")}); domain.CodeOf(err) != domain.CodeMoveNotPossible {
		t.Error(err)
	}
	if n := o.rules.rounds.Load(); n != 0 {
		t.Error("the rules were asked", n, "times")
	}
}

func TestFactsThatChangeWhileRulesThinkAreJudgedAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.programme(t, "32", "P-1")
	change := func(times int64) func(workflow.Question) workflow.Judgement {
		return func(workflow.Question) workflow.Judgement {
			if o.rules.asked.Load() <= times {
				if _, err := o.Commands().BumpFacts(context.Background(), id, noon); err != nil {
					t.Error(err)
				}
			}
			return workflow.Judgement{}
		}
	}
	o.rules.judge = change(3)
	if out := o.move(t, moving.Command{ProgrammeID: id, Move: domain.Advance}); out.Version != 2 || o.rules.asked.Load() != 4 {
		t.Error(out, o.rules.asked.Load())
	}
	o.rules.asked.Store(0)
	o.rules.judge = change(100)
	_, err := o.moves.Move(t.Context(), admin, moving.Command{ProgrammeID: id, Move: domain.Advance})
	if e, _ := errors.AsType[*domain.Error](err); e == nil || e.Code != domain.CodeConflict || e.Params["version"] != int64(2) || o.rules.asked.Load() != 4 {
		t.Error(err, o.rules.asked.Load())
	}
	o.verify(t, id)
}

func TestWhoeverIsSecondIsToldTheVersion(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.programme(t, "32", "P-1")
	o.rules.judge = func(workflow.Question) workflow.Judgement {
		if o.rules.asked.Load() == 1 { // somebody else is quicker
			o.move(t, moving.Command{ProgrammeID: id, Move: domain.Advance})
		}
		return workflow.Judgement{}
	}
	_, err := o.moves.Move(t.Context(), coordinator, moving.Command{ProgrammeID: id, Move: domain.Advance})
	if e, _ := errors.AsType[*domain.Error](err); e == nil || e.Code != domain.CodeConflict || e.Params["version"] != int64(2) {
		t.Error(err)
	}
	_, err = o.moves.Move(t.Context(), coordinator, moving.Command{ProgrammeID: id, Move: domain.Advance, ExpectedVersion: of(int64(1))})
	if e, _ := errors.AsType[*domain.Error](err); e == nil || e.Code != domain.CodeConflict || e.Params["version"] != int64(2) {
		t.Error(err)
	}
	o.move(t, moving.Command{ProgrammeID: id, Move: domain.Advance, ExpectedVersion: of(int64(2))})
	if p := o.get(t, id); p.Stage != domain.Train {
		t.Error(p.Stage)
	}
}

func TestOfManyWhoExpectOneVersionOneMoves(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.programme(t, "32", "P-1")
	for version := int64(1); version <= 4; version++ {
		var won, lost atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				_, err := o.moves.Move(t.Context(), coordinator, moving.Command{ProgrammeID: id, Move: domain.Advance, ExpectedVersion: &version})
				switch domain.CodeOf(err) {
				case "":
					won.Add(1)
				case domain.CodeConflict:
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || lost.Load() != 7 {
			t.Errorf("version %d: %d moved, %d were told", version, won.Load(), lost.Load())
		}
	}
	o.verify(t, id)
}

func TestMovesAndChangesOfContentAtOnceLeaveAWholeHistory(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.programme(t, "32", "P-1")
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for range 10 {
				c := moving.Command{ProgrammeID: id, Move: domain.Hold, Reason: of("x")}
				if worker%2 == 1 {
					c.Move = domain.Resume
				}
				if _, err := o.moves.Move(t.Context(), coordinator, c); err != nil && domain.CodeOf(err) != domain.CodeConflict && domain.CodeOf(err) != domain.CodeMoveNotPossible {
					t.Error(err)
				}
				if _, err := o.Commands().BumpFacts(t.Context(), id, noon); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	o.verify(t, id)
	if p := o.get(t, id); p.Version < 2 || p.FactsVersion < 41 {
		t.Error(p.Version, p.FactsVersion)
	}
}

func TestAMoveWithAKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.programme(t, "32", "P-1")
	c := moving.Command{ProgrammeID: id, Move: domain.Advance, Key: of("tap")}
	var fresh atomic.Int32
	events := sync.Map{}
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			out, err := o.moves.Move(t.Context(), coordinator, c)
			if err != nil || !out.Allowed || out.Version != 2 {
				t.Error(out, err)
				return
			}
			events.Store(*out.EventID, true)
			if !out.Repeated {
				fresh.Add(1)
			}
		})
	}
	all.Wait()
	n := 0
	events.Range(func(any, any) bool { n++; return true })
	if p := o.get(t, id); p.Version != 2 || fresh.Load() != 1 || n != 1 {
		t.Error(p.Version, fresh.Load(), n)
	}
	c.Reason = of("another input")
	if _, err := o.moves.Move(t.Context(), coordinator, c); domain.CodeOf(err) != domain.CodeIdempotencyMismatch {
		t.Error(err)
	}
	if n := o.count(t, `select count(*) from idempotency_keys`); n != 1 {
		t.Error(n)
	}
	bad := moving.Command{ProgrammeID: id, Move: domain.Reopen, Reason: of("x"), Key: of("refused")}
	if _, err := o.moves.Move(t.Context(), admin, bad); domain.CodeOf(err) != domain.CodeMoveNotPossible {
		t.Error(err)
	}
	o.verify(t, id)
}

// Rules may come to work between reading facts and asking, and need facts that were not read.
func TestFactsAreReadAnewWhereRulesCameToWorkThatNeedOthers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.rules.needs = []workflow.FactKind{}
	id := o.programme(t, "32", "P-1")
	o.rules.judge = func(q workflow.Question) workflow.Judgement {
		if !slices.Contains(q.Kinds, workflow.NeedFacts) {
			o.rules.needs = []workflow.FactKind{workflow.NeedFacts}
			return workflow.Judgement{Stale: true, Unavailable: []workflow.Unavailable{{RuleSet: "barat", Reason: "the rules changed"}}}
		}
		return workflow.Judgement{Revisions: []domain.RuleRevision{{RuleSet: "barat", Version: "2"}}}
	}
	moved := o.move(t, moving.Command{ProgrammeID: id, Move: domain.Advance})
	if !moved.Allowed || o.rules.rounds.Load() != 2 {
		t.Errorf("%+v in %d rounds", moved, o.rules.rounds.Load())
	}
}

func TestAPageOfProgrammesIsJudgedInOneBatch(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.rules.needs = workflow.FactKinds
	var ids []uuid.UUID
	for i := range 12 {
		ids = append(ids, o.programme(t, []string{"32", "33"}[i%2], "P-1"+string(rune('A'+i))))
	}
	o.move(t, moving.Command{ProgrammeID: ids[0], Move: domain.Hold, Reason: of("x")})
	o.rules.judge = func(q workflow.Question) workflow.Judgement {
		return workflow.Judgement{Blocks: []domain.Block{{Rule: q.Facts.Programme.Code, Severity: domain.SeverityBlock}}}
	}
	options, err := o.moves.Available(t.Context(), actor(domain.Coordinator, domain.NationCode), append(ids, uuid.New()))
	if err != nil || len(options) != 12 || o.rules.rounds.Load() != 1 || o.rules.asked.Load() != 11 {
		t.Fatal(len(options), err, o.rules.rounds.Load(), o.rules.asked.Load())
	}
	for i, id := range ids {
		first := options[id][0]
		if i == 0 && first.Move != domain.Resume || i > 0 && (first.Move != domain.Advance || first.Blocks[0].Rule != o.get(t, id).Code) {
			t.Error(i, options[id])
		}
	}
}

func TestAChangedHistoryIsFound(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.programme(t, "32", "P-1")
	o.move(t, moving.Command{ProgrammeID: id, Move: domain.Advance})
	o.verify(t, id)
	for _, change := range []string{`update programme_events set actor = 'x'`, `delete from programme_events`, `truncate programme_events`} {
		if _, err := o.Bun.ExecContext(t.Context(), change); err == nil {
			t.Errorf("%q was not refused", change)
		}
	}
	o.verify(t, id)
	o.exec(t, `update programmes set stage = 'TRAIN' where id = ?`, id)
	if len(o.broken(t, id)) != 1 {
		t.Error("a row that is not what the history comes to was not found")
	}
	o.exec(t, `update programmes set stage = 'PLAN' where id = ?`, id)
	o.exec(t, `alter table programme_events disable trigger all`)
	o.exec(t, `update programme_events set reason = 'because' where version = 2`)
	if found := o.broken(t, id); len(found) != 1 || found[0].Version != 2 {
		t.Error(found)
	}
	o.exec(t, `delete from programme_events where version = 2`)
	if len(o.broken(t, id)) != 1 {
		t.Error("a history that lost its end was not found")
	}
}

func BenchmarkOneMove(b *testing.B) {
	o := newOffice(b)
	o.rules.needs = workflow.FactKinds
	id := o.programme(b, "32", "P-1")
	c := moving.Command{ProgrammeID: id, Reason: of("x")}
	back := moving.Command{ProgrammeID: id, Move: domain.SendBack, ToStage: of(domain.Identify), Reason: of("x")}
	for i := 0; b.Loop(); i++ {
		c.Move = domain.Advance
		if i%2 == 1 {
			c = back
		}
		o.move(b, c)
		c.ToStage = nil
	}
}
