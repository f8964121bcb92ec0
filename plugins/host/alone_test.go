package host

import (
	"strings"
	"testing"

	"github.com/berdaya/berdaya/domain"
)

// A file that brings the process of all down while it judges does so twice: then it has one of its own, and its region alone pays.
func TestAFileThatKillsTheProcessWhileItJudgesIsSetApart(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"dies", "eats"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			isSetApart(t, fault)
		})
	}
}

func isSetApart(t *testing.T, fault string) {
	c := newCatalogue(t)
	h := c.followed(nil)
	c.activate("32", "barat", c.upload(domain.RuleFile, "barat", "1", ""), domain.Everyone, "")
	bad := c.upload(domain.RuleFile, "tengah", "1", fault)
	c.activate("33", "tengah", bad, domain.Everyone, "")
	c.untilSays(h, question("32"), "barat", "1 32 {}")
	of := func(set, region string) (newest Status) {
		if s := statusOf(h, set, region); len(s) > 0 { // the follower may have yet to see it
			newest = s[0]
		}
		return newest
	}
	until(t, "both are ready", func() bool { return of("tengah", "33").State == Ready })
	shared := of("barat", "32").PID
	if of("tengah", "33").PID != shared {
		t.Fatal("they have two processes")
	}
	kill := func(ended func() bool) {
		t.Helper()
		until(t, "it judged and died", func() bool {
			return ended() || strings.HasPrefix(says(t, judge(t, h, "33"), "tengah"), "unavailable: it stopped while it judged")
		})
	}
	for n := range endsToAlone {
		kill(func() bool { return of("barat", "32").Restarts > n })
		until(t, "all are back", func() bool {
			return of("barat", "32").Restarts == n+1 && of("barat", "32").PID != 0 && of("tengah", "33").PID != 0
		})
	}
	shared = of("barat", "32").PID
	if of("tengah", "33").PID == shared {
		t.Fatal("it shares the process still")
	}
	kill(func() bool { return false })
	until(t, "its own process ended", func() bool { return of("tengah", "33").LastError != "" })
	c.untilSays(h, question("32"), "barat", "1 32 {}")
	if s := of("barat", "32"); s.PID != shared || s.Restarts != endsToAlone || s.State != Ready {
		t.Errorf("%+v", s)
	}
	if lines, ok := h.Logs(of("tengah", "33").Key); !ok || len(lines) == 0 {
		t.Errorf("%v, %v", lines, ok)
	}
	c.activate("33", "tengah", c.upload(domain.RuleFile, "tengah", "2", ""), domain.Everyone, "")
	c.untilSays(h, question("33"), "tengah", "2 33 {}")
	until(t, "its process is gone", func() bool { return len(h.alone) == 0 && len(processesOf(h)) == 1 })
	if s := of("tengah", "33"); s.PID != shared {
		t.Errorf("another version is held to be like it: %+v", s)
	}
	c.activate("33", "tengah", bad, domain.Everyone, "")
	until(t, "it is back", func() bool { s := of("tengah", "33"); return s.Revision == 3 && s.State == Ready })
	if s := of("tengah", "33"); s.PID == shared {
		t.Errorf("it was put to work anew and is held to be better: %+v", s)
	}
}

// A process that answers nobody is the fault of those who were asked.
func TestBlameIsOnWhoWasAskedWhenTheProcessEndedOrFroze(t *testing.T) {
	t.Parallel()
	frozen, ended := &process{}, &process{}
	frozen.frozen.Store(true)
	var b blame
	b.felled(ended)
	b.felled(ended)
	b.ended(ended)
	if n := b.ends(); n != 1 {
		t.Errorf("one end counts as %d", n)
	}
	late := &process{}
	b.keptWaiting(late)
	b.ended(late)
	if n := b.ends(); n != 1 {
		t.Errorf("an answer that was late before the end counts: %d", n)
	}
	b.keptWaiting(frozen)
	b.ended(frozen)
	if n := b.ends(); n != 2 {
		t.Errorf("a frozen process that it was late in does not count: %d", n)
	}
	if b.ended(&process{}); b.ends() != 2 {
		t.Errorf("another's end counts: %d", b.ends())
	}
}
