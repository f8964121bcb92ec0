package rulesets_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/rulesets"
	_ "github.com/berdaya/berdaya/internal/seeded"
	"github.com/berdaya/berdaya/workflow"
)

// history is what a test remembers of one rule set of programs, whatever the catalogue says.
type history struct {
	*office
	name     string
	states   map[string]domain.VersionState // by version
	uploader map[string]string
	made     map[string][]string // by region: the version at work by each revision, "" for none
	undo     map[string][]string // by region: those that rolling back goes through, the one at work last
	trail    []string
}

// TestWhateverIsDoneTheCatalogueIsSound gives random commands by random people and holds: revisions and their times grow; the trail
// has each thing that was done and nothing else; nobody approves what they uploaded; what is withdrawn binds no programme; the
// content of all else is there; and the ending of activations changes for nobody what binds them.
func TestWhateverIsDoneTheCatalogueIsSound(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	programmes := []uuid.UUID{o.programme("32.73.05", "FIRST"), o.programme("32.73", "SECOND"), o.programme("32", "THIRD")}
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		h := &history{office: &office{RuleSets: o.RuleSets, db: o.db, clock: o.clock, ctx: o.ctx, fails: t.Fatalf}, name: fmt.Sprintf("prog-%d", round),
			states: map[string]domain.VersionState{}, uploader: map[string]string{}, made: map[string][]string{}, undo: map[string][]string{}}
		for i := range rapid.IntRange(4, 18).Draw(t, "commands") {
			o.clock.goOn(time.Duration(rapid.IntRange(0, 1).Draw(t, "minutes")) * time.Minute) // the clock may stand still
			h.step(t, programmes)
			if i%4 == 3 {
				h.sound(t, programmes)
			}
		}
		h.sound(t, programmes)
	})
}

func (h *history) step(t *rapid.T, programmes []uuid.UUID) {
	actor := rapid.SampledFrom([]access.Actor{ani, budi, dewi}).Draw(t, "actor")
	version := rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "version")
	region := rapid.SampledFrom([]string{"32", "32.73"}).Draw(t, "region")
	mode := domain.ActivationMode(rapid.SampledFrom(domain.ActivationModes.Codes()).Draw(t, "mode"))
	state, made := h.states[version], h.made[region]
	placed := rulesets.Placed{RuleSet: h.name, Version: version, RegionCode: region, Mode: mode}
	newest := ""
	if len(made) > 0 {
		newest = made[len(made)-1]
	}
	switch what := rapid.SampledFrom([]string{"upload", "check", "approve", "activate", "activate", "rollback", "deactivate", "withdraw", "enter", "end", "remove"}).Draw(t, "what"); what {
	case "upload":
		if _, err := h.uploads(actor, packed(h.name+" "+version), of("32"), nil); err != nil {
			t.Fatal(err)
		}
		if state == "" {
			h.states[version], h.uploader[version] = domain.VersionUploaded, actor.Subject
			h.did("UPLOADED", actor.Subject, version)
		}
	case "check":
		h.check()
		for _, v := range []string{"1", "2", "3"} { // in no order that matters
			if h.states[v] == domain.VersionUploaded {
				h.states[v] = domain.VersionChecked
				h.did("CHECKED", rulesets.System, v)
			}
		}
	case "approve":
		_, err := h.Approve(h.ctx, actor, rulesets.Named{RuleSet: h.name, Version: version})
		if h.expect(t, what, err, state == domain.VersionChecked && actor.Subject != "ani" && actor.Subject != h.uploader[version]) {
			h.states[version] = domain.VersionApproved
			h.did("APPROVED", actor.Subject, version)
		}
	case "activate":
		_, err := h.Activate(h.ctx, actor, placed)
		if h.expect(t, what, err, state == domain.VersionApproved) {
			h.placed("ACTIVATED", actor, region, version)
			h.undo[region] = append(h.undo[region], version)
		}
	case "rollback":
		undo, before := h.undo[region], ""
		if len(undo) > 1 {
			before = undo[len(undo)-2]
		}
		_, err := h.Rollback(h.ctx, actor, placed)
		if h.expect(t, what, err, len(undo) > 1 && (before == "" || h.states[before] == domain.VersionApproved)) {
			h.placed("ROLLED_BACK", actor, region, before)
			h.undo[region] = undo[:len(undo)-1]
		}
	case "deactivate":
		_, err := h.Deactivate(h.ctx, actor, placed)
		again := newest == "" && (mode == domain.NewEntries || h.newest(region).Mode == domain.Everyone)
		if h.expect(t, what, err, len(made) > 0 && !again) {
			h.placed("DEACTIVATED", actor, region, "")
			h.undo[region] = append(h.undo[region], "")
		}
	case "withdraw":
		inUse := h.inUse(version)
		_, err := h.Withdraw(h.ctx, actor, rulesets.Named{RuleSet: h.name, Version: version})
		if h.expect(t, what, err, state != "" && state != domain.VersionWithdrawn && !inUse) {
			h.states[version] = domain.VersionWithdrawn
			h.did("WITHDRAWN", actor.Subject, version)
		}
	case "enter":
		if _, err := h.db.Bun.NewUpdate().Model((*domain.Programme)(nil)).Set("stage_entered_at = ?", h.clock.Now()).
			Where("id = ?", rapid.SampledFrom(programmes).Draw(t, "programme")).Exec(h.ctx); err != nil {
			t.Fatal(err)
		}
	case "end":
		before := h.binding(programmes)
		if err := h.End(h.ctx, workflow.JobRun{}); err != nil {
			t.Fatal(err)
		}
		if after := h.binding(programmes); after != before {
			t.Fatalf("ending activations changed what binds programmes:\n%s\n%s", before, after)
		}
	case "remove":
		h.removes(rapid.SampledFrom([]time.Duration{0, rulesets.Unneeded}).Draw(t, "after"))
	}
}

