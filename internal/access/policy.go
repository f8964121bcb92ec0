package access

import (
	"fmt"
	"strings"

	"github.com/berdaya/berdaya/domain"
)

// Act is a kind of writing. Which roles may do it is one line of the table below.
type Act string

// The acts.
const (
	// WriteRegistry is entering and changing communities and stakeholders.
	WriteRegistry Act = "WRITE_REGISTRY"
	// WriteProgramme is entering and changing programmes, with their communities and stakeholders.
	WriteProgramme Act = "WRITE_PROGRAMME"
	// WriteContent is entering and changing whatever a programme holds that the acts below do not name.
	WriteContent Act = "WRITE_CONTENT"
	// WriteTraining is entering and changing trainings, sessions, participants with their tests, and attendance.
	WriteTraining Act = "WRITE_TRAINING"
	// WriteMeasurement is entering and changing the values of indicators.
	WriteMeasurement Act = "WRITE_MEASUREMENT"
)

// Acts lists the acts.
var Acts = []Act{WriteRegistry, WriteProgramme, WriteContent, WriteTraining, WriteMeasurement}

// writers says which roles may do what within their scope. Admins may write all that a coordinator may: whoever answers for
// a region must be able to put right what a coordinator who has left it entered. Viewers and auditors write nothing.
var writers = map[Act][]domain.Role{
	WriteRegistry:    {domain.Coordinator, domain.RegionalAdmin, domain.NationalAdmin},
	WriteProgramme:   {domain.Coordinator, domain.RegionalAdmin, domain.NationalAdmin},
	WriteContent:     {domain.Coordinator, domain.RegionalAdmin, domain.NationalAdmin},
	WriteTraining:    {domain.Facilitator, domain.Coordinator, domain.RegionalAdmin, domain.NationalAdmin},
	WriteMeasurement: {domain.Facilitator, domain.Coordinator, domain.RegionalAdmin, domain.NationalAdmin},
}

// movers says which roles may make a move within their scope. Taking up again what was finished or cancelled is an admin's.
var movers = map[domain.Move][]domain.Role{
	domain.Advance:  {domain.Coordinator, domain.RegionalAdmin, domain.NationalAdmin},
	domain.SendBack: {domain.Coordinator, domain.RegionalAdmin, domain.NationalAdmin},
	domain.Hold:     {domain.Coordinator, domain.RegionalAdmin, domain.NationalAdmin},
	domain.Resume:   {domain.Coordinator, domain.RegionalAdmin, domain.NationalAdmin},
	domain.Cancel:   {domain.Coordinator, domain.RegionalAdmin, domain.NationalAdmin},
	domain.Reopen:   {domain.RegionalAdmin, domain.NationalAdmin},
}

// MayAct says whether anybody is asking at all; the error is UNAUTHENTICATED.
func MayAct(a Actor) error {
	if a.SignedIn() {
		return nil
	}
	return domain.Errorf(domain.CodeUnauthenticated, "sign in first: send a token in the header Authorization: Bearer …").
		In("masuklah terlebih dahulu: kirim token pada header Authorization: Bearer …")
}

// MaySee says whether the actor sees a thing that a region governs. The error is UNAUTHENTICATED or [NotFound].
func MaySee(a Actor, region string) error {
	if err := MayAct(a); err != nil {
		return err
	}
	if !a.Reads().Contains(region) {
		return NotFound()
	}
	return nil
}

// MayWrite says whether the actor may do an act to a thing that a region governs. The error is that of [MaySee] for what the
// actor does not see, and otherwise FORBIDDEN with the roles that may.
func MayWrite(a Actor, act Act, region string) error {
	if err := MaySee(a, region); err != nil {
		return err
	}
	return granted(a, writers[act], region)
}

// MayEnterIn says whether the actor may enter a new thing in a region. Regions are no secret, so where the actor has no role
// the error is FORBIDDEN and not NOT_FOUND.
func MayEnterIn(a Actor, act Act, region string) error {
	if err := MayAct(a); err != nil {
		return err
	}
	return granted(a, writers[act], region)
}

// MayMove says whether the actor may make a move with a programme. The error is as that of [MayWrite]. An unknown move is
// nobody's.
func MayMove(a Actor, p *domain.Programme, move domain.Move) error {
	if err := MaySee(a, p.RegionCode); err != nil {
		return err
	}
	return granted(a, movers[move], p.RegionCode)
}

// NotFound is the one error for what is not there and for what may not be seen, so that the two look the same.
func NotFound() *domain.Error {
	return domain.Errorf(domain.CodeNotFound, "there is no such thing, or you may not see it").
		In("tidak ada, atau Anda tidak berhak melihatnya")
}

// granted gives FORBIDDEN where the actor has none of the roles in the region.
func granted(a Actor, roles []domain.Role, region string) error {
	if a.ScopeOf(roles...).Contains(region) && len(roles) > 0 {
		return nil
	}
	codes, en, id := []string{}, []string{}, []string{}
	for _, r := range roles {
		codes = append(codes, string(r))
		en = append(en, domain.Roles.Label(string(r), domain.English))
		id = append(id, domain.Roles.Label(string(r), domain.Indonesian))
	}
	who, siapa := "nobody may do this", "tidak ada yang boleh melakukan ini"
	if len(roles) > 0 {
		who = fmt.Sprintf("in region %s only these may do this: %s", region, strings.Join(en, ", "))
		siapa = fmt.Sprintf("di wilayah %s hanya boleh dilakukan oleh: %s", region, strings.Join(id, ", "))
	}
	e := domain.Errorf(domain.CodeForbidden, "%s", who).In(siapa)
	e.Params = map[string]any{"region": region, "roles": codes}
	return e
}
