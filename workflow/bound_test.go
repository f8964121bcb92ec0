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
			newest = &domain.RuleActivation{VersionID: &id, ActivatedAt: at, Mode: domain.NewEntries}
			if rapid.Bool().Draw(t, "stops") {
				newest.VersionID = nil
			}
			if rapid.Bool().Draw(t, "everyone") {
				newest.Mode = domain.Everyone
				for p := range entered {
					bound[p] = newest
				}
			}
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
	a := &domain.RuleActivation{VersionID: &id, ActivatedAt: at, Mode: domain.NewEntries}
	if workflow.Bound([]*domain.RuleActivation{a}, at) != a || workflow.Bound([]*domain.RuleActivation{a}, at.Add(-1)) != nil {
		t.Error("an activation binds those who enter at its instant or later, and nobody before")
	}
}
