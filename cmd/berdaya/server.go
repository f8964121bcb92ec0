package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/jobs"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph"
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/graph/read"
	"github.com/berdaya/berdaya/graph/transport"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/bulk"
	"github.com/berdaya/berdaya/internal/content"
	"github.com/berdaya/berdaya/internal/decisions"
	"github.com/berdaya/berdaya/internal/keeping"
	"github.com/berdaya/berdaya/internal/members"
	"github.com/berdaya/berdaya/internal/metrics"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/offline"
	"github.com/berdaya/berdaya/internal/programmes"
	"github.com/berdaya/berdaya/internal/regions"
	"github.com/berdaya/berdaya/internal/registry"
	"github.com/berdaya/berdaya/internal/standstill"
	"github.com/berdaya/berdaya/internal/timers"
	"github.com/berdaya/berdaya/internal/token"
	"github.com/berdaya/berdaya/internal/trials"
	"github.com/berdaya/berdaya/plugins/declarative"
	"github.com/berdaya/berdaya/plugins/host"
)

// Of starting: how long the national rules may take, and how long offices' are waited for, which may be broken.
const (
	rulesStart  = 15 * time.Second
	rulesSettle = 5 * time.Second
)

// Of stopping: requests may end, then connections are cut; jobs may end, then another server does them; what was decided may be
// written down, then it is left out of the log; rule sets may end, then they are ended.
const (
	drainBound   = 5 * time.Second
	rulesBound   = 5 * time.Second
	jobsBound    = 5 * time.Second
	decidedBound = 3 * time.Second
)

// settings are what a server is started with.
type settings struct {
	DSN         string
	Runtimes    map[string]string // what runs programs of offices that do not run by themselves, such as node: its absolute path
	Programs    string            // the folder where rule programs are kept; "" is a temporary one
	Secret      token.Secret
	Development bool          // take development tokens
	NoWork      bool          // leave jobs to other servers
	VerifyEvery time.Duration // how often all histories are verified; 0: daily
	Metrics     net.Listener  // where metrics are asked for; nil: nowhere
	TimersEvery time.Duration // how often it is looked whether a timer is due; 0: timers.Every
	Outgoing    outgoing
	Decisions   decisionsKept
	Keep        keeping.Periods // how long what is settled is kept, where not as by default
	Log         *slog.Logger
}

// server is a Berdaya that is put together: the database, the rules, the use cases and the GraphQL face.
type server struct {
	db       *db.DB
	rules    *host.Host
	jobs     *jobs.Client // nil where they are left to other servers
	timers   timers.Timers
	useCases graph.Resolver
	decided  *decisions.Log
	shadows  *trials.Shadows
	members  *members.Members
	streams  *transport.Streams
	handler  http.Handler
	metrics  *metrics.Metrics
	asked    net.Listener // for metrics
	log      *slog.Logger
}

// newServer puts a server together on a migrated database and waits until the rules answer. Close it when done.
func newServer(ctx context.Context, s settings) (_ *server, err error) {
	sv := &server{log: s.Log, metrics: metrics.New(), asked: s.Metrics, streams: transport.NewStreams()}
	defer func() {
		if err != nil {
			sv.close()
		}
	}()
	if sv.db, err = db.Open(ctx, s.DSN, db.Options{}); err != nil {
		return nil, err
	}
	if err = sv.startRules(ctx, s); err != nil {
		return nil, err
	}
	clock, ids := domain.SystemClock{}, domain.RandomIDs{}
	if err = sv.startDecisions(s, clock, ids); err != nil {
		return nil, err
	}
	defined := definitionsOn(sv.db)
	sv.useCases = graph.Resolver{
		Registry:    registry.Registry{Store: sv.db.Registry(), Clock: clock, IDs: ids},
		Programmes:  programmes.Programmes{Store: sv.db.Programmes(), Courses: defined.Courses, Clock: clock, IDs: ids},
		Content:     content.Writer{Store: sv.db.Contents(), Clock: clock, IDs: ids},
		Moves:       &moving.Moves{Store: sv.db.Moving(), Rules: sv.rules, Courses: defined.Courses, Clock: clock, IDs: ids, Observer: sv.metrics},
		Transfers:   regions.Transfers{Store: sv.db.Regions(), Clock: clock, IDs: ids},
		BulkWatch:   &bulk.Watch{Progress: sv.db.Bulk().Progress},
		Offline:     offline.Lists{Store: sv.db.Offline(), Clock: clock, IDs: ids},
		Diagrams:    standstill.Diagrams{Store: sv.db.Standing(), Clock: clock},
		Definitions: defined,
	}
	sv.members = members.New(sv.db, clock, ids)
	sv.useCases.Bulk = &bulk.Bulk{Store: sv.db.Bulk(), Moves: sv.useCases.Moves, Resolve: sv.members.Resolve, Clock: clock, IDs: ids, Log: s.Log}
	if err = sv.startOutgoing(s, clock, ids); err != nil {
		return nil, err
	}
	if err = sv.startCatalogue(ctx, clock, ids); err != nil {
		return nil, err
	}
	sv.startTrials(clock, ids)
	reader, err := read.New(sv.db, read.Options{
		Schema: generated.NewExecutableSchema(generated.Config{}).Schema(), Key: s.Secret.Derive("cursors"), Batches: sv.useCases.Batches(),
	})
	if err != nil {
		return nil, err
	}
	sv.metrics.FromStore(sv.db.Figures(), clock)
	sv.timers = timers.Timers{Store: sv.db.Timers(), Teller: sv.db.Notices(), Clock: clock, IDs: ids, Fired: sv.metrics.FromTimers(sv.db.Timers(), clock)}
	if !s.NoWork {
		if sv.jobs, err = jobs.New(sv.db.Pool, sv.work(s)); err != nil {
			return nil, err
		}
	}
	resolve := sv.members.Resolve
	if s.Development {
		resolve = members.Development{Members: sv.members}.Resolve
	}
	sv.handler = graph.NewHandler(graph.Config{
		Schema: generated.NewExecutableSchema(generated.Config{
			Resolvers: &sv.useCases, Directives: generated.DirectiveRoot{Stored: reader.Stored},
		}),
		Verify:   token.NewVerifier(s.Secret, time.Now).Verify,
		Resolve:  resolve,
		Health:   func(ctx context.Context) error { return sv.db.Pool.Ping(ctx) },
		Log:      s.Log,
		Streams:  sv.streams,
		RuleSets: sv.useCases.RuleSets,
	})
	return sv, nil
}

