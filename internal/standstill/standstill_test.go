package standstill_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/regions"
	_ "github.com/berdaya/berdaya/internal/seeded"
	"github.com/berdaya/berdaya/internal/standstill"
	"github.com/berdaya/berdaya/workflow"
)

// TestWhatIsKeptIsWhatAskingAllProgrammesSays changes content, moves programmes, transfers them, waives rules and changes
// rules, lets time pass, and checks in between.
func TestWhatIsKeptIsWhatAskingAllProgrammesSays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	world := 0
	rapid.Check(t, func(r *rapid.T) {
		world++
		o.exec(t, `update programme_checks set due_at = null`) // those of the worlds before
		o.exec(t, `delete from checked_rules`)
		o.rules.sets = nil
		var ids []uuid.UUID
		before := map[held]time.Time{}
		fresh, moved := map[uuid.UUID]bool{}, map[uuid.UUID]bool{} // entered a stage, or moved at all, since it was last checked
		some := func() uuid.UUID { return ids[rapid.IntRange(0, len(ids)-1).Draw(r, "programme")] }
		region := func() string { return rapid.SampledFrom([]string{"ID", "32", "32.73", "33"}).Draw(r, "region") }
		run := func() {
			o.run(t)
			asked, kept := o.asked(t, ids), o.kept(t, ids)
			for b := range asked {
				if _, ok := kept[b]; !ok {
					r.Fatalf("%+v stops it and is not kept", b)
				}
			}
			programmes := o.programmes(t, ids)
			for b, since := range kept {
				was, already := before[b.still()]
				entered := programmes[b.programme].StageEnteredAt
				switch {
				case !asked[b]:
					r.Fatalf("%+v is kept and does not stop it", b)
				case fresh[b.programme] && !since.Equal(entered):
					r.Fatalf("%+v since %s, in the stage since %s", b, since, entered)
				case !fresh[b.programme] && !moved[b.programme] && already && !since.Equal(was):
					r.Fatalf("%+v since %s, and %s before", b, since, was)
				case !fresh[b.programme] && (moved[b.programme] || !already) && !since.Equal(o.clock.at):
					r.Fatalf("%+v since %s, found at %s", b, since, o.clock.at)
				}
			}
			before = map[held]time.Time{}
			for b, since := range kept {
				before[b.still()] = since
			}
			for id, p := range programmes {
				if p.Status == domain.Active {
					fresh[id], moved[id] = false, false
				}
			}
		}
		begin := func(goal int) {
			ids = append(ids, o.programme(t, region(), fmt.Sprintf("P-%d-%d", world, len(ids)), goal))
			fresh[ids[len(ids)-1]] = true
		}
		begin(0)
		begin(3)
		o.rules.change("ID", map[string]rule{"A": {8, domain.SeverityBlock, domain.WaivableRegion}, "B": {2, domain.SeverityBlock, domain.WaivableNo}})
		begin(9)
		if _, err := o.moves.Move(t.Context(), everywhere, moving.Command{ProgrammeID: ids[2], Move: domain.Advance}); err != nil {
			r.Fatal(err)
		}
		o.enter(t, ids[2], rapid.IntRange(0, 9).Draw(r, "goal"))
		run()
		for range 6 {
			o.clock.at = o.clock.at.Add(time.Duration(rapid.IntRange(1, 3000).Draw(r, "minutes")) * time.Minute)
			switch step := rapid.SampledFrom([]string{"run", "enter", "move", "waive", "transfer", "rules", "down", "run", "programme"}).Draw(r, "step"); step {
			case "programme":
				begin(rapid.IntRange(0, 9).Draw(r, "goal"))
			case "enter":
				o.enter(t, some(), rapid.IntRange(0, 9).Draw(r, "goal"))
			case "move":
				c := moving.Command{ProgrammeID: some(), Reason: of("why"),
					Move: rapid.SampledFrom([]domain.Move{domain.SendBack, domain.Advance, domain.Hold, domain.Resume, domain.Cancel, domain.Reopen}).Draw(r, "move")}
				if c.Move == domain.SendBack {
					c.ToStage = of(domain.Identify)
				}
				if _, err := o.moves.Move(t.Context(), everywhere, c); err == nil {
					moved[c.ProgrammeID] = true
					fresh[c.ProgrammeID] = fresh[c.ProgrammeID] || c.Move != domain.Hold && c.Move != domain.Resume
				}
			case "rules":
				all := map[string]rule{}
				for range rapid.IntRange(0, 3).Draw(r, "rules") {
					all[rapid.SampledFrom([]string{"A", "B", "C"}).Draw(r, "code")] = rule{rapid.IntRange(0, 10).Draw(r, "from"),
						rapid.SampledFrom([]domain.Severity{domain.SeverityBlock, domain.SeverityBlock, domain.SeverityWarn}).Draw(r, "severity"),
						rapid.SampledFrom([]domain.Waivable{domain.WaivableNo, domain.WaivableRegion}).Draw(r, "waivable")}
				}
				if rapid.IntRange(0, 4).Draw(r, "gone") == 0 {
					all = nil
				}
				o.rules.change(region(), all)
			case "transfer":
				transfers := regions.Transfers{Store: o.Regions(), Clock: o.clock, IDs: domain.RandomIDs{}}
				_, _ = transfers.Transfer(t.Context(), everywhere, regions.Command{ProgrammeID: some(), RegionCode: region(), Reason: "why"})
				// What is kept has gone along already: nobody counts it where the programme no longer is.
				programmes := o.programmes(t, ids)
				for b := range o.kept(t, ids) {
					if b.region != programmes[b.programme].RegionCode {
						r.Fatalf("%+v is kept for a programme of %s", b, programmes[b.programme].RegionCode)
					}
				}
				before = maps.Clone(before)
				for b, since := range before {
					delete(before, b)
					b.region = programmes[b.programme].RegionCode
					before[b] = since
				}
			case "waive":
				o.waive(t, some(), domain.Today(o.clock.at).AddDays(rapid.IntRange(0, 5).Draw(r, "days")))
			case "down":
				kept := o.kept(t, ids)
				o.rules.down = true
				if _, err := o.checks.Run(t.Context(), time.Minute); err != nil {
					r.Fatal(err)
				}
				o.rules.down = false
				if !maps.EqualFunc(kept, o.kept(t, ids), time.Time.Equal) {
					r.Fatal("rules that could not be asked changed what is kept")
				}
				o.clock.at = o.clock.at.Add(2 * time.Minute)
			default:
				run()
			}
		}
		run()
	})
}

