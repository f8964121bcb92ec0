package jobs

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatTheLibrarySaysIsPassedOnOnceInAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		var stopping atomic.Bool
		log := slog.New(newQuiet(slog.NewTextHandler(&out, nil), &stopping)).With("part", "producer").WithGroup("g")
		for range 10 {
			log.Info("all is well")
			log.Error("the database is away", "err", time.Now())
			log.Warn("nobody leads")
			time.Sleep(saidAgainAfter / 5)
		}
		for says, want := range map[string]int{"all is well": 0, "the database is away": 2, "nobody leads": 2, "part=producer": 4} {
			if n := strings.Count(out.String(), says); n != want {
				t.Errorf("%q was passed on %d times, not %d", says, n, want)
			}
		}
		for i := range 1000 {
			log.Error(fmt.Sprint("message ", i))
		}
		if n := strings.Count(out.String(), "message "); n != 1000 {
			t.Errorf("%d of 1000 different ones were passed on", n)
		}
		stopping.Store(true)
		before := out.Len()
		if log.Error("what was cut off complains"); out.Len() != before {
			t.Error("it is not quiet when the client stops")
		}
	})
}
