package access

import "github.com/berdaya/berdaya/domain"

// MayWaive says whether the actor may grant, refuse or revoke a waiver for a programme that a region governs: an admin whose
// scope contains the rule's own region where the rule leaves it to its owner, and an admin of the programme's region where it
// leaves it to them. The error is as that of [MayWrite]. That whoever asked may not grant is for the engine to say.
func MayWaive(a Actor, region string, w *domain.Waiver) error {
	if err := MaySee(a, region); err != nil {
		return err
	}
	if w.Waivable == domain.WaivableOwner {
		region = w.RuleRegion
	}
	return granted(a, []domain.Role{domain.RegionalAdmin, domain.NationalAdmin}, region)
}
