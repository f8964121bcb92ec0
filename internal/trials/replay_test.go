package trials_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/decisions"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/trials"
)

// logged has the office keep its decisions, and gives what waits until they are written.
func (o *office) logged(t testing.TB) (written func()) {
	t.Helper()
	log := &decisions.Log{Store: o.Decisions(), Recorder: o.log.Recorder, Show: o.log.Show, Clock: o.clock, IDs: domain.RandomIDs{}, Log: o.log.Log}
	log.Start()
	o.moves.Recorder = log
	return func() { log.Close(t.Context()) }
}

func TestAReplaySaysOfEachDecisionWhatTheVersionWouldHaveSaidThen(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	region := 0
	rapid.Check(t, func(rt *rapid.T) {
		region++
		name := fmt.Sprint("water-", region)
		old := &law{set: name, version: "1", rules: []article{{code: "WOMEN_HEARD", severity: domain.SeverityBlock, waivable: domain.WaivableNo, women: rapid.Int32Range(0, 10).Draw(rt, "then")}}}
		tried := &law{set: name, version: "2", rules: []article{{code: "WOMEN_HEARD", severity: domain.SeverityBlock, waivable: domain.WaivableNo, women: rapid.Int32Range(0, 10).Draw(rt, "now")}}}
		o.upload(t, old, "32")
		o.upload(t, tried, "32")
		o.regime.change(func() { clear(o.regime.atWork) })
		o.regime.put(old, "32")
		written := o.logged(t)
		since := o.clock.Now()
		want := map[domain.TrialChange]int{}
		for range rapid.IntRange(0, 3).Draw(rt, "programmes") {
			women := rapid.IntRange(0, 10).Draw(rt, "women")
			id := o.programme(t, rapid.SampledFrom([]string{"32", "32.73"}).Draw(rt, "region"), women)
			stage := map[bool]int{}
			for range rapid.IntRange(1, 3).Draw(rt, "advances") {
				out, err := o.moves.Move(t.Context(), national, moving.Command{ProgrammeID: id, Move: domain.Advance})
				if err != nil && domain.CodeOf(err) != domain.CodeBlocked {
					rt.Fatal(err)
				}
				if stage[out.Allowed]++; !out.Allowed && stage[false] > 1 {
					continue // the same again
				}
				switch may := int32(women) >= tried.rules[0].women; {
				case out.Allowed && !may:
					want[domain.NewlyBlocked]++
				case !out.Allowed && may:
					want[domain.Freed]++
				default:
					want[domain.Unchanged]++
				}
			}
			// What changes afterwards is none of the past's business.
			if _, err := o.Bun.ExecContext(t.Context(), `update consultations set female = 5 where programme_id = ?`, id); err != nil {
				rt.Fatal(err)
			}
		}
		written()
		until := o.clock.Now()
		got, list := o.finish(t, o.start(t, trials.Start{Kind: domain.Replay, RuleSet: name, Version: "2", Region: "32", Since: &since, Until: &until}))
		sum := want[domain.NewlyBlocked] + want[domain.Freed] + want[domain.Unchanged]
		if got.State != domain.TrialCompleted || got.Done != sum || got.Total != sum || got.NewlyBlocked != want[domain.NewlyBlocked] || got.Freed != want[domain.Freed] || got.NotJudged != 0 || got.Masked != sum {
			rt.Fatalf("%+v, not %v", got, want)
		}
		if len(list) != want[domain.NewlyBlocked]+want[domain.Freed] {
			rt.Fatal(list)
		}
		for _, d := range list {
			if !d.Masked || d.DecidedAt.Before(since) || d.DecidedAt.After(until) {
				rt.Fatal(d)
			}
		}
	})
}

func TestAReplayThatIsKilledGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.upload(t, women("2", 20), "32")
	written := o.logged(t)
	since := o.clock.Now()
	var ids []uuid.UUID
	for i := range 30 {
		ids = append(ids, o.programme(t, "32", i))
	}
	o.move(t, ids)
	written()
	id := o.start(t, trials.Start{Kind: domain.Replay, RuleSet: "water", Version: "2", Region: "32", Since: &since})
	for range 20 {
		batches := 0
		o.regime.judge = func() {
			if batches++; batches == 2 {
				if _, err := o.Bun.ExecContext(t.Context(), `update rule_trials set worker = null, leased_until = null`); err != nil { // as though its lease had run out
					t.Error(err)
				}
			}
		}
		if _, err := o.trials.Work(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if got, _ := o.read(t, id); got.State != domain.TrialRunning {
			break
		}
	}
	if got, list := o.read(t, id); got.Done != 30 || got.NewlyBlocked != 20 || len(list) != 20 || got.State != domain.TrialCompleted {
		t.Errorf("%+v %d", got, len(list))
	}
}

