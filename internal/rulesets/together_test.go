package rulesets_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/rulesets"
)

// together does something so many times at once.
func together(n int, do func(i int)) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-begin
			do(i)
		})
	}
	close(begin)
	all.Wait()
}

func TestTheSameFileUploadedByManyAtOnceIsOneVersion(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids, errs := make([]uuid.UUID, 8), make([]error, 8)
	together(8, func(i int) {
		ids[i], errs[i] = o.uploads([]access.Actor{ani, budi}[i%2], []byte("jabar 1"), of("32"), nil)
	})
	for i := range ids {
		if errs[i] != nil || ids[i] != ids[0] {
			t.Errorf("%s, %s: %v", ids[i], ids[0], errs[i])
		}
	}
	errs = make([]error, 8)
	together(8, func(i int) {
		_, errs[i] = o.uploads(ani, []byte(fmt.Sprintf("jabar 2 %d", i)), nil, nil)
	})
	stored := 0
	for _, err := range errs {
		if err == nil {
			stored++
		} else {
			code(t, "the same version with other content", err, domain.CodeAlreadyExists)
		}
	}
	var left [3]int
	if err := o.db.Bun.NewRaw(`select (select count(*) from rule_set_versions), (select count(*) from rule_set_artefacts), (select count(*) from rule_set_events)`).
		Scan(t.Context(), &left[0], &left[1], &left[2]); err != nil || stored != 1 || left != [3]int{2, 2, 4} {
		t.Errorf("%d were stored, %d versions, contents and events are there, %v", stored, left, err)
	}
}

func TestARepeatedUploadIsAnsweredThoughItCannotBeCheckedAnyMore(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first, err := o.uploads(ani, []byte("jabar 1"), of("32"), of("key"))
	if err != nil {
		t.Fatal(err)
	}
	o.Checker = nil
	if again, err := o.uploads(ani, []byte("jabar 1"), of("32"), of("key")); err != nil || again != first {
		t.Error(again, err)
	}
}

// TestOfThoseWhoActAtOnceEachSeesWhatTheOthersDid gives all commands about one rule set at the same time, on clocks that stand
// still, and holds that their history is one line and that nothing withdrawn is at work.
func TestOfThoseWhoActAtOnceEachSeesWhatTheOthersDid(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, content := range []string{"jabar 1", "jabar 2", "jabar 3"} {
		if _, err := o.uploads(ani, []byte(content), of("32"), nil); err != nil {
			t.Fatal(err)
		}
	}
	at := func(version string, mode domain.ActivationMode) rulesets.Placed {
		return rulesets.Placed{RuleSet: "jabar", Version: version, RegionCode: "32", Mode: mode}
	}
	if _, err := o.Activate(t.Context(), ani, at("1", domain.Everyone)); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	done := 0
	for range 4 {
		together(12, func(i int) {
			var err error
			switch i % 6 {
			case 0:
				_, err = o.Activate(o.ctx, ani, at("2", domain.NewEntries))
			case 1:
				_, err = o.Activate(o.ctx, budi, at("3", domain.Everyone))
			case 2:
				_, err = o.Rollback(o.ctx, ani, at("", ""))
			case 3:
				_, err = o.Withdraw(o.ctx, budi, rulesets.Named{RuleSet: "jabar", Version: "3"})
				if err == nil {
					return
				}
			case 4:
				_, err = o.Deactivate(o.ctx, dewi, at("", domain.NewEntries))
			case 5:
				o.ends(0)
				return
			}
			switch domain.CodeOf(err) {
			case "":
				mu.Lock()
				defer mu.Unlock()
				done++
			case domain.CodeRuleSetNotPossible, domain.CodeRuleSetInUse:
			default:
				t.Error(err)
			}
		})
		o.clock.goOn(20 * time.Minute)
	}
	h := &history{office: o, name: "jabar"}
	all := h.all("32")
	if len(all) != done+1 {
		t.Errorf("%d activations are there, %d commands were carried out", len(all), done+1)
	}
	for i, a := range all {
		if a.Revision != i+1 || i > 0 && !a.ActivatedAt.After(all[i-1].ActivatedAt) {
			t.Errorf("revision %d at %s comes after %d", a.Revision, a.ActivatedAt, i)
		}
		if a.EndedAt == nil && a.Version != nil && a.Version.State == domain.VersionWithdrawn {
			t.Error("a version that was withdrawn is at work")
		}
	}
}

func TestOfTwoWhoRollBackWhatTheySawOneIsToldThatTheOtherDid(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, version := range []string{"1", "2"} {
		if _, err := o.uploads(ani, []byte("jabar "+version), of("32"), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Activate(t.Context(), ani, rulesets.Placed{RuleSet: "jabar", Version: version, RegionCode: "32", Mode: domain.Everyone}); err != nil {
			t.Fatal(err)
		}
	}
	programme := o.programme("32.73", "ROLLED")
	errs := make([]error, 2)
	together(2, func(i int) {
		_, errs[i] = o.Rollback(o.ctx, []access.Actor{ani, budi}[i], rulesets.Placed{RuleSet: "jabar", RegionCode: "32", ExpectedRevision: of(2)})
	})
	if (errs[0] == nil) == (errs[1] == nil) || domain.CodeOf(errs[0])+domain.CodeOf(errs[1]) != domain.CodeConflict || o.binds(programme) != "32:jabar@1/3" {
		t.Error(errs, o.binds(programme))
	}
}
