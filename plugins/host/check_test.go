package host

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/berdaya/berdaya/plugins/conformance"
)

func TestOnlyWhatAProgramStartedIsItsFamily(t *testing.T) {
	t.Parallel()
	own := identity{user: &syscall.Credential{Uid: firstUser}, processes: mostProcesses}
	for _, pid := range []int{-1, 0, 1} {
		if got := familyOf(pid, own); len(got) > 0 {
			t.Errorf("process %d has the family %v", pid, got)
		}
	}
	for name, as := range map[string]identity{"nobody": {}, "shared": {user: own.user}, "an account": {user: &syscall.Credential{Uid: 0}, processes: 1}} {
		if got := ofUser(as); len(got) > 0 {
			t.Errorf("%s has the processes %v", name, got)
		}
	}
	parent := exec.Command("/bin/sh", "-c", "sleep 600 & wait")
	parent.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(-parent.Process.Pid, syscall.SIGKILL); _ = parent.Wait() }()
	var family []relative
	until(t, "it has a child", func() bool { family = familyOf(parent.Process.Pid, identity{}); return len(family) > 0 })
	if len(family) != 1 || family[0].pid == parent.Process.Pid || family[0].pid == os.Getpid() {
		t.Errorf("the family is %v", family)
	}
}

func TestProgramsAreTriedAndNothingOfThemIsLeft(t *testing.T) {
	t.Parallel()
	bystander := exec.Command("/bin/sleep", "600")
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = bystander.Process.Kill(); _ = bystander.Wait() }()
	h := newHost(t, func(o *Options) { o.StartTimeout, o.StopTimeout = 10*time.Second, 10*time.Second })
	for part, want := range map[string][]string{"national": nil, "mute": {"STARTS"}, "talker": {"QUIET_BEFORE_HANDSHAKE"},
		"parent": {"PARAMETERS_REFUSED", "PLANS_FOLLOW_TIME", "LARGE_REQUESTS", "LEAVES_NOTHING"}} {
		c, err := h.CheckCommand(t.Context(), as(part), conformance.Options{Patience: 30 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		var broken []string
		for _, f := range c.Findings {
			if f.Severity == conformance.Error {
				broken = append(broken, f.Clause)
			}
			for _, number := range regexp.MustCompile(`\d+`).FindAllString(f.EN, -1) {
				if pid, _ := strconv.Atoi(number); f.Clause == "LEAVES_NOTHING" && runs(pid) {
					t.Errorf("%s left process %d", part, pid)
				}
			}
		}
		if !slices.Equal(broken, want) {
			t.Errorf("%s: %v", part, c.Findings)
		}
	}
	if !runs(bystander.Process.Pid) {
		t.Error("somebody else's process was ended")
	}
}
