package access

import "github.com/berdaya/berdaya/domain"

// transferers may have another region govern a programme, within their scope.
var transferers = []domain.Role{domain.RegionalAdmin, domain.NationalAdmin}

// MayTransfer says whether the actor may have another region govern a programme: whoever takes it out of one region and into
// another must answer for both. The error is as that of [MayWrite], by the region that governs the programme now; for the other
// it is FORBIDDEN, because regions are no secret.
func MayTransfer(a Actor, from, to string) error {
	if err := MaySee(a, from); err != nil {
		return err
	}
	if err := granted(a, transferers, from); err != nil {
		return err
	}
	return granted(a, transferers, to)
}
