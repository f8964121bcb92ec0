package host

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/national"
	"github.com/berdaya/berdaya/workflow"
)

// Not parallel: it runs before the tests that are, so every goroutine is its own.
func TestClosedHostLeavesNoGoroutine(t *testing.T) {
	for _, part := range []string{"good", "noisy", "exits", "parent"} {
		h := newHost(t, nil, nation, rawIn("32", part))
		until(t, "the rule sets started", func() bool {
			s := h.Status()
			return s[0].State == Ready && (s[1].State == Ready || s[1].LastError != "")
		})
		judge(t, h, "32.73")
		closed(t, h)
	}
	until(t, "our goroutines ended", func() bool { return ourGoroutines() == "" })
}

// ourGoroutines gives the stacks of goroutines of this package and of go-plugin, but for the test's own and the one that
// starts processes.
func ourGoroutines() string {
	buf := make([]byte, 1<<20)
	var left []string
	for _, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		ours := strings.Contains(stack, "plugins/host.") || strings.Contains(stack, "hashicorp/go-plugin")
		if ours && !strings.Contains(stack, "_test.go") && !strings.Contains(stack, "deathsig") {
			left = append(left, stack)
		}
	}
	return strings.Join(left, "\n\n")
}

func TestKilledRuleSetIsUnavailableAndBackWithinSecondsAndNobodyElseFails(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, nation, rawIn("32", "good"))
	ready(t, h)
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	var mu sync.Mutex
	silent, down := 0, 0
	for range 4 {
		load.Go(func() {
			for ; ctx.Err() == nil; time.Sleep(pace) {
				j := h.Judge(context.Background(), []workflow.Question{question("32")})[0]
				mu.Lock()
				for _, u := range j.Unavailable {
					if down++; u.RuleSet != national.Name {
						t.Errorf("%s was not killed: %s", u.RuleSet, u.Reason)
					}
				}
				if len(j.Unavailable) == 0 && (len(j.Blocks) != 3 || len(j.Revisions) != 2) {
					silent++
				}
				mu.Unlock()
			}
		})
	}
	for kill := range 2 {
		pid := h.Status()[0].PID
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		until(t, "it was unavailable", func() bool { mu.Lock(); defer mu.Unlock(); return down > 0 })
		until(t, "it was back", func() bool { s := h.Status()[0]; return s.State == Ready && s.PID != pid })
		if s := h.Status()[0]; s.Restarts != kill+1 || !strings.Contains(s.LastError, "killed") {
			t.Errorf("%+v", s)
		}
	}
	stop()
	load.Wait()
	if silent > 0 {
		t.Errorf("%d judgements passed in silence", silent)
	}
	if j := judge(t, h, "32"); len(j.Unavailable) > 0 || len(j.Blocks) != 3 {
		t.Errorf("after recovery: %+v", j)
	}
	if s := h.Status()[1]; s.Restarts != 0 {
		t.Errorf("the other rule set was started again: %+v", s)
	}
}

func TestFrozenRuleSetIsLateThenReplaced(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *Options) { o.CallTimeout, o.HealthTimeout = 500*time.Millisecond, 500*time.Millisecond }, nation)
	ready(t, h)
	pid := h.Status()[0].PID
	freeze(t, pid)
	if j := judge(t, h, "32"); len(j.Unavailable) != 1 || !strings.Contains(j.Unavailable[0].Reason, "did not answer within") { // nor was it waited for until it was replaced
		t.Errorf("%+v", j)
	}
	until(t, "it was replaced", func() bool { s := h.Status()[0]; return s.State == Ready && s.PID != pid })
	if runs(pid) {
		t.Error("the frozen process is left")
	}
}

func TestWhatComesOfEachRuleIsCounted(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *Options) { o.HealthEvery = 50 * time.Millisecond }, nation)
	ready(t, h)
	before := judge(t, h, "32")
	judge(t, h, "32")
	until(t, "the figures have arrived", func() bool {
		asked, failed := uint64(0), uint64(0)
		for _, f := range h.Status()[0].Rules {
			if f.GetPassed()+f.GetFailed()+f.GetBroken() == 2 && f.GetSeconds() > 0 {
				asked++
			}
			failed += f.GetFailed()
		}
		return asked > 0 && failed == 2*uint64(len(before.Blocks))
	})
}

func TestHostWithAFrozenRuleSetClosesWithinItsBound(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *Options) { o.StopTimeout = time.Second }, nation)
	ready(t, h)
	freeze(t, h.Status()[0].PID)
	closed(t, h) // checks the time
}

func TestNoisyRuleSetNeitherPanicsNorStops(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, rawIn("32", "noisy"))
	ready(t, h)
	if j := judge(t, h, "32"); len(j.Unavailable) > 0 {
		t.Errorf("%+v", j)
	}
}

