package regions

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"

	"github.com/berdaya/berdaya/domain"
)

// Store is where regions are kept.
type Store interface {
	// HasRegions tells whether there are regions below the nation.
	HasRegions(ctx context.Context) (bool, error)

	// ImportRegions changes regions in one transaction that no other import overlaps. plan gets every region, open and closed, and
	// all successors; it gives the regions to write, parents before children, and the successors to add. A code that is not there
	// is inserted, one that is has its name and ValidTo replaced, and a region that is open then has no successors. If plan gives
	// nothing, nothing is written; if it fails, its error is returned. plan may be called again if the transaction has to be.
	// written, if not nil, is told how many regions of how many have been written.
	ImportRegions(ctx context.Context, plan Plan, written func(done, total int)) error
}

// Plan says how regions and their successors change.
type Plan = func(known []domain.Region, successors []domain.RegionSuccessor) ([]domain.Region, []domain.RegionSuccessor, error)

// Phase is a part of an import that takes time.
type Phase string

// The phases. Reading counts bytes, Writing regions. An import that changes nothing has no Writing.
const (
	Reading Phase = "READING"
	Writing Phase = "WRITING"
)

// Options say how to import. The zero value imports as of today and refuses a mass closing.
type Options struct {
	Effective    domain.Date                        // the day from which the release holds, at most a year ahead; today if empty
	AllowClosing bool                               // let more than one per cent of a level close
	DryRun       bool                               // only tell what would change
	Progress     func(phase Phase, done, total int) // called now and then, from one goroutine; may be nil
	Clock        domain.Clock                       // the machine's if nil
}

// Outcome is what an import did, or with DryRun would do.
type Outcome struct {
	Regions    Summary
	Successors int // that were not known before
}

// Import takes a release into the store and tells what it changed. What is registered in the regions that close stays there
// until [Over.Move] has it follow. Whatever Import returns as an error, it has changed nothing: domain.Problems with CodeBadFile
// for broken rows or with CodeBadUserInput for a mass closing, a *domain.Error with CodeBadFile for a missing file or with
// CodeBadUserInput for an effective date that is no date, too far ahead or out of order.
func Import(ctx context.Context, store Store, source fs.FS, o Options) (Outcome, error) {
	effective, err := o.effective()
	if err != nil {
		return Outcome{}, err
	}
	release, err := read(ctx, source, o.phase(Reading))
	if err != nil {
		return Outcome{}, err
	}
	var out Outcome
	plan := func(known []domain.Region, successors []domain.RegionSuccessor) ([]domain.Region, []domain.RegionSuccessor, error) {
		changed, summary := compare(release.places, known, effective)
		out.Regions = summary
		if len(changed) > 0 {
			if err := checkOrder(known, effective); err != nil {
				return nil, nil, err
			}
			if !o.AllowClosing {
				if err := checkClosing(summary); err != nil {
					return nil, nil, err
				}
			}
		}
		coming, err := inherit(release.heirs, known, changed, successors)
		if out.Successors = len(coming); err != nil || o.DryRun {
			return nil, nil, err
		}
		return changed, coming, nil
	}
	if err := store.ImportRegions(ctx, plan, o.phase(Writing)); err != nil {
		return Outcome{}, err
	}
	return out, nil
}

// Seed imports the bundled release, as of BundledSince unless o says otherwise, if there are no regions yet; false if there
// are.
func Seed(ctx context.Context, store Store, o Options) (Summary, bool, error) {
	if has, err := store.HasRegions(ctx); has || err != nil {
		return nil, false, err
	}
	if o.Effective == "" {
		o.Effective = BundledSince
	}
	out, err := Import(ctx, store, Bundled(), o)
	return out.Regions, err == nil, err
}

// effective gives the day from which the release holds. A day far ahead is refused as a slip of the pen: releases are
// imported in order, so it would lock all others out.
func (o Options) effective() (domain.Date, error) {
	today := domain.DateOf(cmp.Or[domain.Clock](o.Clock, domain.SystemClock{}).Now())
	if o.Effective == "" {
		return today, nil
	}
	d, err := domain.ParseDate(string(o.Effective))
	if err != nil {
		return "", err
	}
	if limit := today.AddDays(366); d > limit {
		return "", domain.Errorf(domain.CodeBadUserInput, "%s is more than a year ahead; the latest day is %s", d, limit).
			In(fmt.Sprintf("%s lebih dari setahun ke depan; paling lambat %s", d, limit)).At("effective")
	}
	return d, nil
}

// phase gives the progress of one phase; nil if none is wanted.
func (o Options) phase(p Phase) func(done, total int) {
	if o.Progress == nil {
		return nil
	}
	return func(done, total int) { o.Progress(p, done, total) }
}
