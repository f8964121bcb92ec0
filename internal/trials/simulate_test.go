package trials_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	_ "github.com/berdaya/berdaya/internal/seeded"
	"github.com/berdaya/berdaya/internal/trials"
	"github.com/berdaya/berdaya/workflow"
)

// women asks for as many women in the consultations.
func women(version string, least int32) *law {
	return &law{set: "water", version: version, rules: []article{{code: "WOMEN_HEARD", severity: domain.SeverityBlock, waivable: domain.WaivableRegion, women: least}}}
}

func TestASimulationSaysWhoWouldBeBlockedAndFreedByWhichRule(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	old, stricter := women("1", 10), women("2", 20)
	stricter.rules = append(stricter.rules, article{code: "LOOK", severity: domain.SeverityWarn, women: 100})
	o.upload(t, old, "32")
	o.upload(t, stricter, "32")
	o.regime.put(old, "32")
	var stopped []uuid.UUID
	for i := range 30 { // 10 of them have fewer than ten, 10 more fewer than twenty
		id := o.programme(t, []string{"32", "32.73", "32.04"}[i%3], i)
		if i >= 10 && i < 20 {
			stopped = append(stopped, id)
		}
	}
	o.programme(t, "33", 15) // elsewhere
	got, list := o.finish(t, o.start(t, trials.Start{Kind: domain.Simulation, RuleSet: "water", Version: "2", Region: "32"}))
	if got.State != domain.TrialCompleted || got.Total != 30 || got.Done != 30 || got.NewlyBlocked != 10 || got.Freed != 0 || got.Unchanged != 20 || got.NotJudged != 0 || got.FinishedAt == nil {
		t.Errorf("%+v", got)
	}
	if want := []domain.TrialRule{{Rule: "LOOK", Remarks: 30}, {Rule: "WOMEN_HEARD", Blocks: 10}}; fmt.Sprint(got.Rules) != fmt.Sprint(want) {
		t.Error(got.Rules)
	}
	found := map[uuid.UUID]bool{}
	for _, d := range list {
		if d.Effect == domain.RuleBlocks {
			found[d.ProgrammeID] = true
			if d.Change != domain.NewlyBlocked || d.Rule != "WOMEN_HEARD" || d.MessageEN != "WOMEN_HEARD of 2" || d.MessageID != "WOMEN_HEARD dari 2" {
				t.Error(d)
			}
		}
	}
	if len(list) != 40 || len(found) != 10 || got.Listed != 40 || got.More {
		t.Error(len(list), len(found), got.Listed)
	}
	for _, id := range stopped {
		if !found[id] {
			t.Error(id, "would be blocked, and is not in the list")
		}
	}

	o.regime.put(stricter, "32")
	back, list := o.finish(t, o.start(t, trials.Start{Kind: domain.Simulation, RuleSet: "water", Version: "1", Region: "32"}))
	if back.Freed != 10 || back.NewlyBlocked != 0 || len(list) != 40 || list[0].MessageEN == "" {
		t.Errorf("%+v", back)
	}
	below, _ := o.finish(t, o.start(t, trials.Start{Kind: domain.Simulation, RuleSet: "water", Version: "1", Region: "32.73"}))
	if below.Freed != 0 || below.Done != 10 { // the one of the province goes on holding
		t.Errorf("%+v", below)
	}
}

// randomLaw draws a version of a rule set.
func randomLaw(t *rapid.T, set, version string) *law {
	l := &law{set: set, version: version}
	for i := range rapid.IntRange(0, 3).Draw(t, "rules of "+set) {
		l.rules = append(l.rules, article{code: fmt.Sprint("R", i), severity: rapid.SampledFrom([]domain.Severity{domain.SeverityBlock, domain.SeverityBlock, domain.SeverityWarn}).Draw(t, "severity"),
			waivable: rapid.SampledFrom([]domain.Waivable{domain.WaivableNo, domain.WaivableRegion}).Draw(t, "waivable"),
			of:       rapid.Uint32Range(0, 4).Draw(t, "of"), women: rapid.Int32Range(0, 8).Draw(t, "women")})
	}
	return l
}

