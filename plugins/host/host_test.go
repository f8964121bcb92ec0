package host

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/national"
	"github.com/berdaya/berdaya/workflow"
)

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
	if j.DueOn != nil {
		t.Errorf("how long a stage takes is the definition's, not %v", *j.DueOn)
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
	h := newHost(t, nil, rawIn("32.73", "good"), Binding{RuleSet: "other", Region: "32", Command: as("later")}, nation)
	ready(t, h)
	inside, outside := judge(t, h, "32.73.05"), judge(t, h, "32.74")
	if len(inside.Revisions) != 3 || inside.Revisions[0].RuleSet != national.Name || len(outside.Revisions) != 2 {
		t.Errorf("inside judged by %v, outside by %v", inside.Revisions, outside.Revisions)
	}
	if inside.DueOn == nil || *inside.DueOn != "2026-03-05" || *outside.DueOn != "2026-03-20" {
		t.Errorf("due on %v inside, %v outside", inside.DueOn, outside.DueOn)
	}
	if len(inside.Blocks) != 3 {
		t.Errorf("the region's rule silenced the nation's: %v", inside.Blocks)
	}
}

func TestProgramWithoutACertificateIsAskedAllTheSame(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, rawIn("32.73", "plain"))
	ready(t, h)
	if j := judge(t, h, "32.73.05"); len(j.Unavailable) > 0 || len(j.Revisions) != 1 {
		t.Errorf("got %+v", j)
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
	user := h.all()[0].of.Load().as.user
	if user == nil {
		t.Log("not root: it runs as we do")
		return
	}
	if who := fmt.Sprintf("Uid:\t%d\t%d", user.Uid, user.Uid); !strings.Contains(read("status"), who) || !strings.Contains(read("status"), "Groups:\t \n") {
		t.Errorf("it does not run as user %d without other groups: %s", user.Uid, read("status"))
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
	if err != nil || again.path != first.path {
		t.Errorf("kept as %v and as %v, %v", first, again, err)
	}
	for _, path := range []string{dir, filepath.Dir(first.path), first.path} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	// A copy that a killed server left goes when it is old enough to be nobody's.
	for _, age := range []time.Duration{0, 2 * unused} {
		left := filepath.Join(filepath.Dir(first.path), "new-123")
		if err := os.WriteFile(left, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(left, time.Now().Add(-age), time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
		third, err := keep(dir, program)
		if err != nil {
			t.Fatal(err)
		}
		third.release()
		if _, err := os.Stat(left); (err == nil) != (age == 0) {
			t.Errorf("a copy of age %s that was left: %v", age, err)
		}
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	// The old one goes when nobody runs it and some time has passed.
	for _, held := range []*kept{again, first, nil} {
		old := time.Now().Add(-2 * unused)
		if err := os.Chtimes(filepath.Dir(first.path), old, old); err != nil {
			t.Fatal(err)
		}
		other, err := keep(dir, program)
		if err != nil || other.path == first.path {
			t.Fatalf("another program was kept as %v, %v", other, err)
		}
		other.release()
		if _, err := os.Stat(first.path); (err == nil) != (held != nil) {
			t.Errorf("held %v, and: %v", held != nil, err)
		}
		if held != nil {
			held.release()
		}
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

func TestProgramsStayRunnableWhereTheirFolderIsClosedToOthers(t *testing.T) {
	t.Parallel()
	private := filepath.Join(t.TempDir(), "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	h := newHost(t, func(o *Options) { o.Dir = filepath.Join(private, "data") }, nation)
	ready(t, h)
	if _, err := os.Stat(h.options.Dir); (err == nil) != (h.identities.shared == nil) {
		t.Errorf("a program that runs as another user (%v) was kept in %s: %v", h.identities.shared, h.options.Dir, err)
	}
}
