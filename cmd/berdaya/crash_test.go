package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/berdaya/berdaya/db/cluster"
	"github.com/berdaya/berdaya/db/migrate"
	"github.com/berdaya/berdaya/internal/token"
)

func TestDevStartsItsPostgreSQLAgainUntilThatIsHopeless(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := startDev(t, data)
	m := &machine{root: data}
	postmaster := func() int { return postmasterIn(filepath.Join(clusterDir(data), "data")) }
	healthy := func() bool {
		res, err := http.Get(r.url + "/healthz")
		if err == nil {
			res.Body.Close()
		}
		return err == nil && res.StatusCode == http.StatusOK
	}
	for range endsBound - 1 {
		killed := postmaster()
		if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		until(t, time.Minute, "another PostgreSQL runs", func() bool { now := postmaster(); return now != 0 && now != killed })
		until(t, time.Minute, "the same server answers", healthy)
	}
	if err := syscall.Kill(postmaster(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	err := r.cmd.Wait()
	if ended := (*exec.ExitError)(nil); !errors.As(err, &ended) || ended.ExitCode() != 1 {
		t.Errorf("it ended with %v", err)
	}
	if said := r.out.String(); !strings.Contains(said, "UNAVAILABLE: the private PostgreSQL has ended 3 times in 10m0s") {
		t.Errorf("it said %s", said)
	}
	until(t, time.Minute, "no process is left", func() bool { return len(m.processes()) == 0 })
}

// Not parallel: it runs before the tests that are, so every goroutine is its own.
func TestAServerThatSawCrashesLeavesNoGoroutineAndNoFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "postgres")
	start := func() *cluster.Cluster {
		c, err := cluster.Start(t.Context(), cluster.Options{Dir: dir, Fast: true})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := start() // with it the thread that starts processes, which stays
	defer func() { c.Stop(context.Background()) }()
	dsn := c.DSN("postgres")
	set, err := migrate.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.Up(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	secret, err := token.ParseSecret(strings.Repeat("a crashing secret ", 2))
	if err != nil {
		t.Fatal(err)
	}
	before := openHere(t)
	sv, err := newServer(t.Context(), settings{DSN: dsn, Secret: secret, Development: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { served <- sv.serve(ctx, l) }()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	healthy := func() bool {
		res, err := client.Get("http://" + l.Addr().String() + "/healthz")
		if err != nil {
			return false
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	}
	for range 2 {
		until(t, time.Minute, "it is healthy", healthy)
		rules := sv.rules.Status()[0].PID
		for _, pid := range []int{rules, postmasterIn(filepath.Join(dir, "data"))} {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		until(t, time.Minute, "it says that it is not healthy", func() bool { return !healthy() })
		c.Stop(t.Context())
		c = start()
		until(t, time.Minute, "the rules are back", func() bool { now := sv.rules.Status()[0].PID; return now != 0 && now != rules })
		until(t, time.Minute, "it is healthy", healthy)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	sv.close()
	until(t, time.Minute, "nothing is left open", func() bool {
		now := openHere(t)
		return now.goroutines <= before.goroutines && now.files <= before.files
	})
	if t.Failed() {
		buf := make([]byte, 1<<20)
		t.Logf("%s", buf[:runtime.Stack(buf, true)])
	}
}
