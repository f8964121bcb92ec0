package access

import (
	"github.com/berdaya/berdaya/domain"
)

// rulers answer for the rules of a region.
var rulers = []domain.Role{domain.RegionalAdmin, domain.NationalAdmin}

// Trails gives where the actor sees who did what with rule sets, and how the processes of rules fare: where admins answer for
// them, and auditors look on.
func (a Actor) Trails() Scope {
	return a.ScopeOf(domain.RegionalAdmin, domain.NationalAdmin, domain.Auditor)
}

// MayUploadSomewhere says whether there is any region whose rule sets the actor may upload, before anything is known of what is
// uploaded. The error is UNAUTHENTICATED or FORBIDDEN.
func MayUploadSomewhere(a Actor) error {
	if err := MayAct(a); err != nil {
		return err
	}
	if len(a.ScopeOf(rulers...)) > 0 {
		return nil
	}
	return domain.Errorf(domain.CodeForbidden, "only admins may upload rule sets").In("hanya admin yang boleh mengunggah kumpulan aturan")
}

// MayRule says whether the actor may upload and withdraw versions of a region's rule sets, and put rule sets to work there and
// take them out of work: admins of the region, or of one above, may. Rule sets are no secret, so the error is UNAUTHENTICATED or
// FORBIDDEN.
func MayRule(a Actor, region string) error {
	if err := MayAct(a); err != nil {
		return err
	}
	return granted(a, rulers, region)
}

// MayApprove says whether the actor may let a program run: it runs on every server, so a national admin of the whole nation may,
// who did not upload it. The errors are as those of [MayRule].
func MayApprove(a Actor, v *domain.RuleSetVersion) error {
	if err := MayAct(a); err != nil {
		return err
	}
	if err := granted(a, []domain.Role{domain.NationalAdmin}, domain.NationCode); err != nil {
		return err
	}
	if a.Subject == v.UploadedBy {
		return domain.Errorf(domain.CodeForbidden, "whoever uploaded a program cannot approve it: ask another national admin").
			In("pengunggah program tidak dapat menyetujuinya: mintalah admin nasional lain")
	}
	return nil
}

// MaySeeTrails says whether the actor sees trails of a region. The error is UNAUTHENTICATED or FORBIDDEN.
func MaySeeTrails(a Actor, region string) error {
	if err := MayAct(a); err != nil {
		return err
	}
	return granted(a, []domain.Role{domain.RegionalAdmin, domain.NationalAdmin, domain.Auditor}, region)
}