func TestWhatChangesWhileTheRulesThinkIsCheckedAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.rules.change("ID", map[string]rule{"A": {5, domain.SeverityBlock, domain.WaivableNo}})
	id := o.programme(t, "32", "P-1", 0)
	o.run(t)
	if len(o.kept(t, []uuid.UUID{id})) != 1 {
		t.Fatal("nothing stops it")
	}
	o.enter(t, id, 1)
	o.checks.Judge = interrupting{o.moves, func() { o.enter(t, id, 9) }}
	o.run(t)
	o.run(t)
	if left := o.kept(t, []uuid.UUID{id}); len(left) != 0 {
		t.Errorf("a result of facts that are gone was written: %v", left)
	}
}

func TestANoteOfFactsThatIsOutOfStepMendsItself(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.rules.change("ID", map[string]rule{"A": {5, domain.SeverityBlock, domain.WaivableNo}})
	id := o.programme(t, "32", "P-1", 0)
	o.exec(t, `update programme_checks set facts_version = 77`) // as after a repair by hand with the triggers off
	o.run(t)
	if len(o.kept(t, []uuid.UUID{id})) != 1 {
		t.Error("it is never checked")
	}
}

// interrupting has something happen once after programmes were judged and before that is written.
type interrupting struct {
	standstill.Judge
	once func()
}

func (i interrupting) Standing(ctx context.Context, ids []uuid.UUID) ([]workflow.Standing, error) {
	all, err := i.Judge.Standing(ctx, ids)
	if len(all) > 0 && all[0].Programme.Goal == goalOf(1) {
		i.once()
	}
	return all, err
}

func TestRulesThatDoNotAnswerAreAskedAgainInAMinute(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.rules.change("ID", map[string]rule{"A": {5, domain.SeverityBlock, domain.WaivableNo}})
	id := o.programme(t, "32", "P-1", 0)
	o.rules.down = true
	o.run(t)
	o.rules.down = false
	o.run(t)
	if len(o.kept(t, []uuid.UUID{id})) != 0 {
		t.Error("it was asked again at once")
	}
	o.clock.at = o.clock.at.Add(61 * time.Second)
	o.run(t)
	if len(o.kept(t, []uuid.UUID{id})) != 1 {
		t.Error("it was not asked again")
	}
}

func TestEveryProgrammeIsCheckedOnceADay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var ids []uuid.UUID
	for i := range 20 {
		ids = append(ids, o.programme(t, "32", fmt.Sprint("P-", 100+i), 0))
	}
	o.run(t)
	checked := func() (all []time.Time) {
		if err := o.Bun.NewRaw(`select checked_at from programme_checks where programme_id in (?) order by 1`, bun.List(ids)).Scan(t.Context(), &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	began := o.clock.at
	o.clock.at = began.Add(17 * time.Hour)
	o.run(t)
	if !checked()[19].Equal(began) {
		t.Error("they were checked again though nothing has changed")
	}
	o.clock.at = began.Add(21 * time.Hour)
	o.run(t)
	if all := checked(); !all[0].Equal(began) || !all[19].Equal(o.clock.at) {
		t.Error("they all fall due at once")
	}
	o.clock.at = began.Add(24 * time.Hour)
	o.run(t)
	if slices.ContainsFunc(checked(), began.Equal) {
		t.Error("a check is older than a day")
	}
}
