package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/db/jobs"
	"github.com/berdaya/berdaya/workflow"
)

// start starts a client that is stopped when the test ends.
func start(t *testing.T, d *db.DB, c jobs.Config) *jobs.Client {
	t.Helper()
	client, err := jobs.New(d.Pool, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = client.Stop(ctx)
	})
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return client
}

// until waits until something holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to pass that %s", what)
		}
	}
}

func count(t *testing.T, d *db.DB, where string, args ...any) (n int) {
	t.Helper()
	if err := d.Pool.QueryRow(t.Context(), "select count(*) from jobs.river_job where "+where, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// seen collects what workers were told.
type seen struct {
	mu   sync.Mutex
	runs []jobs.Run
}

func (s *seen) add(r jobs.Run) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs = append(s.runs, r)
	return len(s.runs)
}

func (s *seen) all() []jobs.Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.runs)
}

func TestAJobIsThereIfAndOnlyIfItsTransactionCommits(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	type args struct{ Programme string }
	job := func(programme string) workflow.Job { return workflow.Job{Kind: "remind", Args: args{programme}} }
	refused := errors.New("refused")
	travelling := func(programme string, result error) error {
		return d.Commands().Transact(t.Context(), func(ctx context.Context) error {
			if err := d.Commands().Enqueue(ctx, job(programme)); err != nil {
				t.Error(err)
			}
			return result
		})
	}
	for programme, err := range map[string]error{
		"travelled":   travelling("travelled", nil),
		"rolled back": travelling("rolled back", refused),
		"alone":       d.Commands().Enqueue(t.Context(), job("alone")),
	} {
		if err != nil && !errors.Is(err, refused) {
			t.Fatal(programme, err)
		}
	}
	var got seen
	start(t, d, jobs.Config{Workers: []jobs.Worker{{Kind: "remind", Work: func(_ context.Context, r jobs.Run) error {
		got.add(r)
		return nil
	}}}})
	until(t, "all are done", func() bool { return count(t, d, "state <> 'completed'") == 0 })
	var programmes []string
	for _, r := range got.all() {
		var a args
		if err := r.Decode(&a); err != nil || r.Kind != "remind" || r.ID == 0 || r.Attempt != 1 || r.Last {
			t.Errorf("%+v, %v", r, err)
		}
		programmes = append(programmes, a.Programme)
	}
	if slices.Sort(programmes); strings.Join(programmes, ", ") != "alone, travelled" {
		t.Errorf("done: %q", programmes)
	}
}

func TestAJobIsPickedUpBetweenTwoPolls(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	done := make(chan time.Time, 1)
	start(t, d, jobs.Config{Workers: []jobs.Worker{{Kind: "quick", Work: func(context.Context, jobs.Run) error {
		done <- time.Now()
		return nil
	}}}})
	quickest := time.Hour
	for n := range 6 { // one may be late on a busy machine; that all are cannot be without the notification
		began := time.Now()
		if err := d.Commands().Enqueue(t.Context(), workflow.Job{Kind: "quick"}); err != nil {
			t.Fatal(err)
		}
		took := (<-done).Sub(began)
		if n > 0 { // the others come shortly after a poll, if it was one that found the one before, and the next is in a second
			quickest = min(quickest, took)
		}
		<-time.After(150 * time.Millisecond) // River notifies of a queue at most ten times a second
	}
	t.Logf("the quickest began after %s", quickest)
	if quickest > 500*time.Millisecond {
		t.Errorf("the quickest began after %s", quickest)
	}
}

func TestOfJobsWithOneKeyOneIsTaken(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	release, running := make(chan struct{}), make(chan struct{}, 10)
	enqueue := func(kind, key string) {
		t.Helper()
		if err := d.Commands().Enqueue(t.Context(), workflow.Job{Kind: kind, Key: key}); err != nil {
			t.Fatal(err)
		}
	}
	var together sync.WaitGroup
	for range 8 {
		together.Go(func() { enqueue("digest", "siti") })
	}
	together.Wait()
	enqueue("digest", "budi")
	enqueue("letter", "siti")
	if n := count(t, d, "true"); n != 3 {
		t.Fatalf("%d jobs, want one for each kind and key", n)
	}
	start(t, d, jobs.Config{Workers: []jobs.Worker{{Kind: "digest", Work: func(context.Context, jobs.Run) error {
		running <- struct{}{}
		<-release
		return nil
	}}}})
	<-running
	<-running
	enqueue("digest", "siti")
	if n := count(t, d, "kind = 'digest'"); n != 2 {
		t.Errorf("%d jobs while one with the key runs", n)
	}
	close(release)
	until(t, "both are done", func() bool { return count(t, d, "kind = 'digest' and state = 'completed'") == 2 })
	enqueue("digest", "siti")
	if n := count(t, d, "kind = 'digest'"); n != 3 {
		t.Errorf("%d jobs after the first with the key is done, want 3", n)
	}
}

