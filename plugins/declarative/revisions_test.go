package declarative

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/berdaya/berdaya/plugins/rules"
)

func TestUnloadingWaitsForTheCallsUnderWay(t *testing.T) {
	t.Parallel()
	r := newRevisions()
	if problems, err := r.load(t.Context(), "a", []byte(example)); err != nil || problems != nil {
		t.Fatal(problems, err)
	}
	_, ended, err := r.of("a")
	if err != nil {
		t.Fatal(err)
	}
	impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := r.unload(impatient, "a"); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("unloading under a call: %v", err)
	}
	if _, _, err := r.of("a"); err == nil {
		t.Error("a revision that is being unloaded takes new calls")
	}
	if problems, err := r.load(t.Context(), "b", []byte(example)); err != nil || problems != nil {
		t.Fatal(problems, err)
	}
	ended()
	if err := r.unload(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(time.Minute)
	for tick := time.NewTicker(time.Millisecond); ; {
		r.mu.Lock()
		left := len(r.programs)
		r.mu.Unlock()
		if left == 0 {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%d programs are kept for nobody", left)
		case <-tick.C:
		}
	}
}

func TestRevisionsOfOneFileShareWhatWasCompiledAndAreBounded(t *testing.T) {
	t.Parallel()
	r := newRevisions()
	for i := range mostRevisions {
		if problems, err := r.load(t.Context(), strconv.Itoa(i), []byte(example)); err != nil || problems != nil {
			t.Fatal(problems, err)
		}
	}
	if len(r.programs) != 1 {
		t.Errorf("one file was compiled %d times", len(r.programs))
	}
	if _, err := r.load(t.Context(), "one more", []byte(example)); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("one more: %v", err)
	}
	if err := r.unload(t.Context(), "7"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.load(t.Context(), "one more", []byte(example)); err != nil {
		t.Errorf("after one went: %v", err)
	}
}

func TestAFileWhoseReadingIsGivenUpIsAProblemNotAProgram(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("nobody waits"))
	p, problems := Compile(gone, []byte(example))
	if p != nil || len(problems) != 1 || !strings.Contains(problems[0].EN, "no time") {
		t.Errorf("%v %v", p, problems)
	}
}

// crowd counts how many are inside at a time.
type crowd struct {
	rules.RuleSet
	inside, most atomic.Int64
}

func (c *crowd) Evaluate(context.Context, *rules.Question) ([]*rules.Verdict, error) {
	n := c.inside.Add(1)
	defer c.inside.Add(-1)
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	runtime.Gosched()
	return nil, nil
}

func TestARevisionLeavesHalfOfTheMachineToOthers(t *testing.T) {
	t.Parallel()
	c := &crowd{}
	set := taking(c)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 200 {
				if _, err := set.Evaluate(t.Context(), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if most := c.most.Load(); most < 1 || most > max(1, int64(runtime.GOMAXPROCS(0)/2)) {
		t.Errorf("%d were judged at a time", most)
	}
	for range cap(set.taken) {
		set.taken <- struct{}{}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := set.Evaluate(gone, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("who waits for a turn in vain is told %v", err)
	}
}
