package host

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// eachKind runs a test for programs and for rule files: offices see no difference.
func eachKind(t *testing.T, test func(*testing.T, domain.RuleSetKind)) {
	t.Parallel()
	for _, kind := range []domain.RuleSetKind{domain.RuleProgram, domain.RuleFile} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			test(t, kind)
		})
	}
}

func TestAnActivationIsPutToWorkReplacedAndTakenOut(t *testing.T) {
	eachKind(t, func(t *testing.T, kind domain.RuleSetKind) {
		c := newCatalogue(t)
		one, two := c.upload(kind, "barat", "1.0", ""), c.upload(kind, "barat", "2.0", "")
		h := c.followed(nil)
		q := question("32.73")
		if j := h.Judge(t.Context(), []workflow.Question{q})[0]; len(j.Revisions)+len(j.Unavailable) > 0 {
			t.Errorf("with nothing at work: %+v", j)
		}
		c.activate("32", "barat", one, domain.Everyone, "")
		c.untilSays(h, q, "barat", "1.0 32 {}")
		c.activate("32", "barat", one, domain.Everyone, `{"days": 3}`)
		c.untilSays(h, q, "barat", `1.0 32 {"days":3}`)
		c.activate("32", "barat", two, domain.Everyone, "")
		c.untilSays(h, q, "barat", "2.0 32 {}")
		c.activate("32", "barat", one, domain.Everyone, `{"days": 3}`) // rollback
		c.untilSays(h, q, "barat", `1.0 32 {"days":3}`)
		until(t, "only one is left", func() bool { return len(h.Status()) == 1 })
		if j := judge(t, h, "33"); len(j.Revisions)+len(j.Unavailable) > 0 {
			t.Errorf("another region: %+v", j)
		}
		c.activate("32", "barat", nil, domain.Everyone, "")
		c.untilSays(h, q, "barat", "")
		until(t, "none is left", func() bool { return len(h.Status()) == 0 })
	})
}

func TestARuleSetIsTakenOutOfWorkWithItsProcessDown(t *testing.T) {
	eachKind(t, func(t *testing.T, kind domain.RuleSetKind) {
		c := newCatalogue(t)
		h := c.followed(nil)
		q := question("33")
		c.activate("33", "tengah", c.upload(kind, "tengah", "1", "dies"), domain.Everyone, "")
		h.wakeFollower()
		c.untilSays(h, q, "tengah", "unavailable: it stopped while it judged…")
		c.activate("33", "tengah", nil, domain.Everyone, "")
		c.untilSays(h, q, "tengah", "")
		until(t, "none is left", func() bool { return len(statusOf(h, "tengah", "33")) == 0 })
	})
}

func TestProgrammesKeepTheRulesTheirStageBeganWith(t *testing.T) {
	eachKind(t, func(t *testing.T, kind domain.RuleSetKind) {
		c := newCatalogue(t)
		h := c.followed(nil)
		first := c.activate("32", "barat", c.upload(kind, "barat", "1", ""), domain.Everyone, "")
		old := entered("32", first.ActivatedAt.Add(time.Second))
		c.untilSays(h, old, "barat", "1 32 {}")
		second := c.activate("32", "barat", c.upload(kind, "barat", "2", ""), domain.NewEntries, "")
		young := entered("32", second.ActivatedAt)
		c.untilSays(h, young, "barat", "2 32 {}")
		c.untilSays(h, old, "barat", "1 32 {}")
		reopened := old
		reopened.Move = domain.Reopen
		answers := h.Judge(t.Context(), []workflow.Question{old, young, reopened})
		for i, want := range []string{"1 32 {}", "2 32 {}", "2 32 {}"} {
			if got := says(t, answers[i], "barat"); got != want {
				t.Errorf("question %d is judged by %q", i, got)
			}
			if by := answers[i].Activations; len(by) != 1 || by[0].Revision != min(i+1, 2) || by[0].Region != "32" {
				t.Errorf("question %d is judged under %+v", i, by)
			}
			// The stage about to begin is planned by the newest for all of them.
			if list := answers[i].Checklist; len(list) != 1 || list[0].TitleEN != "2" {
				t.Errorf("question %d is planned as %+v", i, list)
			}
		}
		c.activate("32", "barat", nil, domain.NewEntries, "")
		c.untilSays(h, reopened, "barat", "")
		c.untilSays(h, old, "barat", "1 32 {}")
		c.untilSays(h, young, "barat", "2 32 {}")
		if j := h.Judge(t.Context(), []workflow.Question{old})[0]; len(j.Checklist) != 0 {
			t.Errorf("what is out of work plans: %+v", j.Checklist)
		}
	})
}

