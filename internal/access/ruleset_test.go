package access_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

func TestTheWholeMatrixOfWhoDoesWhatWithRuleSets(t *testing.T) {
	t.Parallel()
	theirs, own := &domain.RuleSetVersion{UploadedBy: "else"}, &domain.RuleSetVersion{UploadedBy: "somebody"}
	for _, role := range domain.Roles.Codes() {
		a, everywhere := actor(access.Grant{Role: domain.Role(role), Region: "32.04"}), actor(access.Grant{Role: domain.Role(role), Region: "ID"})
		admin, looks := strings.Contains("RN", role[:1]), role == string(domain.Auditor)
		code := func(may bool) domain.Code {
			if may {
				return ""
			}
			return domain.CodeForbidden
		}
		for region, within := range places {
			if got := domain.CodeOf(access.MayRule(a, region)); got != code(within && admin) {
				t.Errorf("%s rules %s: %q", role, region, got)
			}
			if got := domain.CodeOf(access.MaySeeTrails(a, region)); got != code(within && (admin || looks)) {
				t.Errorf("%s sees trails of %s: %q", role, region, got)
			}
		}
		for what, c := range map[string]struct {
			err error
			may bool
		}{
			"uploads somewhere":           {access.MayUploadSomewhere(a), admin},
			"approves with a region only": {access.MayApprove(a, theirs), false},
			"approves":                    {access.MayApprove(everywhere, theirs), role == string(domain.NationalAdmin)},
			"approves their own":          {access.MayApprove(everywhere, own), false},
		} {
			if got := domain.CodeOf(c.err); got != code(c.may) {
				t.Errorf("%s %s: %q", role, what, got)
			}
		}
		if sees := slices.Equal(a.Trails(), access.Scope{"32.04"}); sees != (admin || looks) {
			t.Errorf("%s sees trails: %v", role, sees)
		}
	}
	nobody := access.Actor{}
	for _, err := range []error{access.MayRule(nobody, "32"), access.MayUploadSomewhere(nobody), access.MayApprove(nobody, theirs), access.MaySeeTrails(nobody, "32")} {
		if domain.CodeOf(err) != domain.CodeUnauthenticated {
			t.Error(err)
		}
	}
}
