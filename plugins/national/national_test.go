package national_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	_ "github.com/berdaya/berdaya/internal/seeded"
	"github.com/berdaya/berdaya/plugins/national"
	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/plugins/rules/rulestest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const today = "2026-03-02"

func ptr[T any](v T) *T { return &v }

func idr(units int64) *rulespb.Money { return &rulespb.Money{Currency: "IDR", Units: units} }

func activity(kind string, builds bool, money int64) *rulespb.Activity {
	return &rulespb.Activity{Kind: kind, BuildsCapacity: builds, PlannedStart: ptr("2026-04-01"), PlannedEnd: ptr("2026-04-30"),
		BudgetLines: []*rulespb.BudgetLine{{Planned: idr(money)}}}
}

func times[T any](n int, v T) []T { return slices.Repeat([]T{v}, n) }

// session gives a training event with one session and one participant.
func session(status, sex string, present bool) *rulespb.TrainingEvent {
	return &rulespb.TrainingEvent{Participants: []*rulespb.Participant{{Id: "p", Sex: sex}}, Sessions: []*rulespb.Session{
		{Status: status, Attendances: []*rulespb.Attendance{{Participant: "p", Present: present}}}}}
}

// complete fills in what every stage needs.
func complete(f *rules.Facts) {
	f.Consultations = []*rulespb.Consultation{{HeldOn: "2026-03-01", Female: 12, Male: 9}}
	f.Needs = []*rulespb.Need{{Rank: ptr(int32(1)), ProblemTree: []*rulespb.ProblemNode{{Kind: "CAUSE", RootCause: true}}}}
	f.Objectives = []*rulespb.Objective{{Indicators: []string{"i"}}}
	f.Activities = []*rulespb.Activity{activity("TRAINING", true, 51), activity("DIRECT_AID", false, 49)}
	f.TrainingEvents = []*rulespb.TrainingEvent{session("HELD", "FEMALE", true)}
	f.Indicators = []*rulespb.Indicator{{Baseline: ptr(0.0), BaselineOn: ptr("2026-01-01"),
		Measurements: []*rulespb.Measurement{{MeasuredOn: "2026-01-01"}}}}
	f.Findings = []*rulespb.Finding{{Severity: "SEVERE", Status: "CLOSED"}, {Severity: "MINOR", Status: "OPEN"}}
	f.Reports = []*rulespb.Report{{PublishedAt: timestamppb.Now(), Distributions: []*rulespb.Distribution{{Stakeholder: "s"}}}}
}

func TestKeepsTheContract(t *testing.T) {
	t.Parallel()
	full := rulestest.Ask(rules.Plan, today)
	complete(full.Facts)
	rulestest.Conform(t, national.Rules(), full)
}

func TestNothingStandsInTheWayOfACompleteStage(t *testing.T) {
	t.Parallel()
	w := rulestest.Serve(t, national.Rules())
	for _, stage := range rules.Stages {
		q := rulestest.Ask(stage, today)
		complete(q.Facts)
		for rule, v := range w.Evaluate(t, q) {
			if !v.GetPassed() {
				t.Errorf("%s: %s: %s", stage, rule, v.GetMessage().GetEn())
			}
		}
	}
}

func TestReopeningAsksNoRule(t *testing.T) {
	t.Parallel()
	w := rulestest.Serve(t, national.Rules())
	for _, stage := range rules.Stages {
		q := rulestest.Ask(stage, today)
		q.Move = rules.Reopen
		if got := w.Evaluate(t, q); len(got) > 0 {
			t.Errorf("%s: %v", stage, got)
		}
	}
}