func TestMovingAfterAnActivationForEveryoneSaysWhatTheSimulationSaid(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	region := 1000
	rapid.Check(t, func(rt *rapid.T) {
		region++
		province := fmt.Sprint(region / 80)
		code := fmt.Sprintf("%s.%02d", province, 10+region%80)
		if o.count(t, `select count(*) from regions where code = ?`, province) == 0 {
			dbtest.Regions(t, o.DB, province)
		}
		dbtest.Regions(t, o.DB, code)
		mine, other := "water-"+fmt.Sprint(region), "roads-"+fmt.Sprint(region)
		in := rapid.SampledFrom([]string{province, code}).Draw(rt, "tried in")
		o.regime.change(func() { clear(o.regime.atWork) })
		candidate := randomLaw(rt, mine, "2")
		o.upload(t, candidate, province)
		if rapid.Bool().Draw(rt, "at work before") {
			o.regime.put(randomLaw(rt, mine, "1"), in)
		}
		if rapid.Bool().Draw(rt, "at work elsewhere too") {
			o.regime.put(randomLaw(rt, mine, "1"), map[string]string{province: code, code: province}[in])
		}
		o.regime.put(randomLaw(rt, other, "1"), rapid.SampledFrom([]string{"ID", province, code}).Draw(rt, "other in"))
		var ids []uuid.UUID
		defer func() { // so that the next simulation of the province counts its own
			for _, id := range ids {
				if _, err := o.Bun.ExecContext(t.Context(), `update programmes set status = 'CANCELLED', due_on = null where id = ?`, id); err != nil {
					t.Error(err)
				}
			}
		}()
		for range rapid.IntRange(1, 6).Draw(rt, "programmes") {
			id := o.programme(t, code, rapid.IntRange(0, 40).Draw(rt, "consulted"))
			ids = append(ids, id)
			for rule := range 3 {
				if rapid.IntRange(0, 5).Draw(rt, "waived") == 0 {
					o.insert(t, &domain.Waiver{Record: record(), ProgrammeID: id, Stage: domain.Identify, RuleSet: mine, Rule: fmt.Sprint("R", rule), Waivable: domain.WaivableRegion, RuleRegion: in,
						Reason: "x", ExpiresOn: "2026-12-31", State: domain.WaiverGranted, RequestedBy: "x", DecidedBy: of("y"), DecidedAt: &noon, DecisionReason: of("x")})
				}
			}
		}
		before, err := o.moves.Standing(t.Context(), ids)
		if err != nil {
			rt.Fatal(err)
		}
		trial, list := o.finish(t, o.start(t, trials.Start{Kind: domain.Simulation, RuleSet: mine, Version: "2", Region: in}))
		o.regime.put(candidate, in)
		after := o.move(t, ids)

		predicted := map[uuid.UUID]domain.TrialChange{}
		for _, d := range list {
			if was, there := predicted[d.ProgrammeID]; there && was != d.Change {
				rt.Fatal("two changes of one programme")
			}
			predicted[d.ProgrammeID] = d.Change
		}
		counts := map[domain.TrialChange]int{}
		for _, s := range before {
			id, could := s.Programme.ID, len(s.Blocks) == 0
			want := domain.Unchanged
			switch {
			case could && !after[id]:
				want = domain.NewlyBlocked
			case !could && after[id]:
				want = domain.Freed
			}
			counts[want]++
			got, listed := predicted[id]
			if !listed {
				got = domain.Unchanged
			}
			if got != want {
				rt.Fatalf("it was said %s; it could move: %v, and then: %v", got, could, after[id])
			}
		}
		if trial.NewlyBlocked != counts[domain.NewlyBlocked] || trial.Freed != counts[domain.Freed] || trial.NotJudged != 0 || in == code && trial.Done != len(ids) {
			rt.Fatalf("%+v %v", trial, counts)
		}
	})
}

