package host

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/national"
	"github.com/berdaya/berdaya/workflow"
)

// long tells whether the tests that take minutes are wanted.
func long() bool { return os.Getenv("BERDAYA_LONG") == "1" }

// Who asks while versions replace each other gets an answer every time, by the version in force when they asked or one put to
// work since, and in the same batch by one version alone.
func TestSwapsUnderLoadFailNobodyAndMisanswerNobody(t *testing.T) {
	eachKind(t, func(t *testing.T, kind domain.RuleSetKind) {
		swaps := 8
		if long() {
			swaps = 100
		}
		c := newCatalogue(t)
		h := c.followed(func(o *Options) { o.CallsInFlight = 32 }, nation)
		ready(t, h)
		c.activate("32", "barat", c.upload(kind, "barat", "1", ""), domain.Everyone, "")
		c.untilSays(h, question("32"), "barat", "1 32 {}")
		var inForce, newest, asked, late atomic.Int64
		inForce.Store(1)
		newest.Store(1)
		ctx, stop := context.WithCancel(t.Context())
		var load sync.WaitGroup
		for range 4 {
			load.Go(func() {
				for ; ctx.Err() == nil; time.Sleep(pace / 2) {
					questions := []workflow.Question{question("32.73"), question("33"), question("32.01.02")}
					least := inForce.Load()
					judgements := h.Judge(context.Background(), questions)
					most := newest.Load()
					asked.Add(1)
					first := says(t, judgements[0], "barat")
					number, rest, _ := strings.Cut(first, " ")
					version, err := strconv.ParseInt(number, 10, 64)
					if err != nil || rest != "32 {}" || version < least || version > most {
						t.Errorf("with versions %d to %d at work it says %q", least, most, first)
					}
					if version > least {
						late.Add(1)
					}
					if second := says(t, judgements[2], "barat"); second != first {
						t.Errorf("in one batch it says %q and %q", first, second)
					}
					for i, j := range judgements {
						if len(j.Unavailable) > 0 || len(j.Revisions) != 2-i%2 || says(t, j, "barat") != "" && i == 1 {
							t.Errorf("question %d: %+v", i, j)
						}
					}
				}
			})
		}
		for n := 2; n <= swaps+1; n++ {
			v := c.upload(kind, "barat", strconv.Itoa(n), "")
			newest.Store(int64(n))
			c.activate("32", "barat", v, domain.Everyone, "")
			c.untilSays(h, question("32"), "barat", fmt.Sprintf("%d 32 {}", n))
			inForce.Store(int64(n))
		}
		stop()
		load.Wait()
		t.Logf("%d swaps under %d batches", swaps, asked.Load())
		until(t, "the old ones are gone", func() bool { return len(h.Status()) == 2 })
		for _, s := range h.Status() {
			if s.Restarts > 0 || len(s.Failures) > 0 {
				t.Errorf("%+v", s)
			}
		}
	})
}

func TestAnswersInFlightEndBeforeTheirVersionDoes(t *testing.T) {
	eachKind(t, func(t *testing.T, kind domain.RuleSetKind) {
		c := newCatalogue(t)
		h := c.followed(func(o *Options) { o.StopTimeout = 20 * time.Second })
		q := question("32")
		c.activate("32", "barat", c.upload(kind, "barat", "1", "slow"), domain.Everyone, "")
		c.untilSays(h, q, "barat", "1 32 {}")
		answer := make(chan string, 1)
		go func() { answer <- says(t, h.Judge(context.Background(), []workflow.Question{q})[0], "barat") }()
		until(t, "a call is in flight", func() bool { return statusOf(h, "barat", "32")[0].InFlight > 0 })
		c.activate("32", "barat", nil, domain.Everyone, "")
		if got := <-answer; got != "1 32 {}" {
			t.Errorf("it was cut off: %s", got)
		}
		c.untilSays(h, q, "barat", "")
	})
}

func TestAServerThatClosesLeavesNothingOfItsOffices(t *testing.T) {
	c := newCatalogue(t)
	h := c.followed(nil, nation)
	ready(t, h)
	for i, kind := range []domain.RuleSetKind{domain.RuleProgram, domain.RuleFile, domain.RuleFile} {
		set := fmt.Sprint("set-", i)
		c.activate("32", set, c.upload(kind, set, "1", ""), domain.Everyone, "")
		c.untilSays(h, question("32"), set, "1 32 {}")
	}
	c.activate("33", "broken", c.upload(domain.RuleProgram, "broken", "1", "does not start"), domain.Everyone, "")
	until(t, "it broke", func() bool { s := statusOf(h, "broken", "33"); return len(s) == 1 && s[0].LastError != "" })
	before := processesOf(h)
	if len(before) < 3 {
		t.Errorf("processes %v", before)
	}
	closed(t, h)
	until(t, "all processes have ended", func() bool { return len(processesOf(h)) == 0 })
	until(t, "our goroutines ended", func() bool { return ourGoroutines() == "" })
	if len(h.identities.taken) > 0 {
		t.Errorf("users not given back: %v", h.identities.taken)
	}
}

func TestAProcessOfAnOfficeThatIsKilledComesBack(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	h := c.followed(nil)
	c.activate("32", "barat", c.upload(domain.RuleProgram, "barat", "1", ""), domain.Everyone, "")
	c.activate("33", "tengah", c.upload(domain.RuleFile, "tengah", "1", ""), domain.Everyone, "")
	c.untilSays(h, question("32"), "barat", "1 32 {}")
	c.untilSays(h, question("33"), "tengah", "1 33 {}")
	for _, at := range [][2]string{{"barat", "32"}, {"tengah", "33"}} {
		pid := statusOf(h, at[0], at[1])[0].PID
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		until(t, "it is back", func() bool {
			s := statusOf(h, at[0], at[1])[0]
			return s.PID != 0 && s.PID != pid && s.State == Ready && s.Restarts == 1
		})
		c.untilSays(h, question(at[1]), at[0], "1 "+at[1]+" {}")
	}
}

func TestTheNationsRulesGoOnWhateverOfficesDo(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	h := c.followed(nil, nation)
	ready(t, h)
	c.activate("32", "barat", c.upload(domain.RuleFile, "barat", "1", ""), domain.Everyone, "")
	c.untilSays(h, question("32"), "barat", "1 32 {}")
	j := judge(t, h, "32.73")
	if len(j.Revisions) != 2 || j.Revisions[0].RuleSet != national.Name || len(j.Blocks) != 4 || j.Blocks[3].RuleSet != "barat" {
		t.Errorf("%+v", j)
	}
	revisions := h.Revisions()
	if !strings.Contains(revisions["ID"], national.Version) || !strings.HasPrefix(revisions["32"], "barat 1 EVERYONE ") {
		t.Errorf("%q", revisions)
	}
	c.activate("32", "barat", nil, domain.Everyone, "")
	c.untilSays(h, question("32"), "barat", "")
	if _, there := h.Revisions()["32"]; there {
		t.Error("a region without rules has a revision")
	}
}
