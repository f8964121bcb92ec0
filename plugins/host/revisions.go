package host

import (
	"fmt"
	"slices"
	"strings"
)

// Revisions gives, for each region that rule sets are at work in, text that changes whenever a set comes or goes, or has another
// version or other parameters. It is the same on every server where the same is in force, and "" for a region with a set that has
// not said yet which version it is, or where one waits for its first answer.
func (h *Host) Revisions() map[string]string {
	t := h.table.Load()
	sets := map[string][]string{}
	unknown := map[string]bool{}
	for region, bound := range t.static {
		for _, r := range bound {
			d := r.known.Load()
			unknown[region] = unknown[region] || d == nil
			sets[region] = append(sets[region], fmt.Sprintf("%s %s %s", r.ruleSet, d.GetVersion(), r.parameters))
		}
	}
	for region, offices := range t.offices {
		for _, o := range offices {
			unknown[region] = unknown[region] || !o.settled()
			for _, a := range o.activations {
				what := "out of work"
				if a.run != nil {
					what = a.run.key
					unknown[region] = unknown[region] || a.run.known.Load() == nil
				}
				sets[region] = append(sets[region], fmt.Sprintf("%s %d %s %s", o.ruleSet, a.Revision, a.Mode, what))
			}
		}
	}
	revisions := make(map[string]string, len(sets))
	for region, all := range sets {
		slices.Sort(all)
		if revisions[region] = strings.Join(all, "\n"); unknown[region] {
			revisions[region] = ""
		}
	}
	return revisions
}
