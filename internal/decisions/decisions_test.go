package decisions_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/decisions"
	"github.com/berdaya/berdaya/internal/moving"
	_ "github.com/berdaya/berdaya/internal/seeded"
	"github.com/berdaya/berdaya/workflow"
)

func TestEveryDecisionThatAskedRulesIsInTheLogAndNothingElse(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	id, other := o.programme(t, "32.73"), o.programme(t, "32")
	advance := moving.Command{ProgrammeID: id, Move: domain.Advance, Key: of("tap")}
	do := func(c moving.Command, want domain.Code) {
		t.Helper()
		if _, err := o.moves.Move(t.Context(), admin, c); domain.CodeOf(err) != want {
			t.Fatal(err)
		}
	}
	o.moves.Rules = rules{say: away}
	do(advance, domain.CodeRulesUnavailable)
	o.moves.Rules = rules{say: blocked}
	do(advance, domain.CodeBlocked)
	if _, err := o.moves.DryRun(t.Context(), admin, advance); domain.CodeOf(err) != domain.CodeBlocked {
		t.Fatal(err)
	}
	if _, err := o.moves.Available(t.Context(), admin, []uuid.UUID{id}); err != nil {
		t.Fatal(err)
	}
	o.moves.Rules = rules{}
	do(advance, "")
	do(advance, "") // remembered: nothing is decided
	do(moving.Command{ProgrammeID: id, Move: domain.Hold, Reason: of("x")}, "")
	do(moving.Command{ProgrammeID: id, Move: domain.Cancel, Reason: of("x")}, "")
	do(moving.Command{ProgrammeID: id, Move: domain.Reopen, Reason: of("x")}, "")
	each, err := o.moves.MoveEach(t.Context(), admin, []moving.Command{{ProgrammeID: other, Move: domain.Advance}})
	if err != nil || each[0].Err != nil {
		t.Fatal(err, each)
	}
	var got []string
	all := o.written(t)
	for _, d := range all {
		got = append(got, strings.Join([]string{string(d.Move), string(d.Stage), string(d.ToStage), string(d.Outcome), d.RegionCode}, " "))
	}
	if want := []string{"ADVANCE IDENTIFY PLAN RULES_UNAVAILABLE 32.73", "ADVANCE IDENTIFY PLAN BLOCKED 32.73", "ADVANCE IDENTIFY PLAN MOVED 32.73",
		"REOPEN PLAN PLAN MOVED 32.73", "ADVANCE IDENTIFY PLAN MOVED 32"}; !slices.Equal(got, want) {
		t.Fatal(strings.Join(got, "\n"))
	}
	first, second, third := all[0], all[1], all[2]
	if string(first.Unavailable) == "[]" || len(first.Blocks) != 0 || len(second.Blocks) != 1 || second.Blocks[0].Message.ID != "gali sumur" || first.FactsHash != second.FactsHash {
		t.Error(first, second)
	}
	if third.EventID == nil || o.count(t, `select count(*) from programme_events where id = ? and facts_hash = ?`, *third.EventID, third.FactsHash) != 1 ||
		third.Actor != admin.Subject || string(third.Kinds) != `["CONSULTATIONS"]` || third.Revisions[0].RuleSet != "national" {
		t.Error(third)
	}
	if n := o.count(t, `select count(*) from decisions where rules @> array['water/WELL_DUG']`); n != 1 {
		t.Error("found by rule:", n)
	}
	if o.lost.Load() != 0 {
		t.Error("lost", o.lost.Load())
	}
}