func TestATrialThatIsKilledBetweenBatchesGoesOnAndCountsNothingTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.upload(t, women("2", 20), "32")
	for i := range 40 {
		o.programme(t, "32.73", i)
	}
	id := o.start(t, trials.Start{Kind: domain.Simulation, RuleSet: "water", Version: "2", Region: "32"})
	for kills := 0; ; kills++ {
		ctx, kill := context.WithCancel(t.Context())
		batches := 0
		o.regime.judge = func() {
			if batches++; batches == 2 {
				kill() // in the middle of the second batch
			}
		}
		more, err := o.trials.Work(ctx, id)
		kill()
		if err != nil && !errors.Is(err, context.Canceled) && domain.CodeOf(err) != domain.CodeUnavailable {
			t.Fatal(err)
		}
		if !more {
			if kills < 4 {
				t.Error("it was killed only", kills, "times")
			}
			break
		}
		if kills > 20 {
			t.Fatal("it does not get on")
		}
	}
	got, list := o.read(t, id)
	if got.State != domain.TrialCompleted || got.Done != 40 || got.NewlyBlocked != 20 || len(list) != 20 || got.Total != 40 {
		t.Errorf("%+v %d", got, len(list))
	}
}

func TestATrialWhoseServersAreKilledOneAfterTheOtherGetsAnotherJobEachTime(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.upload(t, women("2", 20), "32")
	o.start(t, trials.Start{Kind: domain.Simulation, RuleSet: "water", Version: "2", Region: "32"})
	for kills := 1; kills <= 3; kills++ {
		// A server takes all jobs up and is killed: they pass for running, and its lease runs out.
		if _, err := o.Bun.ExecContext(t.Context(), `update jobs.river_job set state = 'running', attempted_at = now(), attempt = 1 where kind = ?`, trials.SliceJob); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Bun.ExecContext(t.Context(), `update rule_trials set worker = gen_random_uuid(), leased_until = now() - interval '1 s'`); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := o.trials.Sweep(t.Context(), workflow.JobRun{}); err != nil {
				t.Fatal(err)
			}
		}
		if n := o.count(t, `select count(*) from jobs.river_job where kind = ? and state = 'available'`, trials.SliceJob); n != 1 {
			t.Fatalf("%d jobs wait after %d servers were killed", n, kills)
		}
	}
}

func TestWhoLostTheLeaseWritesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.upload(t, women("2", 20), "32")
	for i := range 10 {
		o.programme(t, "32", i)
	}
	id := o.start(t, trials.Start{Kind: domain.Simulation, RuleSet: "water", Version: "2", Region: "32"})
	once := true
	o.regime.judge = func() {
		if once { // another server takes it over while the version thinks
			once = false
			if _, err := o.Bun.ExecContext(t.Context(), `update rule_trials set leased_until = now() - interval '1 s'`); err != nil {
				t.Error(err)
			}
			if more, err := o.trials.Work(t.Context(), id); more || err != nil {
				t.Error(more, err)
			}
		}
	}
	if more, err := o.trials.Work(t.Context(), id); more || err != nil {
		t.Error(more, err)
	}
	if got, list := o.read(t, id); got.Done != 10 || len(list) != 10 || got.State != domain.TrialCompleted {
		t.Errorf("%+v %d", got, len(list))
	}
	if more, err := o.trials.Work(t.Context(), id); more || err != nil {
		t.Error("one that is completed is worked on", more, err)
	}
}

