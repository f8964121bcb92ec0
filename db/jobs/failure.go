package jobs

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Of pauses after failures.
const (
	firstPause = time.Second
	longPause  = time.Hour
)

// doubling is how failed jobs are tried again.
type doubling struct{}

// NextRetry says when a job that has failed runs again.
func (doubling) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(pauseAfter(len(job.Errors)+1, rand.Float64()))
}

// pauseAfter is the pause after so many failures, chance being from 0 to 1: doubled each time up to the longest, a fifth more
// or less so that jobs that failed together are not tried together.
func pauseAfter(failures int, chance float64) time.Duration {
	pause := longPause
	if doublings := max(failures-1, 0); doublings < 12 {
		pause = min(firstPause<<doublings, longPause)
	}
	return time.Duration(float64(pause) * (0.8 + 0.4*chance))
}

// failures logs what failed: what is tried again is a warning, what is not an error.
type failures struct{ log *slog.Logger }

// HandleError logs a worker's error.
func (f failures) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	if job.Attempt >= job.MaxAttempts {
		f.log.ErrorContext(ctx, "a job has failed for the last time", "kind", job.Kind, "job", job.ID, "attempts", job.Attempt, "error", err)
	} else {
		f.log.WarnContext(ctx, "a job has failed and is tried again", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "error", err)
	}
	return nil
}

// HandlePanic logs where a worker panicked.
func (f failures) HandlePanic(ctx context.Context, job *rivertype.JobRow, said any, trace string) *river.ErrorHandlerResult {
	f.log.ErrorContext(ctx, "a job has panicked", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "panic", said, "trace", trace)
	return nil
}
