//go:build unix

package deathsig

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary plays the parent that is killed: it starts a sleeper in the way named, says its number and waits.
func TestMain(m *testing.M) {
	way := os.Getenv("DEATHSIG_TEST_WAY")
	if way == "" {
		os.Exit(m.Run())
	}
	cmd := exec.Command("sleep", "60")
	var err error
	switch way {
	case "start":
		err = Start(cmd, syscall.SIGKILL)
	case "watch":
		if err = cmd.Start(); err == nil {
			err = watch(cmd.Process.Pid, syscall.SIGKILL)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(cmd.Process.Pid)
	_ = cmd.Wait()
}

func TestStartedProcessDiesWithItsParent(t *testing.T) {
	for _, way := range []string{"start", "watch"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			parent := exec.Command(os.Args[0])
			parent.Env = append(os.Environ(), "DEATHSIG_TEST_WAY="+way)
			out, err := parent.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := parent.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatalf("the parent said nothing: %v", err)
			}
			pid, err := strconv.Atoi(strings.TrimSpace(line))
			if err != nil {
				t.Fatal(err)
			}
			if !runs(pid) {
				t.Fatalf("process %d should run while its parent lives", pid)
			}
			_ = parent.Process.Kill()
			_ = parent.Wait()
			waitUntil(t, 30*time.Second, func() bool { return !runs(pid) })
		})
	}
}

func TestWatcherEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("true")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := watch(cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	name := strconv.Itoa(cmd.Process.Pid)
	waitUntil(t, 30*time.Second, func() bool {
		out, _ := exec.Command("ps", "-ww", "-A", "-o", "args").Output()
		return !strings.Contains(string(out), watchScript+" sh 9 "+name)
	})
}

// runs tells whether a process runs; a zombie, which an idle init may leave, does not.
func runs(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

func waitUntil(t *testing.T, within time.Duration, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(within)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("it did not happen within %s", within)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
