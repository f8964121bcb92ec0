package host

import (
	"math/rand/v2"
	"time"
)

// The pace of restarts. One or two crashes are repaired within seconds; a program that keeps crashing is left alone for longer
// and longer, so that it does not eat the machine.
const (
	firstBackoff  = 500 * time.Millisecond
	longestWait   = 2 * time.Minute
	crashWindow   = 10 * time.Minute
	crashesToOpen = 3 // in crashWindow
	firstOpen     = 10 * time.Second
)

// failures remembers the crashes of a rule set and says how long to wait before the next start.
type failures struct {
	crashes []time.Time // within crashWindow
	opened  int         // how often the breaker opened without a quiet crashWindow between
}

// next notes a crash and gives what to do: BACKOFF, a short wait; or OPEN, a longer one, after which a single trial decides.
func (f *failures) next(now time.Time) (State, time.Duration) {
	recent := f.crashes[:0]
	for _, t := range f.crashes {
		if now.Sub(t) < crashWindow {
			recent = append(recent, t)
		}
	}
	if f.crashes = append(recent, now); len(f.crashes) == 1 {
		f.opened = 0
	}
	if n := len(f.crashes); n < crashesToOpen {
		return Backoff, doubled(firstBackoff, n-1)
	}
	f.crashes = f.crashes[len(f.crashes)-crashesToOpen:]
	f.opened++
	return Open, doubled(firstOpen, f.opened-1)
}

func doubled(first time.Duration, times int) time.Duration {
	return min(first<<min(times, 16), longestWait)
}

// jitter varies a wait by a fifth either way, so that many rule sets do not start in step.
func jitter(wait time.Duration) time.Duration {
	return wait*4/5 + rand.N(wait*2/5+1)
}
