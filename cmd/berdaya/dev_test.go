package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// running is a `berdaya dev` that was started as a person starts it.
type running struct {
	cmd  *exec.Cmd
	out  *output
	url  string
	pids []int // of what it started: PostgreSQL and the rules
}

// output collects what a program says.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

var (
	ruleProcess = regexp.MustCompile(`rules +national \S+, process (\d+)`)
	served      = regexp.MustCompile(`GraphQL +(http://\S+)/graphql`)
)

// startDev starts `berdaya dev` on a data folder and waits until it is ready.
func startDev(t *testing.T, data string) *running {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &running{cmd: exec.Command(self, "dev", "--data", data, "--listen", "127.0.0.1:0", "--demo", "none"), out: &output{}}
	r.cmd.Env = append(os.Environ(), asProgram+"=1", "DATABASE_URL=")
	r.cmd.Stdout, r.cmd.Stderr = r.out, r.out
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.cmd.Process.Kill(); _, _ = r.cmd.Process.Wait() })
	until(t, time.Minute, "it is ready", func() bool { return strings.Contains(r.out.String(), "Ctrl-C") })
	r.url = served.FindStringSubmatch(r.out.String())[1]
	rules, err := strconv.Atoi(ruleProcess.FindStringSubmatch(r.out.String())[1])
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(clusterDir(data), "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	postgres, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	r.pids = []int{rules, postgres}
	return r
}

// until waits for a condition.
func until(t *testing.T, bound time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(bound); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("after %s it does not hold that %s", bound, what)
		}
		time.Sleep(10 * time.Millisecond) // between two looks at another process
	}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestDevKeepsItsDataThroughSIGKILLAndSIGTERMAndLeavesNoProcess(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	for i, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		began := time.Now()
		r := startDev(t, data)
		t.Logf("start %d took %s", i+1, time.Since(began).Round(time.Millisecond))
		p := person{t, r.url, strings.TrimSpace(berdaya(t, "token", "--data", data, "--role", "coordinator", "--region", "32.04")), "id"}
		p.created("createCommunity", fmt.Sprintf(`regionCode: "32.04.12.2003", kind: VILLAGE, name: "Desa %d"`, i), nil)
		if err := r.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = r.cmd.Wait()
		for _, pid := range r.pids {
			until(t, time.Minute, fmt.Sprintf("process %d has ended", pid), func() bool { return !alive(pid) })
		}
	}
	r := startDev(t, data)
	token := strings.TrimSpace(berdaya(t, "token", "--data", data, "--role", "viewer", "--region", "32"))
	v := person{t, r.url, token, "id"}.ask(`{ communities { totalCount } }`, nil)
	if v.at("communities.totalCount").v != 2.0 {
		t.Errorf("what was entered before the signals is not there: %v", v.v)
	}
	if res, err := http.Get(r.url + "/healthz"); err != nil || res.StatusCode != http.StatusOK {
		t.Error(res, err)
	}
}

// berdaya runs the program and gives what it prints.
func berdaya(t *testing.T, args ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("berdaya %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}
