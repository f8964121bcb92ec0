package regions

import (
	"fmt"

	"github.com/berdaya/berdaya/domain"
)

// compare tells how the known regions change to become the release: the rows to write, parents first, and how many of each
// kind and level there are. known is every region, open and closed; the nation is not part of releases and stays.
func compare(release []place, known []domain.Region, effective domain.Date) ([]domain.Region, Summary) {
	summary := newSummary()
	count := map[domain.Level]*Count{}
	for i := range summary {
		count[summary[i].Level] = &summary[i]
	}
	before := make(map[string]*domain.Region, len(known))
	for i := range known {
		if known[i].Level != domain.Nation {
			before[known[i].Code] = &known[i]
		}
	}
	changed := make([]domain.Region, 0, max(0, len(release)-len(known)))
	for _, p := range release {
		level, _ := domain.LevelOf(p.code) // the reader let only codes with a level pass
		c := count[level]
		r, ok := before[p.code]
		delete(before, p.code)
		switch {
		case !ok:
			c.Added++
			parent := domain.ParentOf(p.code)
			changed = append(changed, domain.Region{Code: p.code, ParentCode: &parent, Level: level, Name: p.name, ValidFrom: effective})
			continue
		case r.ValidTo != nil:
			c.Reopened++
		case r.Name != p.name:
			c.Renamed++
		default:
			c.Unchanged++
			continue
		}
		now := *r
		now.Name, now.ValidTo = p.name, nil
		changed = append(changed, now)
	}
	for i := range known { // in the order of known, so that the same input gives the same rows
		r, gone := before[known[i].Code]
		if !gone || r.ValidTo != nil {
			continue
		}
		count[r.Level].Closed++
		now := *r
		now.ValidTo = &effective
		changed = append(changed, now)
	}
	return changed, summary
}

// checkOrder refuses changes dated before those that the regions hold already: a region has one period of validity, so its
// past cannot be rewritten from an older release.
func checkOrder(known []domain.Region, effective domain.Date) error {
	var latest domain.Date
	for _, r := range known {
		if r.Level == domain.Nation {
			continue
		}
		latest = max(latest, r.ValidFrom)
		if r.ValidTo != nil {
			latest = max(latest, *r.ValidTo)
		}
	}
	if effective >= latest {
		return nil
	}
	return domain.Errorf(domain.CodeBadUserInput,
		"the regions hold changes of %s already and this release would change them as of %s; releases are imported in order, so give that date or a later one",
		latest, effective).
		In(fmt.Sprintf("wilayah sudah memuat perubahan per %s, sedangkan rilis ini mengubahnya per %s; rilis diimpor berurutan, jadi berikan tanggal itu atau sesudahnya",
			latest, effective)).At("effective")
}

// closingLimit is the part of a level's open regions, in per cent, that may close in one import without being allowed to.
const closingLimit = 1

// checkClosing refuses a release that would close much of a level: most often a file is truncated.
func checkClosing(s Summary) error {
	var problems domain.Problems
	for _, c := range s {
		open := c.Closed + c.Renamed + c.Unchanged
		if c.Closed*100 <= open*closingLimit {
			continue
		}
		noun := nouns[c.Level]
		e := domain.Errorf(domain.CodeBadUserInput,
			"this would close %d of %d %s, more than %d %%; see that the release is complete, and if it is, allow the closing (--allow-closing)",
			c.Closed, open, noun.many.EN, closingLimit).
			In(fmt.Sprintf("ini akan menutup %d dari %d %s, lebih dari %d %%; periksa apakah rilisnya lengkap, dan bila lengkap, izinkan penutupan (--allow-closing)",
				c.Closed, open, noun.many.ID, closingLimit))
		e.Params = map[string]any{"level": string(c.Level), "closed": c.Closed, "open": open}
		problems = append(problems, e)
	}
	if len(problems) == 0 {
		return nil
	}
	return problems
}