func TestCancellingEndsATrialAndKeepsWhatItFound(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.upload(t, women("2", 20), "32")
	for i := range 40 {
		o.programme(t, "32", i)
	}
	id := o.start(t, trials.Start{Kind: domain.Simulation, RuleSet: "water", Version: "2", Region: "32"})
	batches := 0
	o.regime.judge = func() {
		if batches++; batches == 3 {
			if _, err := o.trials.Cancel(t.Context(), admin, id, of("stop")); err != nil {
				t.Error(err)
			}
		}
	}
	if more, err := o.trials.Work(t.Context(), id); more || err != nil {
		t.Error(more, err)
	}
	got, list := o.read(t, id)
	if got.State != domain.TrialCancelled || got.Done != 14 || len(list) != 14 || got.FinishedAt == nil || batches != 3 {
		t.Errorf("%+v %d", got, len(list))
	}
	if _, err := o.trials.Cancel(t.Context(), admin, id, of("again")); err != nil {
		t.Error(err)
	}
}

func TestAVersionThatCannotBeAskedFailsTheTrial(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.upload(t, women("2", 20), "32")
	for i := range 40 {
		o.programme(t, "32", i)
	}
	begin := func() uuid.UUID {
		return o.start(t, trials.Start{Kind: domain.Simulation, RuleSet: "water", Version: "2", Region: "32"})
	}
	o.regime.broken = domain.Errorf(domain.CodeBadFile, "it says that it is another").In("bukan yang ini")
	if got, _ := o.finish(t, begin()); got.State != domain.TrialFailed || *got.LastErrorID != "bukan yang ini" || got.Done != 0 {
		t.Errorf("%+v", got)
	}
	o.regime.broken = domain.Errorf(domain.CodeUnavailable, "not now").In("belum")
	id := begin()
	if more, err := o.trials.Work(t.Context(), id); err == nil || !more {
		t.Error("a passing cause ends it:", more, err)
	}
	if got, _ := o.read(t, id); got.State != domain.TrialRunning || *got.LastErrorEN != "not now" {
		t.Errorf("%+v", got)
	}
	o.regime.broken = nil
	o.regime.away["2"] = true
	if got, list := o.finish(t, id); got.State != domain.TrialFailed || got.NotJudged != 21 || got.Done != 21 || list[0].Effect != domain.RuleUnanswered || list[0].Rule != workflow.RuleUnavailable || *got.LastErrorEN == "" {
		t.Errorf("%+v", got)
	}
	o.regime.away = map[string]bool{"roads": true}
	o.regime.put(&law{set: "roads", version: "1"}, "32")
	if got, _ := o.finish(t, begin()); got.State != domain.TrialCompleted || got.NotJudged != 40 {
		t.Errorf("another rule set is away: %+v", got)
	}
	o.regime.away["water"] = true
	o.regime.away["roads"] = false
	o.regime.put(women("1", 0), "32")
	if got, _ := o.finish(t, begin()); got.NotJudged != 0 || got.Freed != 20 || got.Unchanged != 20 {
		t.Errorf("what it takes the place of is away, and no matter: %+v", got)
	}
}