func TestAJobThatFailsIsTriedAgainUntilItsAttemptsAreUsedUp(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var log lines
	var got seen
	start(t, d, jobs.Config{Logger: slog.New(slog.NewTextHandler(&log, nil)), Workers: []jobs.Worker{
		{Kind: "fails", Work: func(_ context.Context, r jobs.Run) error {
			got.add(r)
			return fmt.Errorf("failure %d", r.Attempt)
		}},
		{Kind: "panics", Work: func(context.Context, jobs.Run) error { panic("what a day") }},
		{Kind: "hopeless", Work: func(context.Context, jobs.Run) error { return workflow.GiveUp(errors.New("nobody lives there")) }},
		{Kind: "unreadable", Work: func(_ context.Context, r jobs.Run) error { return r.Decode(&struct{ Other int }{}) }},
	}})
	for kind, attempts := range map[string]int{"fails": 2, "panics": 1, "hopeless": 9, "unreadable": 9} {
		if err := d.Commands().Enqueue(t.Context(), workflow.Job{Kind: kind, Args: map[string]int{"This": 1}, Attempts: attempts}); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "none is left", func() bool { return count(t, d, "finalized_at is null") == 0 })
	runs := got.all()
	if len(runs) != 2 || runs[0].Last || !runs[1].Last || runs[1].Attempt != 2 {
		t.Errorf("runs %+v", runs)
	}
	if n := count(t, d, "kind in ('fails', 'panics') and state = 'discarded' and cardinality(errors) = max_attempts"); n != 2 {
		t.Errorf("%d are discarded", n)
	}
	if n := count(t, d, "kind in ('hopeless', 'unreadable') and state = 'cancelled' and attempt = 1"); n != 2 {
		t.Errorf("%d are given up", n)
	}
	for _, says := range []string{
		`level=WARN msg="a job has failed and is tried again" kind=fails`, `level=ERROR msg="a job has failed for the last time" kind=fails`,
		`level=ERROR msg="a job has panicked" kind=panics`, `level=ERROR msg="a job is given up" kind=hopeless`,
		`the arguments of a unreadable job cannot be read`,
	} {
		if !log.has(says) {
			t.Errorf("the log does not say %s:\n%s", says, log.String())
		}
	}
	if log.has("level=INFO") {
		t.Errorf("the log is not quiet:\n%s", log.String())
	}
}

func TestGoingOnIsNoFailure(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var got seen
	start(t, d, jobs.Config{Workers: []jobs.Worker{{Kind: "slices", Work: func(_ context.Context, r jobs.Run) error {
		if got.add(r) < 4 {
			return workflow.GoOnIn(0)
		}
		return nil
	}}}})
	if err := d.Commands().Enqueue(t.Context(), workflow.Job{Kind: "slices", Attempts: 1}); err != nil {
		t.Fatal(err)
	}
	until(t, "it is done", func() bool { return count(t, d, "state = 'completed' and errors is null") == 1 })
	for _, r := range got.all() {
		if r.Attempt != 1 || !r.Last {
			t.Errorf("%+v", r)
		}
	}
}

func TestAJobOfLaterWaits(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var got seen
	start(t, d, jobs.Config{Workers: []jobs.Worker{{Kind: "timer", Work: func(_ context.Context, r jobs.Run) error {
		got.add(r)
		return nil
	}}}})
	due := time.Now().Add(1500 * time.Millisecond)
	for _, at := range []time.Time{due, time.Now().Add(time.Hour), time.Now().Add(-time.Hour)} {
		if err := d.Commands().Enqueue(t.Context(), workflow.Job{Kind: "timer", RunAt: at}); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "that of an hour ago is done", func() bool { return count(t, d, "state = 'completed'") >= 1 })
	until(t, "the due one is done", func() bool { return count(t, d, "state = 'completed'") == 2 })
	if now := time.Now(); now.Before(due) {
		t.Errorf("it ran %s early", due.Sub(now))
	}
	if n := count(t, d, "state = 'scheduled'"); n != 1 {
		t.Errorf("%d wait for their hour", n)
	}
}

func TestAPeriodicJobIsHandedOnOnceAPeriodByOneOfTwo(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var weekly, often atomic.Int64
	config := jobs.Config{
		Workers: []jobs.Worker{
			{Kind: "weekly", Work: func(context.Context, jobs.Run) error { weekly.Add(1); return nil }},
			{Kind: "often", Work: func(context.Context, jobs.Run) error { often.Add(1); return nil }},
		},
		Periodic: []jobs.Periodic{{Kind: "weekly", Every: 7 * 24 * time.Hour}, {Kind: "often", Every: time.Second, Args: "x"}},
	}
	began := time.Now()
	first, _ := start(t, d, config), start(t, d, config)
	until(t, "some are done", func() bool { return often.Load() >= 3 })
	if err := first.Stop(t.Context()); err != nil { // the leader, and the next one takes over
		t.Fatal(err)
	}
	before := often.Load()
	until(t, "more are done", func() bool { return often.Load() >= before+2 })
	until(t, "the weekly one is done", func() bool { return weekly.Load() > 0 })
	for kind, every := range map[string]time.Duration{"weekly": 7 * 24 * time.Hour, "often": time.Second} {
		n := count(t, d, "kind = $1", kind)
		if periods := 1 + int(time.Now().Truncate(every).Sub(began.Truncate(every))/every); n > periods {
			t.Errorf("the %s one was handed on %d times in %d periods", kind, n, periods)
		}
	}
}

// lines is a log that may be read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) has(part string) bool { return strings.Contains(l.String(), part) }

// A transaction with one row of its own, without and with a job.
func BenchmarkEnqueue(b *testing.B) {
	d := dbtest.New(b)
	for name, enqueue := range map[string]bool{"without": false, "with": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				err := d.Commands().Transact(b.Context(), func(ctx context.Context) error {
					_, err := d.Commands().In(ctx).ExecContext(ctx, "insert into idempotency_keys (actor, key, command, input_hash, outcome, ids, created_at)"+
						" values ('b', gen_random_uuid()::text, 'c', '', 'done', '{}', now())")
					if err == nil && enqueue {
						err = d.Commands().Enqueue(ctx, workflow.Job{Kind: "bench", RunAt: time.Now().Add(time.Hour)})
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