func TestFactsAreKeptOnceMaskedAndShownToAdminsAndAuditorsOfTheRegion(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.moves.Rules = rules{say: blocked}
	id := o.programme(t, "32.73")
	for range 3 {
		_, _ = o.moves.Move(t.Context(), admin, moving.Command{ProgrammeID: id, Move: domain.Advance})
	}
	all := o.written(t)
	if len(all) != 1 || all[0].Count != 3 || !all[0].LastAt.After(all[0].DecidedAt) || o.count(t, `select count(*) from decision_facts`) != 1 {
		t.Fatal(all)
	}
	ids := []uuid.UUID{all[0].ID, uuid.New()}
	for role, sees := range map[domain.Role]bool{domain.RegionalAdmin: true, domain.Auditor: true, domain.Coordinator: false, domain.Viewer: false} {
		for region, within := range map[string]bool{"32": true, "32.73": true, "33": false} {
			shown, err := o.log.Facts(t.Context(), actor(role, region), ids)
			if err != nil || len(shown) > 1 || (shown[ids[0]].Content != nil) != (sees && within) {
				t.Errorf("%s of %s: %s, %v", role, region, shown, err)
			}
			if text := string(shown[ids[0]].Content); sees && within && (strings.Contains(text, "family") || !strings.Contains(text, `"place":"•••"`)) {
				t.Error(text)
			}
		}
	}
}

func TestTheSameAgainIsCountedAndNothingElseIs(t *testing.T) {
	t.Parallel()
	base := newOffice(t, nil)
	says := []func(workflow.Question) workflow.Judgement{blocked, away, func(q workflow.Question) workflow.Judgement {
		j := blocked(q)
		j.Blocks[0].Version = "3"
		return j
	}}
	rapid.Check(t, func(rt *rapid.T) {
		id := base.programme(t, "32.73")
		type kind struct{ said, actor, facts int }
		want := map[kind]int{}
		facts := 0
		logs := rapid.IntRange(1, 3).Draw(rt, "servers") // one after the other on the same database
		for range logs {
			log := &decisions.Log{Store: base.Decisions(), Recorder: base.log.Recorder, Show: base.log.Show, Clock: &tick{}, IDs: domain.RandomIDs{}, Log: base.log.Log}
			log.Start()
			moves := *base.moves
			moves.Recorder = log
			for range rapid.IntRange(0, 8).Draw(rt, "commands") {
				k := kind{said: rapid.IntRange(0, 2).Draw(rt, "said"), actor: rapid.IntRange(0, 1).Draw(rt, "actor")}
				if rapid.IntRange(0, 4).Draw(rt, "change") == 0 {
					facts++
					if _, err := base.Bun.ExecContext(t.Context(), `update consultations set female = ? where programme_id = ?`, facts, id); err != nil {
						rt.Fatal(err)
					}
				}
				k.facts = facts
				want[k]++
				moves.Rules = rules{say: says[k.said]}
				who := admin
				if k.actor == 1 {
					who = actor(domain.Coordinator, "32.73")
				}
				_, _ = moves.Move(t.Context(), who, moving.Command{ProgrammeID: id, Move: domain.Advance})
			}
			log.Close(t.Context())
		}
		var all []domain.Decision
		if err := base.Bun.NewSelect().Model(&all).Where("programme_id = ?", id).Scan(t.Context()); err != nil {
			rt.Fatal(err)
		}
		var got, counts []int
		for _, d := range all {
			got = append(got, d.Count)
		}
		for _, n := range want {
			counts = append(counts, n)
		}
		slices.Sort(got)
		slices.Sort(counts)
		if !slices.Equal(got, counts) {
			rt.Fatalf("counted %v, not %v", got, counts)
		}
	})
}

// gate is a store that takes nothing until it is opened, and refuses so many batches.
type gate struct {
	decisions.Store
	open   chan struct{}
	refuse atomic.Int64
}

func (g *gate) Keep(ctx context.Context, facts []workflow.KeptFacts, all []workflow.KeptDecision) error {
	if g.open != nil {
		<-g.open
	}
	if g.refuse.Add(-1) >= 0 {
		return errors.New("the database is away")
	}
	return g.Store.Keep(ctx, facts, all)
}

func TestAFullQueueDropsAndCountsAndKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	g := &gate{open: make(chan struct{})}
	o := newOffice(t, func(l *decisions.Log) { g.Store, l.Store = l.Store, g })
	o.moves.Rules = rules{say: blocked}
	id := o.programme(t, "32")
	snapshots, err := o.moves.Store.Facts(t.Context(), []workflow.Wanted{{ProgrammeID: id}})
	if err != nil {
		t.Fatal(err)
	}
	d := workflow.Decided{Actor: "x", Snapshot: snapshots[0].Snapshot, Facts: &snapshots[0].Facts, Outcome: domain.DecisionBlocked, Judgement: &workflow.Judgement{}}
	d.Question, _ = snapshots[0].State().Question(d.Facts, noon)
	const given = 10_000
	for range given { // it would wait for ever if it waited for the log
		o.log.Decided(d)
	}
	lost := o.lost.Load()
	if lost < given/2 || lost >= given {
		t.Error(lost, "were lost")
	}
	close(g.open)
	if all := o.written(t); len(all) != 1 || int64(all[0].Count) != given-lost {
		t.Error(all, "lost", lost)
	}
	o.log.Decided(d)
	if o.lost.Load() != lost+1 {
		t.Error("what comes after the end is not counted as lost")
	}
}

func TestADatabaseThatComesBackLosesNothingAndOneThatDoesNotIsCounted(t *testing.T) {
	t.Parallel()
	for refused, lost := range map[int64]int64{1: 0, 2: 1} { // there is one pause
		g := &gate{}
		g.refuse.Store(refused)
		o := newOffice(t, func(l *decisions.Log) { g.Store, l.Store = l.Store, g })
		id := o.programme(t, "32")
		if _, err := o.moves.Move(t.Context(), admin, moving.Command{ProgrammeID: id, Move: domain.Advance}); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(time.Minute); g.refuse.Load() > 0 || lost == 0 && o.count(t, `select count(*) from decisions`) == 0; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("nothing was tried again")
			}
		}
		if all := o.written(t); int64(len(all)) != 1-lost || o.lost.Load() != lost {
			t.Error(refused, all, o.lost.Load())
		}
	}
}

func TestWhatIsOldGoesWithItsFactsAndWhatIsStillMadeStays(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	old, again := o.programme(t, "32"), o.programme(t, "32")
	o.moves.Rules = rules{say: blocked}
	try := func(id uuid.UUID) {
		_, _ = o.moves.Move(t.Context(), admin, moving.Command{ProgrammeID: id, Move: domain.Advance})
	}
	try(old)
	try(again)
	later := &tick{}
	later.seconds.Store(int64(80 * 24 * time.Hour / time.Second))
	o.moves.Clock = later
	try(again)
	if all := o.written(t); len(all) != 2 {
		t.Fatal(all)
	}
	o.log.Clock = at(noon.Add(100 * 24 * time.Hour))
	for range 2 {
		if err := o.log.Forget(t.Context(), workflow.JobRun{}); err != nil {
			t.Fatal(err)
		}
		if n, facts := o.count(t, `select count(*) from decisions where programme_id = ?`, again), o.count(t, `select count(*) from decision_facts`); n != 1 || facts != 1 ||
			o.count(t, `select count(*) from decisions`) != 1 {
			t.Error(n, facts)
		}
	}
	o.log.Clock = at(noon.Add(200 * 24 * time.Hour))
	if err := o.log.Forget(t.Context(), workflow.JobRun{}); err != nil || o.count(t, `select (select count(*) from decisions) + (select count(*) from decision_facts)`) != 0 {
		t.Error(err)
	}
}

type at time.Time

func (a at) Now() time.Time { return time.Time(a) }

// BenchmarkOneMove makes a move with the log beside it and without: the difference is what whoever moves a programme waits for.
func BenchmarkOneMove(b *testing.B) {
	o := newOffice(b, nil)
	for _, name := range []string{"without", "with"} {
		b.Run(name, func(b *testing.B) {
			moves := *o.moves
			if name == "without" {
				moves.Recorder = nil
			}
			var id uuid.UUID
			for i := 0; b.Loop(); i++ {
				if i%20 == 0 { // a history that grows would be what is measured
					b.StopTimer()
					id = o.programme(b, "32")
					b.StartTimer()
				}
				for _, c := range []moving.Command{{ProgrammeID: id, Move: domain.Advance}, {ProgrammeID: id, Move: domain.SendBack, ToStage: of(domain.Identify), Reason: of("x")}} {
					if _, err := moves.Move(context.Background(), admin, c); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
