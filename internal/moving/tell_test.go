package moving_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/moving"
)

// TestAWaiverIsToldToWhomItConcernsOnce follows two waivers, one for the rule's owner and one for the programme's region.
func TestAWaiverIsToldToWhomItConcernsOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.blocking("FEW", "LOCAL")
	for _, a := range []access.Actor{coordinator, admin, minister, actor(domain.RegionalAdmin, "33"), {Subject: "deputy", Grants: admin.Grants}} {
		o.insert(t, &domain.Member{Record: record(), Subject: a.Subject, Name: "Somebody", Locale: domain.English})
		o.insert(t, &domain.MemberRole{Record: record(), Subject: a.Subject, Role: a.Grants[0].Role, RegionCode: a.Grants[0].Region})
	}
	id := o.programme(t, "32", "P-1")
	told := func(event *uuid.UUID) string {
		var to []string
		if err := o.Bun.NewRaw(`select kind || ' ' || recipient from notifications where notice_id = ? order by 1`, *event).Scan(t.Context(), &to); err != nil {
			t.Fatal(err)
		}
		slices.Sort(to)
		return strings.Join(to, ", ")
	}
	national, err := o.asks(coordinator, id, "national", "FEW")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := told(national.EventID), "WAIVER_REQUESTED NATIONAL_ADMIN ID"; got != want {
		t.Errorf("a request for the rule's owner: %q, want %q", got, want)
	}
	local, err := o.asks(admin, id, "west-java", "LOCAL")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := told(local.EventID), "WAIVER_REQUESTED deputy"; got != want {
		t.Errorf("a request for the programme's region, by one of its admins: %q, want %q", got, want)
	}
	granted, err := o.settles(minister, *national.WaiverID, domain.WaiverGranted)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := told(granted.EventID), "WAIVER_GRANTED COORDINATOR 32, WAIVER_GRANTED coordinator"; got != want {
		t.Errorf("a grant: %q, want %q", got, want)
	}
	refused, err := o.settles(admin, *local.WaiverID, domain.WaiverRefused)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := told(refused.EventID), "WAIVER_REFUSED coordinator"; got != want {
		t.Errorf("refused by who asked: %q, want %q", got, want)
	}
	revoked, err := o.settles(minister, *national.WaiverID, domain.WaiverRevoked)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := told(revoked.EventID), "WAIVER_REVOKED COORDINATOR 32, WAIVER_REVOKED coordinator"; got != want {
		t.Errorf("a revocation: %q, want %q", got, want)
	}
	if n := o.count(t, `select count(*) from notices where programme_id = ?`, id); n != 5 {
		t.Error(n, "notices of five events about waivers")
	}
	if moved := o.move(t, moving.Command{ProgrammeID: id, Move: domain.Hold, Reason: of("Rain.")}); o.count(t, `select count(*) from notices where id = ?`, *moved.EventID) != 0 {
		t.Error("a move is told")
	}
}
