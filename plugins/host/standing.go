package host

import (
	"sync"
	"time"
)

// State is where a rule set's process stands, or a rule file in the process that all of them share.
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

// longestFault is how much is told of a fault, in characters: a file may have a hundred problems.
const longestFault = 2000

// standing is where something stands that is kept going.
type standing struct {
	mu      sync.Mutex
	state   State
	since   time.Time
	starts  int           // how often it was READY
	fault   string        // why it is not READY, or was not before
	changed chan struct{} // closed at the next change
}

func newStanding() *standing {
	return &standing{state: Starting, since: time.Now(), changed: make(chan struct{})}
}

// enter goes over to a state, for a reason or none.
func (s *standing) enter(state State, fault error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.since = state, time.Now()
	if state == Ready {
		s.starts++
	}
	if fault != nil {
		s.fault = clip(fault.Error(), longestFault)
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// wasReady tells whether it was READY in what it has just come out of.
func (s *standing) wasReady() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == Backoff
}

// look gives the state, the last fault, and what is closed at the next change.
func (s *standing) look() (State, string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state, s.fault, s.changed
}
