package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/berdaya/berdaya/bench/load"
	"github.com/berdaya/berdaya/bench/ripe"
)

// The peers, the yardstick first.
const (
	pgbenchPeer = "pgbench"
	serverPeer  = "berdaya"
)

// race is what moves are measured with.
type race struct {
	ground      *ground
	servers     ruled
	coordinator string
	replay      pgbench
	database    int // the postmaster
	options     movesOptions
}

func clientsShape(clients int) string { return fmt.Sprintf("%d clients", clients) }

// rounds measures server and pgbench in turns, the other way round in the next round.
func (r *race) rounds(ctx context.Context, say io.Writer) ([]load.Round, error) {
	var all []load.Round
	for round := 1; round <= r.options.rounds; round++ {
		for _, clients := range r.options.clients {
			order := []func(context.Context, string, int) (load.Round, error){r.pgbench, r.server}
			if round%2 == 0 {
				slices.Reverse(order)
			}
			var tallies []map[string]int
			for _, measure := range order {
				dsn, err := r.ground.fresh(ctx, ripeTemplate, "raced")
				if err != nil {
					return nil, err
				}
				m, err := measure(ctx, dsn, clients)
				if err != nil {
					return nil, err
				}
				m.Round, m.Shape = round, clientsShape(clients)
				all = append(all, m)
				fmt.Fprintf(say, "%d %2d clients %-8s %6.0f moves/s  p50 %7.2f ms  p99 %7.2f ms  CPU/move %.2f ms + rules %.2f + %.2f ms + database %.2f ms  others %.2f cores\n",
					round, clients, m.Peer, m.Rate(), m.P50, m.P99, m.Server, m.Rules[nationalProcess], m.Rules[regionalProcess], m.Database, m.Others)
				counts, err := tally(ctx, dsn)
				if err != nil {
					return nil, err
				}
				tallies = append(tallies, counts)
			}
			if err := sameTally(tallies[0], tallies[1]); err != nil {
				return nil, fmt.Errorf("pgbench did not do what the server does: %w", err)
			}
			if got, want := tallies[0]["idempotency_keys"], clients*(r.options.each(clients)-1); got != want {
				return nil, fmt.Errorf("%d programmes were moved, not %d", got, want)
			}
		}
	}
	return all, nil
}

// sameTally says where two tallies differ.
func sameTally(a, b map[string]int) error {
	for _, what := range slices.Sorted(maps.Keys(a)) {
		if a[what] != b[what] {
			return fmt.Errorf("%s: %d and %d", what, a[what], b[what])
		}
	}
	if len(a) != len(b) {
		return fmt.Errorf("%d figures and %d", len(a), len(b))
	}
	return nil
}

// watched measures what is used while something is done, from the moment that it says it begins. mine is how much CPU time
// those use who ask, up to now.
func watched(server *peer, database int, mine func() float64, do func(begin func() error) error) (load.Round, error) {
	var used [2]spent
	var busy, asking [2]float64
	at := func(i int) (err error) {
		asking[i] = mine()
		if server != nil {
			used[i], err = spending(server, database)
		} else {
			var u []load.Usage
			if u, err = load.Of(database); err == nil {
				used[i].database = u[0].CPU
			}
		}
		if err == nil {
			busy[i], err = load.Busy()
		}
		return err
	}
	if err := do(func() error { return at(0) }); err != nil {
		return load.Round{}, err
	}
	if err := at(1); err != nil {
		return load.Round{}, err
	}
	part := func(of func(spent) float64) float64 { return of(used[1]) - of(used[0]) }
	m := load.Round{
		Server:   part(func(s spent) float64 { return s.server }),
		Database: part(func(s spent) float64 { return s.database }),
		Rules: map[string]float64{
			nationalProcess: part(func(s spent) float64 { return s.national }), regionalProcess: part(func(s spent) float64 { return s.regional }),
		},
	}
	m.Others = busy[1] - busy[0] - m.Work() - (asking[1] - asking[0])
	return m, nil
}

// share makes totals of CPU seconds what one request took in milliseconds.
func share(m load.Round, requests int, seconds float64) load.Round {
	each := 1000 / float64(requests)
	m.Answered, m.Seconds, m.Others = requests, seconds, max(0, m.Others)/seconds
	m.Server, m.Database = m.Server*each, m.Database*each
	for name := range m.Rules {
		m.Rules[name] *= each
	}
	return m
}

// server measures a server that starts with a database.
func (r *race) server(ctx context.Context, dsn string, clients int) (load.Round, error) {
	server, err := r.servers.serve(ctx, dsn, r.coordinator)
	if err != nil {
		return load.Round{}, err
	}
	defer server.stop()
	each := r.options.each(clients)
	warm, measured := make([][][]byte, clients), make([][][]byte, clients)
	for c := range clients {
		for i := range each {
			body, err := moveBody(ripe.First + c*each + i)
			if err != nil {
				return load.Round{}, err
			}
			switch {
			case i < warmMoves:
				warm[c] = append(warm[c], body)
			case i > warmMoves:
				measured[c] = append(measured[c], body)
			}
		}
	}
	drive := func(lists [][][]byte) (load.Sent, error) {
		sent, err := load.Once(ctx, server.target, lists, moved)
		if err == nil && sent.Failed > 0 {
			err = sent.FirstFail
		}
		return sent, err
	}
	if _, err := drive(warm); err != nil {
		return load.Round{}, err
	}
	var sent load.Sent
	m, err := watched(server, r.database, load.Self, func(begin func() error) (err error) {
		if err = begin(); err == nil {
			sent, err = drive(measured)
		}
		return err
	})
	if err != nil {
		return load.Round{}, err
	}
	m = share(m, sent.Answered, sent.Took.Seconds())
	m.Peer, m.Bytes = serverPeer, sent.Bytes/int64(sent.Answered)
	m.P50, m.P99 = milliseconds(load.Percentile(sent.Latencies, 0.5)), milliseconds(load.Percentile(sent.Latencies, 0.99))
	return m, nil
}

// pgbench measures the replay of the same moves.
func (r *race) pgbench(ctx context.Context, dsn string, clients int) (load.Round, error) {
	var done replayed
	m, err := watched(nil, r.database, func() float64 { return load.Self() + done.own }, func(begin func() error) (err error) {
		done, err = r.replay.replay(ctx, dsn, clients, r.options.each(clients), begin)
		return err
	})
	if err != nil {
		return load.Round{}, err
	}
	m = share(m, len(done.latencies), done.took.Seconds())
	m.Peer, m.Rules = pgbenchPeer, nil
	m.P50, m.P99 = milliseconds(load.Percentile(done.latencies, 0.5)), milliseconds(load.Percentile(done.latencies, 0.99))
	return m, nil
}
