package workflow_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

func advance(s workflow.State, j *workflow.Judgement) workflow.Decision {
	return workflow.Decide(terms, s, nil, j, workflow.Command{Actor: "a", Move: domain.Advance, At: noon})
}

func block(severity domain.Severity) domain.Block {
	return domain.Block{RuleSet: "national", Version: "1.0.0", Rule: "NEED_RANKED", Severity: severity, Message: domain.Text{EN: "Rank the needs.", ID: "Beri peringkat."}}
}

func TestABlockStopsAndARemarkDoesNot(t *testing.T) {
	t.Parallel()
	s := state(domain.Identify, domain.Active)
	j := passes()
	j.Blocks = []domain.Block{block(domain.SeverityWarn), block(domain.SeverityInfo)}
	d := advance(s, j)
	if !d.Allowed() || len(d.Blocks) != 2 || d.Event == nil {
		t.Fatal(d)
	}
	if diff := cmp.Diff(j.Blocks, workflow.Remarks(d.Event)); diff != "" {
		t.Error("the history keeps other remarks:", diff)
	}
	if j.Blocks = []domain.Block{block("FATAL")}; advance(s, j).Allowed() {
		t.Error("an unknown severity passed")
	}
	j.Blocks = []domain.Block{block(domain.SeverityWarn), block(domain.SeverityInfo), block(domain.SeverityBlock)}
	d = advance(s, j)
	e, _ := d.Err.(*domain.Error)
	if d.Allowed() || d.Event != nil || e.Code != domain.CodeBlocked || len(e.Blocks) != 3 || e.Text.ID == "" {
		t.Fatal(d)
	}
}

func TestRulesThatDoNotAnswerBlockAndMayBeAskedAgain(t *testing.T) {
	t.Parallel()
	for name, j := range map[string]*workflow.Judgement{
		"not asked": nil,
		"late":      {Unavailable: []workflow.Unavailable{{RuleSet: "national", Reason: "took longer than 2 s"}}},
	} {
		for move, s := range map[domain.Move]workflow.State{
			domain.Advance: state(domain.Identify, domain.Active), domain.Reopen: state(domain.ReportResult, domain.Cancelled),
		} {
			d := workflow.Decide(terms, s, nil, j, workflow.Command{Move: move, Reason: of("x"), At: noon})
			if domain.CodeOf(d.Err) != domain.CodeRulesUnavailable || len(d.Blocks) != 1 {
				t.Fatal(name, move, d)
			}
			if b := d.Blocks[0]; !b.Retry || b.RuleSet != workflow.Engine || b.Rule != workflow.RuleUnavailable || b.Severity != domain.SeverityBlock ||
				b.Message.EN == "" || b.Message.ID == "" || b.Waivable != domain.WaivableNo {
				t.Error(name, b)
			}
		}
	}
	j := &workflow.Judgement{Blocks: []domain.Block{block(domain.SeverityBlock)}, Unavailable: []workflow.Unavailable{{RuleSet: "32"}}}
	if d := advance(state(domain.Identify, domain.Active), j); domain.CodeOf(d.Err) != domain.CodeBlocked || len(d.Blocks) != 2 {
		t.Error("something is missing as well, so waiting alone does not help:", d)
	}
}

func TestTheOtherMovesNeverWaitForRules(t *testing.T) {
	t.Parallel()
	silent := &workflow.Judgement{Blocks: []domain.Block{block(domain.SeverityBlock)}, Unavailable: []workflow.Unavailable{{RuleSet: "national"}}}
	for move, s := range map[domain.Move]workflow.State{
		domain.SendBack: state(domain.Train, domain.Active), domain.Hold: state(domain.Train, domain.Active),
		domain.Cancel: state(domain.Train, domain.Active), domain.Resume: state(domain.Train, domain.OnHold),
	} {
		c := workflow.Command{Move: move, Reason: of("x"), At: noon}
		if move == domain.SendBack {
			c.ToStage = of(domain.Plan)
		}
		for _, j := range []*workflow.Judgement{nil, silent} {
			if d := workflow.Decide(terms, s, &workflow.Facts{}, j, c); !d.Allowed() || len(d.Blocks) != 0 || d.Event.FactsHash != nil {
				t.Error(move, d)
			}
		}
	}
}

func TestTheDueDateIsTheRulesOrElseTheDefinitions(t *testing.T) {
	t.Parallel()
	s := state(domain.Identify, domain.Active)
	if d := advance(s, passes()); *d.After.DueOn != "2026-04-15" || *d.Effects.BeginVisit.DueOn != "2026-04-15" {
		t.Error("45 days of the definition:", *d.After.DueOn)
	}
	j := passes()
	j.DueOn = of(domain.Date("2026-03-15"))
	if d := advance(s, j); *d.After.DueOn != "2026-03-15" {
		t.Error(*d.After.DueOn)
	}
	if d := workflow.Decide(workflow.Terms{}, s, nil, passes(), workflow.Command{Move: domain.Advance, At: noon}); d.After.DueOn != nil {
		t.Error("a course without days gave", *d.After.DueOn)
	}
	if d := advance(state(domain.ReportResult, domain.Active), j); d.After.DueOn != nil || d.Effects.BeginVisit != nil || !d.Effects.EndVisit {
		t.Error("a completed programme is due no more:", d.Effects)
	}
}

