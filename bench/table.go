package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/berdaya/berdaya/bench/load"
)

// of gives the rounds of one peer with one shape.
func of(all []load.Round, peer, shape string) []load.Round {
	var some []load.Round
	for _, r := range all {
		if r.Peer == peer && r.Shape == shape {
			some = append(some, r)
		}
	}
	return some
}

func medianOf(rounds []load.Round, f func(load.Round) float64) float64 {
	var all []float64
	for _, r := range rounds {
		all = append(all, f(r))
	}
	return load.Median(all)
}

// table prints the figures in Markdown: for each shape the peers, the yardstick first.
func table(w io.Writer, all []load.Round, shapeNames []string, titles map[string]string, peers []string) {
	fmt.Fprint(w, "\n| shape | server | work per CPU second (spread) | CPU ms a request: server + database | requests/s | p50 ms | p99 ms | KiB |\n|---|---|---:|---:|---:|---:|---:|---:|\n")
	for _, s := range shapeNames {
		yardstick := of(all, peers[0], s)
		for i, p := range peers {
			rounds := of(all, p, s)
			if len(rounds) == 0 {
				continue
			}
			title := ""
			if i == 0 {
				title = titles[s]
			}
			ratio := "1.00"
			if i > 0 {
				r := load.Beside(rounds, yardstick)
				ratio = fmt.Sprintf("**%.2f** (%.2f–%.2f)", r.Median, r.Least, r.Most)
			}
			m := func(f func(load.Round) float64) float64 { return medianOf(rounds, f) }
			fmt.Fprintf(w, "| %s | %s | %s | %.3f + %.3f | %.0f | %.1f | %.1f | %.1f |\n", title, p, ratio,
				m(func(r load.Round) float64 { return r.Server }), m(func(r load.Round) float64 { return r.Database }),
				m(func(r load.Round) float64 { return float64(r.Answered) / r.Seconds }),
				m(func(r load.Round) float64 { return r.P50 }), m(func(r load.Round) float64 { return r.P99 }),
				m(func(r load.Round) float64 { return float64(r.Bytes) / 1024 }))
		}
	}
	fmt.Fprintf(w, "\n%s, %d cores, of which other work took %.1f (median); medians of %d rounds.\n",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), medianOf(all, func(r load.Round) float64 { return r.Others }), rounds(all))
}

func rounds(all []load.Round) int {
	n := 0
	for _, r := range all {
		n = max(n, r.Round)
	}
	return n
}

// keep writes the rounds to a file as JSON.
func keep(say io.Writer, path string, all []load.Round) error {
	if path == "" {
		path = filepath.Join(os.TempDir(), "berdaya-bench-"+time.Now().UTC().Format("20060102-150405")+".json")
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(say, "every round is in %s\n", path)
	return nil
}
