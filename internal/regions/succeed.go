package regions

import (
	"context"
	"fmt"

	"github.com/berdaya/berdaya/domain"
)

// Succeed says that one region, or several, took the place of one that has closed, from a day on: where the day is empty, from
// the day it closed. It gives how many of them were not known before. What is registered in the old region follows by
// [Over.Move]. Errors: domain.Problems with CodeBadUserInput on old, new and date.
func Succeed(ctx context.Context, store Store, old string, successors []string, on domain.Date) (int, error) {
	var heirs []heir
	var wrong domain.Problems
	for _, code := range successors {
		h := heir{old: old, new: code, on: on}
		if h.on == "" {
			h.on = "2000-01-01" // any that is a date: the day is not known yet
		}
		if field, en, id := h.fault(); en != "" {
			wrong = append(wrong, h.wrong(field, en, id))
		}
		heirs = append(heirs, h)
	}
	if len(wrong) > 0 {
		return 0, wrong
	}
	added := 0
	err := store.ImportRegions(ctx, func(known []domain.Region, stored []domain.RegionSuccessor) ([]domain.Region, []domain.RegionSuccessor, error) {
		if on == "" {
			for i := range known {
				if r := &known[i]; r.Code == old && r.ValidTo != nil {
					for k := range heirs {
						heirs[k].on = *r.ValidTo
					}
				}
			}
		}
		coming, err := inherit(heirs, known, nil, stored)
		added = len(coming)
		return nil, coming, err
	}, nil)
	return added, err
}

// follow says where each region's holdings go on a day: by the only successor of each closed region in turn to one that is
// open. Regions that are open, were split, have no successor yet or lead to such a one are left out.
func follow(successors []*domain.RegionSuccessor, day domain.Date) map[string]string {
	after := map[string][]*domain.RegionSuccessor{}
	for _, s := range successors {
		after[s.OldCode] = append(after[s.OldCode], s)
	}
	over := map[string]string{}
	for old := range after {
		code := old
		for range len(after) { // no chain is longer
			next := after[code]
			if len(next) != 1 || next[0].EffectiveOn > day || !next[0].Old.ClosedOn(day) {
				break
			}
			if code = next[0].NewCode; next[0].New.OpenOn(day) {
				over[old] = code
				break
			}
		}
	}
	return over
}

// reason is what the history says of a programme that followed its region's successor.
func reason(from, to string) string {
	return fmt.Sprintf("region %s has closed and %s took its place", from, to)
}
