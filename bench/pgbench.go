package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/bench/load"
	"github.com/berdaya/berdaya/bench/ripe"
	"github.com/berdaya/berdaya/internal/deathsig"
)

// barrier is the advisory lock at which pgbench's clients wait until all of them are warm.
const barrier = 4711

// pgbench is what replays moves.
type pgbench struct{ program, script, dir string }

// findPgbench gives the path of pgbench, which comes with PostgreSQL's server.
func findPgbench() (string, error) {
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("pgbench is not there; it comes with PostgreSQL's server")
	}
	return found[len(found)-1], nil
}

// replayed is what came of a replay.
type replayed struct {
	latencies []time.Duration
	took      time.Duration
	own       float64 // CPU seconds of pgbench itself
}

// replay has pgbench's clients move each programmes each. go ahead is called when all of them are warm and wait, directly before
// they are let go.
func (p pgbench) replay(ctx context.Context, dsn string, clients, each int, goAhead func() error) (replayed, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return replayed{}, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", barrier); err != nil {
		return replayed{}, err
	}
	dir, err := os.MkdirTemp(p.dir, "replay-")
	if err != nil {
		return replayed{}, err
	}
	defer os.RemoveAll(dir)
	n := strconv.Itoa
	cmd := exec.Command(p.program, "--no-vacuum", "--protocol=simple", "--file="+p.script, "--client="+n(clients),
		"--jobs="+n(min(clients, runtime.NumCPU())), "--transactions="+n(each), "--log", "--log-prefix="+filepath.Join(dir, "transactions"),
		"--define=step=0", "--define=first="+n(ripe.First), "--define=moves="+n(each), "--define=warm="+n(warmMoves), dsn)
	var said strings.Builder
	cmd.Stderr = &said
	if err := deathsig.Start(cmd, syscall.SIGKILL); err != nil {
		return replayed{}, err
	}
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if err := awaitAll(ctx, conn, clients, ended); err != nil {
		_ = cmd.Process.Kill()
		return replayed{}, fmt.Errorf("%w: %.1000s", err, said.String())
	}
	before, err := load.Of(cmd.Process.Pid)
	if err != nil {
		return replayed{}, err
	}
	if err := goAhead(); err != nil {
		_ = cmd.Process.Kill()
		return replayed{}, err
	}
	began := time.Now()
	if _, err := conn.Exec(ctx, "select pg_advisory_unlock($1)", barrier); err != nil {
		return replayed{}, err
	}
	if err := <-ended; err != nil {
		return replayed{}, fmt.Errorf("pgbench: %w: %.1000s", err, said.String())
	}
	out := replayed{took: time.Since(began)}
	out.own = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds() - before[0].CPU
	out.latencies, err = latencies(dir)
	if err == nil && len(out.latencies) != clients*(each-warmMoves-1) {
		err = fmt.Errorf("pgbench logged %d transactions, not %d", len(out.latencies), clients*(each-warmMoves-1))
	}
	return out, err
}

// awaitAll waits until all clients stand at the barrier.
func awaitAll(ctx context.Context, conn *pgx.Conn, clients int, ended <-chan error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var waiting int
		if err := conn.QueryRow(ctx, `select count(*) from pg_locks where locktype = 'advisory' and not granted
			and database = (select oid from pg_database where datname = current_database())`).Scan(&waiting); err != nil {
			return err
		}
		if waiting == clients {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("pgbench ended early (%v)", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// latencies reads pgbench's logs: how long every transaction took after its client went through the barrier.
func latencies(dir string) ([]time.Duration, error) {
	files, err := filepath.Glob(filepath.Join(dir, "transactions.*"))
	if err != nil {
		return nil, err
	}
	var all []time.Duration
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		for lines := bufio.NewScanner(file); lines.Scan(); {
			f := strings.Fields(lines.Text()) // client, transaction from 1 on, microseconds, …
			if len(f) < 3 {
				continue
			}
			number, err := strconv.Atoi(f[1])
			if err != nil {
				file.Close()
				return nil, err
			}
			took, err := strconv.ParseInt(f[2], 10, 64)
			if err != nil {
				file.Close()
				return nil, err
			}
			if number > warmMoves+1 {
				all = append(all, time.Duration(took)*time.Microsecond)
			}
		}
		file.Close()
	}
	return all, nil
}
