package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/bench/load"
	"github.com/berdaya/berdaya/bench/ripe"
	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/graph/gid"
)

func newAsking() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "asking",
		Short: "Measure what asking without moving costs: availableMoves and board",
		Long: `Measures what one availableMoves of a programme costs that holds what people work with, a page of 20 of them, and the board of a
province and of the nation, in the national portfolio or a part of it. The national rules and those of one province are asked, in
processes of their own; CPU time is told apart by process. Requests are sent one after the other unless --connections says
otherwise, so that latencies hold no queue.`,
		Example: `  go run ./bench asking                                       50,000 programmes
  go run ./bench asking --part 1 --data /var/lib/bench        500,000 programmes, kept for the next run`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return measureAsking(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.part, "part", 10, "make one programme in so many of the national portfolio's 500,000; 1 to 1000")
	f.StringVar(&o.data, "data", "", "a folder for PostgreSQL and its data, kept for the next run (default: a temporary one)")
	f.IntVar(&o.rounds, "rounds", 3, "how often each is measured; 1 to 100")
	f.DurationVar(&o.each, "each", 3*time.Second, "how long one measurement takes; 100ms to 10m")
	f.DurationVar(&o.warm, "warm", time.Second, "how long each is asked before its first measurement; up to 10m")
	f.IntVar(&o.connections, "connections", 1, "how many ask at once; 1 to 256")
	f.StringVar(&o.out, "out", "", "where to write every round as JSON (default: a temporary file)")
	return cmd
}

// ripeInNation is how many programmes with content there are among the portfolio's, which have none: forty and more in each
// regency of the province, and the newest there.
const ripeInNation = 1200

// question is something that is asked, in somebody's name.
type question struct {
	name, title string
	national    bool // by a viewer of the nation; else by the coordinator of the province
	bodies      [][]byte
	check       func(answer []byte) error
}

const movesOfOne = `availableMoves { move toStage toStatus allowed reasonRequired blocks { ruleSet rule severity message path waivable } }`

// questions writes what is asked.
func questions(ctx context.Context, dsn string) ([]question, error) {
	d, err := db.Open(ctx, dsn, db.Options{Name: "berdaya bench"})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var regencies, provinces []string
	if err := d.Pool.QueryRow(ctx, `select array_agg(distinct regency_code) from programmes where code like 'SIAP-%'`).Scan(&regencies); err != nil {
		return nil, err
	}
	if err := d.Pool.QueryRow(ctx, `select array_agg(distinct province_code) from programmes where province_code is not null`).Scan(&provinces); err != nil {
		return nil, err
	}
	one := question{name: "One", title: "availableMoves of one programme", check: func(answer []byte) error { return ripeMoves(answer, 1) }}
	for i := range ripeInNation {
		if err := one.add(`query One($id: ID!) { programme(id: $id) { code `+movesOfOne+` } }`, "id", gid.New("Programme", ripe.ID(ripe.First+i))); err != nil {
			return nil, err
		}
	}
	page := question{name: "Page", title: "availableMoves of a page of 20", check: func(answer []byte) error { return ripeMoves(answer, 20) }}
	for _, region := range regencies {
		if err := page.add(`query Page($region: String!) { programmes(filter: {region: {under: $region}, stage: {eq: IDENTIFY}}, first: 20) { nodes { code `+
			movesOfOne+` } } }`, "region", region); err != nil {
			return nil, err
		}
	}
	board := question{name: "Board", title: "board of a province", national: true, check: cells}
	for _, region := range provinces {
		if err := board.add(`query Board($region: String!) { board(region: {under: $region}) { stage status count } }`, "region", region); err != nil {
			return nil, err
		}
	}
	nation := question{name: "Nation", title: "board of the nation", national: true, check: cells}
	err = nation.add(`query Nation { board { stage status count } }`, "", "")
	return []question{one, page, board, nation}, err
}

// add adds a request with one variable, or none.
func (q *question) add(query, variable, value string) error {
	variables := map[string]string{}
	if variable != "" {
		variables[variable] = value
	}
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	q.bodies = append(q.bodies, body)
	return err
}

// ripeMoves refuses an answer that does not say of so many of the programmes made for this that they may advance.
func ripeMoves(answer []byte, programmes int) error {
	if got := strings.Count(string(answer), `"code":"SIAP-`); got != programmes {
		return fmt.Errorf("%d programmes with content, not %d: %.500s", got, programmes, answer)
	}
	if got := strings.Count(string(answer), `"move":"ADVANCE","toStage":"PLAN","toStatus":"ACTIVE","allowed":true`); got != programmes {
		return fmt.Errorf("%d of %d programmes may advance: %.1000s", got, programmes, answer)
	}
	return nil
}

