package access

import "github.com/berdaya/berdaya/domain"

// tellers answer for what goes out of a region.
var tellers = []domain.Role{domain.RegionalAdmin, domain.NationalAdmin}

// Tells gives where the actor sees webhooks and deliveries: where admins answer for them, and auditors look on.
func (a Actor) Tells() Scope {
	return a.ScopeOf(domain.RegionalAdmin, domain.NationalAdmin, domain.Auditor)
}

// MayHookIn says whether the actor may enter a webhook for a region. The errors are as those of [MayEnterIn].
func MayHookIn(a Actor, region string) error {
	if err := MayAct(a); err != nil {
		return err
	}
	return granted(a, tellers, region)
}

// MayTell says whether the actor may change a webhook of a region, or have a delivery of it sent again. The errors are
// UNAUTHENTICATED, NOT_FOUND for whoever does not see it, FORBIDDEN.
func MayTell(a Actor, region string) error {
	if err := MayAct(a); err != nil {
		return err
	}
	if !a.Tells().Contains(region) {
		return NotFound()
	}
	return granted(a, tellers, region)
}
