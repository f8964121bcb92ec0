package jobs

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Of what River says by itself, one message is passed on once in so long: while a database is away each of its parts says so
// every second.
const (
	saidAgainAfter = 30 * time.Second
	saidBound      = 200 // messages remembered
)

// quiet passes on warnings and errors, repeats none soon, and none at all once the client stops: what is cut off then complains.
type quiet struct {
	slog.Handler
	stopping *atomic.Bool
	said     *said
}

func newQuiet(h slog.Handler, stopping *atomic.Bool) quiet {
	return quiet{h, stopping, &said{at: map[string]time.Time{}}}
}

// Enabled says whether a level passes.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}

// Handle passes a record on unless the same was said just now.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	if q.stopping.Load() || q.said.lately(r.Message, r.Time) {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}

// WithAttrs keeps quiet.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quiet{q.Handler.WithAttrs(attrs), q.stopping, q.said}
}

// WithGroup keeps quiet.
func (q quiet) WithGroup(name string) slog.Handler {
	return quiet{q.Handler.WithGroup(name), q.stopping, q.said}
}

// said remembers when messages were passed on.
type said struct {
	mu sync.Mutex
	at map[string]time.Time
}

func (s *said) lately(message string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.at[message]; ok && now.Sub(at) < saidAgainAfter {
		return true
	}
	if len(s.at) >= saidBound {
		clear(s.at)
	}
	s.at[message] = now
	return false
}
