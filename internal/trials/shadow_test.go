package trials_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/trials"
	"github.com/berdaya/berdaya/workflow"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

// beside has a server run shadows beside the rules at work, and gives what moves programmes there.
func (o *office) beside(t testing.TB, waits ...time.Duration) (*trials.Shadows, *moving.Moves) {
	t.Helper()
	return o.besideIn(t, o.Trials(), waits...)
}

// besideIn is beside with a store.
func (o *office) besideIn(t testing.TB, store trials.Store, waits ...time.Duration) (*trials.Shadows, *moving.Moves) {
	t.Helper()
	s := &trials.Shadows{Rules: o.regime, Store: store, Trier: o.regime, Hush: o.log.Hush, Clock: o.clock, IDs: domain.RandomIDs{}, Log: slog.New(slog.DiscardHandler),
		Every: 5 * time.Millisecond, Waits: waits}
	ctx, stop := context.WithCancel(context.Background())
	var ends sync.WaitGroup
	ends.Go(func() { s.Follow(ctx) })
	t.Cleanup(func() { stop(); ends.Wait() })
	moves := *o.moves
	moves.Rules, moves.Recorder = s, moving.Recorders{s}
	return s, &moves
}

func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within two minutes: " + what)
		}
	}
}

// stands waits until a shadow answers on a server: it tells what facts it needs.
func stands(t testing.TB, s *trials.Shadows, region string, there bool) {
	t.Helper()
	eventually(t, "the shadow stands", func() bool {
		kinds, err := s.Needs(t.Context(), region)
		return err == nil && (len(kinds) == 1) == there
	})
}

func advance(t testing.TB, moves *moving.Moves, id uuid.UUID) {
	t.Helper()
	if _, err := moves.Move(t.Context(), national, moving.Command{ProgrammeID: id, Move: domain.Advance}); err != nil && domain.CodeOf(err) != domain.CodeBlocked {
		t.Fatal(err)
	}
}

func TestAShadowIsAskedAboutTheDecisionsOfEveryServerAndChangesNone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.regime.needless = true // the shadow needs facts that nobody else does
	o.upload(t, women("2", 20), "32")
	one, here := o.beside(t)
	other, there := o.beside(t)
	id := o.start(t, trials.Start{Kind: domain.Shadow, RuleSet: "water", Version: "2", Region: "32", Until: of(o.clock.Now().Add(time.Hour))})
	stands(t, one, "32.73", true)
	stands(t, other, "32", true)
	if kinds, err := one.Needs(t.Context(), "33"); err != nil || len(kinds) > 0 {
		t.Error("another region reads more for it:", kinds, err)
	}
	for i := range 20 {
		moves := here
		if i%2 == 1 {
			moves = there
		}
		p := o.programme(t, []string{"32", "32.73", "33"}[i%3], i+10)
		advance(t, moves, p)
		if o.count(t, `select count(*) from programmes where id = ? and stage = 'PLAN'`, p) != 1 {
			t.Error("the shadow stopped a programme")
		}
	}
	eventually(t, "all are compared", func() bool { got, _ := o.read(t, id); return got.Done == 14 })
	got, list := o.read(t, id)
	if got.NewlyBlocked != 7 || got.Unchanged != 7 || got.NotJudged != 0 || got.Total != 14 || len(list) != 7 || got.State != domain.TrialRunning || got.Missed != 0 {
		t.Errorf("%+v %d", got, len(list))
	}
	if _, err := o.trials.Cancel(t.Context(), admin, id, nil); err != nil {
		t.Fatal(err)
	}
	stands(t, one, "32", false)
	stands(t, other, "32", false)
	advance(t, here, o.programme(t, "32", 0))
	if got, _ := o.read(t, id); got.Done != 14 || got.State != domain.TrialCancelled {
		t.Errorf("%+v", got)
	}
}

func TestAShadowWhoseTimeIsOverEnds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.regime.needless = true
	o.upload(t, women("2", 20), "32")
	s, _ := o.beside(t)
	id := o.start(t, trials.Start{Kind: domain.Shadow, RuleSet: "water", Version: "2", Region: "32", Until: of(o.clock.Now().Add(time.Hour))})
	stands(t, s, "32", true)
	if err := o.trials.Sweep(t.Context(), workflow.JobRun{}); err != nil {
		t.Fatal(err)
	}
	if got, _ := o.read(t, id); got.State != domain.TrialRunning {
		t.Error("it ended early")
	}
	o.clock.passed.Add(int64(time.Hour))
	if err := o.trials.Sweep(t.Context(), workflow.JobRun{}); err != nil {
		t.Fatal(err)
	}
	stands(t, s, "32", false)
	if got, _ := o.read(t, id); got.State != domain.TrialCompleted || got.FinishedAt == nil {
		t.Errorf("%+v", got)
	}
}

