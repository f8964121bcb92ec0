package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

var _ workflow.Rules = (*Host)(nil)

// Options say how rule sets are run. The zero value of a field is its default.
type Options struct {
	Dir       string            // where programs are kept, one copy each; default: a folder that goes with the host
	Logger    *slog.Logger      // default: slog.Default()
	User      string            // that all programs run as when we are root; default: one for each, which no account has
	RuleFiles Command           // the stock program that runs rule files; without it none is run
	Runtimes  map[string]string // what runs programs that do not run by themselves, such as node: its absolute path
	Observer  Observer          // is told of every call; default: nobody

	StartTimeout  time.Duration // from the start of a process to its description; default 10 s
	StopTimeout   time.Duration // that a process has to end by itself; default 2 s
	CallTimeout   time.Duration // of a call, to which each question adds 5 ms; default 2 s
	HealthEvery   time.Duration // default 5 s
	HealthTimeout time.Duration // default 3 s
	PollEvery     time.Duration // how often the source is asked; default 1 s
	CallsInFlight int           // to one rule set; more wait; default 8
	BatchSize     int           // questions in one call; default 500
	Memory        uint64        // bytes of data that a process may have, at least 256 MiB; default 1 GiB

	together bool // without namespaces, as on systems that have none
}

// Observer is told of every call to a rule set.
type Observer interface {
	// Called tells of one call of a method (evaluate or plan) and how long it took, with waiting for room. failure is "" or its kind: late,
	// busy (no room), stopped, error, contract (the answer does not keep it), given_up (by whoever asked).
	Called(ruleSet, version, region, method string, took time.Duration, failure string)
}

// perQuestion is added to the deadline of a call for each question in it.
const perQuestion = 5 * time.Millisecond

// leastMemory is what a Go program needs to start at all.
const leastMemory = 256 << 20

func (o *Options) complete() {
	orElse(&o.Logger, slog.Default())
	orElse(&o.StartTimeout, 10*time.Second)
	orElse(&o.StopTimeout, 2*time.Second)
	orElse(&o.CallTimeout, 2*time.Second)
	orElse(&o.HealthEvery, 5*time.Second)
	orElse(&o.HealthTimeout, 3*time.Second)
	orElse(&o.PollEvery, time.Second)
	orElse(&o.CallsInFlight, 8)
	orElse(&o.BatchSize, 500)
	orElse(&o.Memory, 1<<30)
	o.Memory = max(o.Memory, leastMemory)
}

