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
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/national"
	"github.com/berdaya/berdaya/workflow"
)

// Not parallel: it runs before the tests that are, so every goroutine is its own.
func TestClosedHostLeavesNoGoroutine(t *testing.T) {
	for _, part := range []string{"good", "noisy", "exits", "parent"} {
		h := newHost(t, nil, nation, rawIn("32", part))
		until(t, 20*time.Second, "the rule sets started", func() bool {
			s := h.Status()
			return s[0].State == Ready && (s[1].State == Ready || s[1].LastError != "")
		})
		judge(t, h, "32.73")
		closed(t, h)
	}
	until(t, 10*time.Second, "our goroutines ended", func() bool { return ourGoroutines() == "" })
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

func TestNationalRulesJudge(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, nation)
	ready(t, h)
	j := judge(t, h, "32.73.05.1001")
	if len(j.Unavailable) > 0 {
		t.Fatal(j.Unavailable)
	}
	if want := []domain.RuleRevision{{RuleSet: national.Name, Version: national.Version}}; !slices.Equal(j.Revisions, want) {
		t.Errorf("judged by %v", j.Revisions)
	}
	var codes []string
	for _, b := range j.Blocks {
		codes = append(codes, b.Rule)
		if b.RuleSet != national.Name || b.Version != national.Version || b.Message.EN == "" || b.Message.ID == "" || b.Severity != domain.SeverityBlock {
			t.Errorf("block %+v", b)
		}
	}
	if diff := cmp.Diff([]string{"CONSULTATION_HELD", "NEED_RANKED", "ROOT_CAUSE_FOUND"}, codes); diff != "" {
		t.Error(diff)
	}
	if j.DueOn == nil || *j.DueOn != "2026-04-16" {
		t.Errorf("due on %v", j.DueOn)
	}
	if len(j.Checklist) != 3 || j.Checklist[0].Stage != domain.Plan || j.Checklist[0].TitleID == "" {
		t.Errorf("checklist %+v", j.Checklist)
	}
	kinds, err := h.Needs(t.Context(), "32.73")
	if err != nil || !slices.Contains(kinds, workflow.ActivityFacts) || slices.Contains(kinds, workflow.StakeholderFacts) {
		t.Errorf("needs %v, %v", kinds, err)
	}
}

func TestRegionalRulesBindTheirRegionOnlyAndTheEarliestDateWins(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, rawIn("32.73", "good"), nation)
	ready(t, h)
	inside, outside := judge(t, h, "32.73.05"), judge(t, h, "32.74")
	if len(inside.Revisions) != 2 || inside.Revisions[0].RuleSet != national.Name || len(outside.Revisions) != 1 {
		t.Errorf("inside judged by %v, outside by %v", inside.Revisions, outside.Revisions)
	}
	if inside.DueOn == nil || *inside.DueOn != "2026-03-05" || *outside.DueOn != "2026-04-16" {
		t.Errorf("due on %v inside, %v outside", inside.DueOn, outside.DueOn)
	}
	if len(inside.Blocks) != 3 {
		t.Errorf("the region's rule silenced the nation's: %v", inside.Blocks)
	}
}

func TestCompletionHasNoPlan(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, nation)
	ready(t, h)
	q := question("32")
	q.Facts.Programme.Stage, q.Target = domain.ReportResult, domain.ReportResult
	if j := h.Judge(t.Context(), []workflow.Question{q})[0]; j.DueOn != nil || j.Checklist != nil || len(j.Blocks) != 1 {
		t.Errorf("%+v", j)
	}
}

func TestAnswersThatBreakTheContractAreNeverAPass(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"wrong id", "too few", "silent", "severity", "waiver", "no message", "too large", "late", "dies"} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, func(o *Options) { o.CallTimeout = 300 * time.Millisecond }, rawIn("32", part))
			ready(t, h)
			j := judge(t, h, "32")
			if len(j.Unavailable) != 1 || j.Unavailable[0].RuleSet != "raw" || j.Unavailable[0].Reason == "" || len(j.Revisions) > 0 {
				t.Errorf("%+v", j)
			}
			t.Log(j.Unavailable)
		})
	}
}

func TestOneWrongAnswerLeavesTheOthersOfTheBatch(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, rawIn("32", "wrong id"))
	ready(t, h)
	for i, j := range h.Judge(t.Context(), []workflow.Question{question("32"), question("32"), question("33")}) {
		if unavailable := len(j.Unavailable) > 0; unavailable != (i == 0) {
			t.Errorf("question %d: %+v", i, j)
		}
	}
}

func TestBadPlanIsNoPlanAndNoFailure(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, rawIn("32", "bad plan"))
	ready(t, h)
	if j := judge(t, h, "32"); j.DueOn != nil || len(j.Unavailable) > 0 || len(j.Revisions) != 1 {
		t.Errorf("%+v", j)
	}
}