// Without namespaces, a process that left the group lives on and holds the pipes: the rule set ends for us all the same.
func TestRuleSetThatStartedOthersEndsAllTheSame(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *Options) { o.together = true }, rawIn("32", "parent"))
	ready(t, h)
	files, err := filepath.Glob(filepath.Join(h.place.dir, "*", "children"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var child, outcast int
	if _, err := fmt.Sscan(string(content), &child, &outcast); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(processesOf(h), outcast) {
		t.Fatalf("%d is none of %v", outcast, processesOf(h))
	}
	defer func() {
		for _, pid := range processesOf(h) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}()
	pid := h.Status()[0].PID
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "it was back", func() bool { s := h.Status()[0]; return s.State == Ready && s.PID != pid })
	until(t, "its child ended with it", func() bool { return !runs(child) })
	if h.identities.each && runs(outcast) {
		t.Error("what left its group but not its user is left")
	}
	closed(t, h)
}

// processesOf gives the processes of a host's rule sets and of what those started, by the folder in their environment.
func processesOf(h *Host) (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		environment, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(environment), "HOME="+h.place.dir+"/") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil && runs(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestProgramThatIsNoRuleSetIsNamedAndLeftAlone(t *testing.T) {
	t.Parallel()
	for part, want := range map[string]string{"exits": "no configuration here", "beeps": "no � configuration �[2J here", "mute": "timeout", "talker": "a first line of more than",
		"other name": "its name is other"} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			within := 30 * time.Second
			if part == "mute" {
				within = 2 * time.Second
			}
			h := newHost(t, func(o *Options) { o.StartTimeout = within }, rawIn("32", part), nation)
			until(t, "its fault was known", func() bool { return h.Status()[0].LastError != "" })
			if s := h.Status()[0]; !strings.Contains(s.LastError, want) || strings.ContainsFunc(s.LastError+s.Failures[0].Error, controls) {
				t.Errorf("%+v", s)
			}
			if j := judge(t, h, "32"); !slices.ContainsFunc(j.Unavailable, func(u workflow.Unavailable) bool { return u.RuleSet == "raw" }) {
				t.Errorf("%+v", j)
			}
			if kinds, err := h.Needs(t.Context(), "32"); err != nil || len(kinds) != len(workflow.FactKinds) {
				t.Errorf("as long as its needs are unknown all facts are needed; got %v, %v", kinds, err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			if err := h.Ready(ctx); domain.CodeOf(err) != domain.CodeRulesUnavailable && !strings.Contains(fmt.Sprint(err), "raw") {
				t.Errorf("ready: %v", err)
			}
		})
	}
}

func TestKilledServerLeavesNoProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary, err := playable()
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command(binary, as("server", dir).Args...)
	server.Env = append(os.Environ(), "BERDAYA_TEST_PLAYABLE="+binary)
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	var pids [3]int // of the nation's rules, an office's program and rule files
	var place string
	line, err := bufio.NewReader(out).ReadString('\n')
	if _, scanned := fmt.Sscan(line, &pids[0], &pids[1], &pids[2], &place); err != nil || scanned != nil {
		t.Fatal(line, err, scanned)
	}
	for _, pid := range pids {
		if !runs(pid) {
			t.Fatalf("no process %d", pid)
		}
	}
	_ = server.Process.Kill()
	_ = server.Wait()
	until(t, "its rule sets ended", func() bool { return !slices.ContainsFunc(pids[:], runs) })
	// Its folder is left, until the next host sees that nobody holds it.
	old := time.Now().Add(-time.Minute)
	if err := os.Chtimes(place, old, old); err != nil {
		t.Fatal(err)
	}
	newHost(t, nil)
	if _, err := os.Stat(place); err == nil {
		t.Errorf("%s is left", place)
	}
}

func TestCrashesSlowTheRestartsDown(t *testing.T) {
	t.Parallel()
	var f failures
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for i, want := range []struct {
		state State
		wait  time.Duration
	}{{Backoff, 500 * time.Millisecond}, {Backoff, time.Second}, {Open, 10 * time.Second}, {Open, 20 * time.Second},
		{Open, 40 * time.Second}, {Open, 80 * time.Second}, {Open, 2 * time.Minute}, {Open, 2 * time.Minute}} {
		state, wait := f.next(now)
		if state != want.state || wait != want.wait {
			t.Errorf("crash %d: %s for %s", i+1, state, wait)
		}
		now = now.Add(wait)
	}
	if state, wait := f.next(now.Add(crashWindow)); state != Backoff || wait != firstBackoff {
		t.Errorf("after a quiet time: %s for %s", state, wait)
	}
}