func TestOnlyWhoMayActivateMayTryAndNoMoreThanMay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.upload(t, women("2", 20), "32")
	start := func(a access.Actor, c trials.Start) domain.Code {
		t.Helper()
		if c.Kind == "" {
			c.Kind = domain.Simulation
		}
		c.Key = of(uuid.NewString())
		_, err := o.trials.Start(t.Context(), a, c)
		return domain.CodeOf(err)
	}
	fine := trials.Start{RuleSet: "water", Version: "2", Region: "32.73"}
	for _, role := range domain.Roles.Codes() {
		want := domain.CodeForbidden
		if r := domain.Role(role); r == domain.RegionalAdmin || r == domain.NationalAdmin {
			want = ""
		}
		a := actor(domain.Role(role), "32")
		dbtestMember(t, o, a.Subject)
		if got := start(a, trials.Start{RuleSet: "water", Version: "2", Region: "32.04"}); got != want {
			t.Error(role, got)
		}
		if got := start(actor(domain.Role(role), "33"), fine); got != domain.CodeForbidden {
			t.Error(role, "of another region:", got)
		}
	}
	for what, c := range map[string]struct {
		trials.Start
		want domain.Code
	}{
		"no such rule set":   {trials.Start{RuleSet: "none", Version: "2", Region: "32"}, domain.CodeNotFound},
		"no such version":    {trials.Start{RuleSet: "water", Version: "9", Region: "32"}, domain.CodeNotFound},
		"no region":          {trials.Start{RuleSet: "water", Version: "2", Region: "x"}, domain.CodeNotFound},
		"above its region":   {trials.Start{RuleSet: "water", Version: "2", Region: "ID"}, domain.CodeBadUserInput},
		"replay of nothing":  {trials.Start{Kind: domain.Replay, RuleSet: "water", Version: "2", Region: "32"}, domain.CodeBadUserInput},
		"replay backwards":   {trials.Start{Kind: domain.Replay, RuleSet: "water", Version: "2", Region: "32", Since: of(noon), Until: of(noon.Add(-time.Hour))}, domain.CodeBadUserInput},
		"endless shadow":     {trials.Start{Kind: domain.Shadow, RuleSet: "water", Version: "2", Region: "32"}, domain.CodeBadUserInput},
		"shadow too long":    {trials.Start{Kind: domain.Shadow, RuleSet: "water", Version: "2", Region: "32", Until: of(noon.Add(91 * 24 * time.Hour))}, domain.CodeBadUserInput},
		"shadow of the past": {trials.Start{Kind: domain.Shadow, RuleSet: "water", Version: "2", Region: "32", Until: of(noon)}, domain.CodeBadUserInput},
	} {
		if got := start(national, c.Start); got != c.want {
			t.Errorf("%s: %s, not %s", what, got, c.want)
		}
	}
	for i := range domain.MaxTrialsInRegion {
		if got := start(admin, fine); got != "" {
			t.Error(i, got)
		}
	}
	if got := start(admin, fine); got != domain.CodeRuleSetNotPossible {
		t.Error("one more than may:", got)
	}
	shadow := trials.Start{Kind: domain.Shadow, RuleSet: "water", Version: "2", Region: "32", Until: of(noon.Add(time.Hour))}
	if got := start(admin, shadow); got != "" {
		t.Error(got)
	}
	if got := start(admin, shadow); got != domain.CodeRuleSetNotPossible {
		t.Error("a second shadow:", got)
	}
	for i := range domain.MaxShadowsNear { // one runs already
		name := fmt.Sprint("roads-", i)
		o.upload(t, &law{set: name, version: "1"}, "ID")
		want := domain.Code("")
		if i == domain.MaxShadowsNear-1 {
			want = domain.CodeRuleSetNotPossible
		}
		near := trials.Start{Kind: domain.Shadow, RuleSet: name, Version: "1", Region: "32.73", Until: of(noon.Add(time.Hour))}
		if got := start(admin, near); got != want {
			t.Error(i, got)
		}
		if near.Region = "33"; want != "" {
			want = ""
			if got := start(national, near); got != want {
				t.Error("one province keeps another out:", got)
			}
		}
	}
	id := o.start(t, trials.Start{Kind: domain.Simulation, RuleSet: "water", Version: "2", Region: "32", Key: of("k")})
	if again := o.start(t, trials.Start{Kind: domain.Simulation, RuleSet: "water", Version: "2", Region: "32", Key: of("k")}); again != id {
		t.Error("the same command with the same key began another")
	}
	for _, a := range []access.Actor{actor(domain.Coordinator, "32"), actor(domain.RegionalAdmin, "33"), {}} {
		if _, err := o.trials.Cancel(t.Context(), a, id, nil); domain.CodeOf(err) != domain.CodeNotFound && a.SignedIn() || err == nil {
			t.Error(a.Subject, err)
		}
	}
	if _, err := o.trials.Cancel(t.Context(), actor(domain.Auditor, "32"), id, nil); domain.CodeOf(err) != domain.CodeForbidden {
		t.Error(err)
	}
}

func dbtestMember(t *testing.T, o *office, subject string) {
	if o.count(t, `select count(*) from members where subject = ?`, subject) == 0 {
		dbtest.Member(t, o.DB, subject)
	}
}
