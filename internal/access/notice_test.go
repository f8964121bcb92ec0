package access_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

func TestTheWholeMatrixOfWhoAnswersForWhatGoesOut(t *testing.T) {
	t.Parallel()
	for _, role := range domain.Roles.Codes() {
		a := actor(access.Grant{Role: domain.Role(role), Region: "32.04"})
		admin, looks := strings.Contains("RN", role[:1]), role == string(domain.Auditor)
		for region, within := range places {
			tell, hook := domain.CodeNotFound, domain.CodeForbidden
			switch {
			case within && admin:
				tell, hook = "", ""
			case within && looks:
				tell = domain.CodeForbidden
			}
			if got := domain.CodeOf(access.MayTell(a, region)); got != tell {
				t.Errorf("%s in %s: %q, want %q", role, region, got, tell)
			}
			if got := domain.CodeOf(access.MayHookIn(a, region)); got != hook {
				t.Errorf("%s enters one in %s: %q, want %q", role, region, got, hook)
			}
		}
		if sees := slices.Equal(a.Tells(), access.Scope{"32.04"}); sees != (admin || looks) {
			t.Errorf("%s sees what goes out: %v", role, sees)
		}
	}
	for _, err := range []error{access.MayTell(access.Actor{}, "32"), access.MayHookIn(access.Actor{}, "32")} {
		if domain.CodeOf(err) != domain.CodeUnauthenticated {
			t.Error(err)
		}
	}
}
