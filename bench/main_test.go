package main

import (
	"strings"
	"testing"
	"time"

	"github.com/berdaya/berdaya/bench/load"
	"github.com/berdaya/berdaya/bench/shapes"
)

func TestTheTableShowsMediansBesideTheYardstick(t *testing.T) {
	t.Parallel()
	round := func(peer string, n int, server, database float64) load.Round {
		return load.Round{Peer: peer, Shape: "One", Round: n, Answered: 100, Seconds: 0.5, Server: server, Database: database, P50: 2, P99: 9, Bytes: 2048}
	}
	all := []load.Round{
		round("limit", 1, 0.25, 0.25), round("berdaya", 1, 0.75, 0.25),
		round("limit", 2, 0.5, 0.5), round("berdaya", 2, 0.75, 0.5),
		round("limit", 3, 0.25, 0.25), round("berdaya", 3, 0.375, 0.25),
	}
	var out strings.Builder
	table(&out, all, []string{"One", "Deep"}, map[string]string{"One": "one by id"}, []string{"limit", "berdaya"})
	for _, want := range []string{
		"| one by id | limit | 1.00 | 0.250 + 0.250 | 200 | 2.0 | 9.0 | 2.0 |",
		"|  | berdaya | **0.80** (0.50–0.80) | 0.750 + 0.250 | 200 | 2.0 | 9.0 | 2.0 |",
		"medians of 3 rounds",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestWhatIsAskedForIsBounded(t *testing.T) {
	t.Parallel()
	good := options{part: 10, rounds: 5, each: time.Second, connections: 32}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*options){
		"part": func(o *options) { o.part = 0 }, "too small a part": func(o *options) { o.part = 1001 },
		"rounds": func(o *options) { o.rounds = 101 }, "each": func(o *options) { o.each = time.Hour }, "warm": func(o *options) { o.warm = -1 },
		"connections": func(o *options) { o.connections = 257 }, "rate": func(o *options) { o.rate = 1e6 },
	} {
		o := good
		if change(&o); o.check() == nil {
			t.Errorf("%s has no bound", what)
		}
	}
	for _, names := range [][]string{{"Else"}, {"One", "One"}, {"one"}} {
		if _, _, err := chooseShapes(names); err == nil {
			t.Errorf("%q was accepted", names)
		}
	}
	if chosen, _, err := chooseShapes(nil); err != nil || len(chosen) != len(shapes.All) {
		t.Error(chosen, err)
	}
}
