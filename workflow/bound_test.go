package workflow_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	_ "github.com/berdaya/berdaya/internal/seeded"
	"github.com/berdaya/berdaya/workflow"
)

// TestAProgrammeKeepsTheRulesItsStageBeganWith holds Bound against a replay: each activation is applied, as it is made, to every
// programme there is.
func TestAProgrammeKeepsTheRulesItsStageBeganWith(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var made []*domain.RuleActivation
		var since *time.Time
		entered := map[int]time.Time{}            // by programme
		bound := map[int]*domain.RuleActivation{} // by programme, as replayed
		var newest *domain.RuleActivation         // what binds those who enter
		for step := range rapid.IntRange(0, 30).Draw(t, "steps") {
			at := begin.Add(time.Duration(step) * time.Hour)
			if rapid.Bool().Draw(t, "enters") {
				p := rapid.IntRange(0, 3).Draw(t, "programme")
				entered[p], bound[p] = at, newest
				continue
			}
			id := uuid.UUID{15: byte(step)}
			if len(made) == 0 {
				since = &at
			}
			newest = &domain.RuleActivation{VersionID: &id, ActivatedAt: at, Mode: domain.NewEntries}
			if rapid.Bool().Draw(t, "stops") {
				newest.VersionID = nil
			}
			if rapid.Bool().Draw(t, "everyone") {
				newest.Mode, since = domain.Everyone, nil
				for p := range entered {
					bound[p] = newest
				}
			}
			newest.BindsSince = since
			made = append(made, newest)
		}
		atWork := func(a *domain.RuleActivation) *domain.RuleActivation {
			if a == nil || a.VersionID == nil {
				return nil
			}
			return a
		}
		for p, at := range entered {
			if got, want := workflow.Bound(made, at), atWork(bound[p]); got != want {
				t.Fatalf("programme %d entered at %s: bound by %v, want %v", p, at, got, want)
			}
		}
		if got, want := workflow.BoundAnew(made), atWork(newest); got != want {
			t.Fatalf("who enters now is bound by %v, want %v", got, want)
		}
	})
}

func TestWhoEntersAtTheInstantOfAnActivationIsBoundByIt(t *testing.T) {
	t.Parallel()
	at, id := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), uuid.UUID{1}
	a := &domain.RuleActivation{VersionID: &id, ActivatedAt: at, Mode: domain.NewEntries, BindsSince: &at}
	if workflow.Bound([]*domain.RuleActivation{a}, at) != a || workflow.Bound([]*domain.RuleActivation{a}, at.Add(-1)) != nil {
		t.Error("an activation binds those who enter at its instant or later, and nobody before")
	}
}

// chain makes a rule set's activations in a region, one an hour, and leaves out those that ended: all before the newest for everyone,
// and some others that are not the newest.
func chain(t *rapid.T, begin time.Time) (made []*domain.RuleActivation) {
	all, since := rapid.IntRange(1, 8).Draw(t, "activations"), &begin
	for i := range all {
		id := uuid.UUID{15: byte(i)}
		a := &domain.RuleActivation{Revision: i + 1, VersionID: &id, ActivatedAt: begin.Add(time.Duration(i) * time.Hour), Mode: domain.NewEntries}
		if rapid.IntRange(0, 3).Draw(t, "stops") == 0 {
			a.VersionID = nil
		}
		if rapid.IntRange(0, 3).Draw(t, "everyone") == 0 {
			a.Mode, since, made = domain.Everyone, nil, nil // it ends all before it
		}
		a.BindsSince = since
		if i == all-1 || rapid.IntRange(0, 3).Draw(t, "ended") > 0 {
			made = append(made, a)
		}
	}
	return made
}

func TestEntriesSayWhomEachActivationBinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		made := chain(t, begin)
		entries := workflow.EntriesOf(made)
		for half := range 20 {
			at := begin.Add(time.Duration(half-1) * time.Hour / 2)
			var want *domain.RuleActivation
			for i, e := range entries {
				if e == nil || e.From != nil && at.Before(*e.From) || e.Until != nil && !at.Before(*e.Until) {
					continue
				}
				if want != nil {
					t.Fatalf("who entered at %s is bound twice", at)
				}
				want = made[i]
			}
			if want != nil && want.VersionID == nil {
				want = nil
			}
			if got := workflow.Bound(made, at); got != want {
				t.Fatalf("who entered at %s is bound by %v, want %v", at, got, want)
			}
		}
	})
}

func TestNobodyIsFreedOrBoundByAnActivationThatEnded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		made := chain(t, begin)
		at := begin.Add(time.Duration(rapid.IntRange(-3, 20).Draw(t, "half hours")) * time.Hour / 2)
		for _, a := range made {
			if a.VersionID == nil {
				return
			}
		}
		binds := !at.Before(begin) || made[0].BindsSince == nil
		if bound := workflow.Bound(made, at); (bound != nil) != binds {
			t.Fatalf("who entered at %s, of a rule set that is at work since %s, is bound by %v", at, begin, bound)
		}
	})
}