func orElse[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// Command is a program and its arguments.
type Command struct {
	Path string
	Args []string
}

// Own gives the command that runs this very program with arguments.
func Own(args ...string) (Command, error) {
	path, err := os.Executable()
	return Command{Path: path, Args: args}, err
}

// Binding is a rule set that the operator puts to work for a region and all below it.
type Binding struct {
	RuleSet    string // the name that the program gives itself
	Region     string // a code; domain.NationCode binds every programme
	Command    Command
	Parameters map[string]any // of the region, as in JSON; nil for none
}

// Host runs rule sets and asks them.
type Host struct {
	options    Options
	place      *place
	identities *identities
	ctx        context.Context // ends when the host closes
	stop       context.CancelFunc
	killed     context.Context // ends when it can wait no longer
	kill       context.CancelFunc
	wake       chan struct{} // tells the follower that something has become READY
	starting   chan struct{} // one entry for each program of an office that starts
	trials     chan struct{} // one entry for each trial
	checks     chan struct{} // one entry for each rule file that is checked
	shadows    chan struct{} // one entry for each shadow
	alone      chan struct{} // one entry for each rule file with a process of its own

	table atomic.Pointer[table]
	mu    sync.Mutex
	bound []*run         // by the operator, in the order they were bound
	runs  []*run         // of the offices, those that are ending too
	stock *supervised    // the process that runs rule files; nil as long as there were none
	ends  sync.WaitGroup // the follower and what brings runs to their end

	blamed map[string]*blame // rule files by their sums and regions

	stockKept struct { // the program of rule files, once it was needed: the same to the end, whatever is put in its place on disk
		sync.Mutex
		*kept
	}
}

// New makes a host without rule sets. Close it when done.
func New(options Options) (*Host, error) {
	options.complete()
	if err := CheckRuntimes(options.Runtimes); err != nil {
		return nil, err
	}
	p, err := newPlace()
	if err != nil {
		return nil, fmt.Errorf("make a folder for the sockets of rule sets: %w", err)
	}
	h := &Host{options: options, place: p, identities: newIdentities(p, options.User, options.together), wake: make(chan struct{}, 1),
		starting: make(chan struct{}, mostStarting), trials: make(chan struct{}, mostTrials), checks: make(chan struct{}, mostChecks), shadows: make(chan struct{}, mostShadows),
		alone: make(chan struct{}, mostAlone), blamed: map[string]*blame{}}
	h.table.Store(&table{})
	if h.identities.shared == nil && os.Geteuid() == 0 {
		options.Logger.Warn("rule sets run as root: this system does not let us become another user")
	}
	h.killed, h.kill = context.WithCancel(context.Background())
	h.ctx, h.stop = context.WithCancel(h.killed)
	return h, nil
}

// Bind starts a rule set for a region and keeps it running. It does not wait for the process: see Ready.
func (h *Host) Bind(b Binding) error {
	if _, ok := domain.LevelOf(b.Region); !ok {
		return domain.Errorf(domain.CodeBadUserInput, "%q is not the code of a region", b.Region).At("region")
	}
	parameters, err := json.Marshal(b.Parameters)
	if err != nil {
		return domain.Errorf(domain.CodeBadUserInput, "the parameters of the rule set %s are no JSON: %w", b.RuleSet, err).At("parameters")
	}
	kept, err := keep(h.programs(), b.Command.Path)
	if err != nil {
		return domain.Errorf(domain.CodeUnavailable, "the program of the rule set %s cannot be kept to be run: %w", b.RuleSet, err)
	}
	what := &program{Command: Command{Path: kept.path, Args: b.Command.Args}, kept: kept}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx.Err() != nil {
		what.release()
		return domain.Errorf(domain.CodeUnavailable, "the server is stopping")
	}
	for _, r := range h.bound {
		if r.ruleSet == b.RuleSet && r.region == b.Region {
			what.release()
			return domain.Errorf(domain.CodeAlreadyExists, "the rule set %s is bound to the region %s already", b.RuleSet, b.Region)
		}
	}
	r := newRun(&h.options, h.options.Logger.With("rule_set", b.RuleSet, "region", b.Region))
	r.ruleSet, r.region, r.parameters, r.adopted = b.RuleSet, b.Region, parameters, true
	h.run(h.ctx, r, nil, func(context.Context) (*program, error) { return what, nil })
	h.bound = append(h.bound, r)
	t := *h.table.Load()
	t.static = map[string][]*run{}
	for _, r := range h.bound {
		t.static[r.region] = append(t.static[r.region], r)
	}
	h.table.Store(&t)
	return nil
}

// run starts a run that has a program of its own, when it is its turn.
func (h *Host) run(ctx context.Context, r *run, turns chan struct{}, fetch func(context.Context) (*program, error)) {
	s := h.newSupervised(r.ruleSet, r.log, fetch)
	s.own, s.turns, r.stopped = r, turns, s.stopped
	r.of.Store(s)
	go s.supervise(ctx)
}

// programs gives the folder where programs are kept: the one in the options, if those who run them can get there.
func (h *Host) programs() string {
	if dir := h.options.Dir; dir != "" && (h.identities.shared == nil || everybodyEnters(dir)) {
		return dir
	}
	return filepath.Join(h.place.dir, "programs")
}

// Ready waits until every rule set answers that the operator bound. Its error names those that do not when the context ends. It
// waits for no office's: one that is broken must not keep a server from starting.
func (h *Host) Ready(ctx context.Context) error {
	h.mu.Lock()
	bound := slices.Clone(h.bound)
	h.mu.Unlock()
	var waiting []error
	for _, r := range bound {
		if err := r.of.Load().ready(ctx); err != nil {
			waiting = append(waiting, domain.Errorf(domain.CodeRulesUnavailable, "%w", err))
		}
	}
	return errors.Join(waiting...)
}

// all gives every run, those of the operator first.
func (h *Host) all() []*run {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Concat(h.bound, h.runs)
}

// Close stops every rule set: calls in flight may end, processes are asked to end and then ended. It takes at most three
// times StopTimeout and a second; when the context ends, the processes are ended at once.
func (h *Host) Close(ctx context.Context) error {
	h.stop()
	defer h.kill()
	h.mu.Lock()
	waiting := map[string]<-chan struct{}{}
	for i, r := range slices.Concat(h.bound, h.runs) {
		waiting[fmt.Sprintf("the rule set %s (%d)", r.ruleSet, i)] = r.stopped
	}
	if h.stock != nil {
		waiting["the process of rule files"] = h.stock.stopped
	}
	h.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		h.ends.Wait()
		close(ended)
	}()
	waiting["what follows the catalogue"] = ended
	var err error
	for name, stopped := range waiting {
		select {
		case <-stopped:
			continue
		case <-ctx.Done():
			h.kill()
		case <-time.After(3 * h.options.StopTimeout):
			h.kill()
		}
		select {
		case <-stopped:
		case <-time.After(h.options.StopTimeout + time.Second):
			err = errors.Join(err, fmt.Errorf("%s did not stop", name))
		}
	}
	h.stockKept.Lock()
	defer h.stockKept.Unlock()
	if h.stockKept.kept != nil {
		h.stockKept.release()
		h.stockKept.kept = nil
	}
	return errors.Join(err, h.place.remove())
}
