package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/bench/load"
	"github.com/berdaya/berdaya/bench/replay"
)

// movesOptions say how to measure moves.
type movesOptions struct {
	programmes, moves, rounds int
	clients                   []int
	out, script               string
	below                     float64
}

func newMoves() *cobra.Command {
	var o movesOptions
	cmd := &cobra.Command{
		Use:   "moves",
		Short: "Measure moves beside pgbench replaying their SQL",
		Long: `Measures moves, Berdaya beside pgbench that replays every SQL statement of one move (1.00).

From nothing: a private PostgreSQL and a database of programmes that are ready to go from identifying to planning, each with 5
needs, 10 activities, a training of 32 people and what else there is. The server moves them over HTTP, with the national rules and
those of one province in processes of their own. Before that, every statement that one move sends to PostgreSQL is taken from
PostgreSQL's log with its parameters, and made into a script with which pgbench does the same.

Each measurement has a fresh copy of the database. Server and pgbench move the same programmes; after each round what is in the two
databases must be the same, table by table. It prints a table in Markdown and keeps every round in a JSON file.`,
		Example: `  go run ./bench moves                                    5 rounds at 1, 8 and 32 clients
  go run ./bench moves --rounds 2 --moves 500 --programmes 1200
  go run ./bench moves --clients 8 --script move.sql      keep what pgbench is given`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return measureMoves(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.programmes, "programmes", 4000, "how many programmes there are, 100 to 100,000")
	f.IntVar(&o.moves, "moves", 2000, "how many are moved in one measurement, shared out among the clients; 32 to 50,000")
	f.IntSliceVar(&o.clients, "clients", []int{1, 8, 32}, "how many move programmes at once, each 1 to 128")
	f.IntVar(&o.rounds, "rounds", 5, "how often each is measured; 1 to 100")
	f.StringVar(&o.out, "out", "", "where to write every round as JSON (default: a temporary file)")
	f.StringVar(&o.script, "script", "", "where to write what pgbench is given (default: nowhere)")
	f.Float64Var(&o.below, "profile-below", 0.4, "take a CPU profile where the ratio of moves a second is lower; 0 is never")
	return cmd
}

func (o movesOptions) check() error {
	switch {
	case o.programmes < 100 || o.programmes > 100_000:
		return fmt.Errorf("--programmes is 100 to 100,000, not %d", o.programmes)
	case o.moves < 32 || o.moves > 50_000:
		return fmt.Errorf("--moves is 32 to 50,000, not %d", o.moves)
	case o.rounds < 1 || o.rounds > 100:
		return fmt.Errorf("--rounds is 1 to 100, not %d", o.rounds)
	case len(o.clients) == 0:
		return fmt.Errorf("--clients is 1 to 128, such as 1,8,32")
	}
	for _, n := range o.clients {
		if n < 1 || n > 128 {
			return fmt.Errorf("--clients is 1 to 128 each, not %d", n)
		}
		if need := n * o.each(n); need > o.programmes {
			return fmt.Errorf("%d moves by %d clients take %d programmes: give --programmes %d or fewer --moves", o.moves, n, need, need)
		}
	}
	return nil
}

// warmMoves is how many moves each client makes before its measurement begins: more than the five plans that PostgreSQL makes of a
// statement before it keeps one.
const warmMoves = 8

// each is how many programmes belong to each of so many clients: those moved before, one that stays where it is, those measured.
func (o movesOptions) each(clients int) int {
	return warmMoves + 1 + (o.moves+clients-1)/clients
}

// measureMoves does all that the command promises.
func measureMoves(ctx context.Context, say io.Writer, o movesOptions) error {
	program, err := findPgbench()
	if err != nil {
		return err
	}
	g, err := prepare(ctx, "")
	if err != nil {
		return err
	}
	defer g.close()
	log, err := g.logging(ctx)
	if err != nil {
		return err
	}
	servers, err := buildRuled(ctx, g.module, g.built, nil)
	if err != nil {
		return err
	}
	coordinator, err := g.ripen(ctx, say, ripeTemplate, o.programmes)
	if err != nil {
		return err
	}
	move, err := captured(ctx, g, servers, coordinator, log)
	if err != nil {
		return err
	}
	script, err := move.Script(barrier)
	if err != nil {
		return err
	}
	file := filepath.Join(g.built, "move.sql")
	for _, path := range []string{file, o.script} {
		if path == "" {
			continue
		}
		if err := os.WriteFile(path, []byte(script), 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(say, "one move is %d statements in %d round trips\n", len(move.Statements), len(move.Trips()))
	r := race{ground: g, servers: servers, coordinator: coordinator, replay: pgbench{program, file, g.built}, options: o}
	if r.database, err = postmaster(ctx, g.cluster.DSN("postgres")); err != nil {
		return err
	}
	all, err := r.rounds(ctx, say)
	if err != nil {
		return err
	}
	movesTable(say, all, o.clients)
	if err := keep(say, o.out, all); err != nil {
		return err
	}
	for _, clients := range o.clients {
		shape := clientsShape(clients)
		if load.Faster(of(all, serverPeer, shape), of(all, pgbenchPeer, shape)).Median < o.below {
			return r.profile(ctx, say, g.module, clients) // one is as good as any
		}
	}
	return nil
}

// captured gives what one move asks of PostgreSQL.
func captured(ctx context.Context, g *ground, servers ruled, coordinator, log string) (replay.Move, error) {
	dsn, err := g.fresh(ctx, ripeTemplate, "captured")
	if err != nil {
		return replay.Move{}, err
	}
	server, err := servers.serve(ctx, dsn, coordinator)
	if err != nil {
		return replay.Move{}, err
	}
	defer server.stop()
	return capture(ctx, g, server, log)
}
