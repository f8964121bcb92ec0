package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/bench/load"
	"github.com/berdaya/berdaya/internal/deathsig"
)

// harness is another comparison, whose own limit server ours is held against.
type harness struct {
	dir  string // its sources: peers/limit, queries/neutral/q1.graphql to q5.graphql
	dsn  string // its database, running
	vars string // lines of a shape's name, a tab and variables in JSON
}

func newYardstick() *cobra.Command {
	var o options
	var h harness
	cmd := &cobra.Command{
		Use:   "yardstick",
		Short: "Hold the limit server against that of another harness",
		Long: `A yardstick that is too short makes everybody tall. This drives our limit server and the limit server of another comparison
(peers/limit -mode=rows in --harness) in turns, over that comparison's own tables and with its own requests, and prints the
ratios: 0.9 and more says that ours is as good a limit as theirs.

That comparison's database must be running (db/pg.sh start) and its variables written (queries/vars.sql, by psql).`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.part = 1 // it has rows of its own
			if err := o.check(); err != nil {
				return err
			}
			if h.dir == "" || h.dsn == "" || h.vars == "" {
				return errors.New("give --harness, --database and --variables")
			}
			return h.measure(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	o.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&h.dir, "harness", os.Getenv("BERDAYA_BENCH_HARNESS"), "the folder of the other comparison ($BERDAYA_BENCH_HARNESS)")
	f.StringVar(&h.dsn, "database", os.Getenv("PERF_DSN"), "the connection string of its database ($PERF_DSN)")
	f.StringVar(&h.vars, "variables", "", "the file of its variables")
	return cmd
}

// foreignShapes are the names of its shapes, with what they are here.
var foreignShapes = map[string]string{"q1": "one by id", "q2": "50 of a province and stage", "q3": "50 × (10 stakeholders + 5 events)", "q4": "board counts of a province", "q5": "a page of 50, deep"}

func (h harness) measure(ctx context.Context, say io.Writer, o options) error {
	module, err := moduleDir(ctx)
	if err != nil {
		return err
	}
	out, err := os.MkdirTemp("", "berdaya-bench-build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(out)
	theirsBinary, err := build(ctx, h.dir, out, "-buildvcs=false", "./peers/limit")
	if err != nil {
		return err
	}
	renamed := filepath.Join(out, "their-limit")
	if err := os.Rename(theirsBinary, renamed); err != nil {
		return err
	}
	oursBinary, err := build(ctx, module, out, "./bench/limit")
	if err != nil {
		return err
	}
	theirs, err := h.start(ctx, renamed, out)
	if err != nil {
		return err
	}
	defer theirs.stop()
	ours, err := limitServer(ctx, oursBinary, out, h.dsn, "foreign")
	if err != nil {
		return err
	}
	defer ours.stop()
	c := contest{peers: []*peer{theirs, ours}, shapes: []string{"q1", "q2", "q3", "q4", "q5"}, bodies: map[string][][][]byte{}}
	if len(o.shapes) > 0 {
		c.shapes = o.shapes
	}
	for _, name := range c.shapes {
		bodies, err := h.bodies(name)
		if err != nil {
			return err
		}
		c.bodies[name] = [][][]byte{bodies, bodies}
	}
	if c.database, err = postmaster(ctx, h.dsn); err != nil {
		return err
	}
	if err := c.check(say); err != nil {
		return err
	}
	all, err := c.rounds(ctx, say, o)
	if err != nil {
		return err
	}
	table(say, all, c.shapes, foreignShapes, c.names())
	return keep(say, o.out, all)
}

// start starts the other limit server, which says nothing when it is there.
func (h harness) start(ctx context.Context, binary, out string) (*peer, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	p := &peer{name: "their limit", target: load.Target{Address: address, Path: "/graphql"}, done: make(chan struct{})}
	p.cmd = exec.Command(binary, "-mode=rows", "-addr="+address)
	p.cmd.Env = append(os.Environ(), "PERF_DSN="+h.dsn, "PERF_POOL="+strconv.Itoa(16))
	if err := deathsig.Start(p.cmd, syscall.SIGKILL); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	for end := time.Now().Add(startBound); time.Now().Before(end); {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return p, conn.Close()
		}
		select {
		case <-p.done:
			return nil, errors.New("the other limit server ended at once: is its database running?")
		case <-time.After(50 * time.Millisecond):
		}
	}
	p.stop()
	return nil, errors.New("the other limit server did not start")
}

// bodies are the requests of one of its shapes.
func (h harness) bodies(shape string) ([][]byte, error) {
	query, err := os.ReadFile(filepath.Join(h.dir, "queries", "neutral", shape+".graphql"))
	if err != nil {
		return nil, err
	}
	file, err := os.Open(h.vars)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all [][]byte
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		name, text, ok := strings.Cut(lines.Text(), "\t")
		if !ok || name != shape {
			continue
		}
		var variables map[string]any
		if err := json.Unmarshal([]byte(text), &variables); err != nil {
			return nil, fmt.Errorf("%s: %w", h.vars, err)
		}
		delete(variables, "rank")
		body, err := json.Marshal(map[string]any{"operationName": strings.ToUpper(shape), "query": strings.TrimSpace(string(query)), "variables": variables})
		if err != nil {
			return nil, err
		}
		all = append(all, body)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no variables for %s", h.vars, shape)
	}
	return all, lines.Err()
}
