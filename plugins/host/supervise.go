package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// supervised is a program that is kept running.
type supervised struct {
	*standing
	name    string
	host    *Host
	log     *slog.Logger
	journal *journal
	as      identity
	fetch   func(context.Context) (*program, error) // gives what is to be run; asked until it does
	own     *run                                    // the one that the program serves; nil where it serves rule files
	alone   bool                                    // it serves one rule file only
	turns   chan struct{}                           // one entry for each that starts; nil where it waits for nobody
	nudge   chan struct{}                           // asks for a health check now
	stopped chan struct{}                           // closed when nothing is left of it
	process atomic.Pointer[process]                 // while READY

	files struct { // that it serves
		sync.Mutex
		all     []*run
		loading sync.Mutex // one at a time, so that a crash while loading is the fault of that one
	}
}

// program is what is run, held against being cleared away.
type program struct {
	Command
	kept *kept // nil for what is not kept by us
}

func (p *program) release() {
	if p != nil && p.kept != nil {
		p.kept.release()
	}
}

func (h *Host) newSupervised(name string, log *slog.Logger, fetch func(context.Context) (*program, error)) *supervised {
	return &supervised{standing: newStanding(), name: name, host: h, log: log, journal: &journal{}, as: h.identities.take(), fetch: fetch,
		nudge: make(chan struct{}, 1), stopped: make(chan struct{})}
}

// runs gives whom it serves.
func (s *supervised) runs() []*run {
	if s.own != nil {
		return []*run{s.own}
	}
	s.files.Lock()
	defer s.files.Unlock()
	return slices.Clone(s.files.all)
}

// supervise keeps the program running until the context ends.
func (s *supervised) supervise(ctx context.Context) {
	defer close(s.stopped)
	defer s.host.identities.giveBack(s.as)
	var p *program
	defer func() { p.release() }()
	var crashes failures
	for away := 0; ctx.Err() == nil; {
		var err error
		if p == nil {
			p, err = s.fetch(ctx)
		}
		if err == nil {
			away = 0
			err = s.run(ctx, p)
		}
		if ctx.Err() != nil {
			break
		}
		state, wait := Backoff, min(doubled(firstBackoff, away), longestFetch)
		if p != nil || !errors.Is(err, errAway) {
			state, wait = crashes.next(time.Now())
		}
		if state == Open && s.own == nil && !s.alone && s.wasReady() {
			state, wait = Backoff, longestForAll
		}
		away++
		wait = jitter(wait)
		s.down(state, err)
		s.log.Error("the rule set is down", "error", err, "state", state, "again_in", wait.Round(time.Millisecond))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	s.enter(Stopped, nil)
}

// longestForAll is the longest wait before the process of all rule files is started again that had been READY: files that fell it are
// set apart, and the others must not wait for that.
const longestForAll = 2 * time.Second

// errAway is that a program could not be read from where programs are kept: no fault of the program.
var errAway = errors.New("it could not be read")

// longestFetch is the longest wait before it is tried to be read again.
const longestFetch = 10 * time.Second

// down goes over to a state without a process.
func (s *supervised) down(state State, fault error) {
	s.process.Store(nil)
	for _, r := range s.runs() {
		r.serving.Store(nil)
		if fault != nil {
			r.record.failed(time.Now(), fault)
		}
	}
	s.enter(state, fault)
}

// run runs one process to its end and says why it ended; an end that was asked for is no error.
func (s *supervised) run(ctx context.Context, what *program) error {
	o := &s.host.options
	if state, _, _ := s.look(); state == Open {
		s.enter(HalfOpen, nil)
	} else {
		s.enter(Starting, nil)
	}
	began := time.Now()
	p, err := s.start(ctx, what)
	if err != nil {
		return err
	}
	spare := context.AfterFunc(s.host.killed, p.runner.kill)
	defer spare()
	s.process.Store(p)
	s.enter(Ready, nil)
	s.host.wakeFollower()
	s.log.Info("the rule set is ready", "pid", p.pid(), "took", time.Since(began).Round(time.Millisecond))
	err = s.watch(ctx, p)
	if ctx.Err() == nil { // it crashed, or is to be replaced because it is frozen
		s.process.Store(nil)
		for _, r := range s.runs() {
			r.serving.Store(nil)
		}
		s.enter(Backoff, err)
		p.frozen.Store(!p.ended())
		s.host.finish(p, s.as)
		return err
	}
	s.down(Draining, nil)
	draining, cancel := context.WithTimeout(context.Background(), o.StopTimeout)
	defer cancel()
	for _, r := range s.runs() {
		r.drain(draining, p)
	}
	s.host.finish(p, s.as)
	return nil
}

// start starts a process and, where it serves one rule set, has that introduced.
func (s *supervised) start(ctx context.Context, what *program) (*process, error) {
	o := &s.host.options
	if s.turns != nil {
		select {
		case s.turns <- struct{}{}:
			defer func() { <-s.turns }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	p, err := s.host.start(ctx, s.as, what.Command, s.log, s.journal)
	if err != nil || s.own == nil {
		return p, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.StartTimeout)
	defer cancel()
	if err := s.own.introduce(ctx, p, p.rules); err != nil {
		err = p.explain(err)
		s.host.finish(p, s.as)
		return nil, err
	}
	return p, nil
}

// drain waits until no call is in flight and lets none begin.
func (r *run) drain(ctx context.Context, p *process) {
	for range cap(r.room) {
		select {
		case r.room <- struct{}{}:
		case <-p.runner.exited:
			return
		case <-ctx.Done():
			return
		}
	}
}

// watch returns when the process has ended, does not answer, or the context has ended.
func (s *supervised) watch(ctx context.Context, p *process) error {
	ticker := time.NewTicker(s.host.options.HealthEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.runner.exited:
			return fmt.Errorf("its process ended: %w", ending(p))
		case <-ticker.C:
		case <-s.nudge:
		}
		// Once may be a busy machine; twice in a row is a frozen process.
		if s.ask(ctx, p) != nil {
			if err := s.ask(ctx, p); err != nil && ctx.Err() == nil && !p.ended() {
				return fmt.Errorf("it is not healthy: %w", err)
			}
		}
	}
}

func (s *supervised) ask(ctx context.Context, p *process) error {
	ctx, cancel := context.WithTimeout(ctx, s.host.options.HealthTimeout)
	defer cancel()
	health, err := p.rules.Health(ctx, &rulespb.HealthRequest{})
	switch {
	case err != nil:
		return p.explain(err)
	case !health.GetServing():
		return errors.New(clip("it says that it cannot serve: "+health.GetMessage(), 500))
	}
	if figures := health.GetRules(); len(figures) <= rules.MaxVerdicts {
		p.figures.Store(&figures)
	}
	return nil
}

// ending says how a process ended.
func ending(p *process) error {
	text := "exit status 0"
	if p.runner.err != nil {
		text = p.runner.err.Error()
	}
	if last := p.output.lastLine(); last != "" {
		text += "; its last line was: " + last
	}
	return errors.New(clip(text, 500))
}

// ready waits until the program answers.
func (s *supervised) ready(ctx context.Context) error {
	for {
		state, fault, changed := s.look()
		if state == Ready {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			if fault == "" {
				fault = "it has not said a word yet"
			}
			return fmt.Errorf("the rule set %s does not answer (%s): %s", s.name, state, fault)
		}
	}
}
