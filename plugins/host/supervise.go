package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// State is where a rule set's process stands.
type State string

// The states of a rule set.
const (
	Starting State = "STARTING"  // the process starts and says who it is
	Ready    State = "READY"     // it answers
	Backoff  State = "BACKOFF"   // it crashed and is started again shortly
	Open     State = "OPEN"      // it crashed too often and is left alone for a while
	HalfOpen State = "HALF_OPEN" // a single trial after that
	Draining State = "DRAINING"  // it ends when the calls in flight have ended
	Stopped  State = "STOPPED"
)

// supervised is a rule set that is kept running for a region.
type supervised struct {
	binding Binding
	program *kept
	as      identity
	host    *Host
	log     *slog.Logger
	nudge   chan struct{} // asks for a health check now
	stopped chan struct{} // closed when nothing is left of it

	mu          sync.Mutex
	state       State
	since       time.Time
	process     *process           // while READY
	description *rules.Description // of the last process that was READY
	starts      int
	fault       string        // why it is not READY, or was not before
	changed     chan struct{} // closed at the next change
}

// supervise keeps the rule set running until the context ends.
func (s *supervised) supervise(ctx context.Context) {
	defer close(s.stopped)
	defer s.program.release()
	defer s.host.identities.giveBack(s.as)
	var crashes failures
	for ctx.Err() == nil {
		err := s.run(ctx)
		if ctx.Err() != nil {
			break
		}
		state, wait := crashes.next(time.Now())
		wait = jitter(wait)
		s.enter(state, nil, err)
		s.log.Error("the rule set is down", "error", err, "state", state, "again_in", wait.Round(time.Millisecond))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	s.enter(Stopped, nil, nil)
}

// run runs one process to its end and says why it ended; an end that was asked for is no error.
func (s *supervised) run(ctx context.Context) error {
	o := &s.host.options
	if s.is(Open) {
		s.enter(HalfOpen, nil, nil)
	} else {
		s.enter(Starting, nil, nil)
	}
	began := time.Now()
	p, err := start(ctx, o, s.host.place, s.as, s.program.path, &s.binding, s.log)
	if err != nil {
		return err
	}
	spare := context.AfterFunc(s.host.killed, p.runner.kill)
	defer spare()
	s.enter(Ready, p, nil)
	s.log.Info("the rule set is ready", "version", p.description.GetVersion(), "pid", p.pid(), "took", time.Since(began).Round(time.Millisecond))
	err = s.watch(ctx, p)
	if ctx.Err() == nil { // it crashed, or is to be replaced because it is frozen
		s.enter(Backoff, nil, err)
		p.stop(o.StopTimeout)
		return err
	}
	s.enter(Draining, nil, nil)
	draining, cancel := context.WithTimeout(context.Background(), o.StopTimeout)
	defer cancel()
	p.drain(draining)
	p.stop(o.StopTimeout)
	return nil
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

// enter goes over to a state; with READY comes the process that answers.
func (s *supervised) enter(state State, p *process, fault error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.since, s.process = state, time.Now(), p
	switch {
	case p != nil:
		s.starts++
		s.description = p.description
	case fault != nil:
		s.fault = fault.Error()
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *supervised) is(state State) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == state
}

// running gives the process that answers, or says in words for people why there is none.
func (s *supervised) running() (*process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.state {
	case Ready:
		return s.process, nil
	case Starting, HalfOpen:
		return nil, errors.New("it is starting; try again in a moment")
	case Backoff:
		return nil, errors.New("it stopped and is being started again; try again in a moment")
	case Open:
		return nil, errors.New("it stopped several times and is left alone for up to two minutes; its operator finds the cause in the log")
	}
	return nil, errors.New("the server is stopping")
}

// described gives the description of the rule set; nil as long as it never answered.
func (s *supervised) described() *rules.Description {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.description
}
