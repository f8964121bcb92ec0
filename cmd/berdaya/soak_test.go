package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The long tier of the crash test is asked for by BERDAYA_LONG=1; BERDAYA_SOAK says how long it takes (half of it as
// `berdaya serve`, half as `berdaya dev`), and BERDAYA_SEED repeats the kills of an earlier run.
const (
	longEnv = "BERDAYA_LONG"
	soakEnv = "BERDAYA_SOAK"
	seedEnv = "BERDAYA_SEED"
)

// What is killed. A process that is frozen is alive and says nothing.
const (
	killServer   = "server"
	killDatabase = "postmaster"
	killRules    = "plugin"
	freezeRules  = "plugin, frozen"
)

// The longest that recovery may take: a breaker that is open tries again after two minutes at the latest.
const recoveryBound = 4 * time.Minute

// storm is what happens to a machine while clients move programmes on it.
type storm struct {
	seed     uint64
	kills    []string      // of a short run, in any order
	length   time.Duration // of a long run, which kills at random
	clients  int
	pause    time.Duration // between two moves of a client, on average
	programs int           // the number of programmes moved
}

func TestAcknowledgedMovesSurviveKillsExactlyOnceAndNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	s := storm{seed: seedOf(t), clients: 4, pause: 20 * time.Millisecond, programs: 6,
		kills: []string{killServer, killDatabase, killRules, killServer, killDatabase, killServer, killDatabase, killRules}}
	for _, command := range []string{"serve", "dev"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			weather(t, command, s)
		})
	}
}

// Not parallel: it also counts what this process itself has open.
func TestAnHourOfKillsLeavesNothingBehind(t *testing.T) {
	if os.Getenv(longEnv) == "" {
		t.Skipf("set %s=1 to run it", longEnv)
	}
	length, err := time.ParseDuration(cmp.Or(os.Getenv(soakEnv), "1h"))
	if err != nil {
		t.Fatal(err)
	}
	s := storm{seed: seedOf(t), length: length / 2, clients: 4, pause: 500 * time.Millisecond, programs: 24}
	for _, command := range []string{"serve", "dev"} {
		t.Run(command, func(t *testing.T) {
			before := openHere(t)
			weather(t, command, s)
			until(t, time.Minute, fmt.Sprintf("this process has no more open than before: %+v", before), func() bool {
				now := openHere(t)
				return now.goroutines <= before.goroutines+1 && now.files <= before.files+2 // the thread that starts processes; its poller
			})
			fmt.Printf("  of this process: before %+v, after %+v\n", before, openHere(t))
		})
	}
}

func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64N(1 << 32)
	if text := os.Getenv(seedEnv); text != "" {
		if _, err := fmt.Sscan(text, &seed); err != nil {
			t.Fatal(err)
		}
	}
	return seed
}

// weather moves programmes on a machine while it storms, and then looks at what is there and at what is left.
func weather(t *testing.T, command string, s storm) {
	began := time.Now()
	m := newMachine(t, command)
	ledger := newLedger(m, s.programs)
	ledger.enter(t)

	moving, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for n := range s.clients {
		client := newMover(ledger, rand.New(rand.NewPCG(s.seed, uint64(n))), s.pause)
		clients.Go(func() { client.work(moving, t) })
	}
	figures := &figures{recoveries: map[string][]time.Duration{}}
	s.strike(t, m, ledger, figures)
	stop()
	clients.Wait()

	ledger.check(t)
	if figures.connections > 2*16+5+2 || figures.files > 150 {
		t.Errorf("the server had %d connections to PostgreSQL and %d files open", figures.connections, figures.files)
	}
	m.end(t)
	if !t.Failed() { // what it says is true then
		figures.print(command, s, m, ledger, time.Since(began))
	}
}

// strike kills until the run is over. Mostly the machine may recover first; at times it is struck again while it does.
func (s storm) strike(t *testing.T, m *machine, l *ledger, f *figures) {
	rng := rand.New(rand.NewPCG(s.seed, 1<<32))
	plan := slices.Clone(s.kills)
	rng.Shuffle(len(plan), func(i, j int) { plan[i], plan[j] = plan[j], plan[i] })
	over := time.Now().Add(s.length)
	longKinds := []string{killServer, killServer, killServer, killDatabase, killDatabase, killDatabase, killRules, killRules, killRules, freezeRules}
	for n := 0; n < len(plan) || s.length > 0 && time.Now().Before(over); n++ {
		inARow := rng.IntN(4) == 0
		kind := longKinds[rng.IntN(len(longKinds))]
		if s.length > 0 {
			<-after(t.Context(), time.Second+time.Duration(rng.Int64N(int64(8*time.Second)))) // clients move undisturbed meanwhile
		} else {
			kind = plan[n]
			least := l.acknowledged() + 20
			until(t, recoveryBound, "clients get on", func() bool { return l.acknowledged() >= least })
		}
		victim := m.strike(kind)
		if victim == 0 { // it was down already
			l.recovered(t)
			if victim = m.strike(kind); victim == 0 {
				t.Errorf("there is no %s to kill", kind)
			}
		}
		struck := time.Now()
		if inARow {
			f.inARow++
			continue
		}
		until(t, recoveryBound, "another "+kind+" is there", func() bool { pid := m.process(kind); return pid != 0 && pid != victim })
		l.recovered(t)
		f.recoveries[kind] = append(f.recoveries[kind], time.Since(struck))
		f.connections, f.files = max(f.connections, m.connections(t)), max(f.files, m.openFiles())
	}
	l.recovered(t)
}

// figures are what a storm came to.
type figures struct {
	recoveries  map[string][]time.Duration
	inARow      int // kills that were not waited for
	connections int // of the server to PostgreSQL, at most
	files       int // that the server had open, at most
}

func (f *figures) print(command string, s storm, m *machine, l *ledger, took time.Duration) {
	var b strings.Builder
	fmt.Fprintf(&b, "\nberdaya %s, seed %d, %s\n", command, s.seed, took.Round(time.Second))
	fmt.Fprintf(&b, "  moves       %d acknowledged, each there once; %d refused; %d asked again later, answered the same\n", l.acknowledged(), l.refused, l.repeats)
	fmt.Fprintf(&b, "  programmes  %d, each the fold of its history, every chain whole; longest history %d\n", len(l.programmes), l.longest)
	fmt.Fprintf(&b, "  retries     %d, because of %s\n", sum(l.retries), counts(l.retries))
	fmt.Fprintf(&b, "  kills       %d: %s; %d while it recovered; server started %d times\n", sum(m.struck), counts(m.struck), f.inARow, m.starts())
	for _, kind := range []string{killServer, killDatabase, killRules, freezeRules} {
		if times := f.recoveries[kind]; len(times) > 0 {
			slices.Sort(times)
			fmt.Fprintf(&b, "  recovery    %-14s  %4d measured: median %6.2f s, 95 %% %6.2f s, longest %6.2f s\n", kind, len(times),
				times[len(times)/2].Seconds(), times[len(times)*95/100].Seconds(), times[len(times)-1].Seconds())
		}
	}
	fmt.Fprintf(&b, "  open        %d connections to PostgreSQL, %d files and sockets of the server, at most\n", f.connections, f.files)
	fmt.Fprintf(&b, "  left behind nothing: %s\n", m.left)
	fmt.Print(b.String())
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

func counts(counts map[string]int) string {
	var list []string
	for name, n := range counts {
		list = append(list, fmt.Sprintf("%s %d", name, n))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
