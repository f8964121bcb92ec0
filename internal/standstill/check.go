package standstill

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Of checks.
const (
	pageSize   = 250              // programmes judged at once
	spreadSize = 5000             // programmes told of a change of rules at once
	slice      = 20 * time.Second // of work, after which the job lets go
	daily      = 24 * time.Hour   // the longest that a check is old
	spread     = 6 * time.Hour    // over which the daily checks lie, so that they do not all fall due at once
	soon       = time.Minute      // after which rules that could not be asked are asked again
)

// Store is what checking needs of the database.
type Store interface {
	// DueChecks gives programmes whose rules are to be asked by now, the longest due first.
	DueChecks(ctx context.Context, now time.Time, most int) ([]workflow.CheckDue, error)
	// WriteChecks writes checks, each if the programme's facts are still those that were due, and the titles of rules. It tells
	// how many it wrote.
	WriteChecks(ctx context.Context, checks []workflow.Checked, titles []workflow.RuleTitle) (written int, err error)
	// CheckedRules gives which revisions of the rules the checks know, by region.
	CheckedRules(ctx context.Context) (map[string]workflow.CheckedRules, error)
	// BeginRules notes another revision of a region's rules, "" for none; nobody has been told of it yet.
	BeginRules(ctx context.Context, region, revision string) error
	// SpreadRules makes due the region's next programmes by code, and tells whether there may be more.
	SpreadRules(ctx context.Context, region string, most int, now time.Time) (more bool, err error)
	// Enqueue hands a job on.
	Enqueue(ctx context.Context, j workflow.Job) error
}

// Judge says what stops programmes; moving.Moves does.
type Judge interface {
	Standing(ctx context.Context, programmeIDs []uuid.UUID) ([]workflow.Standing, error)
}

// Revisions says which rules are at work; plugins/host does.
type Revisions interface {
	// Revisions gives, for each region with rules of its own, text that changes when they do; "" while it is not known.
	Revisions() map[string]string
}

// Checks is the use case. All fields are needed.
type Checks struct {
	Store Store
	Judge Judge
	Rules Revisions
	Clock domain.Clock
	IDs   domain.IDs
}

// Run checks what is due, until nothing is or the time is up. It tells whether it came to the end.
func (c *Checks) Run(ctx context.Context, bound time.Duration) (done bool, err error) {
	began := time.Now()
	for steps := []func(context.Context) (bool, error){c.followRules, c.page}; len(steps) > 0; {
		more, err := steps[0](ctx)
		if err != nil {
			return false, err
		}
		if !more {
			steps = steps[1:]
		}
		if len(steps) > 0 && time.Since(began) >= bound {
			return false, nil
		}
	}
	return true, nil
}

// followRules tells the programmes of one region that its rules have changed, some at a time.
func (c *Checks) followRules(ctx context.Context) (more bool, err error) {
	known, err := c.Store.CheckedRules(ctx)
	if err != nil {
		return false, err
	}
	now := c.Rules.Revisions()
	for region, revision := range now {
		if revision != "" && known[region].Revision != revision {
			return true, c.Store.BeginRules(ctx, region, revision)
		}
	}
	for region, k := range known {
		if _, bound := now[region]; !bound && k.Revision != "" {
			return true, c.Store.BeginRules(ctx, region, "")
		}
		if k.Reached != nil {
			_, err := c.Store.SpreadRules(ctx, region, spreadSize, c.Clock.Now())
			return true, err
		}
	}
	return false, nil
}

// page checks the next programmes that are due.
func (c *Checks) page(ctx context.Context) (more bool, err error) {
	at := c.Clock.Now()
	due, err := c.Store.DueChecks(ctx, at, pageSize)
	if err != nil || len(due) == 0 {
		return false, err
	}
	ids, before := make([]uuid.UUID, len(due)), make(map[uuid.UUID]workflow.CheckDue, len(due))
	for i, d := range due {
		ids[i], before[d.ProgrammeID] = d.ProgrammeID, d
	}
	standing, err := c.Judge.Standing(ctx, ids)
	if err != nil {
		return false, err
	}
	checks := make([]workflow.Checked, len(standing))
	titles := map[[3]string]workflow.RuleTitle{}
	unknown := 0
	for i, s := range standing {
		checks[i] = c.check(s, before[s.Programme.ID], at)
		if s.Unavailable {
			unknown++
		}
		for _, b := range s.Blocks {
			if title, ok := titleOf(b); ok {
				titles[[3]string{b.RuleSet, b.Rule, b.Region}] = title
			}
		}
	}
	written, err := c.Store.WriteChecks(ctx, checks, slices.Collect(maps.Values(titles)))
	// Where no rules answer at all, or nothing can be written, the next page would fare no better.
	return unknown < len(checks) && written > 0, err
}

// titleOf gives what a block's rule asks for, if it is known. PostgreSQL keeps no NUL, which a program may well send.
func titleOf(b domain.Block) (workflow.RuleTitle, bool) {
	clean := func(t string) string { return strings.ReplaceAll(t, "\x00", "") }
	t := domain.Text{EN: clean(b.Title.EN), ID: clean(b.Title.ID)}
	return workflow.RuleTitle{RuleSet: b.RuleSet, Rule: b.Rule, Region: b.Region, Title: t}, t.EN != ""
}

// check says what is to be written of a programme that was due.
func (c *Checks) check(s workflow.Standing, due workflow.CheckDue, at time.Time) workflow.Checked {
	p := &s.Programme
	checked := workflow.Checked{ProgrammeID: p.ID, Due: due.FactsVersion, Judged: p.FactsVersion}
	switch {
	case p.Status != domain.Active:
		checked.At = &at
		return checked
	case s.Unavailable:
		again := at.Add(soon)
		checked.Again = &again
		return checked
	}
	again := next(s, at)
	checked.At, checked.Again = &at, &again
	since := at
	if before := due.CheckedAt; before == nil || before.Before(p.StageEnteredAt) {
		since = p.StageEnteredAt
	}
	seen := map[[3]string]bool{}
	for _, b := range s.Blocks {
		key := [3]string{b.RuleSet, b.Rule, b.Region}
		if seen[key] { // a rule may have several verdicts
			continue
		}
		seen[key] = true
		checked.Blocks = append(checked.Blocks, domain.ProgrammeBlock{ID: c.IDs.New(), ProgrammeID: p.ID, RegionCode: p.RegionCode, Stage: p.Stage,
			RuleSet: b.RuleSet, Rule: b.Rule, RuleRegion: b.Region, Waivable: b.Waivable, Since: since})
	}
	return checked
}

// next gives when a programme is to be checked again if nothing changes: within a day, and when a waiver ends.
func next(s workflow.Standing, at time.Time) time.Time {
	id := s.Programme.ID
	again := at.Add(daily - spread*time.Duration(id[15])/256)
	for _, w := range s.Waivers {
		if ended := w.ExpiresOn.AddDays(1).Begins(); ended.After(at) && ended.Before(again) {
			again = ended
		}
	}
	return again
}
