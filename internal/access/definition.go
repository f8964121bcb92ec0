package access

import "github.com/berdaya/berdaya/domain"

// MayPublish says whether the actor may publish how long stages take in a region: the nation's admins may, so that no region
// gives itself all the time in the world. The error is UNAUTHENTICATED or FORBIDDEN, because definitions are no secret.
func MayPublish(a Actor, region string) error {
	if err := MayAct(a); err != nil {
		return err
	}
	return granted(a, []domain.Role{domain.NationalAdmin}, region)
}
