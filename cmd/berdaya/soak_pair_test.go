package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/berdaya/berdaya/db"
)

// pair is two servers on one PostgreSQL. Whichever is killed is started again; what was under way on it is the other's, or its
// own when it is back.
type pair struct {
	*machine // the first, with the PostgreSQL
	second   *machine
	rng      *rand.Rand
	both     int // times that both were killed at once
}

func newPair(t *testing.T, seed uint64) *pair {
	t.Helper()
	p := &pair{machine: newMachine(t, "serve"), rng: rand.New(rand.NewPCG(seed, 2))}
	p.second = &machine{root: filepath.Join(p.root, "second"), command: "serve", address: freeAddress(t), issue: p.issue, struck: map[string]int{}}
	for _, folder := range []string{p.second.root, p.second.data(), p.second.temporary()} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var serving context.Context
	serving, p.second.stopServer = context.WithCancel(context.Background())
	t.Cleanup(func() { p.second.stopServer(); p.second.services.Wait() })
	args := []string{"serve", "--token-secret-file", secretFile(p.data()), "--data", p.second.data(), "--listen", p.second.address}
	env := append(os.Environ(), asProgram+"=1", "TMPDIR="+p.second.temporary(), "DATABASE_URL="+p.dsn(t))
	p.second.services.Go(func() { p.second.keepServer(t, serving, args, env) })
	return p
}

// open gives the database that both servers are on.
func (p *pair) open(t *testing.T) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), p.dsn(t), db.Options{Name: "soak", MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// storm kills either server, or both, at random instants until it is over. The next kill may come before a server is back.
func (p *pair) storm(t *testing.T, over func() bool) {
	t.Helper()
	for !over() {
		<-after(t.Context(), 500*time.Millisecond+time.Duration(p.rng.Int64N(int64(6*time.Second))))
		switch p.rng.IntN(7) {
		case 0, 1, 2:
			p.strike(killServer)
		case 3, 4, 5:
			p.second.strike(killServer)
		default:
			p.strike(killServer)
			p.second.strike(killServer)
			p.both++
		}
	}
}

// kills is how many times a server was killed.
func (p *pair) kills() int { return p.struck[killServer] + p.second.struck[killServer] }

// end stops the second server and then everything, and looks for what is left.
func (p *pair) end(t *testing.T) {
	t.Helper()
	p.second.stopServer()
	p.second.services.Wait()
	// The folders of its killed servers would go at the next start of theirs; there is none.
	if err := os.RemoveAll(p.second.root); err != nil {
		t.Error(err)
	}
	p.machine.end(t)
}

// said tells how the storm was.
func (p *pair) said() string {
	return fmt.Sprintf("%d kills (%d of the first server, %d of the second, %d times both at once); started %d and %d times",
		p.kills(), p.struck[killServer], p.second.struck[killServer], p.both, p.starts(), p.second.starts())
}