func TestABrokenVersionLeavesTheOldOneJudging(t *testing.T) {
	eachKind(t, func(t *testing.T, kind domain.RuleSetKind) {
		faults := []string{"does not start", "never says", "other version", "refuses"}
		if kind == domain.RuleFile {
			faults = []string{"other version", "refuses", "problem"}
		}
		for _, fault := range faults {
			t.Run(fault, func(t *testing.T) {
				t.Parallel()
				c := newCatalogue(t)
				h := c.followed(func(o *Options) { o.StartTimeout = 15 * time.Second })
				q := question("32")
				c.activate("32", "barat", c.upload(kind, "barat", "1", ""), domain.Everyone, "")
				c.untilSays(h, q, "barat", "1 32 {}")
				c.activate("32", "barat", c.upload(kind, "barat", "2", fault), domain.Everyone, "")
				until(t, "it is known to wait and why", func() bool {
					s := statusOf(h, "barat", "32")
					return len(s) == 2 && s[0].Waiting && s[0].LastError != "" && !s[1].Waiting && s[1].State == Ready
				})
				if revisions := h.Revisions(); revisions["32"] != "" {
					t.Errorf("what waits is said to be in force: %q", revisions)
				}
				c.untilSays(h, q, "barat", "1 32 {}")
				c.activate("32", "barat", c.upload(kind, "barat", "3", ""), domain.Everyone, "")
				c.untilSays(h, q, "barat", "3 32 {}")
				until(t, "the others are gone", func() bool { return len(h.Status()) == 1 })
			})
		}
	})
}

func TestWhereNothingJudgedBeforeABrokenVersionBlocksItsRegionAlone(t *testing.T) {
	eachKind(t, func(t *testing.T, kind domain.RuleSetKind) {
		c := newCatalogue(t)
		c.activate("32", "barat", c.upload(kind, "barat", "1", "refuses"), domain.Everyone, "")
		c.activate("33", "tengah", c.upload(kind, "tengah", "1", ""), domain.Everyone, "")
		h := c.followed(nil)
		ready(t, h) // waits for nobody
		if got := says(t, judge(t, h, "32.73"), "barat"); !strings.HasPrefix(got, "unavailable: its version 1 was put to work") {
			t.Errorf("a server that has just started says %q", got)
		}
		c.untilSays(h, question("33"), "tengah", "1 33 {}")
		until(t, "its fault is known", func() bool {
			return strings.Contains(statusOf(h, "barat", "32")[0].LastError, "not in this region")
		})
		if got := says(t, judge(t, h, "32.73"), "barat"); !strings.HasPrefix(got, "unavailable: its version 1") {
			t.Error(got)
		}
	})
}

