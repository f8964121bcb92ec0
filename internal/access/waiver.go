package access

import (
	"slices"

	"github.com/berdaya/berdaya/domain"
)

// waivers may grant, refuse and revoke waivers.
var waivers = []domain.Role{domain.RegionalAdmin, domain.NationalAdmin}

// Waivers lists the roles that may grant, refuse and revoke waivers.
func Waivers() []domain.Role { return slices.Clone(waivers) }

// WaivedIn gives the region in which, or above which, somebody needs such a role for a waiver of a programme that a region
// governs: the rule's own where the rule leaves it to its owner, and otherwise the programme's.
func WaivedIn(region string, w *domain.Waiver) string {
	if w.Waivable == domain.WaivableOwner {
		return w.RuleRegion
	}
	return region
}

// MayWaive says whether the actor may grant, refuse or revoke a waiver for a programme that a region governs: an admin whose
// scope contains the region of [WaivedIn]. The error is as that of [MayWrite]. That whoever asked may not grant is for the
// engine to say.
func MayWaive(a Actor, region string, w *domain.Waiver) error {
	if err := MaySee(a, region); err != nil {
		return err
	}
	return granted(a, waivers, WaivedIn(region, w))
}
