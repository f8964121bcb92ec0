package bulk_test

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/bulk"
	"github.com/berdaya/berdaya/workflow"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

func receive(t *testing.T, from <-chan workflow.Progress) (workflow.Progress, bool) {
	t.Helper()
	select {
	case p, more := <-from:
		return p, more
	case <-time.After(patience):
		t.Fatal("nothing comes")
		panic("unreachable")
	}
}

func TestWatchersHearOfChangesUntilTheEndByOneQueryForAll(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.begin(t, ani, bulk.Command{ProgrammeIDs: o.programmes(t, "32.04", 3), Move: domain.Advance, DryRun: true})
	var asked, most atomic.Int64
	w := &bulk.Watch{Progress: func(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]workflow.Progress, error) {
		asked.Add(1)
		most.Store(max(most.Load(), int64(len(ids))))
		return o.Bulk().Progress(ctx, ids)
	}}
	var all []<-chan workflow.Progress
	for range 10 {
		events, err := w.Follow(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, events)
	}
	for _, events := range all {
		if p, more := receive(t, events); !more || p.Finished || p.Revision != 1 {
			t.Error(p, more)
		}
	}
	o.finish(t, id)
	if err := o.direct(t, o.bulk.Run, id); err != nil {
		t.Fatal(err)
	}
	o.finish(t, id)
	for _, events := range all {
		last, more := receive(t, events)
		for more && !last.Finished {
			last, more = receive(t, events)
		}
		if !last.Finished {
			t.Error("it ended without the last state")
		}
		if _, more := receive(t, events); more {
			t.Error("there is more after the end")
		}
	}
	if most.Load() != 1 || asked.Load() > 10+int64(patience/(500*time.Millisecond)) {
		t.Errorf("%d queries, for %d at most", asked.Load(), most.Load())
	}
	late, err := w.Follow(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if p, more := receive(t, late); !more || !p.Finished {
		t.Error("whoever comes late does not hear how it ended")
	}
	if _, more := receive(t, late); more {
		t.Error("it does not end")
	}
}

func TestWhoeverReadsSlowlyHearsTheNewest(t *testing.T) {
	t.Parallel()
	var revision atomic.Int64
	id := uuid.New()
	w := &bulk.Watch{Progress: func(_ context.Context, ids []uuid.UUID) (map[uuid.UUID]workflow.Progress, error) {
		return map[uuid.UUID]workflow.Progress{ids[0]: {Revision: revision.Add(1)}}, nil
	}}
	events, err := w.Follow(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); revision.Load() < 4 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if p, more := receive(t, events); !more || p.Revision < 3 {
		t.Error(p, more)
	}
}

// Not parallel: goroutines are counted.
func TestNothingOfAWatcherStaysWhenItIsGone(t *testing.T) {
	id := uuid.New()
	w := &bulk.Watch{Progress: func(_ context.Context, ids []uuid.UUID) (map[uuid.UUID]workflow.Progress, error) {
		return map[uuid.UUID]workflow.Progress{id: {Revision: 1}}, nil
	}}
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		var all []<-chan workflow.Progress
		for range 20 {
			events, err := w.Follow(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, events)
		}
		cancel()
		for _, events := range all {
			for more := true; more; {
				_, more = receive(t, events)
			}
		}
	}
	stacks := func() string {
		b := make([]byte, 1<<20)
		return string(b[:runtime.Stack(b, true)])
	}
	for deadline := time.Now().Add(patience); strings.Contains(stacks(), "bulk.(*Watch)"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(stacks())
		}
	}
}

func TestWatchingWhatIsNotThereEndsAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w := &bulk.Watch{Progress: o.Bulk().Progress}
	events, err := w.Follow(t.Context(), uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	if _, more := receive(t, events); more {
		t.Error("something comes")
	}
}
