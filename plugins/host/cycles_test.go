package host

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
)

// Not parallel: what is counted is the whole process's. Versions come, die, go and are tried; nothing of them may pile up.
func TestWhatComesAndGoesLeavesNothing(t *testing.T) {
	if !long() {
		t.Skip("BERDAYA_LONG=1 puts rule sets to work 150 times")
	}
	c := newCatalogue(t)
	h := c.followed(func(o *Options) { o.StopTimeout = time.Second })
	cycle := func(kind domain.RuleSetKind, set string, good, bad *version) {
		c.activate("32", set, good, domain.Everyone, "")
		c.untilSays(h, question("32"), set, "1 32 {}")
		c.activate("32", set, bad, domain.Everyone, "")
		c.untilSays(h, question("32"), set, "unavailable: it stopped…")
		c.activate("32", set, nil, domain.Everyone, "")
		c.untilSays(h, question("32"), set, "")
		v := Version{Kind: kind, SHA256: good.sum, Artefact: func(ctx context.Context, to io.Writer) error { return c.Artefact(ctx, good.sum, to) }}
		if err := h.Try(t.Context(), v, "32", nil, func(context.Context, Candidate) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	count := func() (counts [4]int) {
		until(t, "none is left", func() bool { return len(h.Status()) == 0 && len(h.alone) == 0 })
		files, _ := os.ReadDir("/proc/self/fd")
		folders, _ := filepath.Glob(filepath.Join(h.place.dir, "*"))
		h.identities.mu.Lock()
		defer h.identities.mu.Unlock()
		return [4]int{runtime.NumGoroutine(), len(files), len(folders), len(h.identities.taken)}
	}
	for set, kind := range map[string]domain.RuleSetKind{"berkas": domain.RuleFile, "program": domain.RuleProgram} {
		good, bad := c.upload(kind, set, "1", ""), c.upload(kind, set, "2", "dies")
		var before [4]int
		for n := range 25 {
			if cycle(kind, set, good, bad); n == 5 {
				before = count()
			}
		}
		var after [4]int
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) { // what ends may take a moment
			if after = count(); after == before || time.Now().After(deadline) {
				break
			}
		}
		if after != before {
			t.Errorf("%s: %v goroutines, files, folders and users, before that %v", kind, after, before)
		}
	}
}