// What the catalogue names when a server starts may have judged elsewhere, or here before: nothing older judges in its place.
func TestAServerThatStartsFallsBackToNothing(t *testing.T) {
	eachKind(t, func(t *testing.T, kind domain.RuleSetKind) {
		c := newCatalogue(t)
		one := c.upload(kind, "barat", "1", "")
		first := c.activate("32", "barat", one, domain.Everyone, "")
		second := c.activate("32", "barat", c.upload(kind, "barat", "2", "refuses"), domain.NewEntries, "")
		h := c.followed(nil)
		c.untilSays(h, entered("32", first.ActivatedAt), "barat", "1 32 {}")
		young := entered("32", second.ActivatedAt)
		if got := says(t, h.Judge(t.Context(), []workflow.Question{young})[0], "barat"); !strings.HasPrefix(got, "unavailable: its version 2 was put to work") {
			t.Errorf("before version 2 has answered it is judged by %q", got)
		}
		if h.Revisions()["32"] != "" {
			t.Error("what never answered is said to be in force")
		}
		c.activate("32", "barat", one, domain.Everyone, "") // rollback
		c.untilSays(h, young, "barat", "1 32 {}")
		// From then on it is as ever: what comes later and is broken leaves what judges judging.
		c.activate("32", "barat", c.upload(kind, "barat", "3", "refuses"), domain.NewEntries, "")
		until(t, "it waits", func() bool { s := statusOf(h, "barat", "32"); return s[0].Waiting && s[0].LastError != "" })
		c.untilSays(h, entered("32", c.now), "barat", "1 32 {}")
	})
}

func TestWithTheSourceAwayWhatIsAtWorkStays(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	c.goAway(errors.New("no route to host"))
	h := newHost(t, func(o *Options) { o.PollEvery = 10 * time.Millisecond })
	if err := h.Follow(t.Context(), c); err == nil {
		t.Fatal("a server starts without knowing what is at work")
	}
	c.goAway(nil)
	c.activate("32", "barat", c.upload(domain.RuleProgram, "barat", "1", ""), domain.Everyone, "")
	if err := h.Follow(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	q := question("32")
	c.untilSays(h, q, "barat", "1 32 {}")
	c.goAway(errors.New("no route to host"))
	before := c.asked()
	until(t, "it is asked in vain", func() bool { return c.asked() > before+3 })
	if got := says(t, h.Judge(t.Context(), []workflow.Question{q})[0], "barat"); got != "1 32 {}" {
		t.Error(got)
	}
	c.activate("32", "barat", c.upload(domain.RuleProgram, "barat", "2", ""), domain.Everyone, "")
	c.goAway(nil)
	c.untilSays(h, q, "barat", "2 32 {}")
}

func TestAnArtefactThatIsNotWhatWasUploadedIsNotRun(t *testing.T) {
	eachKind(t, func(t *testing.T, kind domain.RuleSetKind) {
		c := newCatalogue(t)
		v, other := c.upload(kind, "barat", "1", ""), c.upload(kind, "barat", "2", "")
		c.artefacts[v.sum] = c.artefacts[other.sum]
		c.activate("32", "barat", v, domain.Everyone, "")
		h := c.followed(nil)
		until(t, "it is found", func() bool {
			return strings.Contains(statusOf(h, "barat", "32")[0].LastError, "not the one that was uploaded")
		})
	})
}

func TestNeedsAreThoseOfAllThatMayJudge(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	h := c.followed(nil)
	c.activate("32", "barat", c.upload(domain.RuleFile, "barat", "1", ""), domain.Everyone, "")
	c.untilSays(h, question("32"), "barat", "1 32 {}")
	if kinds, err := h.Needs(t.Context(), "32.73"); err != nil || len(kinds) != 0 {
		t.Errorf("%v, %v", kinds, err)
	}
	a := c.activate("32", "barat", c.upload(domain.RuleFile, "barat", "2", "wants needs"), domain.NewEntries, "")
	q := entered("32", a.ActivatedAt)
	c.untilSays(h, q, "barat", "2 32 {}")
	if kinds, err := h.Needs(t.Context(), "32.73"); err != nil || len(kinds) != 1 || kinds[0] != workflow.NeedFacts {
		t.Errorf("%v, %v", kinds, err)
	}
	// Facts that were loaded before it came do not do: it would take what is missing for not there.
	q.Kinds = []workflow.FactKind{}
	if j := h.Judge(t.Context(), []workflow.Question{q})[0]; !j.Stale || !strings.HasPrefix(says(t, j, "barat"), "unavailable: the rules changed") {
		t.Errorf("%+v", j)
	}
	q.Kinds = []workflow.FactKind{workflow.NeedFacts}
	c.untilSays(h, q, "barat", "2 32 {}")
}
