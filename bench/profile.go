package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/berdaya/berdaya/bench/load"
)

// profileFor is how long a profile is taken.
const profileFor = 8 * time.Second

// profile takes CPU profiles of a server built for it, one for each shape, and prints what costs most.
func (c *contest) profile(ctx context.Context, say io.Writer, module, out, dsn, reader string, which []int, o options) error {
	binary, err := buildProfiled(ctx, module, out)
	if err != nil {
		return err
	}
	addressFile := filepath.Join(out, "profile-address")
	server, err := berdayaServer(ctx, "profiled", binary, out, dsn, reader, "BENCH_PROFILE_ADDRESS="+addressFile)
	if err != nil {
		return err
	}
	defer server.stop()
	address, err := os.ReadFile(addressFile)
	if err != nil {
		return err
	}
	for _, i := range which {
		name := c.shapes[i]
		bodies := c.bodies[name][1]
		plan := load.Plan{Connections: o.connections, For: profileFor + time.Second}
		if _, err := load.Drive(ctx, server.target, bodies, load.Plan{Connections: o.connections, For: time.Second}); err != nil {
			return err
		}
		driven := make(chan error, 1)
		go func() {
			_, err := load.Drive(ctx, server.target, bodies, plan)
			driven <- err
		}()
		file := filepath.Join(os.TempDir(), fmt.Sprintf("berdaya-bench-%s.pprof", name))
		err := fetch(ctx, fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", address, int(profileFor.Seconds())), file)
		if driveErr := <-driven; err == nil {
			err = driveErr
		}
		if err != nil {
			return err
		}
		if err := printProfile(ctx, say, name, binary, file); err != nil {
			return err
		}
	}
	return nil
}

// printProfile prints what costs most in a profile of a program.
func printProfile(ctx context.Context, say io.Writer, name, binary, file string) error {
	top, err := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", "-cum", "-nodecount=60", binary, file).Output()
	if err != nil {
		return err
	}
	flat, err := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", "-nodecount=20", binary, file).Output()
	if err != nil {
		return err
	}
	fmt.Fprintf(say, "\n%s: the profile is in %s\n%s\nwith what they call, ours alone:\n%s", name, file, flat, ours(string(top)))
	return nil
}

// ours keeps the lines about Berdaya's own functions and the large steps around them.
func ours(top string) string {
	var kept strings.Builder
	for line := range strings.Lines(top) {
		for _, mark := range []string{"berdaya", "gqlgen", "gqlparser", "pgconn", "net/http.(*conn).serve", "runtime.gcBgMarkWorker", "runtime.mallocgc", "encoding/json", "crypto/hmac", "jwt"} {
			if strings.Contains(line, mark) {
				kept.WriteString(line)
				break
			}
		}
	}
	return kept.String()
}

func fetch(ctx context.Context, url, file string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, answer.Body); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
