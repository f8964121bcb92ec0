package workflow_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// terms gives what the life is decided on: the waiver in force, if there is one.
func (l *life) terms() workflow.Terms {
	t := terms
	if w := l.waiver; w != nil && w.State == domain.WaiverGranted {
		t.Waivers = []workflow.WaivedRule{{ID: w.ID, RuleSet: w.RuleSet, Rule: w.Rule, ExpiresOn: w.ExpiresOn, Waivable: w.Waivable}}
	}
	return t
}

// deadlines does to the timers and the waiver what the database does.
func (l *life) deadlines(f workflow.Effects) {
	l.timers = f.OnTimers(l.timers, l.now)
	if f.EndWaivers {
		l.waiver = nil
	}
	if f.Waiver != nil {
		l.waiver = f.Waiver
		if f.Waiver.State == domain.WaiverRefused || f.Waiver.State == domain.WaiverRevoked {
			l.waiver = nil
		}
	}
}

// goOff lets every timer go off that is due, and checks that none does which may not.
func (l *life) goOff(t *rapid.T) {
	for i := range l.timers {
		timer := &l.timers[i]
		if timer.State != domain.TimerPending || timer.FiresAt.After(l.now) {
			continue
		}
		if l.state.Status != domain.Active || timer.Stage != l.state.Stage {
			t.Fatalf("%s of %s goes off in a programme that is %s in %s", timer.Kind, timer.Stage, l.state.Status, l.state.Stage)
		}
		timer.State = domain.TimerFired
	}
}

// aside does something to the programme that is no move, sensible or not.
func (l *life) aside(t *rapid.T) {
	actor := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "actor")
	day := domain.Today(l.now).AddDays(rapid.IntRange(-3, 400).Draw(t, "day"))
	var d workflow.Decision
	switch {
	case rapid.Bool().Draw(t, "reschedules"):
		d = workflow.Reschedule(l.terms(), l.state, day, actor, "later", l.now)
	case l.waiver == nil:
		b := block(domain.SeverityBlock)
		b.Waivable = domain.Waivable(rapid.SampledFrom(domain.Waivables.Codes()).Draw(t, "waivable"))
		d = workflow.RequestWaiver(l.state, []domain.Block{b}, uuid.New(), workflow.WaiverRequest{Actor: actor, RuleSet: b.RuleSet, Rule: b.Rule, Reason: "flood", ExpiresOn: day, At: l.now})
		if d.Allowed() && b.Waivable == domain.WaivableNo {
			t.Fatal("a rule that allows no waiver got a request")
		}
	default:
		to := rapid.SampledFrom([]domain.WaiverState{domain.WaiverGranted, domain.WaiverRefused, domain.WaiverRevoked}).Draw(t, "to")
		d = workflow.SettleWaiver(l.state, *l.waiver, to, actor, "so it is", l.now)
		if d.Allowed() && to == domain.WaiverGranted && l.waiver.RequestedBy == actor {
			t.Fatal("one person asked for a waiver and granted it")
		}
	}
	if !d.Allowed() {
		return
	}
	before := l.state
	l.carryOut(d, l.state.Hash)
	l.check(t)
	if l.state.Stage != before.Stage || l.state.Status != before.Status || l.state.Version != before.Version+1 || before.Status != domain.Active {
		t.Fatalf("%s led from %+v to %+v", d.Event.Kind, before, l.state)
	}
}

