package host

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/national"
	"github.com/berdaya/berdaya/workflow"
)

// eat takes memory until there is none.
func eat() {
	for all := [][]byte{}; ; {
		piece := make([]byte, 16<<20)
		for i := 0; i < len(piece); i += 4096 {
			piece[i] = byte(len(all)) // what is read again is not collected
		}
		all = append(all, piece)
	}
}

// pace is between the questions of those who ask all the time, so that tests leave each other the processors.
const pace = 2 * time.Millisecond

// judgedMeanwhile judges in another region until stopped, and fails the test if any judgement there is not whole.
func judgedMeanwhile(t *testing.T, h *Host, region string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	judged := 0
	asking.Go(func() {
		for ; ctx.Err() == nil; judged++ {
			time.Sleep(pace)
			if j := h.Judge(context.WithoutCancel(ctx), []workflow.Question{question(region)})[0]; len(j.Unavailable) > 0 || len(j.Blocks) != 3 {
				t.Errorf("in %s: %+v", region, j)
			}
		}
	})
	return func() {
		cancel()
		asking.Wait()
		if judged == 0 {
			t.Errorf("nothing was judged in %s", region)
		}
		t.Logf("%d judgements in %s meanwhile", judged, region)
	}
}

func TestRuleSetThatEatsMemoryEndsAtItsLimitAndNobodyElseFails(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, rawIn("32", "eats"), nation)
	ready(t, h)
	pid := h.Status()[0].PID
	stop := judgedMeanwhile(t, h, "51")
	j := judge(t, h, "32")
	if len(j.Unavailable) != 1 || j.Unavailable[0].RuleSet != "raw" {
		t.Errorf("%+v", j)
	}
	until(t, "its end is known", func() bool { return h.Status()[0].LastError != "" && !runs(pid) })
	if s := h.Status()[0]; !strings.HasPrefix(s.LastError, "its process ended: exit status") {
		t.Errorf("%+v", s)
	}
	until(t, "it was back", func() bool { return h.Status()[0].State == Ready })
	stop()
	if s := h.Status()[1]; s.Restarts > 0 {
		t.Errorf("%+v", s)
	}
}

func TestBreakerOpensAtTheThirdCrashAndOneTrialCloses(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, rawIn("32", "good"), nation)
	ready(t, h)
	stop := judgedMeanwhile(t, h, "51")
	for crash, least := range []time.Duration{400 * time.Millisecond, 800 * time.Millisecond, 8 * time.Second} {
		third, killed, seen := crash == 2, time.Now(), map[State]bool{}
		if err := syscall.Kill(h.Status()[0].PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		until(t, "it is back", func() bool {
			s := h.Status()[0]
			if s.State == Open && !seen[Open] {
				if j := judge(t, h, "32"); len(j.Unavailable) != 1 || !strings.Contains(j.Unavailable[0].Reason, "left alone") {
					t.Errorf("while it is open: %+v", j)
				}
			}
			seen[s.State] = true
			return s.State == Ready && s.Restarts == crash+1
		})
		if took := time.Since(killed); took < least || seen[Open] != third || seen[HalfOpen] && !third {
			t.Errorf("crash %d: it was back after %s, and went through %v", crash+1, took, seen)
		}
	}
	stop()
	if j := judge(t, h, "32"); len(j.Unavailable) > 0 {
		t.Errorf("after recovery: %+v", j)
	}
}

func TestRuleSetThatDiesWhileItDescribesItselfIsNeverReady(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, rawIn("32", "dies describing"), nation)
	stop := judgedMeanwhileReady(t, h)
	until(t, "it is left alone", func() bool { return h.Status()[0].State == Open })
	if s := h.Status()[0]; s.Restarts != 0 || s.PID != 0 || s.LastError == "" {
		t.Errorf("%+v", s)
	}
	stop()
}

func judgedMeanwhileReady(t *testing.T, h *Host) func() {
	t.Helper()
	until(t, "the nation's rules are ready", func() bool { return h.Status()[1].State == Ready })
	return judgedMeanwhile(t, h, "51")
}

