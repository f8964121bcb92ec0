package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berdaya/berdaya/bench/load"
)

func TestTheTableOfMovesShowsWhoseTheWorkIs(t *testing.T) {
	t.Parallel()
	var all []load.Round
	for n := 1; n <= 3; n++ {
		all = append(all,
			load.Round{Peer: pgbenchPeer, Shape: clientsShape(8), Round: n, Answered: 400, Seconds: 1, Database: 2, P50: 3, P99: 9},
			load.Round{Peer: serverPeer, Shape: clientsShape(8), Round: n, Answered: 100 * (n + 1), Seconds: 1, Server: 1.5, Database: 2, P50: 5, P99: 12,
				Rules: map[string]float64{nationalProcess: 0.3, regionalProcess: 0.2}})
	}
	var out strings.Builder
	movesTable(&out, all, []int{8, 32})
	for _, want := range []string{
		"| 8 | pgbench | 400 | 1.00 | 1.00 | 2.00 | 3.0 | 9.0 |",
		"|  | berdaya | 300 | **0.75** (0.50–1.00) | 0.50 (0.50–0.50) | 1.50 + 0.30 + 0.20 + 2.00 | 5.0 | 12.0 |",
		"medians of 3 rounds",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestWhatIsMovedIsBounded(t *testing.T) {
	t.Parallel()
	good := movesOptions{programmes: 4000, moves: 2000, rounds: 5, clients: []int{1, 8, 32}}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*movesOptions){
		"programmes": func(o *movesOptions) { o.programmes = 100_001 }, "moves": func(o *movesOptions) { o.moves = 0 },
		"rounds": func(o *movesOptions) { o.rounds = 0 }, "clients": func(o *movesOptions) { o.clients = []int{129} },
		"no clients": func(o *movesOptions) { o.clients = nil }, "more moves than programmes": func(o *movesOptions) { o.moves = 4000 },
	} {
		o := good
		if change(&o); o.check() == nil {
			t.Errorf("%s has no bound", what)
		}
	}
}

func TestTheSameTallyIsTheSameInEveryFigure(t *testing.T) {
	t.Parallel()
	a := map[string]int{"programmes": 3, "timers": 8}
	if err := sameTally(a, map[string]int{"programmes": 3, "timers": 8}); err != nil {
		t.Error(err)
	}
	for _, b := range []map[string]int{{"programmes": 3, "timers": 7}, {"programmes": 3}, {"programmes": 3, "timers": 8, "more": 1}} {
		if sameTally(a, b) == nil {
			t.Errorf("%v is the same as %v", a, b)
		}
	}
}

func TestOnlyTransactionsAfterTheBarrierCount(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"transactions.7":   "0 9 99000 0 1700000000 1\n0 10 1500 0 1700000000 2\n1 8 7 0 1700000000 2\n",
		"transactions.7.1": "1 10 2500 0 1700000000 3\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := latencies(dir)
	slices.Sort(got)
	if err != nil || !slices.Equal(got, []time.Duration{1500 * time.Microsecond, 2500 * time.Microsecond}) {
		t.Error(got, err)
	}
}

func TestOnlyAMoveThatWasMadeCounts(t *testing.T) {
	t.Parallel()
	if err := moved([]byte(`{"data":{"moveProgramme":{"allowed":true,"programme":{"stage":"PLAN"},"userErrors":[]}}}`)); err != nil {
		t.Error(err)
	}
	for _, answer := range []string{
		`{"data":{"moveProgramme":{"allowed":false,"programme":{"stage":"IDENTIFY"},"userErrors":[{"code":"BLOCKED"}]}}}`,
		`{"data":{"moveProgramme":{"allowed":true,"programme":{"stage":"TRAIN"},"userErrors":[]}}}`, `{"data":null}`, `{`,
	} {
		if moved([]byte(answer)) == nil {
			t.Errorf("%s counts", answer)
		}
	}
}
