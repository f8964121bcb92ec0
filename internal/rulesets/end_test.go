package rulesets_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/rulesets"
	_ "github.com/berdaya/berdaya/internal/seeded"
	"github.com/berdaya/berdaya/workflow"
)

// enters lets a programme enter a stage by a move that was decided a while ago and is written now.
func (o *office) enters(id uuid.UUID, ago time.Duration) {
	if _, err := o.db.Bun.NewUpdate().Model((*domain.Programme)(nil)).Set("stage_entered_at = ?", o.clock.Now().Add(-ago)).Where("id = ?", id).Exec(o.ctx); err != nil {
		o.fails("%v", err)
	}
}

// ends does the job that ends activations, after a while.
func (o *office) ends(after time.Duration) {
	o.clock.goOn(after)
	if err := o.End(o.ctx, workflow.JobRun{}); err != nil {
		o.fails("%v", err)
	}
}

// works puts a version to work in province 32 for those who enter a stage from now on, or takes the rule set out of work for them.
func (o *office) works(set, version string) {
	o.clock.goOn(time.Minute)
	p, do := rulesets.Placed{RuleSet: set, Version: version, RegionCode: "32", Mode: domain.NewEntries}, o.Activate
	if version == "" {
		do = o.Deactivate
	}
	if _, err := do(o.ctx, ani, p); err != nil {
		o.fails("%v", err)
	}
}

func TestWhoWasThereBeforeARuleSetStaysFreeOfItWhenItsFirstActivationEnds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, content := range []string{"jabar 1", "jabar 2"} {
		if _, err := o.uploads(ani, []byte(content), of("32"), nil); err != nil {
			t.Fatal(err)
		}
	}
	before := o.programme("32.73", "BEFORE")
	o.works("jabar", "1")
	o.works("jabar", "2")
	o.ends(time.Hour)
	if _, err := o.Withdraw(t.Context(), ani, rulesets.Named{RuleSet: "jabar", Version: "1"}); err != nil {
		t.Error("what binds nobody cannot be withdrawn:", err)
	}
	if got := o.binds(before); got != "" {
		t.Errorf("a programme that entered its stage before there were rules is bound by %s", got)
	}
	if o.enters(before, 0); o.binds(before) != "32:jabar@2/2" {
		t.Errorf("who enters is bound by %q", o.binds(before))
	}
}

func TestAMoveOnItsWayKeepsTheRulesThatItWasDecidedUnder(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if _, err := o.uploads(ani, []byte("jabar 1"), of("32"), nil); err != nil {
		t.Fatal(err)
	}
	moving := o.programme("32.73", "MOVING")
	o.works("jabar", "1")
	o.works("jabar", "") // while the move, decided half a minute ago, is being written
	o.ends(time.Second)
	if o.enters(moving, 30*time.Second); o.binds(moving) != "32:jabar@1/1" {
		t.Errorf("taking the rule set out of work for new entries freed who had entered: %q", o.binds(moving))
	}
	if o.ends(time.Hour); o.binds(moving) != "32:jabar@1/1" {
		t.Errorf("an end freed it: %q", o.binds(moving))
	}
}

// TestAnEndChangesForNobodyWhatBindsThem holds what binds programmes against the whole history, in which nothing ends.
func TestAnEndChangesForNobodyWhatBindsThem(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	programmes := []uuid.UUID{o.programme("32.73.05", "FIRST"), o.programme("32.73", "SECOND"), o.programme("32", "THIRD")}
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		h := &history{office: &office{RuleSets: o.RuleSets, db: o.db, clock: o.clock, ctx: o.ctx, fails: t.Fatalf}, name: fmt.Sprintf("file-%d", round)}
		for _, version := range []string{"1", "2"} {
			if _, err := h.uploads(ani, []byte(h.name+" "+version), of("32"), nil); err != nil {
				t.Fatal(err)
			}
		}
		for range rapid.IntRange(4, 12).Draw(t, "steps") {
			h.clock.goOn(time.Duration(rapid.IntRange(0, 12).Draw(t, "minutes")) * time.Minute)
			p := rulesets.Placed{RuleSet: h.name, Version: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "version"), RegionCode: "32",
				Mode: domain.ActivationMode(rapid.SampledFrom([]string{"NEW_ENTRIES", "NEW_ENTRIES", "EVERYONE"}).Draw(t, "mode"))}
			var err error
			switch rapid.SampledFrom([]string{"activate", "activate", "deactivate", "enter", "enter", "end"}).Draw(t, "what") {
			case "activate":
				_, err = h.Activate(h.ctx, ani, p)
			case "deactivate":
				_, err = h.Deactivate(h.ctx, ani, p)
			case "enter":
				h.enters(rapid.SampledFrom(programmes).Draw(t, "programme"), time.Duration(rapid.IntRange(0, 9).Draw(t, "ago"))*time.Minute)
			default:
				h.ends(0)
			}
			if err != nil && domain.CodeOf(err) != domain.CodeRuleSetNotPossible {
				t.Fatal(err)
			}
			h.keepsAsIfNothingEnded(t, programmes)
		}
	})
}

func (h *history) keepsAsIfNothingEnded(t *rapid.T, programmes []uuid.UUID) {
	entered, err := h.Store.Entered(h.ctx, programmes)
	if err != nil {
		t.Fatal(err)
	}
	bound, err := h.Bound(h.ctx, programmes)
	if err != nil {
		t.Fatal(err)
	}
	for id, p := range entered {
		want, got := 0, 0
		if a := workflow.Bound(h.all("32"), p.StageEnteredAt); a != nil {
			want = a.Revision
		}
		if i := slices.IndexFunc(bound[id], func(a *domain.RuleActivation) bool { return a.RuleSet.Name == h.name }); i >= 0 {
			got = bound[id][i].Revision
		}
		if got != want {
			t.Fatalf("who entered at %s is bound by revision %d, want %d", p.StageEnteredAt, got, want)
		}
	}
}
