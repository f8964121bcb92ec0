package rulesets

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Bound gives for each of these programmes the activations that bind it now, from the nation downwards and by the name of their
// rule sets, with RuleSet and Version filled in. One that is completed or cancelled is bound by none. It does not ask who wants to
// know: whoever sees a programme may.
func (s *RuleSets) Bound(ctx context.Context, programmes []uuid.UUID) (map[uuid.UUID][]*domain.RuleActivation, error) {
	entered, err := s.Store.Entered(ctx, programmes)
	if err != nil {
		return nil, err
	}
	above := map[string]bool{}
	for _, p := range entered {
		for _, code := range domain.Lineage(p.RegionCode) {
			above[code] = true
		}
	}
	unended, err := s.Store.UnendedIn(ctx, slices.Collect(maps.Keys(above)))
	if err != nil {
		return nil, err
	}
	byRegion := map[string][][]*domain.RuleActivation{}
	for chain := range domain.Chains(unended) {
		byRegion[chain[0].RegionCode] = append(byRegion[chain[0].RegionCode], chain)
	}
	bound := make(map[uuid.UUID][]*domain.RuleActivation, len(entered))
	for id, p := range entered {
		for _, code := range domain.Lineage(p.RegionCode) {
			for _, chain := range byRegion[code] {
				if a := workflow.Bound(chain, p.StageEnteredAt); a != nil {
					bound[id] = append(bound[id], a)
				}
			}
		}
	}
	return bound, nil
}
