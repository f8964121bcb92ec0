package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

var _ workflow.Rules = (*Host)(nil)

// Options say how rule sets are run. The zero value of a field is its default.
type Options struct {
	Dir    string       // where programs are kept, one copy each; default: a folder that goes with the host
	Logger *slog.Logger // default: slog.Default()
	User   string       // that all programs run as when we are root; default: one for each, which no account has

	StartTimeout  time.Duration // from the start of a process to its description; default 10 s
	StopTimeout   time.Duration // that a process has to end by itself; default 2 s
	CallTimeout   time.Duration // of a call, to which each question adds 5 ms; default 2 s
	HealthEvery   time.Duration // default 5 s
	HealthTimeout time.Duration // default 3 s
	CallsInFlight int           // to one process; more wait; default 8
	BatchSize     int           // questions in one call; default 500
	Memory        uint64        // bytes of data that a process may have, at least 256 MiB; default 1 GiB

	together bool // without namespaces, as on systems that have none
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

// Binding is a rule set at work for a region and all below it.
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

	mu    sync.Mutex
	bound []*supervised // in the order they were bound
}

// New makes a host without rule sets. Close it when done.
func New(options Options) (*Host, error) {
	options.complete()
	p, err := newPlace()
	if err != nil {
		return nil, fmt.Errorf("make a folder for the sockets of rule sets: %w", err)
	}
	h := &Host{options: options, place: p, identities: newIdentities(p, options.User, options.together)}
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
	program, err := keep(h.programs(), b.Command.Path)
	if err != nil {
		return domain.Errorf(domain.CodeUnavailable, "the program of the rule set %s cannot be kept to be run: %w", b.RuleSet, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx.Err() != nil {
		program.release()
		return domain.Errorf(domain.CodeUnavailable, "the server is stopping")
	}
	for _, s := range h.bound {
		if s.binding.RuleSet == b.RuleSet && s.binding.Region == b.Region {
			program.release()
			return domain.Errorf(domain.CodeAlreadyExists, "the rule set %s is bound to the region %s already", b.RuleSet, b.Region)
		}
	}
	s := &supervised{
		binding: b, program: program, as: h.identities.take(), host: h, log: h.options.Logger.With("rule_set", b.RuleSet, "region", b.Region),
		nudge: make(chan struct{}, 1), stopped: make(chan struct{}), changed: make(chan struct{}), state: Starting, since: time.Now(),
	}
	h.bound = append(h.bound, s)
	go s.supervise(h.ctx)
	return nil
}

// programs gives the folder where programs are kept: the one in the options, if those who run them can get there.
func (h *Host) programs() string {
	if dir := h.options.Dir; dir != "" && (h.identities.shared == nil || everybodyEnters(dir)) {
		return dir
	}
	return filepath.Join(h.place.dir, "programs")
}

// Ready waits until every rule set answers. Its error names those that do not when the context ends.
func (h *Host) Ready(ctx context.Context) error {
	var waiting []error
	for _, s := range h.all() {
		if err := s.ready(ctx); err != nil {
			waiting = append(waiting, err)
		}
	}
	return errors.Join(waiting...)
}

func (s *supervised) ready(ctx context.Context) error {
	for {
		s.mu.Lock()
		state, fault, changed := s.state, s.fault, s.changed
		s.mu.Unlock()
		if state == Ready {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			if fault == "" {
				fault = "it has not said a word yet"
			}
			return domain.Errorf(domain.CodeRulesUnavailable, "the rule set %s does not answer (%s): %s", s.binding.RuleSet, state, fault)
		}
	}
}

// Status is how a rule set fares, for operators.
type Status struct {
	RuleSet   string
	Region    string
	Version   string // "" as long as it never answered
	State     State
	Since     time.Time // when it entered the state
	PID       int       // 0 while no process answers
	Restarts  int       // since it was bound
	LastError string    // "" as long as there was none
}

// Status tells how every rule set fares, in the order they were bound.
func (h *Host) Status() []Status {
	bound := h.all()
	list := make([]Status, len(bound))
	for i, s := range bound {
		s.mu.Lock()
		list[i] = Status{RuleSet: s.binding.RuleSet, Region: s.binding.Region, Version: s.description.GetVersion(), State: s.state,
			Since: s.since, Restarts: max(0, s.starts-1), LastError: s.fault}
		if s.process != nil {
			list[i].PID = s.process.pid()
		}
		s.mu.Unlock()
	}
	return list
}

// Close stops every rule set: calls in flight may end, processes are asked to end and then ended. It takes at most three
// times StopTimeout and a second; when the context ends, the processes are ended at once.
func (h *Host) Close(ctx context.Context) error {
	h.stop()
	defer h.kill()
	var err error
	for _, s := range h.all() {
		select {
		case <-s.stopped:
			continue
		case <-ctx.Done():
			h.kill()
		}
		select {
		case <-s.stopped:
		case <-time.After(h.options.StopTimeout + time.Second):
			err = errors.Join(err, fmt.Errorf("the rule set %s did not stop", s.binding.RuleSet))
		}
	}
	return errors.Join(err, h.place.remove())
}

func (h *Host) all() []*supervised {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.bound[:len(h.bound):len(h.bound)]
}
