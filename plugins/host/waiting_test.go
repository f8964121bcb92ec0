package host

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// However many ask a rule set that is slow, what waits in the server's memory is bounded; who comes later is told at once.
func TestWhatWaitsForASlowRuleSetIsBounded(t *testing.T) {
	t.Parallel()
	r := newRun(&Options{CallsInFlight: 1, CallTimeout: time.Hour}, slog.New(slog.DiscardHandler))
	p := &process{runner: &runner{exited: make(chan struct{})}}
	if err := r.admit(t.Context(), p, batch{bytes: 2 * mostWaiting}, time.Hour); err != nil { // there is room: it does not wait
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	waited := make(chan error)
	const each, most = 2 << 20, mostWaiting / (2<<20 + perWaiting)
	for range most {
		go func() { waited <- r.admit(ctx, p, batch{bytes: each}, time.Hour) }()
	}
	until(t, "they wait", func() bool { return r.waiting.Load() == most*(each+perWaiting) })
	if err := r.admit(t.Context(), p, batch{bytes: each}, time.Hour); err == nil || !strings.Contains(err.Error(), "more calls to it wait than may") {
		t.Errorf("one more waits, or %v", err)
	}
	stop()
	for range most {
		if err := <-waited; err == nil {
			t.Error("it was let in")
		}
	}
	if left := r.waiting.Load(); left != 0 {
		t.Errorf("%d bytes are held to wait", left)
	}
}
