package access_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

func actor(grants ...access.Grant) access.Actor {
	return access.Actor{Subject: "somebody", Locale: domain.English, Grants: grants}
}

// matrix is the table of who writes what, written down a second time: V viewer, F facilitator, C coordinator, R regional
// admin, N national admin, A auditor.
var matrix = map[access.Act]string{
	access.WriteRegistry:    "CRN",
	access.WriteProgramme:   "CRN",
	access.WriteContent:     "CRN",
	access.WriteTraining:    "FCRN",
	access.WriteMeasurement: "FCRN",
}

var moveMatrix = map[domain.Move]string{
	domain.Advance: "CRN", domain.SendBack: "CRN", domain.Hold: "CRN", domain.Resume: "CRN", domain.Cancel: "CRN",
	domain.Reopen: "RN",
}

// places are regions seen from a grant in 32.04: whether the thing lies in scope.
var places = map[string]bool{"32.04": true, "32.04.05": true, "32.04.05.2001": true, "32": false, "ID": false, "32.05": false, "33.04": false, "32.040": false}

func TestTheWholeMatrixOfWhoWritesWhat(t *testing.T) {
	t.Parallel()
	for _, role := range domain.Roles.Codes() {
		a := actor(access.Grant{Role: domain.Role(role), Region: "32.04"})
		for _, act := range access.Acts {
			for region, within := range places {
				want := domain.CodeNotFound
				if within {
					want = domain.CodeForbidden
					if strings.Contains(matrix[act], role[:1]) {
						want = ""
					}
				}
				if got := domain.CodeOf(access.MayWrite(a, act, region)); got != want {
					t.Errorf("%s %s in %s: %q, want %q", role, act, region, got, want)
				}
			}
		}
	}
}

func TestDraftsOfOthersAreSettledByWhoMovesTheProgramme(t *testing.T) {
	t.Parallel()
	others, own := &domain.Draft{Author: "other"}, &domain.Draft{Author: "somebody"}
	for _, role := range domain.Roles.Codes() {
		a := actor(access.Grant{Role: domain.Role(role), Region: "32.04"})
		for region, within := range places {
			p := &domain.Programme{RegionCode: region}
			want := domain.CodeNotFound
			if within && strings.Contains("CRN", role[:1]) {
				want = ""
			}
			if got := domain.CodeOf(access.MaySettle(a, others, p)); got != want {
				t.Errorf("%s in %s: %q, want %q", role, region, got, want)
			}
			if access.MaySettle(a, own, p) != nil || access.MaySettle(a, own, nil) != nil || access.MaySettle(a, others, nil) == nil {
				t.Errorf("%s in %s: their own, or one about nothing known", role, region)
			}
		}
	}
	if got := domain.CodeOf(access.MaySettle(access.Actor{}, own, nil)); got != domain.CodeUnauthenticated {
		t.Error(got)
	}
}

func TestTheWholeMatrixOfWhoMoves(t *testing.T) {
	t.Parallel()
	for _, role := range domain.Roles.Codes() {
		a := actor(access.Grant{Role: domain.Role(role), Region: "32.04"})
		for _, move := range domain.Moves.Codes() {
			for region, within := range places {
				want := domain.CodeNotFound
				if within {
					want = domain.CodeForbidden
					if strings.Contains(moveMatrix[domain.Move(move)], role[:1]) {
						want = ""
					}
				}
				if got := domain.CodeOf(access.MayMove(a, &domain.Programme{RegionCode: region}, domain.Move(move))); got != want {
					t.Errorf("%s %s in %s: %q, want %q", role, move, region, got, want)
				}
			}
		}
	}
	if got := domain.CodeOf(access.MayMove(actor(access.Grant{Role: domain.NationalAdmin, Region: "ID"}), &domain.Programme{RegionCode: "32"}, "LEAP")); got != domain.CodeForbidden {
		t.Errorf("an unknown move: %q", got)
	}
}

func TestEveryActAndMoveIsInTheMatrix(t *testing.T) {
	t.Parallel()
	if len(matrix) != len(access.Acts) || len(moveMatrix) != len(domain.Moves) {
		t.Fatal("the matrix in this test lacks an act or a move")
	}
}

func TestNobodyIsUnauthenticatedEverywhere(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		access.MayAct(access.Actor{}), access.MaySee(access.Actor{}, "32"), access.MayWrite(access.Actor{}, access.WriteContent, "32"),
		access.MayEnterIn(access.Actor{}, access.WriteRegistry, "32"), access.MayMove(access.Actor{}, &domain.Programme{}, domain.Advance),
	} {
		if domain.CodeOf(err) != domain.CodeUnauthenticated {
			t.Errorf("%v", err)
		}
	}
}

func TestARoleElsewhereGivesNoRightHere(t *testing.T) {
	t.Parallel()
	a := actor(access.Grant{Role: domain.Viewer, Region: "32"}, access.Grant{Role: domain.Coordinator, Region: "33"})
	if got := domain.CodeOf(access.MayWrite(a, access.WriteContent, "32.04")); got != domain.CodeForbidden {
		t.Errorf("coordinator of 33 in 32.04: %q", got)
	}
	if err := access.MayWrite(a, access.WriteContent, "33.01"); err != nil {
		t.Errorf("coordinator of 33 in 33.01: %v", err)
	}
}

func TestForbiddenSaysWhoMayInBothLanguages(t *testing.T) {
	t.Parallel()
	err := access.MayMove(actor(access.Grant{Role: domain.Coordinator, Region: "32"}), &domain.Programme{RegionCode: "32.04"}, domain.Reopen)
	e, ok := err.(*domain.Error)
	if !ok {
		t.Fatal(err)
	}
	want := domain.Text{EN: "in region 32.04 only these may do this: Regional admin, National admin", ID: "di wilayah 32.04 hanya boleh dilakukan oleh: Admin wilayah, Admin nasional"}
	if diff := cmp.Diff(want, e.Text); diff != "" {
		t.Error(diff)
	}
	if roles := fmt.Sprint(e.Params["roles"]); roles != "[REGIONAL_ADMIN NATIONAL_ADMIN]" {
		t.Error(roles)
	}
}

func TestWhatIsOutOfScopeMayNotBeEnteredButItsRegionIsNoSecret(t *testing.T) {
	t.Parallel()
	a := actor(access.Grant{Role: domain.Coordinator, Region: "32.04"})
	if got := domain.CodeOf(access.MayEnterIn(a, access.WriteProgramme, "33")); got != domain.CodeForbidden {
		t.Error(got)
	}
	if err := access.MayEnterIn(a, access.WriteProgramme, "32.04.01"); err != nil {
		t.Error(err)
	}
}

func TestTheContextCarriesTheActor(t *testing.T) {
	t.Parallel()
	if access.FromContext(t.Context()).SignedIn() {
		t.Error("an empty context carries somebody")
	}
	if got := access.FromContext(access.WithActor(t.Context(), actor())); got.Subject != "somebody" {
		t.Error(got)
	}
}
