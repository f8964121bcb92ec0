package deliver

import (
	"errors"
	"math/rand/v2"
	"net"
	"time"
)

// pauses are those after each failed attempt; after the last there is none. Together they are a day.
var pauses = []time.Duration{time.Minute, 5 * time.Minute, 20 * time.Minute, time.Hour, 3 * time.Hour, 7 * time.Hour, 13 * time.Hour}

// longestWait is how long a receiver can ask us to wait.
const longestWait = 13 * time.Hour

// ErrPermanent is what every error is that [Permanent] has marked.
var ErrPermanent = errors.New("trying again does not mend this")

// Permanent marks a failure that trying again does not mend.
func Permanent(err error) error { return permanent{err} }

type permanent struct{ error }

// Unwrap gives what went wrong.
func (p permanent) Unwrap() error { return p.error }

// Is tells that it is ErrPermanent.
func (p permanent) Is(target error) bool { return target == ErrPermanent }

// Unreached gives why a connection failed without the addresses in it: admins of any region read what went wrong with a delivery,
// and which name servers and networks this server has is none of their business.
func Unreached(err error) error {
	if looked, ok := errors.AsType[*net.DNSError](err); ok {
		if looked.IsNotFound {
			return errors.New("its name is not known")
		}
		return errors.New("its name could not be looked up")
	}
	if failed, ok := errors.AsType[*net.OpError](err); ok {
		return failed.Err
	}
	return err
}

// Later marks a failure after which the receiver asks not to be tried again for a while. It is heeded for up to 13 hours.
func Later(err error, after time.Duration) error { return later{err, after} }

type later struct {
	error
	after time.Duration
}

// Unwrap gives what went wrong.
func (l later) Unwrap() error { return l.error }

func (s *Deliveries) pauses() []time.Duration {
	if s.Pauses != nil {
		return s.Pauses
	}
	return pauses
}

// pauseAfter gives the pause after so many attempts, a tenth more or less so that what failed together is not tried together;
// false where it is not to be tried again.
func (s *Deliveries) pauseAfter(attempts int, failed error) (time.Duration, bool) {
	all := s.pauses()
	if errors.Is(failed, ErrPermanent) || attempts > len(all) {
		return 0, false
	}
	pause := all[max(attempts-1, 0)]
	pause = time.Duration(float64(pause) * (0.9 + 0.2*rand.Float64()))
	if l, ok := errors.AsType[later](failed); ok {
		pause = max(pause, min(l.after, longestWait))
	}
	return pause, true
}
