// Command bench measures Berdaya beside a server written by hand for the same five requests, the practical limit: from nothing,
// with the binaries that people run, on PostgreSQL as it is shipped. Its README says what is measured and what came of it.
//
//	go run ./bench --help
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	if err := newRoot().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func newRoot() *cobra.Command {
	var o options
	var scale string
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure reading beside the practical limit",
		Long: `Measures five ways of reading, Berdaya beside a server that is written by hand for exactly these five (the limit, 1.00).

From nothing: a private PostgreSQL, all regions, the national demo portfolio or a part of it, 'berdaya serve' as people run it and
the limit server. First both must give the same answers, byte by byte but for cursors. Then they are driven in turns; the
figure that counts is how much each answers for a second of CPU time of server and database together, as a ratio to the limit.
It stands also where other work shares the machine, since both feel it alike; requests a second and latencies do not.

It prints a table in Markdown and keeps every round in a JSON file. Where a shape is below --profile-below it also takes a CPU
profile of the server and prints what it spends most on. It listens on 127.0.0.1 alone, stops what it started, and keeps no data
unless --data says where.`,
		Example: `  go run ./bench                                        50,000 programmes, about five minutes
  go run ./bench --scale national --data /var/lib/bench 500,000 programmes, kept for the next run
  go run ./bench --shapes Fifty,Deep --rounds 9         more rounds of less
  go build -o /tmp/before ./cmd/berdaya                 … and after a change:
  go run ./bench --beside /tmp/before
  go run ./bench --rate 200                             200 requests a second: latencies without a queue
  go run ./bench import                                 the import of all regions beside a plain COPY
  go run ./bench yardstick --help                       is the limit server itself any good?`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch scale {
			case "":
			case "national":
				o.part = 1
			default:
				return fmt.Errorf("--scale is national, or leave it out; --part gives any other size")
			}
			if err := o.check(); err != nil {
				return err
			}
			return measure(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	o.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&scale, "scale", "", "national: all 500,000 programmes, as --part 1")
	f.IntVar(&o.part, "part", 10, "make one programme in so many of the national portfolio's 500,000; 1 to 1000")
	f.StringVar(&o.data, "data", "", "a folder for PostgreSQL and its data, kept for the next run (default: a temporary one)")
	f.StringVar(&o.beside, "beside", "", "measure this other build of berdaya as well: is a change any faster?")
	f.Float64Var(&o.below, "profile-below", 0.6, "take a CPU profile where the ratio is lower; 0 is never")
	cmd.AddCommand(newYardstick(), newImport(), newMoves(), newAsking(), newSimulate(), newOnce(), newSimulateOnce())
	cmd.CompletionOptions.HiddenDefaultCmd = true
	return cmd
}

// options say how to measure.
type options struct {
	part        int
	data        string
	shapes      []string
	rounds      int
	each, warm  time.Duration
	connections int
	rate        float64
	out         string
	below       float64
	beside      string
}

func (o *options) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&o.shapes, "shapes", nil, "only these shapes, by name (default: all)")
	f.IntVar(&o.rounds, "rounds", 5, "how often each is measured; 1 to 100")
	f.DurationVar(&o.each, "each", 3*time.Second, "how long one measurement takes; 100ms to 10m")
	f.DurationVar(&o.warm, "warm", time.Second, "how long each is driven before its first measurement; up to 10m")
	f.IntVar(&o.connections, "connections", 32, "how many send at once; 1 to 256")
	f.Float64Var(&o.rate, "rate", 0, "requests a second in all; 0 sends the next as soon as one is answered")
	f.StringVar(&o.out, "out", "", "where to write every round as JSON (default: a temporary file)")
}

func (o *options) check() error {
	switch {
	case o.part < 1 || o.part > 1000:
		return fmt.Errorf("--part is 1 to 1000, not %d", o.part)
	case o.rounds < 1 || o.rounds > 100:
		return fmt.Errorf("--rounds is 1 to 100, not %d", o.rounds)
	case o.each < 100*time.Millisecond || o.each > 10*time.Minute || o.warm < 0 || o.warm > 10*time.Minute:
		return fmt.Errorf("--each is 100ms to 10m, --warm up to 10m")
	case o.connections < 1 || o.connections > 256 || o.rate < 0 || o.rate > 100_000:
		return fmt.Errorf("--connections is 1 to 256, --rate up to 100,000")
	}
	return nil
}