func TestAWaiverLiftsItsOwnRuleUntilItsDayOrTheStageEnds(t *testing.T) {
	t.Parallel()
	s := state(domain.Plan, domain.Active)
	b := block(domain.SeverityBlock)
	b.Waivable, b.Region = domain.WaivableOwner, "32"
	request := workflow.WaiverRequest{Actor: "a", RuleSet: b.RuleSet, Rule: b.Rule, Reason: "The flood took the hall.", ExpiresOn: "2026-04-01", At: noon}
	asked := workflow.RequestWaiver(s, []domain.Block{b}, uuid.New(), request)
	if !asked.Allowed() || asked.Effects.Waiver.RuleRegion != "32" || asked.Event.Kind != domain.EventWaiverRequested {
		t.Fatal(asked.Err)
	}
	if own := workflow.SettleWaiver(asked.After, *asked.Effects.Waiver, domain.WaiverGranted, "a", "mine", noon); domain.CodeOf(own.Err) != domain.CodeForbidden {
		t.Error("whoever asked granted it:", own.Err)
	}
	granted := workflow.SettleWaiver(asked.After, *asked.Effects.Waiver, domain.WaiverGranted, "b", "Seen.", noon)
	if !granted.Allowed() {
		t.Fatal(granted.Err)
	}
	w := workflow.Waived(granted.Event)
	if w == nil || w.Rule != b.Rule || w.ExpiresOn != "2026-04-01" {
		t.Fatal("the history does not say which rule was waived:", w)
	}
	lifted := workflow.Terms{Course: workflow.Default, Waivers: []workflow.WaivedRule{*w}}
	advance := func(terms workflow.Terms, at time.Time, blocks ...domain.Block) workflow.Decision {
		j := passes()
		j.Blocks = slices.Clone(blocks)
		return workflow.Decide(terms, granted.After, nil, j, workflow.Command{Actor: "a", Move: domain.Advance, At: at})
	}
	d := advance(lifted, noon, b)
	if remarks := workflow.Remarks(d.Event); !d.Allowed() || !d.Effects.EndWaivers || len(remarks) != 1 || !remarks[0].Waived {
		t.Error("it does not lift its rule, or the history does not say so:", d.Err)
	}
	other := b
	other.Rule = "ANOTHER"
	never := b
	never.Waivable = domain.WaivableNo
	regional := lifted // a waiver of a rule that any region might lift when it was asked for
	regional.Waivers = []workflow.WaivedRule{{ID: w.ID, RuleSet: w.RuleSet, Rule: w.Rule, ExpiresOn: w.ExpiresOn, Waivable: domain.WaivableRegion}}
	any := b
	any.Waivable = domain.WaivableRegion
	for name, d := range map[string]workflow.Decision{"a rule as it was": advance(regional, noon, any), "one that more may lift by now": advance(lifted, noon, any)} {
		if !d.Allowed() {
			t.Errorf("%s is not lifted: %v", name, d.Err)
		}
	}
	for name, d := range map[string]workflow.Decision{
		"a rule that only its owner may lift by now": advance(regional, noon, b),
		"no waiver": advance(terms, noon, b), "another rule": advance(lifted, noon, b, other), "the day after": advance(lifted, noon.AddDate(0, 2, 0), b),
		"a rule that allows none by now": advance(lifted, noon, never),
	} {
		if domain.CodeOf(d.Err) != domain.CodeBlocked {
			t.Errorf("%s: %v", name, d.Err)
		}
	}
}

func TestARequestForAWaiverSaysWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	s := state(domain.Plan, domain.Active)
	b := block(domain.SeverityBlock)
	good := workflow.WaiverRequest{Actor: "a", RuleSet: b.RuleSet, Rule: b.Rule, Reason: "why", ExpiresOn: "2026-04-01", At: noon}
	for name, c := range map[string]struct {
		spoil func(*workflow.WaiverRequest, *workflow.State)
		want  domain.Code
	}{
		"not waivable": {func(*workflow.WaiverRequest, *workflow.State) {}, domain.CodeNotWaivable},
		"unknown rule": {func(r *workflow.WaiverRequest, _ *workflow.State) { r.Rule = "NOTHING" }, domain.CodeBadUserInput},
		"no reason":    {func(r *workflow.WaiverRequest, _ *workflow.State) { r.Reason = " \t" }, domain.CodeReasonRequired},
		"yesterday":    {func(r *workflow.WaiverRequest, _ *workflow.State) { r.ExpiresOn = "2026-02-28" }, domain.CodeBadUserInput},
		"for years":    {func(r *workflow.WaiverRequest, _ *workflow.State) { r.ExpiresOn = "2029-01-01" }, domain.CodeBadUserInput},
		"on hold":      {func(_ *workflow.WaiverRequest, s *workflow.State) { s.Status = domain.OnHold }, domain.CodeMoveNotPossible},
	} {
		r, s := good, s
		c.spoil(&r, &s)
		if d := workflow.RequestWaiver(s, []domain.Block{b}, uuid.New(), r); domain.CodeOf(d.Err) != c.want || d.Event != nil {
			t.Errorf("%s: %v", name, d.Err)
		}
	}
}

