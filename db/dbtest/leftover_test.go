package dbtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The test binary plays one that leaves without cleaning up: it makes a database, says how many there were before and where the
// cluster is, and ends at once.
func TestMain(m *testing.M) {
	if os.Getenv("DBTEST_LEAVES") == "" {
		os.Exit(m.Run())
	}
	before, err := leave(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(before, kept.cluster.Dir)
	os.Exit(0)
}

func leave(ctx context.Context) (before int, err error) {
	s, err := running()
	if err != nil {
		return 0, err
	}
	if err := s.admin.QueryRow(ctx, "SELECT count(*) FROM pg_database WHERE starts_with(datname, $1)", testPrefix).Scan(&before); err != nil {
		return 0, err
	}
	template, err := s.template(ctx)
	if err != nil {
		return 0, err
	}
	return before, s.copy(ctx, template, testPrefix+"0_leftover")
}

func TestABinaryThatJustEndsLeavesNoProcessAndTheNextOneSweeps(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/cwd"); err != nil {
		t.Skip("this system does not say which processes live in a folder")
	}
	temporary, err := os.MkdirTemp("", "b") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(temporary) })
	for run := range 2 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "DBTEST_LEAVES=1", "TMPDIR="+temporary, addressVariable+"=")
		child.Stderr = os.Stderr
		out, err := child.Output()
		if err != nil {
			t.Fatal(err)
		}
		var before int
		var dir string
		if _, err := fmt.Sscan(string(out), &before, &dir); err != nil || !strings.HasPrefix(dir, temporary) {
			t.Fatalf("%q, %v", out, err)
		}
		if before != 0 {
			t.Errorf("run %d found %d databases", run, before)
		}
		for deadline := time.Now().Add(time.Minute); len(living(t, dir)) > 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("processes %v are alive a minute after the end", living(t, dir))
			}
		}
	}
}

// living lists the processes that work in a cluster's data directory.
func living(t *testing.T, dir string) (links []string) {
	all, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range all {
		if cwd, err := os.Readlink(link); err == nil && cwd == filepath.Join(dir, "data") {
			links = append(links, link)
		}
	}
	return links
}
