package moving

import (
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Observer is told what comes of moves, for figures. It must be quick, safe for many callers at once, and keep nothing that
// it is handed.
type Observer interface {
	// Moved is told of every command, carried out or not.
	Moved(Observed)
	// AskedRules is told how long one batch of questions took.
	AskedRules(took time.Duration)
}

// Observed is a command that has ended.
type Observed struct {
	Move     domain.Move
	Stage    domain.Stage // where the programme stood; "" where it was not looked at
	DryRun   bool
	Repeated bool           // an earlier command with the same key did it
	Blocks   []domain.Block // all that was in the way, and what was not: see their severity
	Err      error          // nil: it was done, or with a dry run could be
	Took     time.Duration
}

// observe tells the observer, if there is one, of a command that ends now.
func (m *Moves) observe(began time.Time, o *Observed, out *Outcome, err *error) {
	if m.Observer == nil {
		return
	}
	o.Repeated, o.Blocks, o.Err, o.Took = out.Repeated, out.Blocks, *err, time.Since(began)
	m.Observer.Moved(*o)
}

// stood notes where the programme stood that was decided on, if there was one.
func (o *Observed) stood(s *workflow.Snapshot) {
	if s != nil {
		o.Stage = s.Programme.Stage
	}
}
