package db_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/cluster"
	"github.com/berdaya/berdaya/domain"
)

// PostgreSQL is killed under load, without a word to those who are connected, and started again at the same address.
func TestALostDatabaseIsUnavailableAndBothPoolsRecoverByThemselves(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "postgres")
	start := func() *cluster.Cluster {
		c, err := cluster.Start(t.Context(), cluster.Options{Dir: dir, Fast: true})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := start()
	defer func() { c.Stop(context.Background()) }()
	d, err := db.Open(t.Context(), c.DSN("postgres"), db.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ask := map[string]func(context.Context) error{
		"prepared": func(ctx context.Context) error {
			var n int
			return db.Coded(d.Pool.QueryRow(ctx, "select 1 + $1::int", 1).Scan(&n))
		},
		"in a transaction": func(ctx context.Context) error {
			return d.Transact(ctx, func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.ExecContext(ctx, "select pg_sleep(0.001)")
				return err
			})
		},
	}
	for range 2 {
		ctx, stop := context.WithCancel(t.Context())
		var load sync.WaitGroup
		var mu sync.Mutex
		lost := map[string]int{}
		for how, ask := range ask {
			for range 3 {
				load.Go(func() {
					for ctx.Err() == nil {
						err := ask(context.WithoutCancel(ctx))
						if err == nil {
							continue
						}
						mu.Lock()
						if lost[how]++; domain.CodeOf(err) != domain.CodeUnavailable {
							t.Errorf("%s: %v has no code that says so", how, err)
						}
						mu.Unlock()
					}
				})
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		pid, err := strconv.Atoi(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		<-c.Done()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) { // between two looks
			mu.Lock()
			both := lost["prepared"] > 0 && lost["in a transaction"] > 0
			mu.Unlock()
			if both {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("nobody noticed: %v", lost)
			}
		}
		c.Stop(t.Context())
		stop()
		load.Wait()
		c = start()
		// What a pool still holds of the old connections fails once at most, one by one.
		for how, ask := range ask {
			for n := 0; ; n++ {
				err := ask(t.Context())
				if err == nil {
					break
				}
				if n == 2*4 || domain.CodeOf(err) != domain.CodeUnavailable {
					t.Fatalf("%s after the restart, attempt %d: %v", how, n+1, err)
				}
			}
		}
	}
}
