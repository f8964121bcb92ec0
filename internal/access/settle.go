package access

import "github.com/berdaya/berdaya/domain"

// settlers may settle drafts of others about programmes within their scope: whoever moves programmes there.
var settlers = []domain.Role{domain.Coordinator, domain.RegionalAdmin, domain.NationalAdmin}

// Settles gives where the actor sees and settles the drafts of others.
func (a Actor) Settles() Scope { return a.ScopeOf(settlers...) }

// MaySettle says whether the actor sees and may settle a draft; p is the programme that it is about, nil for none. Everybody
// settles their own. The error is UNAUTHENTICATED or [NotFound].
func MaySettle(a Actor, d *domain.Draft, p *domain.Programme) error {
	if err := MayAct(a); err != nil {
		return err
	}
	if d.Author == a.Subject || p != nil && a.Settles().Contains(p.RegionCode) {
		return nil
	}
	return NotFound()
}
