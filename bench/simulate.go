package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/bench/load"
)

// simulateOptions say how to measure a simulation.
type simulateOptions struct {
	part, rounds int
	data, out    string
}

func newSimulate() *cobra.Command {
	var o simulateOptions
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Measure the simulation of a new rule beside a plain gRPC batch",
		Long: `Simulates a new rule file, beside the national rules, over all active programmes of the national portfolio or a part of it: the use case
of the server in a process of its own, with PostgreSQL, the national rules and the rule file in processes of theirs.

Beside it stands a plain gRPC batch (1.00): from the same process and directly after, requests that are the same byte by byte, for
5,000 of the programmes and again until it was as many, are sent to a process of the same rule file by its generated client and their answers
are thrown away. What a simulation takes more is reading facts, putting them into the contract's words, checking answers, asking
the rules at work, comparing and writing. CPU time comes from /proc, by process; memory is that of each process at its highest.`,
		Example: `  go run ./bench simulate                                     5,000 programmes, of which some 2,900 are active
  go run ./bench simulate --part 3 --data /var/lib/bench      167,000, of which some 95,000 are`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return measureSimulation(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.part, "part", 100, "make one programme in so many of the national portfolio's 500,000; 1 to 1000")
	f.IntVar(&o.rounds, "rounds", 3, "how often it is measured; 1 to 100")
	f.StringVar(&o.data, "data", "", "a folder for PostgreSQL and its data, kept for the next run (default: a temporary one)")
	f.StringVar(&o.out, "out", "", "where to write every round as JSON (default: nowhere)")
	return cmd
}

func (o simulateOptions) check() error {
	switch {
	case o.part < 1 || o.part > 1000:
		return fmt.Errorf("--part is 1 to 1000, not %d", o.part)
	case o.rounds < 1 || o.rounds > 100:
		return fmt.Errorf("--rounds is 1 to 100, not %d", o.rounds)
	}
	return nil
}

// simulated is what one simulation took, and the plain batch after it. CPU is in seconds.
type simulated struct {
	Programmes, Differences          int
	Seconds                          float64
	Self, National, Rules, Database  float64
	SelfPeak, NationalPeak, RulePeak int64 // bytes

	Plain        int // items
	PlainSeconds float64
	PlainSelf    float64
	PlainRules   float64
}

// each gives the CPU milliseconds an item of the simulation and of the plain batch.
func (s simulated) each() (simulation, plain float64) {
	return (s.Self + s.National + s.Rules + s.Database) * 1000 / float64(s.Programmes), (s.PlainSelf + s.PlainRules) * 1000 / float64(s.Plain)
}

func measureSimulation(ctx context.Context, say io.Writer, o simulateOptions) error {
	g, err := prepare(ctx, o.data)
	if err != nil {
		return err
	}
	defer g.close()
	binary, dsn, _, err := g.nation(ctx, say, o.part)
	if err != nil {
		return err
	}
	database, err := postmaster(ctx, dsn)
	if err != nil {
		return err
	}
	var all []simulated
	for round := 1; round <= o.rounds; round++ {
		s, err := simulateApart(ctx, dsn, binary, database)
		if err != nil {
			return err
		}
		all = append(all, s)
		simulation, plain := s.each()
		fmt.Fprintf(say, "%d  %d programmes in %.1f s  CPU/programme %.3f ms, plain %.3f ms: %.1f  %d differences\n", round, s.Programmes, s.Seconds, simulation, plain, simulation/plain, s.Differences)
	}
	simulationTable(say, all)
	if o.out == "" {
		return nil
	}
	raw, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.out, raw, 0o644)
}

// simulateApart simulates in a process of its own.
func simulateApart(ctx context.Context, dsn, binary string, database int) (s simulated, err error) {
	self, err := os.Executable()
	if err != nil {
		return s, err
	}
	cmd := exec.CommandContext(ctx, self, "simulate-once", binary, strconv.Itoa(database))
	cmd.Env = append(os.Environ(), "DATABASE_URL="+dsn)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return s, fmt.Errorf("simulate: %w", err)
	}
	return s, json.Unmarshal(out, &s)
}

// simulationTable writes medians in Markdown.
func simulationTable(w io.Writer, all []simulated) {
	middle := func(of func(simulated) float64) float64 {
		var figures []float64
		for _, s := range all {
			figures = append(figures, of(s))
		}
		return load.Median(figures)
	}
	each := func(part func(simulated) float64) float64 {
		return middle(func(s simulated) float64 { return part(s) * 1000 / float64(s.Programmes) })
	}
	mib := func(of func(simulated) int64) float64 {
		return middle(func(s simulated) float64 { return float64(of(s)) / (1 << 20) })
	}
	n := all[0].Programmes
	fmt.Fprintf(w, "\n%d programmes, medians of %d rounds, %s, %d cores\n\n| | seconds | CPU ms an item: asking process + national + rule file + database | ratio (spread) | peak memory MiB: asking process + national + rule file |\n|---|---:|---:|---:|---:|\n",
		n, len(all), time.Now().UTC().Format(time.DateOnly), runtime.NumCPU())
	fmt.Fprintf(w, "| plain gRPC batch | %.1f | %.3f + 0 + %.3f + 0 | 1.00 | |\n",
		middle(func(s simulated) float64 { return s.PlainSeconds * float64(s.Programmes) / float64(s.Plain) }),
		middle(func(s simulated) float64 { return s.PlainSelf * 1000 / float64(s.Plain) }), middle(func(s simulated) float64 { return s.PlainRules * 1000 / float64(s.Plain) }))
	ratio := func(s simulated) float64 {
		simulation, plain := s.each()
		return simulation / plain
	}
	least, most := ratio(all[0]), ratio(all[0])
	for _, s := range all {
		least, most = min(least, ratio(s)), max(most, ratio(s))
	}
	fmt.Fprintf(w, "| simulation | %.1f | %.3f + %.3f + %.3f + %.3f | **%.2f** (%.2f–%.2f) | %.0f + %.0f + %.0f |\n", middle(func(s simulated) float64 { return s.Seconds }),
		each(func(s simulated) float64 { return s.Self }), each(func(s simulated) float64 { return s.National }), each(func(s simulated) float64 { return s.Rules }),
		each(func(s simulated) float64 { return s.Database }), middle(ratio), least, most,
		mib(func(s simulated) int64 { return s.SelfPeak }), mib(func(s simulated) int64 { return s.NationalPeak }), mib(func(s simulated) int64 { return s.RulePeak }))
}
