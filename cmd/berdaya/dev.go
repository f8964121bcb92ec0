package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/migrate"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/demo"
	"github.com/berdaya/berdaya/internal/members"
	"github.com/berdaya/berdaya/internal/regions"
	"github.com/berdaya/berdaya/internal/token"
	"github.com/berdaya/berdaya/plugins/host"
)

func newDev() *cobra.Command {
	var o devOptions
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run everything on this machine, with a demo portfolio",
		Long: `Starts a private PostgreSQL from the binaries on this machine (15 or newer), brings its schema up to date, takes in all regions of
Indonesia, makes a demo portfolio, starts the rules, and serves GraphQL at /graphql and GraphiQL at /. All of it stops with
Ctrl-C; what was entered stays for the next start.

With DATABASE_URL set, that database is used and no PostgreSQL is started.

--demo national adds as much as a whole country has: a community in every village, 500,000 programmes with two million
events. It takes some minutes and 5 GB of disk; if it is cut off, the next start goes on with it.`,
		Example: `  berdaya dev
  berdaya dev --listen 127.0.0.1:9000 --data ./data --demo none
  berdaya dev --data ./nation --demo national`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !demo.Sizes.Has(o.demo) {
				return usageError{fmt.Errorf("--demo is one of %s, not %q", strings.Join(demo.Sizes.Codes(), ", "), o.demo)}
			}
			if err := host.CheckRuntimes(o.runtimes); err != nil {
				return err
			}
			var err error
			if o.data, err = dataDir(o.data); err != nil {
				return err
			}
			err = runDev(cmd.Context(), o, cmd.OutOrStdout())
			if cmd.Context().Err() != nil && err == nil {
				fmt.Fprintln(cmd.OutOrStdout(), "\nstopped; run 'berdaya dev' again to go on")
			}
			return err
		},
	}
	cmd.Flags().StringVar(&o.listen, "listen", defaultListen, "where to listen, host:port")
	cmd.Flags().StringVar(&o.demo, "demo", demo.Small, "the demo portfolio to make: "+strings.Join(demo.Sizes.Codes(), ", "))
	metricsFlag(cmd, &o.metrics)
	cmd.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "log everything")
	runtimesFlag(cmd, &o.runtimes)
	dataFlag(cmd, &o.data)
	return cmd
}

type devOptions struct {
	listen, metrics, data, demo string
	runtimes                    map[string]string
	verbose                     bool
}

