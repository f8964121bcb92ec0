package main

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/plugins/rules/rulestest"
)

func ptr[T any](v T) *T { return &v }

func TestKeepsTheContract(t *testing.T) {
	t.Parallel()
	rulestest.Conform(t, trainings())
}

// asked gives what the rules say to facts, with the parameters of a region.
func asked(t *testing.T, stage string, parameters map[string]any, facts func(*rules.Facts)) map[string]*rules.Verdict {
	t.Helper()
	w := rulestest.Serve(t, trainings())
	if err := w.Configure(t, "35", parameters); err != nil {
		t.Fatal(err)
	}
	q := rulestest.Ask(stage, "2026-06-01")
	facts(q.Facts)
	return w.Evaluate(t, q)
}

func money(units int64) []*rulespb.BudgetLine {
	return []*rulespb.BudgetLine{{Planned: &rulespb.Money{Currency: "IDR", Units: units}}}
}

func TestMoneyForCapacityIsComparedWithDirectAid(t *testing.T) {
	t.Parallel()
	facts := func(f *rules.Facts) {
		f.Activities = []*rulespb.Activity{{Kind: "TRAINING", BuildsCapacity: true, BudgetLines: money(2_900_000)},
			{Kind: "DIRECT_AID", BudgetLines: money(7_100_000)}, {Kind: "INFRASTRUCTURE", BudgetLines: money(90_000_000)}}
	}
	v := asked(t, rules.Plan, nil, facts)["CAPACITY_SHARE"]
	if v.GetPassed() || !strings.Contains(v.GetMessage().GetEn(), "IDR 2,900,000 builds capacity, 29%") ||
		!strings.Contains(v.GetMessage().GetId(), "IDR 2.900.000") || v.GetValues()["needed"] != "30" {
		t.Errorf("29 of 100: %v", v)
	}
	if v := asked(t, rules.Plan, map[string]any{"leastCapacityPercent": 29}, facts)["CAPACITY_SHARE"]; !v.GetPassed() {
		t.Errorf("a region that asks for 29%%: %v", v)
	}
}

// event gives a training with so many participants, some of whom attended its one session, each better by so many points.
func event(participants, present int, gain float64) *rulespb.TrainingEvent {
	e := &rulespb.TrainingEvent{Sessions: []*rulespb.Session{{Status: "HELD", EndsAt: timestamppb.New(time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC))}}}
	for i := range participants {
		id := string(rune('a' + i))
		e.Participants = append(e.Participants, &rulespb.Participant{Id: id, PreTest: ptr(40.0), PostTest: ptr(40 + gain)})
		e.Sessions[0].Attendances = append(e.Sessions[0].Attendances, &rulespb.Attendance{Participant: id, Present: i < present})
	}
	return e
}

func TestAttendanceAndTests(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event          *rulespb.TrainingEvent
		quorum, learnt bool
		says           string
	}{
		"all is well":  {event(5, 3, 10), true, true, ""},
		"few attended": {event(5, 2, 10), false, true, "In 1 of 1 sessions fewer than 60%"},
		"few learnt":   {event(5, 5, 9.9), true, false, "gained 9 points on average; at least 10"},
		"none held":    {&rulespb.TrainingEvent{}, false, false, "No session was held yet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := asked(t, rules.Train, nil, func(f *rules.Facts) { f.TrainingEvents = []*rulespb.TrainingEvent{c.event} })
			if got["QUORUM_ATTENDED"].GetPassed() != c.quorum || got["LEARNT"].GetPassed() != c.learnt {
				t.Errorf("got %v", got)
			}
			if said := got["QUORUM_ATTENDED"].GetMessage().GetEn() + got["LEARNT"].GetMessage().GetEn(); !strings.Contains(said, c.says) {
				t.Errorf("it says %q", said)
			}
		})
	}
}

func TestMentoringIsDueNinetyDaysAfterTheLastSession(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		days   any
		start  *string
		passes bool
	}{
		"nobody went back":         {90, nil, false},
		"there is still time":      {120, nil, true}, // until 1 June
		"mentoring came before":    {90, ptr("2026-01-31"), false},
		"mentoring began the same": {90, ptr("2026-02-01"), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := asked(t, rules.Monitor, map[string]any{"followUpDays": c.days}, func(f *rules.Facts) {
				f.TrainingEvents = []*rulespb.TrainingEvent{event(3, 3, 20)}
				f.Activities = []*rulespb.Activity{{Kind: "MENTORING", ActualStart: c.start}}
			})["FOLLOWED_UP"]
			if got.GetPassed() != c.passes {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestPlansCountFromTheDayTheStageBegins(t *testing.T) {
	t.Parallel()
	w := rulestest.Serve(t, trainings())
	if err := w.Configure(t, "35", map[string]any{"trainDays": 30}); err != nil {
		t.Fatal(err)
	}
	plan := w.Plan(t, rulestest.Ask(rules.Plan, "2026-06-01"))
	if plan.GetDueOn() != "2026-07-01" || len(plan.GetChecklist()) != 3 {
		t.Errorf("got %v", plan)
	}
}