// cells refuses a board without a cell.
func cells(answer []byte) error {
	if !strings.Contains(string(answer), `"count":`) {
		return fmt.Errorf("an empty board: %.500s", answer)
	}
	return nil
}

func measureAsking(ctx context.Context, say io.Writer, o options) error {
	g, err := prepare(ctx, o.data)
	if err != nil {
		return err
	}
	defer g.close()
	servers, err := buildRuled(ctx, g.module, g.built, nil)
	if err != nil {
		return err
	}
	database := fmt.Sprintf("asking_%d", o.part)
	dsn, viewer, err := g.portfolio(ctx, say, database, o.part)
	if err != nil {
		return err
	}
	coordinator, err := g.ripen(ctx, say, database, ripeInNation)
	if err != nil {
		return err
	}
	server, err := servers.serve(ctx, dsn, coordinator)
	if err != nil {
		return err
	}
	defer server.stop()
	all, err := ask(ctx, say, server, dsn, viewer, o)
	if err != nil {
		return err
	}
	return keep(say, o.out, all)
}

// ask measures the questions in turns and prints the table.
func ask(ctx context.Context, say io.Writer, server *peer, dsn, viewer string, o options) ([]load.Round, error) {
	asked, err := questions(ctx, dsn)
	if err != nil {
		return nil, err
	}
	postmaster, err := postmaster(ctx, dsn)
	if err != nil {
		return nil, err
	}
	token, err := tokenOf(viewer)
	if err != nil {
		return nil, err
	}
	plan := load.Plan{Connections: o.connections, For: o.each}
	var all []load.Round
	for round := range o.rounds + 1 { // the first one warms, and is not counted
		for _, q := range asked {
			target := server.target
			if q.national {
				target.Header = http.Header{"Authorization": {"Bearer " + token}}
			}
			if round == 0 {
				answer, err := load.Ask(target, q.bodies[0])
				if err == nil {
					err = q.check(answer)
				}
				if err == nil && o.warm > 0 {
					_, err = load.Drive(ctx, target, q.bodies, load.Plan{Connections: o.connections, For: o.warm})
				}
				if err != nil {
					return nil, fmt.Errorf("%s: %w", q.title, err)
				}
				continue
			}
			var sent load.Sent
			r, err := watched(server, postmaster, load.Self, func(begin func() error) (err error) {
				if err = begin(); err == nil {
					sent, err = load.Drive(ctx, target, q.bodies, plan)
				}
				return err
			})
			if err == nil && (sent.Failed > 0 || sent.Answered == 0) {
				err = fmt.Errorf("%s: %d failed, the first with %w", q.title, sent.Failed, sent.FirstFail)
			}
			if err != nil {
				return nil, err
			}
			r = share(r, sent.Answered, sent.Took.Seconds())
			r.Peer, r.Shape, r.Round, r.Bytes = serverPeer, q.name, round, sent.Bytes/int64(sent.Answered)
			r.P50, r.P99 = milliseconds(load.Percentile(sent.Latencies, 0.5)), milliseconds(load.Percentile(sent.Latencies, 0.99))
			all = append(all, r)
		}
	}
	askingTable(say, all, asked, o.connections)
	return all, nil
}

// askingTable prints in Markdown what each question costs.
func askingTable(w io.Writer, all []load.Round, asked []question, connections int) {
	fmt.Fprint(w, "\n| | CPU ms: server + national + regional rules + database | p50 ms | p99 ms | KiB |\n|---|---:|---:|---:|---:|\n")
	for _, q := range asked {
		rounds := of(all, serverPeer, q.name)
		m := func(f func(load.Round) float64) float64 { return medianOf(rounds, f) }
		fmt.Fprintf(w, "| %s | %.2f + %.2f + %.2f + %.2f | %.1f | %.1f | %.1f |\n", q.title, m(func(r load.Round) float64 { return r.Server }),
			m(func(r load.Round) float64 { return r.Rules[nationalProcess] }), m(func(r load.Round) float64 { return r.Rules[regionalProcess] }),
			m(func(r load.Round) float64 { return r.Database }), m(func(r load.Round) float64 { return r.P50 }),
			m(func(r load.Round) float64 { return r.P99 }), m(func(r load.Round) float64 { return float64(r.Bytes) / 1024 }))
	}
	fmt.Fprintf(w, "\n%s, %d cores, of which other work took %.1f (median); %d asking at once, medians of %d rounds.\n",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), medianOf(all, func(r load.Round) float64 { return r.Others }), connections, rounds(all))
}