// runDev brings everything up, says so step by step, and serves until the context ends.
func runDev(ctx context.Context, o devOptions, out io.Writer) error {
	began := time.Now()
	level := slog.LevelWarn
	if o.verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	steps := &steps{out: out, bar: newProgress()}
	fmt.Fprintln(out, "Berdaya, the open back end for community empowerment programmes")
	fmt.Fprintln(out)

	// The address first: nothing is started in vain when somebody else has it.
	l, err := listen(ctx, "listen", o.listen)
	if err != nil {
		return err
	}
	defer l.Close()
	asked, err := listenMetrics(ctx, o.metrics)
	if err != nil {
		return err
	}
	goes, err := outgoingFromEnvironment()
	if err != nil {
		return err
	}
	issue, err := developmentIssuer(o.data)
	if err != nil {
		return err
	}
	secret, err := token.ReadSecret(secretFile(o.data))
	if err != nil {
		return err
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	dsn := os.Getenv("DATABASE_URL")
	if dsn == "" {
		c, private, err := startCluster(ctx, o.data, log)
		if err != nil {
			return err
		}
		defer func() {
			cancel(nil)
			c.stop()
		}()
		dsn = private
		steps.done("PostgreSQL", "private, in "+c.Dir)
		c.keep(ctx, func(err error) { cancel(err) })
	} else {
		steps.done("PostgreSQL", "the one that DATABASE_URL names")
	}
	if err := prepare(ctx, dsn, steps); err != nil {
		return err
	}
	sv, err := newServer(ctx, settings{DSN: dsn, Programs: programsDir(o.data), Runtimes: o.runtimes, Secret: secret, Development: true, Metrics: asked, Outgoing: goes, Log: log})
	if err != nil {
		return err
	}
	defer sv.close()
	for _, s := range sv.rules.Status() {
		steps.done("rules", fmt.Sprintf("%s %s, process %d", s.RuleSet, s.Version, s.PID))
	}
	if err := seedDemo(ctx, sv, o.demo, steps); err != nil {
		return err
	}
	if err := welcome(out, "http://"+l.Addr().String(), issue, time.Since(began)); err != nil {
		return err
	}
	if err := sv.serve(ctx, l); err != nil {
		return err
	}
	if cause := context.Cause(ctx); domain.CodeOf(cause) == domain.CodeUnavailable {
		return cause
	}
	return nil
}

// prepare brings the schema up to date and the regions in.
func prepare(ctx context.Context, dsn string, steps *steps) error {
	set, err := migrate.Embedded()
	if err != nil {
		return err
	}
	applied, err := set.Up(ctx, dsn)
	if err != nil {
		return err
	}
	steps.done("schema", counted(len(applied), "migration", "up to date"))
	store, err := db.Open(ctx, dsn, db.Options{Name: "berdaya prepare", MaxConns: 4})
	if err != nil {
		return err
	}
	defer store.Close()
	summary, seeded, err := regions.Seed(ctx, store, regions.Options{
		Progress: func(phase regions.Phase, done, total int) { steps.bar.at(importPhase[phase], done, total) },
	})
	steps.bar.end()
	if err != nil {
		return err
	}
	what := "there already"
	if seeded {
		what = fmt.Sprintf("%d taken in, as of %s", summary.Changed(), regions.BundledSince)
	}
	steps.done("regions", what)
	return nil
}

// seedDemo makes the demo portfolio through the same use cases that everybody uses.
func seedDemo(ctx context.Context, sv *server, size string, steps *steps) error {
	if size == demo.None {
		return nil
	}
	made, err := demo.Seed(ctx, demo.Ports{
		Registry: sv.useCases.Registry, Programmes: sv.useCases.Programmes, Content: sv.useCases.Content, Moves: sv.useCases.Moves,
		Timers: sv.timers, There: sv.db.Demo().There, Actor: sv.actor,
		Progress: func(done, total int) { steps.bar.at("making the demo portfolio", done, total) },
	})
	steps.bar.end()
	switch code := domain.CodeOf(err); {
	case code == domain.CodeBlocked || code == domain.CodeRulesUnavailable: // rules that an office has put to work since
		steps.done("demo", fmt.Sprintf("%s; the rest is left out: %v", counted(made, "programme", "there already"), err))
	case err != nil:
		return err
	default:
		steps.done("demo", counted(made, "programme", "there already"))
	}
	if size != demo.National {
		return nil
	}
	made, err = demo.Nation{Store: sv.db.Demo(), Clock: domain.SystemClock{}, Actor: sv.actor, Progress: steps.bar.at}.Seed(ctx)
	steps.bar.end()
	if err != nil {
		return err
	}
	steps.done("national", counted(made, "programme", "there already"))
	return nil
}

// steps says what has been done, with the time that each step took.
type steps struct {
	out  io.Writer
	bar  *progress
	last time.Time
}

func (s *steps) done(what, how string) {
	now := time.Now()
	took := ""
	if !s.last.IsZero() {
		took = fmt.Sprintf(" (%.1f s)", now.Sub(s.last).Seconds())
	}
	s.last = now
	fmt.Fprintf(s.out, "  %-11s %s%s\n", what, how, took)
}

func counted(n int, one, none string) string {
	switch n {
	case 0:
		return none
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// developmentTokens are the tokens that the welcome shows, one for each role, where the demo portfolio is.
var developmentTokens = []struct {
	role   domain.Role
	region string
}{
	{domain.Viewer, "32"}, {domain.Facilitator, "32"}, {domain.Coordinator, "32"},
	{domain.RegionalAdmin, "32"}, {domain.NationalAdmin, domain.NationCode}, {domain.Auditor, domain.NationCode},
}

// welcome says what is served, with a token for each role and queries to paste.
func welcome(out io.Writer, base string, issue func(role, region string) (string, error), took time.Duration) error {
	tokens := map[domain.Role]string{}
	for _, d := range developmentTokens {
		text, err := issue(members.Word(d.role), d.region)
		if err != nil {
			return err
		}
		tokens[d.role] = text
	}
	fmt.Fprintf(out, "\nReady after %.1f s.\n\n  GraphQL   %s/graphql\n  GraphiQL  %s/#token=%s\n  Health    %s/healthz\n\n",
		took.Seconds(), base, base, tokens[domain.Coordinator], base)
	fmt.Fprintln(out, "Development tokens, good for seven days ('berdaya token --help' makes others):")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, d := range developmentTokens {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", members.Word(d.role), d.region, tokens[d.role])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nThree queries to paste, into this shell or, what stands in quotes after \"query\", into GraphiQL:\n\n")
	fmt.Fprintf(out, "  export TOKEN=%s\n\n", tokens[domain.Coordinator])
	for _, q := range demo.Queries {
		fmt.Fprintf(out, "  # %s\n  curl -s %s/graphql -H 'Content-Type: application/json' -H \"Authorization: Bearer $TOKEN\" \\\n    -d '{\"query\": \"%s\"}'\n\n",
			q.Title, base, strings.ReplaceAll(q.Text, `"`, `\"`))
	}
	fmt.Fprintln(out, "Ctrl-C stops everything.")
	return nil
}
