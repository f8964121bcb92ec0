package jobs

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	_ "github.com/berdaya/berdaya/internal/seeded"
)

func TestPausesDoubleUpToAnHour(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		failures, chance := rapid.IntRange(0, 2000).Draw(t, "failures"), rapid.Float64Range(0, 1).Draw(t, "chance")
		pause := pauseAfter(failures, chance)
		if pause < 800*time.Millisecond || pause > 72*time.Minute {
			t.Fatalf("after %d failures %s", failures, pause)
		}
		middle := pauseAfter(failures, 0.5)
		if pause < middle*8/10 || pause > middle*12/10+1 {
			t.Fatalf("%s is more than a fifth from %s", pause, middle)
		}
		if next := pauseAfter(failures+1, 0.5); next < middle {
			t.Fatalf("the pause after %d failures is %s, the next one %s", failures, middle, next)
		}
	})
	for failures, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 12: 2048 * time.Second, 13: time.Hour, 25: time.Hour} {
		if got := pauseAfter(failures, 0.5); got != want {
			t.Errorf("after %d failures %s, want %s", failures, got, want)
		}
	}
}
