package rulesets

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

// Possible gives a version that the actor could put to work for a region, with its rule set, and the parameters in the form in
// which they would be. It puts nothing to work. Errors as those of [RuleSets.Activate].
func (s *RuleSets) Possible(ctx context.Context, actor access.Actor, ruleSet, version, region string, parameters json.RawMessage) (*domain.RuleSetVersion, json.RawMessage, error) {
	if err := access.MayAct(actor); err != nil {
		return nil, nil, err
	}
	p, err := Placed{RuleSet: ruleSet, RegionCode: region, Parameters: parameters}.tidy()
	if err != nil {
		return nil, nil, err
	}
	if err := access.MayRule(actor, region); err != nil {
		return nil, nil, err
	}
	set, err := s.Store.RuleSet(ctx, ruleSet)
	if err != nil || set == nil {
		if err == nil {
			err = access.NotFound().At("ruleSet")
		}
		return nil, nil, err
	}
	if err := belongs(set, region); err != nil {
		return nil, nil, err
	}
	if _, err := s.newest(ctx, set, p); err != nil {
		return nil, nil, err
	}
	v, err := s.versionOf(ctx, set, version)
	if err != nil {
		return nil, nil, err
	}
	if err := ready(set, v); err != nil {
		return nil, nil, err.At("version")
	}
	d, err := Describe(v.Description)
	if err != nil || d == nil {
		return nil, nil, fmt.Errorf("the description of version %s cannot be read: %w", v.ID, err)
	}
	v.RuleSet = set
	return v, p.Parameters, s.Parameters(d.ParametersSchema, p.Parameters)
}

// belongs refuses a region that is not the rule set's or below.
func belongs(set *domain.RuleSet, region string) error {
	if domain.Under(region, set.RegionCode) {
		return nil
	}
	return domain.Errorf(domain.CodeBadUserInput, "the rule set %s belongs to region %s and can be at work there and below, not in %s", set.Name, set.RegionCode, region).
		In(fmt.Sprintf("kumpulan aturan %s milik wilayah %s dan hanya dapat bekerja di sana dan di bawahnya, tidak di %s", set.Name, set.RegionCode, region)).At("regionCode")
}
