package main

import (
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/berdaya/berdaya/bench/load"
)

// movesTable prints the figures of moves in Markdown, and what part of the work of a move is whose.
func movesTable(w io.Writer, all []load.Round, clients []int) {
	fmt.Fprint(w, "\n| clients | | moves/s | ratio (spread) | work per CPU second (spread) | CPU ms a move: server + national + regional rules + database | p50 ms | p99 ms |\n"+
		"|---:|---|---:|---:|---:|---:|---:|---:|\n")
	for _, n := range clients {
		yardstick := of(all, pgbenchPeer, clientsShape(n))
		for _, peer := range []string{pgbenchPeer, serverPeer} {
			rounds := of(all, peer, clientsShape(n))
			if len(rounds) == 0 {
				continue
			}
			first, faster, work := fmt.Sprint(n), "1.00", "1.00"
			if peer == serverPeer {
				f, b := load.Faster(rounds, yardstick), load.Beside(rounds, yardstick)
				first, faster = "", fmt.Sprintf("**%.2f** (%.2f–%.2f)", f.Median, f.Least, f.Most)
				work = fmt.Sprintf("%.2f (%.2f–%.2f)", b.Median, b.Least, b.Most)
			}
			m := func(f func(load.Round) float64) float64 { return medianOf(rounds, f) }
			parts := fmt.Sprintf("%.2f", m(func(r load.Round) float64 { return r.Database }))
			if peer == serverPeer {
				parts = fmt.Sprintf("%.2f + %.2f + %.2f + %s", m(func(r load.Round) float64 { return r.Server }),
					m(func(r load.Round) float64 { return r.Rules[nationalProcess] }), m(func(r load.Round) float64 { return r.Rules[regionalProcess] }), parts)
			}
			fmt.Fprintf(w, "| %s | %s | %.0f | %s | %s | %s | %.1f | %.1f |\n", first, peer, m(load.Round.Rate), faster, work, parts,
				m(func(r load.Round) float64 { return r.P50 }), m(func(r load.Round) float64 { return r.P99 }))
		}
	}
	fmt.Fprintf(w, "\n%s, %d cores, of which other work took %.1f (median); medians of %d rounds.\n",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), medianOf(all, func(r load.Round) float64 { return r.Others }), rounds(all))
}