// expect holds that a command was carried out where it should be, and tells whether it was.
func (h *history) expect(t *rapid.T, what string, err error, should bool) bool {
	if (err == nil) != should {
		t.Fatalf("%s: %v, it should be done: %v", what, err, should)
	}
	if code := domain.CodeOf(err); err != nil && !slices.Contains([]domain.Code{domain.CodeNotFound, domain.CodeForbidden, domain.CodeRuleSetNotPossible, domain.CodeRuleSetInUse}, code) {
		t.Fatalf("%s: %v", what, err)
	}
	return err == nil
}

func (h *history) did(action, actor, version string) {
	h.trail = append(h.trail, strings.TrimSpace(action+" "+actor+" "+version))
}

func (h *history) placed(action string, actor access.Actor, region, version string) {
	h.made[region] = append(h.made[region], version)
	h.did(action, actor.Subject, version)
}

// all gives all activations of the rule set in a region, those that ended too.
func (h *history) all(region string) []*domain.RuleActivation {
	set, err := h.Store.RuleSet(h.ctx, h.name)
	if err != nil || set == nil {
		return nil
	}
	found, err := h.Store.Newest(h.ctx, set.ID, region, 100)
	if err != nil {
		h.fails("%v", err)
	}
	slices.Reverse(found)
	return found
}

func (h *history) newest(region string) *domain.RuleActivation {
	if all := h.all(region); len(all) > 0 {
		return all[len(all)-1]
	}
	return new(domain.RuleActivation)
}

func (h *history) inUse(version string) bool {
	for _, region := range []string{"32", "32.73"} {
		for _, a := range h.all(region) {
			if a.EndedAt == nil && a.Version != nil && a.Version.Version == version {
				return true
			}
		}
	}
	return false
}

func (h *history) binding(programmes []uuid.UUID) string {
	var all []string
	for _, id := range programmes {
		all = append(all, h.binds(id))
	}
	return strings.Join(all, "; ")
}

// sound holds what must always be.
func (h *history) sound(t *rapid.T, programmes []uuid.UUID) {
	entered, err := h.Store.Entered(h.ctx, programmes)
	if err != nil {
		t.Fatal(err)
	}
	for _, region := range []string{"32", "32.73"} {
		all := h.all(region)
		for i, a := range all {
			version := ""
			if a.Version != nil {
				version = a.Version.Version
			}
			if a.Revision != i+1 || version != h.made[region][i] || i > 0 && !a.ActivatedAt.After(all[i-1].ActivatedAt) {
				t.Fatalf("%s, revision %d of %v at %s: %+v", region, i+1, h.made[region], a.ActivatedAt, a)
			}
		}
		if len(all) != len(h.made[region]) {
			t.Fatalf("%s: %d activations, %d were made", region, len(all), len(h.made[region]))
		}
		for _, p := range entered {
			a := workflow.Bound(all, p.StageEnteredAt)
			if a != nil && domain.Under(p.RegionCode, region) && (a.Version.State != domain.VersionApproved || a.EndedAt != nil) {
				t.Fatalf("%s is bound by revision %d of %s, ended at %v", a.Version.State, a.Revision, region, a.EndedAt)
			}
		}
	}
	var trail []string
	if err := h.db.Bun.NewRaw(`select trim(e.action || ' ' || e.actor || ' ' || coalesce(v.version, '')) from rule_set_events e join rule_sets r on r.id = e.rule_set_id
		left join rule_set_versions v on v.id = e.rule_set_version_id where r.name = ? order by e.id`, h.name).Scan(h.ctx, &trail); err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(h.trail)
	slices.Sort(trail) // what is checked at once comes in no order
	slices.Sort(want)
	if !slices.Equal(trail, want) {
		t.Fatalf("the trail says %q, done was %q", trail, want)
	}
	for version, state := range h.states {
		v, err := h.Content(h.ctx, ani, h.name, version)
		if state != domain.VersionWithdrawn && (err != nil || v.State != state) {
			t.Fatalf("version %s, %s: its content is gone: %v", version, state, err)
		}
	}
	var alone int
	if err := h.db.Bun.NewRaw(`select count(*) from rule_set_versions where approved_by = uploaded_by`).Scan(h.ctx, &alone); err != nil || alone > 0 {
		t.Fatal("somebody approved what they uploaded", err)
	}
}
