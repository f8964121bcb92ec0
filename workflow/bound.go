package workflow

import (
	"time"

	"github.com/berdaya/berdaya/domain"
)

// Bound gives the activation of one rule set in one region that binds a programme, of all its activations there in the order of
// their revisions: the newest one for EVERYONE, or a newer one for NEW_ENTRIES if the programme entered its stage at or after it.
// It is nil where none binds, or where the one that does took the rule set out of work.
//
// So a programme keeps the rules with which its stage began, without a row that says so: when it entered the stage is in its
// history already, and activations are never changed.
//
// Those that ended may be left out. Where the first ones are, the oldest that is left binds all whom they did as well: a programme
// that comes from another region with a stage that began long ago is never without rules for it. Who entered before the rule set
// was first at work stays free.
func Bound(activations []*domain.RuleActivation, enteredAt time.Time) *domain.RuleActivation {
	for i := len(activations) - 1; i >= 0; i-- {
		if since := BindsSince(activations, i); since == nil || !enteredAt.Before(*since) {
			if activations[i].VersionID == nil {
				return nil
			}
			return activations[i]
		}
	}
	return nil
}

// BindsSince gives the instant at or after which programmes entered their stage that activation i binds, unless a newer one does;
// nil for however long ago.
func BindsSince(activations []*domain.RuleActivation, i int) *time.Time {
	switch a := activations[i]; {
	case a.Mode == domain.Everyone:
		return nil
	case i == 0:
		return a.BindsSince
	default:
		return &a.ActivatedAt
	}
}

// BoundAnew gives the activation that binds programmes which enter a stage now: the newest. Such is a programme that is reopened,
// and every programme as far as the plan of its next stage goes. It is nil where the newest took the rule set out of work.
func BoundAnew(activations []*domain.RuleActivation) *domain.RuleActivation {
	if len(activations) == 0 || activations[len(activations)-1].VersionID == nil {
		return nil
	}
	return activations[len(activations)-1]
}

// Entries says when programmes entered their stage that an activation binds: at or after From, however long ago where that is
// nil, and before Until, which is nil for the newest.
type Entries struct{ From, Until *time.Time }

// EntriesOf gives for each of a rule set's activations in a region, in the order of their revisions, whom it binds, as [Bound]
// has it; nil for one that binds nobody, whenever they entered.
func EntriesOf(activations []*domain.RuleActivation) []*Entries {
	all := make([]*Entries, len(activations))
	for i := len(activations) - 1; i >= 0; i-- {
		e := &Entries{From: BindsSince(activations, i)}
		if i < len(activations)-1 {
			e.Until = &activations[i+1].ActivatedAt
		}
		all[i] = e
		if e.From == nil {
			break // nobody is left for those before it
		}
	}
	return all
}
