package host

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// forkAll starts processes, each in a group of its own, until it may not, or there are far too many.
func forkAll() error {
	started := 0
	for ; started < 1000; started++ {
		child := exec.Command("/bin/sleep", "300")
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := child.Start(); err != nil {
			break
		}
	}
	return os.WriteFile("started", fmt.Append(nil, started), 0o644)
}

func TestForkBombIsBoundedAndEndsWithItsRuleSet(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, rawIn("32", "forks"), nation)
	if !h.identities.each || !h.identities.apart {
		t.Skip("only root gives each rule set its own user and namespace")
	}
	ready(t, h)
	stop := judgedMeanwhile(t, h, "51")
	judge(t, h, "32")
	count := len(processesOf(h))
	if count < 100 || count > mostProcesses+2 {
		t.Errorf("%d processes of rule sets run", count)
	}
	if err := syscall.Kill(h.Status()[0].PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "all of them ended", func() bool { return len(processesOf(h)) <= 2 })
	stop()
}

func TestNobodyWhomARuleSetStartedOutlivesIt(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, rawIn("32", "parent"))
	if !h.identities.apart {
		t.Skip("this system does not let us make namespaces")
	}
	ready(t, h)
	before := processesOf(h)
	if len(before) != 3 {
		t.Fatalf("the rule set and what it started are %v", before)
	}
	if err := syscall.Kill(h.Status()[0].PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "all have ended", func() bool {
		return !slices.ContainsFunc(before, runs)
	})
	ready(t, h)
	before = processesOf(h)
	closed(t, h)
	until(t, "all have ended", func() bool { return !slices.ContainsFunc(before, runs) })
}

func TestRuleSetsHaveUsersOfTheirOwn(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, rawIn("32", "good"), nation)
	ready(t, h)
	if !h.identities.each {
		t.Skip("only root gives each rule set its own user")
	}
	one, other := h.all()[0].of.Load().as.user, h.all()[1].of.Load().as.user
	if one.Uid == other.Uid || one.Uid < firstUser || other.Uid < firstUser {
		t.Errorf("they run as %v and %v", one, other)
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", h.Status()[0].PID))
	if err != nil || !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), "Max processes 256 256") {
		t.Errorf("%s, %v", limits, err)
	}
	closed(t, h)
	if len(h.identities.taken) > 0 {
		t.Errorf("users not given back: %v", h.identities.taken)
	}
}
