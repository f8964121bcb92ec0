package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/berdaya/berdaya/bench/load"
	"github.com/berdaya/berdaya/bench/shapes"
)

// contest is some peers that answer the same requests from the same database. The first is the yardstick.
type contest struct {
	peers    []*peer
	database int // its postmaster
	shapes   []string
	bodies   map[string][][][]byte // of a shape, by peer
}

func (c *contest) names() []string {
	var all []string
	for _, p := range c.peers {
		all = append(all, p.name)
	}
	return all
}

// compared is how many requests of a shape must have the same answers before anything is measured.
const compared = 40

// check makes sure that all peers give the same answers.
func (c *contest) check(say io.Writer) error {
	for _, name := range c.shapes {
		bodies := c.bodies[name]
		n := min(compared, len(bodies[0]))
		bytes := 0
		for i := range n {
			want, err := c.peers[0].ask(bodies[0][i])
			if err != nil {
				return fmt.Errorf("%s, %s: %w", c.peers[0].name, name, err)
			}
			want = slices.Clone(want)
			bytes += len(want)
			for p, other := range c.peers[1:] {
				got, err := other.ask(bodies[p+1][i])
				if err != nil {
					return fmt.Errorf("%s, %s: %w", other.name, name, err)
				}
				if d := shapes.Difference(want, got); d != "" {
					return fmt.Errorf("%s and %s answer %s differently %s", c.peers[0].name, other.name, name, d)
				}
			}
		}
		fmt.Fprintf(say, "%-8s %d answers are the same, %d bytes on average\n", name, n, bytes/n)
	}
	return nil
}

// rounds drives the peers in turns: shape by shape, each peer directly after the other, and the other way round in the next
// round, so that whatever else happens on the machine happens to both.
func (c *contest) rounds(ctx context.Context, say io.Writer, o options) ([]load.Round, error) {
	plan := load.Plan{Connections: o.connections, For: o.each, Rate: o.rate}
	var all []load.Round
	for _, name := range c.shapes {
		for p := range c.peers {
			if o.warm > 0 {
				if _, err := load.Drive(ctx, c.peers[p].target, c.bodies[name][p], load.Plan{Connections: o.connections, For: o.warm}); err != nil {
					return nil, err
				}
			}
		}
	}
	for round := 1; round <= o.rounds; round++ {
		for _, name := range c.shapes {
			for i := range c.peers {
				p := i
				if round%2 == 0 {
					p = len(c.peers) - 1 - i
				}
				r, err := c.one(ctx, p, name, plan)
				if err != nil {
					return nil, err
				}
				r.Round = round
				all = append(all, r)
				fmt.Fprintf(say, "%d %-8s %-12s %8.0f/s  p50 %7.2f ms  p99 %7.2f ms  CPU/request %.3f + %.3f ms  others %.2f cores\n",
					round, name, r.Peer, float64(r.Answered)/r.Seconds, r.P50, r.P99, r.Server, r.Database, r.Others)
			}
		}
	}
	return all, nil
}

// one measures one peer once.
func (c *contest) one(ctx context.Context, p int, shape string, plan load.Plan) (load.Round, error) {
	target := c.peers[p]
	var used [2][]load.Usage
	var busy, mine [2]float64
	at := func(i int) (err error) {
		mine[i] = load.Self()
		if used[i], err = load.Of(target.pid(), c.database); err == nil {
			busy[i], err = load.Busy()
		}
		return err
	}
	if err := at(0); err != nil {
		return load.Round{}, err
	}
	sent, err := load.Drive(ctx, target.target, c.bodies[shape][p], plan)
	if err != nil {
		return load.Round{}, err
	}
	if err := at(1); err != nil {
		return load.Round{}, err
	}
	if sent.Failed > 0 || sent.Answered == 0 {
		return load.Round{}, fmt.Errorf("%s failed at %s: %d of %d requests, the first with %w", target.name, shape, sent.Failed, sent.Failed+sent.Answered, sent.FirstFail)
	}
	cpu := func(i int) float64 { return used[1][i].CPU - used[0][i].CPU }
	n, seconds := float64(sent.Answered), sent.Took.Seconds()
	return load.Round{
		Peer: target.name, Shape: shape, Answered: sent.Answered, Failed: sent.Failed, Seconds: seconds,
		P50: milliseconds(load.Percentile(sent.Latencies, 0.5)), P99: milliseconds(load.Percentile(sent.Latencies, 0.99)),
		Server: cpu(0) * 1000 / n, Database: cpu(1) * 1000 / n, Bytes: sent.Bytes / int64(sent.Answered),
		Others: max(0, busy[1]-busy[0]-cpu(0)-cpu(1)-(mine[1]-mine[0])) / seconds,
	}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
