package moving_test

import (
	"sync"
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/workflow"
)

// watcher is an observer that remembers.
type watcher struct {
	mu    sync.Mutex
	moves []moving.Observed
	asked int
}

func (w *watcher) Moved(o moving.Observed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moves = append(w.moves, o)
}

func (w *watcher) AskedRules(time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
}

func TestTheObserverIsToldWhatCameOfEachCommand(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var w watcher
	o.moves.Observer = &w
	id := o.programme(t, "32", "AIR-1")
	key := "once"
	advance := moving.Command{ProgrammeID: id, Move: domain.Advance, Key: &key}
	for range 2 {
		if _, err := o.moves.Move(t.Context(), coordinator, advance); err != nil {
			t.Fatal(err)
		}
	}
	o.rules.judge = func(workflow.Question) workflow.Judgement {
		return workflow.Judgement{Blocks: []domain.Block{{RuleSet: "national", Rule: "BUDGET", Severity: domain.SeverityBlock}}}
	}
	advance.Key = nil
	if _, err := o.moves.DryRun(t.Context(), coordinator, advance); domain.CodeOf(err) != domain.CodeBlocked {
		t.Fatal(err)
	}
	if _, err := o.moves.Move(t.Context(), coordinator, advance); domain.CodeOf(err) != domain.CodeBlocked {
		t.Fatal(err)
	}
	want := []moving.Observed{
		{Move: domain.Advance, Stage: domain.Identify},
		{Move: domain.Advance, Repeated: true},
		{Move: domain.Advance, Stage: domain.Plan, DryRun: true},
		{Move: domain.Advance, Stage: domain.Plan},
	}
	if len(w.moves) != len(want) || w.asked != 3 {
		t.Fatalf("%d moves and %d batches of questions were told", len(w.moves), w.asked)
	}
	for i, got := range w.moves {
		blocked := i >= 2
		if got.Move != want[i].Move || got.Stage != want[i].Stage || got.DryRun != want[i].DryRun || got.Repeated != want[i].Repeated || got.Took <= 0 ||
			(domain.CodeOf(got.Err) == domain.CodeBlocked) != blocked || (len(got.Blocks) > 0) != blocked {
			t.Errorf("command %d: %+v", i, got)
		}
	}
}