func TestManyQuestionsGoInBatches(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *Options) { o.BatchSize = 10 }, rawIn("32", "batches"))
	ready(t, h)
	questions := make([]workflow.Question, 37)
	for i := range questions {
		questions[i] = question("32.01")
	}
	for i, j := range h.Judge(t.Context(), questions) {
		if len(j.Unavailable) > 0 || j.DueOn == nil {
			t.Errorf("question %d: %+v", i, j)
		}
	}
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
			for ctx.Err() == nil {
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
		until(t, 5*time.Second, "it was unavailable", func() bool { mu.Lock(); defer mu.Unlock(); return down > 0 })
		until(t, 8*time.Second, "it was back", func() bool { s := h.Status()[0]; return s.State == Ready && s.PID != pid })
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
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if j := judge(t, h, "32"); len(j.Unavailable) != 1 || !strings.Contains(j.Unavailable[0].Reason, "did not answer within") {
		t.Errorf("%+v", j)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("a frozen rule set was waited for %s", took)
	}
	until(t, 15*time.Second, "it was replaced", func() bool { s := h.Status()[0]; return s.State == Ready && s.PID != pid })
	if runs(pid) {
		t.Error("the frozen process is left")
	}
}

func TestHostWithAFrozenRuleSetClosesWithinItsBound(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *Options) { o.StopTimeout = time.Second }, nation)
	ready(t, h)
	if err := syscall.Kill(h.Status()[0].PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
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

func TestRuleSetThatStartedOthersEndsAllTheSame(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, rawIn("32", "parent"))
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
	defer func() { _ = syscall.Kill(outcast, syscall.SIGKILL) }() // it left the group: no host ends it
	pid := h.Status()[0].PID
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, 8*time.Second, "it was back", func() bool { s := h.Status()[0]; return s.State == Ready && s.PID != pid })
	until(t, 5*time.Second, "its child ended with it", func() bool { return !runs(child) })
	closed(t, h)
}

func TestProgramThatIsNoRuleSetIsNamedAndLeftAlone(t *testing.T) {
	t.Parallel()
	for part, want := range map[string]string{"exits": "no configuration here", "mute": "timeout", "talker": "a first line of more than",
		"other name": "its name is other"} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, func(o *Options) { o.StartTimeout = 2 * time.Second }, rawIn("32", part), nation)
			until(t, 20*time.Second, "its fault was known", func() bool { return h.Status()[0].LastError != "" })
			if s := h.Status()[0]; !strings.Contains(s.LastError, want) {
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
	c := as("server", dir)
	server := exec.Command(c.Path, c.Args...)
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	var place string
	line, err := bufio.NewReader(out).ReadString('\n')
	if _, scanned := fmt.Sscan(line, &pid, &place); err != nil || scanned != nil {
		t.Fatal(line, err, scanned)
	}
	if !runs(pid) {
		t.Fatalf("no process %d", pid)
	}
	_ = server.Process.Kill()
	_ = server.Wait()
	until(t, 4*time.Second, "its rule set ended", func() bool { return !runs(pid) })
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

func TestRuleSetIsConfined(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("limits are set on Linux only")
	}
	h := newHost(t, nil, nation)
	ready(t, h)
	proc := fmt.Sprintf("/proc/%d/", h.Status()[0].PID)
	read := func(name string) string {
		content, err := os.ReadFile(proc + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	for _, entry := range strings.Split(strings.TrimRight(read("environ"), "\x00"), "\x00") {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "PLUGIN_") && !slices.Contains([]string{"BERDAYA_RULES", "HOME", "TMPDIR", "PWD", "OLDPWD", "SHLVL", "_"}, name) {
			t.Errorf("it got %s from our environment", name)
		}
	}
	limits := strings.Join(strings.Fields(read("limits")), " ")
	for _, want := range []string{"Max open files 256 256", "Max data size 1073741824 1073741824", "Max core file size 0 0"} {
		if !strings.Contains(limits, want) {
			t.Errorf("no limit %q in %s", want, limits)
		}
	}
	if group, err := syscall.Getpgid(h.Status()[0].PID); err != nil || group != h.Status()[0].PID {
		t.Errorf("its process group is %d, %v", group, err)
	}
	if h.as == nil {
		t.Log("not root: it runs as we do")
		return
	}
	if who := fmt.Sprintf("Uid:\t%d\t%d", h.as.Uid, h.as.Uid); !strings.Contains(read("status"), who) || !strings.Contains(read("status"), "Groups:\t \n") {
		t.Errorf("it does not run as user %d without other groups: %s", h.as.Uid, read("status"))
	}
}

func TestProgramsAreKeptByContentWhereEverybodyCanRunThem(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "kept")
	program := filepath.Join(t.TempDir(), "office-rules")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	first, err := keep(dir, program)
	if err != nil {
		t.Fatal(err)
	}
	again, err := keep(dir, program)
	if err != nil || again != first {
		t.Errorf("kept as %s and as %s, %v", first, again, err)
	}
	for _, path := range []string{dir, filepath.Dir(first), first} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if other, err := keep(dir, program); err != nil || other == first {
		t.Errorf("another program was kept as %s, %v", other, err)
	}
	if _, err := keep(dir, dir); err == nil {
		t.Error("a folder was kept as a program")
	}
}

func TestBindingTwiceOrToNoRegionIsRefused(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, nation)
	if err := h.Bind(nation); domain.CodeOf(err) != domain.CodeAlreadyExists {
		t.Error(err)
	}
	if err := h.Bind(rawIn("32.7", "good")); domain.CodeOf(err) != domain.CodeBadUserInput {
		t.Error(err)
	}
	closed(t, h)
	if err := h.Bind(rawIn("32", "good")); domain.CodeOf(err) != domain.CodeUnavailable {
		t.Error(err)
	}
	if j := judge(t, h, "32"); len(j.Unavailable) != 1 {
		t.Errorf("a closed host passed: %+v", j)
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
