package host

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Revisions gives, for each region that rule sets are bound to, text that changes whenever a set comes or goes, or has another
// version or other parameters. It is "" for a region with a set that has not said yet which version it is.
func (h *Host) Revisions() map[string]string {
	sets := map[string][]string{}
	unknown := map[string]bool{}
	for _, s := range h.all() {
		region := s.binding.Region
		d := s.described()
		if d == nil {
			unknown[region] = true
		}
		parameters, err := json.Marshal(s.binding.Parameters) // in the order of the names
		if err != nil {
			unknown[region] = true // they came from JSON, so this does not happen
		}
		sets[region] = append(sets[region], fmt.Sprintf("%s %s %s", s.binding.RuleSet, d.GetVersion(), parameters))
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