func TestAShadowThatIsBrokenFailsByItselfAndNobodyWaits(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.regime.needless = true
	o.upload(t, women("2", 20), "32")
	o.upload(t, women("3", 20), "32")
	o.regime.broken = domain.Errorf(domain.CodeUnavailable, "not now").In("belum")
	_, moves := o.beside(t, time.Millisecond, time.Millisecond)
	begin := func(version string) uuid.UUID {
		return o.start(t, trials.Start{Kind: domain.Shadow, RuleSet: "water", Version: version, Region: "32", Until: of(o.clock.Now().Add(time.Hour))})
	}
	id := begin("2")
	failed := func(id uuid.UUID) func() bool {
		return func() bool { got, _ := o.read(t, id); return got.State == domain.TrialFailed }
	}
	eventually(t, "it fails", failed(id))
	if got, _ := o.read(t, id); o.regime.starts.Load() < 3 || *got.LastErrorEN != "not now" {
		t.Errorf("%d starts, %+v", o.regime.starts.Load(), got)
	}
	o.regime.change(func() { o.regime.broken, o.regime.away["3"] = nil, true })
	id = begin("3")
	eventually(t, "it is mute and fails", func() bool {
		advance(t, moves, o.programme(t, "32", 1))
		return failed(id)()
	})
	if got, _ := o.read(t, id); got.NotJudged == 0 || got.NotJudged != got.Done {
		t.Errorf("%+v", got)
	}
}

func TestWhatAShadowIsTooSlowForIsCountedAndKeepsNobody(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.regime.needless = true
	o.upload(t, women("2", 20), "32")
	gate := make(chan struct{})
	o.regime.judge = func() { <-gate }
	s, moves := o.beside(t)
	id := o.start(t, trials.Start{Kind: domain.Shadow, RuleSet: "water", Version: "2", Region: "32", Until: of(o.clock.Now().Add(time.Hour))})
	stands(t, s, "32", true)
	p := o.programme(t, "32", 1)
	advance(t, moves, p)
	snapshots, err := o.moves.Store.Facts(t.Context(), []workflow.Wanted{{ProgrammeID: p}})
	if err != nil {
		t.Fatal(err)
	}
	d := workflow.Decided{Snapshot: snapshots[0].Snapshot, Facts: &snapshots[0].Facts, Judgement: &workflow.Judgement{}, Outcome: domain.DecisionMoved}
	d.Question, _ = snapshots[0].State().Question(d.Facts, noon)
	const more = 5000
	for range more { // it would wait for ever if it waited for the shadow
		s.Decided(d)
	}
	close(gate)
	eventually(t, "all are compared or missed", func() bool { got, _ := o.read(t, id); return got.Done+got.Missed == more+1 })
	if got, _ := o.read(t, id); got.Missed < more/2 || got.Done < 2 {
		t.Errorf("%+v", got)
	}
}

func TestAShadowThatCrashesOnceIsStartedAgainAndGoesOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.regime.needless = true
	o.upload(t, women("2", 20), "32")
	s, moves := o.beside(t, time.Millisecond)
	id := o.start(t, trials.Start{Kind: domain.Shadow, RuleSet: "water", Version: "2", Region: "32", Until: of(o.clock.Now().Add(time.Hour))})
	stands(t, s, "32", true)
	o.regime.crashed.Store(true)
	eventually(t, "it answers again", func() bool {
		advance(t, moves, o.programme(t, "32", 1))
		got, _ := o.read(t, id)
		return got.NewlyBlocked > 0 && got.NotJudged > 0
	})
	if got, _ := o.read(t, id); got.State != domain.TrialRunning || o.regime.starts.Load() != 2 {
		t.Errorf("%d starts, %+v", o.regime.starts.Load(), got)
	}
}

func TestAVersionThatIsWithdrawnIsTriedNoMore(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.regime.needless = true
	o.upload(t, women("2", 20), "32")
	s, _ := o.beside(t)
	shadow := o.start(t, trials.Start{Kind: domain.Shadow, RuleSet: "water", Version: "2", Region: "32", Until: of(o.clock.Now().Add(time.Hour))})
	simulation := o.start(t, trials.Start{Kind: domain.Simulation, RuleSet: "water", Version: "2", Region: "32"})
	stands(t, s, "32", true)
	if _, err := o.Bun.ExecContext(t.Context(), `update rule_set_versions set state = 'WITHDRAWN'`); err != nil {
		t.Fatal(err)
	}
	stands(t, s, "32", false)
	starts := o.regime.starts.Load()
	if err := o.trials.Sweep(t.Context(), workflow.JobRun{}); err != nil {
		t.Fatal(err)
	}
	o.finish(t, simulation)
	for _, id := range []uuid.UUID{shadow, simulation} {
		if got, _ := o.read(t, id); got.State != domain.TrialFailed || *got.LastErrorEN != "the version was withdrawn" || *got.LastErrorID != "versi ini telah ditarik" {
			t.Errorf("%+v", got)
		}
	}
	if o.regime.starts.Load() != starts {
		t.Error("it was started")
	}
}

// forgetful is a store that does not take the end of a trial the first time.
type forgetful struct {
	trials.Store
	once sync.Once
}

func (f *forgetful) EndTrial(ctx context.Context, id uuid.UUID, state domain.TrialState, why *domain.Text, at time.Time) (err error) {
	f.once.Do(func() { err = errors.New("the database is away") })
	if err == nil {
		err = f.Store.EndTrial(ctx, id, state, why, at)
	}
	return err
}

func TestAShadowWhoseEndCouldNotBeWrittenDoesNotPassForRunning(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.upload(t, women("2", 20), "32")
	o.regime.broken = domain.Errorf(domain.CodeBadFile, "broken").In("rusak")
	o.besideIn(t, &forgetful{Store: o.Trials()}, time.Millisecond)
	id := o.start(t, trials.Start{Kind: domain.Shadow, RuleSet: "water", Version: "2", Region: "32", Until: of(o.clock.Now().Add(time.Hour))})
	eventually(t, "it fails", func() bool { got, _ := o.read(t, id); return got.State == domain.TrialFailed })
}