// cases are what people are told, by stage; the golden file holds the messages.
var cases = []struct {
	name, stage string
	facts       func(*rules.Facts)
}{
	{"nothing yet", rules.Identify, nil},
	{"consultations without people or ahead", rules.Identify, func(f *rules.Facts) {
		f.Consultations = []*rulespb.Consultation{{HeldOn: "2026-02-01"}, {HeldOn: "2026-03-09", Female: 3}}
	}},
	{"consultation of today in Papua", rules.Identify, func(f *rules.Facts) {
		f.Consultations = []*rulespb.Consultation{{HeldOn: today, Female: 3}}
	}},
	{"needs without rank or root cause", rules.Identify, func(f *rules.Facts) {
		f.Needs = []*rulespb.Need{{ProblemTree: []*rulespb.ProblemNode{{Kind: "CORE_PROBLEM"}, {Kind: "CAUSE"}, {Kind: "CAUSE"}}}, {}, {}}
	}},
	{"nothing yet", rules.Plan, nil},
	{"objectives without indicators", rules.Plan, func(f *rules.Facts) { f.Objectives = []*rulespb.Objective{{}, {}} }},
	{"activities half planned, three of eight build capacity", rules.Plan, func(f *rules.Facts) {
		f.Activities = slices.Concat(
			times(3, &rulespb.Activity{BuildsCapacity: true, PlannedStart: ptr("2026-04-01"), PlannedEnd: ptr("2026-04-30")}),
			times(2, &rulespb.Activity{BudgetLines: []*rulespb.BudgetLine{{Planned: idr(1)}}}),
			times(3, &rulespb.Activity{PlannedStart: ptr("2026-04-01")}))
	}},
	{"four of eight build capacity, aid is half of the money", rules.Plan, func(f *rules.Facts) {
		f.Activities = append(times(4, activity("TRAINING", true, 25_000_000)), times(4, activity("DIRECT_AID", false, 25_000_000))...)
	}},
	{"aid is two thirds of the dollars and no rupiah", rules.Plan, func(f *rules.Facts) {
		aid := activity("DIRECT_AID", false, 0)
		aid.BudgetLines[0].Planned = &rulespb.Money{Currency: "USD", Units: 1999, Nanos: 990_000_000}
		own := activity("MENTORING", true, 5)
		own.BudgetLines = append(own.BudgetLines, &rulespb.BudgetLine{Planned: &rulespb.Money{Currency: "USD", Units: 1000}})
		f.Activities = []*rulespb.Activity{aid, own}
	}},
	{"nothing yet", rules.Train, nil},
	{"sessions planned", rules.Train, func(f *rules.Facts) {
		f.TrainingEvents = []*rulespb.TrainingEvent{session("PLANNED", "FEMALE", true), session("CANCELLED", "MALE", true)}
	}},
	{"session held, nobody present", rules.Train, func(f *rules.Facts) {
		f.TrainingEvents = []*rulespb.TrainingEvent{session("HELD", "FEMALE", false), session("PLANNED", "MALE", true)}
	}},
	{"session held, sex unknown", rules.Train, func(f *rules.Facts) {
		f.TrainingEvents = []*rulespb.TrainingEvent{session("HELD", "", true)}
	}},
	{"nothing yet", rules.Monitor, nil},
	{"a measurement before the baseline, one without, severe findings open", rules.Monitor, func(f *rules.Facts) {
		f.Indicators = []*rulespb.Indicator{
			{Baseline: ptr(3.0), BaselineOn: ptr("2026-02-01"), Measurements: []*rulespb.Measurement{{MeasuredOn: "2026-01-31"}}},
			{Measurements: []*rulespb.Measurement{{MeasuredOn: "2026-02-02"}}}, {Baseline: ptr(1.0)}}
		f.Findings = []*rulespb.Finding{{Severity: "SEVERE", Status: "OPEN"}, {Severity: "SEVERE", Status: "OPEN"}, {Severity: "MODERATE", Status: "OPEN"}}
	}},
	{"nothing yet", rules.Report, nil},
	{"reports not published", rules.Report, func(f *rules.Facts) { f.Reports = []*rulespb.Report{{}, {}} }},
	{"reports not sent", rules.Report, func(f *rules.Facts) { f.Reports = []*rulespb.Report{{}, {PublishedAt: timestamppb.Now()}} }},
}