func TestDecisionsWhoseFactsAreNotThereAreNotJudged(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.upload(t, women("2", 20), "32")
	written := o.logged(t)
	since := o.clock.Now()
	o.regime.needless = true
	o.move(t, []uuid.UUID{o.programme(t, "32", 30)})
	o.regime.needless = false
	o.move(t, []uuid.UUID{o.programme(t, "32", 30), o.programme(t, "32", 31)})
	written()
	if _, err := o.Bun.ExecContext(t.Context(), `delete from decision_facts where hash = (select facts_hash from decisions order by decided_at desc, id desc limit 1)`); err != nil {
		t.Fatal(err)
	}
	got, list := o.finish(t, o.start(t, trials.Start{Kind: domain.Replay, RuleSet: "water", Version: "2", Region: "32", Since: &since, Until: of(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))}))
	if got.State != domain.TrialCompleted || got.Done != 3 || got.NotJudged != 2 || got.Unchanged != 1 || len(list) != 2 {
		t.Fatalf("%+v %d", got, len(list))
	}
	for i, want := range []string{"CONSULTATIONS were not read", "were not kept"} {
		if d := list[i]; d.Effect != domain.RuleUnanswered || !contains(d.MessageEN, want) {
			t.Error(d)
		}
	}
	if !got.Until.Before(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("a replay of what is to come:", got.Until)
	}
}

func TestAReplayOfDecisionsThatNoneCanBeAskedAboutIsNoFaultOfTheVersion(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.upload(t, women("2", 20), "32")
	written := o.logged(t)
	since := o.clock.Now()
	o.regime.needless = true // so that no facts were read
	var ids []uuid.UUID
	for range 30 { // more than three batches
		ids = append(ids, o.programme(t, "32", 30))
	}
	o.move(t, ids)
	written()
	got, list := o.finish(t, o.start(t, trials.Start{Kind: domain.Replay, RuleSet: "water", Version: "2", Region: "32", Since: &since}))
	if got.State != domain.TrialCompleted || got.Done != 30 || got.NotJudged != 30 || len(list) != 30 {
		t.Errorf("%+v %d", got, len(list))
	}
}

func TestWhatIsListedQuotesNoTextThatIsMasked(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	old, tried := women("1", 10), women("2", 20)
	old.quotes, tried.quotes = true, true
	o.upload(t, old, "32")
	o.upload(t, tried, "32")
	o.regime.put(old, "32")
	written := o.logged(t)
	s, beside := o.beside(t)
	beside.Recorder = moving.Recorders{s, o.moves.Recorder}
	since := o.clock.Now()
	shadow := o.start(t, trials.Start{Kind: domain.Shadow, RuleSet: "water", Version: "2", Region: "32", Until: of(since.Add(time.Hour))})
	stands(t, s, "32", true)
	advance(t, beside, o.programme(t, "32", 15))
	written()
	_, replayed := o.finish(t, o.start(t, trials.Start{Kind: domain.Replay, RuleSet: "water", Version: "2", Region: "32", Since: &since}))
	o.programme(t, "32", 15)
	_, simulated := o.finish(t, o.start(t, trials.Start{Kind: domain.Simulation, RuleSet: "water", Version: "2", Region: "32"}))
	o.regime.put(tried, "32")
	_, freed := o.finish(t, o.start(t, trials.Start{Kind: domain.Simulation, RuleSet: "water", Version: "1", Region: "32"}))
	eventually(t, "the shadow has compared", func() bool { got, _ := o.read(t, shadow); return got.Done > 0 })
	_, shadowed := o.read(t, shadow)
	for kind, list := range map[string][]*domain.RuleTrialDifference{"replay": replayed, "simulation": simulated, "freed": freed, "shadow": shadowed} {
		if len(list) == 0 {
			t.Error(kind, "lists nothing")
		}
		for _, d := range list {
			if !contains(d.MessageEN, " at •••") || !contains(d.MessageID, " at •••") {
				t.Errorf("%s: %q, %q", kind, d.MessageEN, d.MessageID)
			}
		}
	}
}

func TestMasksThatAVersionReadsNothingOfAreNotCounted(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	blind := women("2", 20)
	blind.blind = true
	o.upload(t, blind, "32")
	written := o.logged(t)
	since := o.clock.Now()
	o.move(t, []uuid.UUID{o.programme(t, "32", 10)})
	written()
	got, list := o.finish(t, o.start(t, trials.Start{Kind: domain.Replay, RuleSet: "water", Version: "2", Region: "32", Since: &since}))
	if got.NewlyBlocked != 1 || got.Masked != 0 || len(list) != 1 || list[0].Masked {
		t.Errorf("%+v %v", got, list)
	}
}
