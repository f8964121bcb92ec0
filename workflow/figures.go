package workflow

import (
	"time"

	"github.com/berdaya/berdaya/domain"
)

// StageAge is how many active programmes have stood in a stage for how long.
type StageAge struct {
	Stage domain.Stage
	Band  int // of the bands that were asked for; the last is that of all older ones
	Count int64
}

// JobFigure is what waits or has failed of a kind of job.
type JobFigure struct {
	Kind  string
	State string // available, running, retryable, scheduled, discarded or cancelled
	// Count of the jobs in the state, no further than JobsCounted.
	Count int64
	// Lag is how long the first of them has been due; 0 if none is, and for states that wait for nothing.
	Lag time.Duration
}

// JobsCounted is how far jobs of one kind and state are counted.
const JobsCounted = 100_000