func TestMessages(t *testing.T) {
	t.Parallel()
	set := national.Rules()
	w := rulestest.Serve(t, set)
	var out strings.Builder
	for _, c := range cases {
		q := rulestest.Ask(c.stage, today)
		q.At = timestamppb.New(q.At.AsTime().Add(-3 * 3600e9)) // the evening before in UTC
		if c.facts != nil {
			c.facts(q.Facts)
		}
		verdicts := w.Evaluate(t, q)
		fmt.Fprintf(&out, "# %s: %s\n", c.stage, c.name)
		for _, r := range set.Rules {
			switch v := verdicts[r.Code]; {
			case v == nil:
			case v.GetPassed():
				fmt.Fprintf(&out, "%s passed\n", r.Code)
			default:
				fmt.Fprintf(&out, "%s %s waivable %s at %s\n  en: %s\n  id: %s\n ", r.Code, v.GetSeverity(), v.GetWaivable(),
					strings.Join(v.GetPath(), "."), v.GetMessage().GetEn(), v.GetMessage().GetId())
				for _, name := range slices.Sorted(maps.Keys(v.GetValues())) {
					fmt.Fprintf(&out, " %s=%s", name, v.GetValues()[name])
				}
				fmt.Fprintln(&out)
				if len(v.GetValues()) == 0 {
					t.Errorf("%s, %s: a message without values", c.name, r.Code)
				}
			}
		}
	}
	for _, stage := range rules.Stages {
		q := rulestest.Ask("", today)
		q.TargetStage = stage
		plan := w.Plan(t, q)
		fmt.Fprintf(&out, "# entering %s on %s: due %s\n", stage, today, plan.GetDueOn())
		for _, item := range plan.GetChecklist() {
			fmt.Fprintf(&out, "%s\n  en: %s\n  id: %s\n", item.GetCode(), item.GetTitle().GetEn(), item.GetTitle().GetId())
		}
	}
	golden := filepath.Join("testdata", "messages.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(out.String(), "\n")); diff != "" {
		t.Errorf("messages changed (go test -update writes them anew; change the version too):\n%s", diff)
	}
}

func TestHalfIsEnoughByCountHoweverManyActivities(t *testing.T) {
	t.Parallel()
	w := rulestest.Serve(t, national.Rules())
	rapid.Check(t, func(rt *rapid.T) {
		builds, others := rapid.IntRange(0, 40).Draw(rt, "builds"), rapid.IntRange(0, 40).Draw(rt, "others")
		q := rulestest.Ask(rules.Plan, today)
		q.Facts.Activities = append(times(builds, activity("TRAINING", true, 1)), times(others, activity("OTHER", false, 1_000))...)
		if got := w.Evaluate(t, q)["HALF_BUILDS_CAPACITY"].GetPassed(); got != (builds >= others) {
			rt.Fatalf("%d build capacity, %d do not: passed %v", builds, others, got)
		}
	})
}

func TestDirectAidIsCountedExactlyHoweverLarge(t *testing.T) {
	t.Parallel()
	w := rulestest.Serve(t, national.Rules())
	const most = 1_000_000_000_000_000
	for _, c := range []struct {
		aid, own int64
		nanos    int32
		warns    bool
	}{{most, most, 0, true}, {most, most, 10_000_000, false}, {0, 0, 0, false}, {1, 0, 0, true}} {
		q := rulestest.Ask(rules.Plan, today)
		q.Facts.Activities = append(times(50, activity("DIRECT_AID", false, c.aid)), times(50, activity("TRAINING", true, c.own))...)
		q.Facts.Activities[99] = activity("TRAINING", true, c.own)
		q.Facts.Activities[99].BudgetLines[0].Planned.Nanos = c.nanos
		if got := !w.Evaluate(t, q)["AID_UNDER_HALF"].GetPassed(); got != c.warns {
			t.Errorf("%d aid against %d and %d nanos: warns %v", c.aid, c.own, c.nanos, got)
		}
	}
}