// startRules starts the host with the national rules, which bind every programme.
func (sv *server) startRules(ctx context.Context, s settings) (err error) {
	files, err := host.Own(pluginProcess, declarative.Name)
	if err != nil {
		return err
	}
	calls := sv.metrics.RuleSets()
	if sv.rules, err = host.New(host.Options{Dir: s.Programs, Logger: s.Log, RuleFiles: files, Runtimes: s.Runtimes, Observer: calls}); err != nil {
		return err
	}
	calls.Watch(sv.ruleSetFigures)
	national, err := nationalRules()
	if err != nil {
		return err
	}
	if err := sv.rules.Bind(national); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, rulesStart)
	defer cancel()
	return sv.rules.Ready(ctx)
}

// serve answers requests and works jobs off until the context ends, and then lets the requests in flight end.
func (sv *server) serve(ctx context.Context, l net.Listener) error {
	web := graph.NewHTTPServer(sv.handler, sv.log)
	web.RegisterOnShutdown(sv.streams.Close)
	following, rest := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { sv.followRegions(following) })
	beside.Go(func() { sv.startWork(following) })
	beside.Go(func() { sv.shadows.Follow(following) })
	beside.Go(func() { sv.useCases.Processes.Tell(following) })
	if sv.asked != nil {
		beside.Go(func() { sv.serveMetrics(following) })
	}
	defer beside.Wait()
	defer rest()
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.Background(), drainBound)
	defer cancel()
	if err := web.Shutdown(drain); err != nil {
		sv.log.Warn("some requests were cut off", "error", err)
		_ = web.Close()
	}
	return nil
}

// serveMetrics answers who asks for metrics until the context ends.
func (sv *server) serveMetrics(ctx context.Context) {
	web := graph.NewHTTPServer(sv.metrics.Handler(), sv.log)
	defer context.AfterFunc(ctx, func() { _ = web.Close() })()
	if err := web.Serve(sv.asked); !errors.Is(err, http.ErrServerClosed) {
		sv.log.Error("metrics are no longer answered", "error", err)
	}
}

// close stops whatever newServer started.
func (sv *server) close() {
	if sv.jobs != nil {
		ctx, cancel := context.WithTimeout(context.Background(), jobsBound)
		defer cancel()
		if err := sv.jobs.Stop(ctx); err != nil {
			sv.log.Warn("some jobs were cut off; another server does them", "error", err)
		}
	}
	if sv.decided != nil { // after all who decide have ended
		ctx, cancel := context.WithTimeout(context.Background(), decidedBound)
		defer cancel()
		sv.decided.Close(ctx)
	}
	if sv.rules != nil {
		ctx, cancel := context.WithTimeout(context.Background(), rulesBound)
		defer cancel()
		if err := sv.rules.Close(ctx); err != nil {
			sv.log.Warn("rules did not stop cleanly", "error", err)
		}
	}
	if sv.db != nil {
		_ = sv.db.Close()
	}
}

// listen takes an address on which to serve; the flag is what chose it.
func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		var taken *net.OpError
		if errors.As(err, &taken) {
			return nil, domain.Errorf(domain.CodeUnavailable, "cannot listen on %s: %w; choose another with --%s, such as 127.0.0.1:8081", address, taken.Err, flag)
		}
		return nil, domain.Errorf(domain.CodeBadUserInput, "cannot listen on %q: give host:port, such as 127.0.0.1:8080", address).Because(err)
	}
	return l, nil
}

// metricsFlag lets the user say where metrics are asked for.
func metricsFlag(cmd *cobra.Command, address *string) {
	cmd.Flags().StringVar(address, "metrics", "", "where Prometheus may ask for metrics, host:port, such as 127.0.0.1:9464 (default: nowhere)")
}

// listenMetrics takes the address that metricsFlag chose, if any.
func listenMetrics(ctx context.Context, address string) (net.Listener, error) {
	if address == "" {
		return nil, nil
	}
	return listen(ctx, "metrics", address)
}

// programsDir is where a data folder keeps the programs of rule sets.
func programsDir(dir string) string { return filepath.Join(dir, "programs") }

// actor gives the actor of a development subject, for what the program itself does in a member's name.
func (sv *server) actor(ctx context.Context, role domain.Role, region string) (access.Actor, error) {
	subject, err := sv.members.EnsureDevelopment(ctx, role, region)
	if err != nil {
		return access.Actor{}, err
	}
	return sv.members.Resolve(ctx, subject)
}
