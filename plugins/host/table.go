package host

import (
	"slices"
	"time"

	"github.com/berdaya/berdaya/domain"
)

// table says who judges what. It never changes: another takes its place.
type table struct {
	static  map[string][]*run    // what the operator bound, by region, in the order it was bound
	offices map[string][]*office // what regional offices have activated, by region and then by name
}

// office is a rule set that an office has at work in a region.
type office struct {
	ruleSet     string
	region      string
	activations []activation // in the order of their revisions
}

// activation is one of a rule set's activations in a region.
type activation struct {
	*domain.RuleActivation
	since   *time.Time // when those entered their stage, or later, whom it binds; nil: it binds everyone
	run     *run       // nil: it took the rule set out of work
	adopted bool       // the run has been READY and judges, or is down and nobody judges in its place; so what was at work at the start
}

// binds tells whether it binds a programme that entered its stage then, or one that enters a stage now.
func (a *activation) binds(enteredAt time.Time, anew bool) bool {
	return anew || a.since == nil || !enteredAt.Before(*a.since)
}

// settled tells whether it is in force.
func (a *activation) settled() bool { return a.run == nil || a.adopted }

// judge gives who judges a programme: what workflow.Bound and, for anew, workflow.BoundAnew say. As long as that one has never
// been READY, the one before goes on judging; where there is none before, it is given as waiting, and nobody judges.
func (o *office) judge(enteredAt time.Time, anew bool) (judge, waiting *activation) {
	for i := len(o.activations) - 1; i >= 0; i-- {
		a := &o.activations[i]
		if !a.binds(enteredAt, anew) {
			continue
		}
		switch {
		case a.run == nil:
			return nil, waiting
		case a.adopted:
			return a, nil
		case waiting == nil:
			waiting = a
		}
	}
	return nil, waiting
}

// follow puts the activations that the source names in the place of those before. Those bind that are not older than the newest for
// everyone; where one of them has yet to be READY, those that judged before it are kept.
func (o *office) follow(named []activation, old *office) {
	binding := 0
	for i := range named {
		if named[i].since == nil {
			binding = i
		}
	}
	o.activations = named[binding:]
	first := &o.activations[0]
	if old == nil || first.since == nil && first.settled() || o.settled() {
		return
	}
	var before []activation
	for _, a := range old.activations {
		if a.Revision < first.Revision && a.settled() {
			before = append(before, a)
		}
	}
	o.activations = slices.Concat(before, o.activations)
}

// settled tells whether nobody waits.
func (o *office) settled() bool {
	return !slices.ContainsFunc(o.activations, func(a activation) bool { return !a.settled() })
}

// runs gives all that the table needs, those that wait too.
func (t *table) runs() map[*run]bool {
	all := map[*run]bool{}
	for _, bound := range t.static {
		for _, r := range bound {
			all[r] = true
		}
	}
	for _, offices := range t.offices {
		for _, o := range offices {
			for i := range o.activations {
				if r := o.activations[i].run; r != nil {
					all[r] = true
				}
			}
		}
	}
	return all
}