func TestTimersFollowTheDueDate(t *testing.T) {
	t.Parallel()
	days := 30
	course := workflow.Course{domain.Plan: {Schedule: workflow.Schedule{Days: &days, Checkpoints: []int{15, 45}, Reminders: []int{3, 40}, Overdue: []int{1},
		Escalations: []workflow.Escalation{{After: 14, To: domain.Province}}}}}
	d := workflow.Decide(workflow.Terms{Course: course}, state(domain.Identify, domain.Active), nil, passes(), workflow.Command{Move: domain.Advance, At: noon})
	want := map[string]string{ // noon is the first of March, so it is due on the 31st
		"CHECKPOINT 15": "2026-03-16", "CHECKPOINT 45": "2026-04-15", "REMINDER 3": "2026-03-28", "OVERDUE 1": "2026-04-01", "ESCALATION 14": "2026-04-14",
	} // the reminder 40 days before had passed
	if len(d.Effects.Timers) != len(want) {
		t.Fatal(d.Effects.Timers)
	}
	for _, timer := range d.Effects.Timers {
		if name := string(timer.Kind) + " " + strconv.Itoa(timer.OffsetDays); want[name] != string(domain.DateOf(timer.FiresAt)) {
			t.Errorf("%s goes off at %s, want %s", name, timer.FiresAt, want[name])
		}
	}
	later := workflow.Reschedule(workflow.Terms{Course: course}, d.After, "2026-05-31", "a", "rain", noon)
	if later.Effects.TimersBefore != workflow.EndDueTimers || len(later.Effects.Timers) != 4 || *later.After.DueOn != "2026-05-31" || later.Effects.StagePlan.DueOn != "2026-05-31" {
		t.Errorf("%+v", later.Effects)
	}
}

func TestThePlanOfTheProgrammeGoesBeforeTheDefinitionAndAnEarlierDateOfTheRulesBeforeIt(t *testing.T) {
	t.Parallel()
	s := state(domain.Identify, domain.Active)
	for name, c := range map[string]struct {
		plan, rules, want domain.Date
	}{
		"nothing":            {"", "", "2026-04-15"},
		"plan":               {"2026-06-01", "", "2026-06-01"},
		"rules":              {"", "2026-05-05", "2026-05-05"},
		"plan before rules":  {"2026-04-01", "2026-05-05", "2026-04-01"},
		"rules before plan":  {"2026-06-01", "2026-05-05", "2026-05-05"},
		"a plan that passed": {"2026-02-01", "", "2026-04-15"},
	} {
		j := passes()
		if c.rules != "" {
			j.DueOn = &c.rules
		}
		terms := workflow.Terms{Course: workflow.Default}
		if c.plan != "" {
			terms.Plan = map[domain.Stage]domain.Date{domain.Plan: c.plan}
		}
		if d := workflow.Decide(terms, s, nil, j, workflow.Command{Move: domain.Advance, At: noon}); *d.After.DueOn != c.want {
			t.Errorf("%s: %s, want %s", name, *d.After.DueOn, c.want)
		}
	}
}

func TestADefinitionHoldsForItsRegionAndBelow(t *testing.T) {
	t.Parallel()
	province, district := 10, 5
	defined := map[string]workflow.Definition{
		"32":       {Region: "32", Version: 3, Stages: map[domain.Stage]workflow.Schedule{domain.Plan: {Days: &province}, domain.Train: {Days: &province}}},
		"32.73.05": {Region: "32.73.05", Version: 1, Stages: map[domain.Stage]workflow.Schedule{domain.Train: {Days: &district}}},
	}
	for region, want := range map[string][3]string{
		"33": {"ID 1", "ID 1", "ID 1"}, "32": {"ID 1", "32 3", "32 3"}, "32.73": {"ID 1", "32 3", "32 3"}, "32.73.05.1001": {"ID 1", "32 3", "32.73.05 1"}, "ID": {"ID 1", "ID 1", "ID 1"},
	} {
		course := workflow.CourseOf(defined, region)
		for i, stage := range []domain.Stage{domain.Identify, domain.Plan, domain.Train} {
			if got := course[stage].Region + " " + strconv.Itoa(course[stage].Version); got != want[i] {
				t.Errorf("%s of %s is of %s, want %s", stage, region, got, want[i])
			}
		}
	}
	for region, want := range map[string]string{"32.73.05.1001": "32.73", "32": "32", "ID": "ID"} {
		if got := workflow.At(region, domain.Regency); got != want {
			t.Errorf("the regency of %s is %s, want %s", region, got, want)
		}
	}
}
