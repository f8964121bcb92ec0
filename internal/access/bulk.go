package access

import (
	"fmt"
	"strings"

	"github.com/berdaya/berdaya/domain"
)

// MayMoveSomewhere says whether there is any region in which the actor may make a move. The error is UNAUTHENTICATED or
// FORBIDDEN with the roles that may.
func MayMoveSomewhere(a Actor, move domain.Move) error {
	if err := MayAct(a); err != nil {
		return err
	}
	roles := movers[move]
	if len(roles) > 0 && len(a.ScopeOf(roles...)) > 0 {
		return nil
	}
	var codes, en, id []string
	for _, r := range roles {
		codes = append(codes, string(r))
		en = append(en, domain.Roles.Label(string(r), domain.English))
		id = append(id, domain.Roles.Label(string(r), domain.Indonesian))
	}
	e := domain.Errorf(domain.CodeForbidden, "only these may make the move %s: %s", move, strings.Join(en, ", ")).
		In(fmt.Sprintf("langkah %s hanya boleh dilakukan oleh: %s", move, strings.Join(id, ", ")))
	e.Params = map[string]any{"move": string(move), "roles": codes}
	return e
}

// overseers see bulk moves that others began, where all its programmes lie in their scope.
var overseers = []domain.Role{domain.RegionalAdmin, domain.NationalAdmin, domain.Auditor}

// MaySeeBulk says whether the actor sees a bulk move: their own, and as an admin or auditor one whose programmes all lie in
// their scope. The error is UNAUTHENTICATED or [NotFound].
func MaySeeBulk(a Actor, b *domain.BulkMove) error {
	if err := MayAct(a); err != nil {
		return err
	}
	scope := a.ScopeOf(overseers...)
	if a.Subject == b.Actor || scope.Everywhere() || b.RegionCode != nil && scope.Contains(*b.RegionCode) {
		return nil
	}
	return NotFound()
}

// MayDirectBulk says whether the actor may pause, resume and cancel a bulk move: whoever began it, and admins in whose scope all
// its programmes lie. The error is that of [MaySeeBulk] or FORBIDDEN.
func MayDirectBulk(a Actor, b *domain.BulkMove) error {
	if err := MaySeeBulk(a, b); err != nil {
		return err
	}
	scope := a.ScopeOf(domain.RegionalAdmin, domain.NationalAdmin)
	if a.Subject == b.Actor || scope.Everywhere() || b.RegionCode != nil && scope.Contains(*b.RegionCode) {
		return nil
	}
	return domain.Errorf(domain.CodeForbidden, "only whoever began a bulk move and admins of its region may do this").
		In("hanya pemulai langkah massal dan admin wilayahnya yang boleh melakukan ini")
}