// go-plugin's Start holds the client's mutex until the handshake or its deadline.
func TestProgramThatSaysNothingHoldsUpNobodyNotEvenTheEnd(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *Options) { o.StopTimeout = time.Second }, rawIn("32", "mute"), nation)
	stop := judgedMeanwhileReady(t, h)
	began := time.Now()
	if j := judge(t, h, "32"); len(j.Unavailable) != 1 || !strings.Contains(j.Unavailable[0].Reason, "starting") {
		t.Errorf("%+v", j)
	}
	if took := time.Since(began); took > h.options.StartTimeout/2 {
		t.Errorf("it was waited for %s", took)
	}
	stop()
	closed(t, h) // checks the time
}

func TestOnlySoManyCallsAreInFlightAndTheRestAreTold(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *Options) { o.CallsInFlight, o.CallTimeout = 2, 6*time.Second }, rawIn("32", "slow"), nation)
	ready(t, h)
	stop := judgedMeanwhile(t, h, "51")
	var mu sync.Mutex
	var judged, told int
	var asking sync.WaitGroup
	for range 24 {
		asking.Go(func() {
			j := h.Judge(context.Background(), []workflow.Question{question("32")})[0]
			mu.Lock()
			defer mu.Unlock()
			switch {
			case len(j.Unavailable) == 0:
				judged++
			case strings.Contains(j.Unavailable[0].Reason, "2 calls to it are in flight"):
				told++
			default:
				t.Errorf("%+v", j)
			}
		})
	}
	asking.Wait()
	stop()
	if judged == 0 || told == 0 {
		t.Errorf("%d were judged, %d were told to try again", judged, told)
	}
	if s := h.Status()[0]; s.Restarts > 0 {
		t.Errorf("it was taken for frozen: %+v", s)
	}
}

func TestCallsInFlightEndBeforeTheirProcessDoes(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *Options) { o.StopTimeout = 20 * time.Second }, rawIn("32", "slow"))
	ready(t, h)
	answered := make(chan workflow.Judgement, 1)
	go func() { answered <- h.Judge(context.Background(), []workflow.Question{question("32")})[0] }()
	r := h.all()[0]
	until(t, "a call is in flight", func() bool { return len(r.room) > 0 })
	closed(t, h)
	if j := <-answered; len(j.Unavailable) > 0 {
		t.Errorf("it was cut off: %+v", j)
	}
}

// A gRPC server that nobody told otherwise takes 4 MiB.
func TestManyLargeFactsGoInMessagesThatEveryServerTakes(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, rawIn("32", "good"))
	ready(t, h)
	questions := make([]workflow.Question, 6)
	for i := range questions {
		questions[i] = question("32")
		questions[i].Facts.Needs = []*domain.Need{{Title: strings.Repeat("x", 1<<20)}}
	}
	questions[5].Facts.Needs[0].Title = strings.Repeat("x", 5<<20) // more than it takes at all
	for i, j := range h.Judge(t.Context(), questions) {
		if unavailable := len(j.Unavailable) > 0; unavailable != (i == 5) {
			t.Errorf("question %d: %+v", i, j.Unavailable)
		}
	}
	if s := h.Status()[0]; s.State != Ready || s.Restarts > 0 {
		t.Errorf("%+v", s)
	}
}

func TestProcessThatWasKilledLeavesNoSocket(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, nation)
	ready(t, h)
	sockets := func() (found []string) {
		_ = filepath.WalkDir(h.place.dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type() == fs.ModeSocket {
				found = append(found, path)
			}
			return nil
		})
		return found
	}
	before := sockets()
	if len(before) != 1 {
		t.Fatalf("sockets: %v", before)
	}
	pid := h.Status()[0].PID
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "it was back", func() bool { s := h.Status()[0]; return s.State == Ready && s.PID != pid })
	if after := sockets(); len(after) != 1 || after[0] == before[0] {
		t.Errorf("sockets: %v, before %v", after, before)
	}
	if folders, _ := filepath.Glob(filepath.Join(h.place.dir, "plugin*")); len(folders) != 1 {
		t.Errorf("folders: %v", folders)
	}
}

func TestSocketsHaveShortPathsWhereverTemporaryFilesAre(t *testing.T) {
	deep := filepath.Join(t.TempDir(), strings.Repeat("deep", 25))
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", deep)
	h := newHost(t, func(o *Options) { o.Logger = slog.New(slog.DiscardHandler) }, nation)
	ready(t, h)
	if j := judge(t, h, "32"); len(j.Unavailable) > 0 || j.Revisions[0].RuleSet != national.Name {
		t.Errorf("%+v", j)
	}
}