func TestTheChecklistIsOfTheStageEntered(t *testing.T) {
	t.Parallel()
	j := passes()
	item := domain.ChecklistItem{RuleSet: "national", Code: "PLAN_AGREED", TitleEN: "The plan is agreed", TitleID: "Rencana disepakati"}
	j.Checklist = []domain.ChecklistItem{item, item, {RuleSet: "32", Code: "PLAN_AGREED", TitleEN: "Agreed", TitleID: "Disepakati"}}
	d := advance(state(domain.Identify, domain.Active), j)
	d.Seal(domain.RandomIDs{}, "before")
	if len(d.Effects.Checklist) != 2 {
		t.Fatal(d.Effects.Checklist)
	}
	for _, i := range d.Effects.Checklist {
		if i.Stage != domain.Plan || i.ProgrammeID != d.Event.ProgrammeID || i.ID == uuid.Nil {
			t.Error(i)
		}
	}
}

func TestDueDatesShiftByTheTimeHeldOrDoNot(t *testing.T) {
	t.Parallel()
	s := state(domain.Train, domain.Active)
	d := workflow.Decide(terms, s, nil, nil, workflow.Command{Move: domain.Hold, Reason: of("flood"), ReviewOn: of(domain.Date("2026-03-10")), At: noon})
	held := d.After
	if held.Status != domain.OnHold || !held.HeldAt.Equal(noon) || *held.ReviewOn != "2026-03-10" || *held.DueOn != "2026-04-10" || d.Effects.EndVisit {
		t.Fatalf("%+v", held)
	}
	for shift, due := range map[bool]domain.Date{true: "2026-04-15", false: "2026-04-10"} {
		d := workflow.Decide(terms, held, nil, nil,
			workflow.Command{Move: domain.Resume, Reason: of("dry again"), ShiftDueDates: shift, At: noon.AddDate(0, 0, 5)})
		if d.After.HeldAt != nil || d.After.ReviewOn != nil || *d.After.DueOn != due || d.Effects.ShiftVisit != shift || !d.After.StageEnteredAt.Equal(s.StageEnteredAt) {
			t.Errorf("shift %v: %+v", shift, d.After)
		}
	}
}

func TestGoingBackSupersedesWhatTheLaterStagesDid(t *testing.T) {
	t.Parallel()
	for to, want := range map[domain.Stage]workflow.Effects{
		domain.Identify: {EndVisit: true, Supersede: []domain.Stage{domain.Plan, domain.Train, domain.Monitor, domain.ReportResult}, SupersedeActivities: true, SupersedeReports: true},
		domain.Plan:     {EndVisit: true, Supersede: []domain.Stage{domain.Train, domain.Monitor, domain.ReportResult}, SupersedeActivities: true, SupersedeReports: true},
		domain.Train:    {EndVisit: true, Supersede: []domain.Stage{domain.Monitor, domain.ReportResult}, SupersedeReports: true},
	} {
		d := workflow.Decide(terms, state(domain.Monitor, domain.Active), nil, nil, workflow.Command{Move: domain.SendBack, ToStage: &to, Reason: of("x"), At: noon})
		got := d.Effects
		if got.BeginVisit == nil || got.BeginVisit.Stage != to || got.BeginVisit.DueOn == nil {
			t.Fatal(got)
		}
		if len(got.Timers) == 0 || got.TimersBefore != workflow.EndTimers || !got.EndWaivers {
			t.Error(to, "does not begin anew with timers and waivers")
		}
		got.BeginVisit, got.Timers, got.TimersBefore, got.EndWaivers = nil, nil, "", false
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(to, diff)
		}
	}
}

func TestWhatMayHappenNextIsWhatDecideSays(t *testing.T) {
	t.Parallel()
	j := passes()
	j.Blocks = []domain.Block{block(domain.SeverityBlock)}
	options := workflow.Available(terms, state(domain.Train, domain.Active), nil, j, noon)
	var got []string
	for _, o := range options {
		line := string(o.Move) + " " + string(o.ToStage) + " " + string(o.ToStatus)
		if o.Allowed {
			line += " allowed"
		}
		if o.ReasonRequired {
			line += " reason"
		}
		got = append(got, line)
	}
	want := []string{"ADVANCE MONITOR ACTIVE", "SEND_BACK IDENTIFY ACTIVE allowed reason", "SEND_BACK PLAN ACTIVE allowed reason",
		"HOLD TRAIN ON_HOLD allowed reason", "CANCEL TRAIN CANCELLED allowed reason"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(options[0].Blocks) != 1 || options[0].Blocks[0].Rule != "NEED_RANKED" {
		t.Error(options[0].Blocks)
	}
}

func TestAResumeThatWouldShiftTheDueDateBeyondTheLastDayIsRefused(t *testing.T) {
	t.Parallel()
	s := state(domain.Train, domain.OnHold)
	s.HeldAt = of(noon.AddDate(0, 0, -5))
	resume := workflow.Command{Actor: "a", Move: domain.Resume, Reason: of("dry again"), ShiftDueDates: true, At: noon}
	for _, c := range []struct {
		due, after domain.Date
		shift      bool
	}{{"2200-12-26", "2200-12-31", true}, {"2200-12-27", "", true}, {"2200-12-31", "", true}, {"2200-12-31", "2200-12-31", false}} {
		s.DueOn, resume.ShiftDueDates = &c.due, c.shift
		d := workflow.Decide(terms, s, nil, nil, resume)
		switch e, _ := d.Err.(*domain.Error); {
		case c.after == "" && (e == nil || e.Code != domain.CodeBadUserInput || !slices.Equal(e.Path, []string{"shiftDueDates"}) || d.Event != nil):
			t.Errorf("due %s: %v", c.due, d.Err)
		case c.after != "" && (d.Err != nil || *d.After.DueOn != c.after):
			t.Errorf("due %s, shifted %t: %v", c.due, c.shift, d.Err)
		}
	}
}
