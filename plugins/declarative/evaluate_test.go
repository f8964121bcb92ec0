package declarative_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/plugins/rules/rulestest"
)

// judged gives the verdicts of a file with one assertion, beside a rule that always passes.
func judged(t *testing.T, assert, more string, parameters map[string]any, q *rules.Question) map[string]*rules.Verdict {
	t.Helper()
	text := ruleOf(assert, more) + "  - {code: OTHER, title: {en: A, id: A}, when: {stages: [IDENTIFY]}, assert: 'true', message: {en: A, id: A}}\n"
	w := rulestest.Serve(t, compiled(t, text).RuleSet())
	if parameters != nil {
		if err := w.Configure(t, "32", parameters); err != nil {
			t.Fatal(err)
		}
	}
	return w.Evaluate(t, q)
}

// needy gives a programme in IDENTIFY with so many needs.
func needy(n int) *rules.Question {
	q := rulestest.Ask(rules.Identify, "2026-03-02")
	for i := range n {
		q.Facts.Needs = append(q.Facts.Needs, &rulespb.Need{Id: fmt.Sprint(i), Title: "Air", Severity: 3})
	}
	return q
}

func TestARuleThatBreaksBlocksAndSaysWhyWhileTheOthersAreHeard(t *testing.T) {
	t.Parallel()
	const least = "parameters:\n  least: {type: integer}"
	deep := "needs.all(a, needs.all(b, needs.all(c, needs.all(d, a.id + b.id + c.id + d.id != 'x'))))"
	for name, c := range map[string]struct{ assert, more, en, id string }{
		"an entry that is not there": {"needs[5].severity > 3", "", "index out of bounds: 5", "index out of bounds: 5"},
		"a day that is none":         {"days(programme.end_date, today) > 3", "", `"" is not a day written YYYY-MM-DD`, "is not a day"},
		"an overflow":                {"needs.map(n, n.severity).sum() * 9223372036854775807 > 0", "", "overflow", "overflow"},
		"nothing divided":            {"1 / (size(needs) - 3) > 0", "", "division by zero", "division by zero"},
		"a parameter nobody set":     {"size(needs) >= params.least", least, "the parameter params.least is not set", "parameter params.least belum ditetapkan"},
		"more steps than allowed":    {deep, "", "it takes more steps than a rule may", "langkahnya melebihi"},
		"more text than is sensible": {"cel.bind(a, lists.range(900).map(i, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa').join(''), lists.range(900).map(i, a + a).join('').size() > 0)", "", "it takes more steps", "langkahnya"},
		"many days ahead":            {"addDays(today, 1000000) > today", "", "1000000 days are too many", "days are too many"},
	} {
		q := needy(3)
		if name == "more steps than allowed" {
			q = needy(60)
		}
		got := judged(t, c.assert, c.more, nil, q)
		v := got[rules.RuleError]
		if v == nil || v.GetPassed() || v.GetSeverity() != rules.Block || v.GetWaivable() != rules.ByNobody || v.GetValues()["rule"] != "ONE" ||
			!strings.Contains(v.GetMessage().GetEn(), "The rule ONE could not judge: ") || !strings.Contains(v.GetMessage().GetEn(), c.en) || !strings.Contains(v.GetMessage().GetId(), c.id) {
			t.Errorf("%s: %v", name, v)
		}
		if !got["OTHER"].GetPassed() {
			t.Errorf("%s: the other rule was not heard: %v", name, got)
		}
	}
}

func TestARuleWithEachFailsOncePerEntryAndNotWithoutEnd(t *testing.T) {
	t.Parallel()
	text := func(rules int) string {
		s := "name: each\nversion: '1'\ntitle: {en: A, id: A}\nrules:\n"
		for i := range rules {
			s += fmt.Sprintf("  - {code: R%d, title: {en: A, id: A}, when: {stages: [IDENTIFY]}, each: needs, assert: it.severity > 3, message: {en: 'no {id}', id: 'bukan {id}'}, values: {id: it.id}}\n", i)
		}
		return s
	}
	q := needy(50)
	for i, n := range q.Facts.Needs {
		n.Severity = int32(i%2) * 5
	}
	a := rulestest.Serve(t, compiled(t, text(1)).RuleSet()).EvaluateAll(t, q)[0].GetVerdicts()
	if len(a) != 20 || a[0].GetMessage().GetEn() != "no 0" || a[1].GetMessage().GetId() != "bukan 2" || a[1].GetValues()["id"] != "2" {
		t.Errorf("%d verdicts: %v", len(a), a)
	}
	a = rulestest.Serve(t, compiled(t, text(200)).RuleSet()).EvaluateAll(t, q)[0].GetVerdicts()
	if len(a) > rules.MaxVerdicts || a[len(a)-1].GetRule() == "R0" {
		t.Errorf("%d verdicts, the last of %s", len(a), a[len(a)-1].GetRule())
	}
	if a := rulestest.Serve(t, compiled(t, text(1)).RuleSet()).EvaluateAll(t, needy(0))[0].GetVerdicts(); len(a) != 1 || !a[0].GetPassed() {
		t.Errorf("of no entries: %v", a)
	}
}

func TestAllRulesTogetherMayCostOnlySoMuch(t *testing.T) {
	t.Parallel()
	text := "name: costly\nversion: '1'\ntitle: {en: A, id: A}\nrules:\n"
	for i := range 200 {
		text += fmt.Sprintf("  - {code: R%d, title: {en: A, id: A}, when: {stages: [IDENTIFY]}, assert: 'needs.all(a, needs.all(b, a.severity == b.severity))', message: {en: A, id: A}}\n", i)
	}
	verdicts := rulestest.Serve(t, compiled(t, text).RuleSet()).EvaluateAll(t, needy(100))[0].GetVerdicts()
	first := slices.IndexFunc(verdicts, func(v *rules.Verdict) bool { return v.GetRule() == rules.RuleError })
	if len(verdicts) != 200 || first < 5 || first > 100 || !strings.Contains(verdicts[199].GetMessage().GetEn(), "more steps") {
		t.Errorf("%d verdicts, the first that broke is number %d", len(verdicts), first)
	}
}

func TestParametersHaveTheTypesOfTheirSchemaWhetherGivenOrByDefault(t *testing.T) {
	t.Parallel()
	const more = `parameters:
  whole: {type: integer, default: 3}
  part: {type: number, default: 1}
  word: {type: string, default: "32.10"}
  yes: {type: boolean, default: true}
  months: {type: array, items: {type: integer}, default: [7, 8]}
  names: {type: array, items: {type: string}, default: []}
  table: {type: object, default: {a: 1}}`
	const assert = `params.whole / 2 == 1 && params.part / 2.0 == 0.5 && params.word == "32.10" && params.yes && params.months.sum() == 15 &&
params.months[0] / 2 == 3 && !("x" in params.names) && params.table["a"] == 1`
	given := map[string]any{"whole": 3, "part": 1, "word": "32.10", "yes": true, "months": []any{7, 8}, "names": []any{"y"}, "table": map[string]any{"a": 1}}
	for _, parameters := range []map[string]any{nil, {}, given, {"whole": 3.0}} {
		if v := judged(t, assert, more, parameters, needy(0))["ONE"]; !v.GetPassed() {
			t.Errorf("%v: %v", parameters, v)
		}
	}
	set := compiled(t, ruleOf("params.least > 0", "parameters:\n  least: {type: integer, minimum: 1}")).RuleSet()
	for _, wrong := range []map[string]any{nil, {}, {"least": 0}, {"least": 1.5}, {"least": "1"}, {"least": 1, "most": 2}} {
		if err := set.Configure("32", wrong); err == nil {
			t.Errorf("%v are taken", wrong)
		}
	}
	if err := compiled(t, ruleOf("true", "")).RuleSet().Configure("32", map[string]any{"any": 1}); err == nil {
		t.Error("a rule set without parameters takes some")
	}
}

func TestAnEndedCallGivesNoVerdict(t *testing.T) {
	t.Parallel()
	set := compiled(t, ruleOf("needs.all(a, needs.all(b, needs.all(c, a.severity + b.severity >= c.severity)))", "")).RuleSet()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if verdicts, err := set.Evaluate(gone, needy(50)); verdicts != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", verdicts, err)
	}
	if plan, err := compiled(t, ruleOf("true", "stages: {PLAN: {days: needs.size()}}")).RuleSet().Plan(gone, needy(1)); plan != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", plan, err)
	}
}

func TestTheDaysOfAStageCountFromTodayAndWithoutThemItsDefaultHolds(t *testing.T) {
	t.Parallel()
	for days, want := range map[string]string{"30": "2026-04-01", "needs.size() * 10": "2026-03-22", "0 - 1": "", "needs[7].severity": "", "100 * 100": ""} {
		set := compiled(t, ruleOf("true", "stages: {PLAN: {days: '"+days+"', checklist: [{code: A, title: {en: A, id: B}}]}}")).RuleSet()
		q := needy(2)
		q.At.Seconds += 14 * 3600 // 14:00 UTC is 23:00 in the east, still the same day
		plan := rulestest.Serve(t, set).Plan(t, q)
		if plan.GetDueOn() != want || len(plan.GetChecklist()) != 1 {
			t.Errorf("%s days: %v", days, plan)
		}
	}
}

func TestMessagesShowValuesAsPeopleReadThemAndStayShort(t *testing.T) {
	t.Parallel()
	text := ruleOf("false", "") + "    values: {count: needs.size(), share: 1.0 / 4.0, third: 1.0 / 3.0, big: 1e6, at: at, long: 'needs.map(n, n.title).join(\"\")', yes: 1 > 0}\n"
	text = strings.Replace(text, "message: {en: A, id: A}", `message: {en: "{count} {share} {third} {big} {at} {yes} {{x}} {no thing}", id: "`+strings.Repeat("{long}", 300)+`"}`, 1)
	p := compiled(t, strings.Replace(text, "{{x}} ", "", 1))
	v := rulestest.Serve(t, p.RuleSet()).Evaluate(t, needy(100))["ONE"]
	if got, want := v.GetMessage().GetEn(), "100 0.25 0.333333 1000000 2026-03-02T00:00:00Z true {no thing}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := len([]rune(v.GetMessage().GetId())); n != rules.MaxText {
		t.Errorf("the message has %d characters", n)
	}
	if n := len([]rune(v.GetValues()["long"])); n != rules.MaxValue {
		t.Errorf("the value has %d characters", n)
	}
}

func TestOnlyTheFactsThatRulesLookAtAreAskedFor(t *testing.T) {
	t.Parallel()
	for assert, want := range map[string][]string{
		"programme.stage == 'PLAN' && region.code != '' && communities.size() > 0": nil,
		"needs.size() > 0 && facts.findings.all(f, f.status == 'CLOSED')":          {rules.Needs, rules.Findings},
		"objectives.exists(o, o.indicators.size() > 0)":                            {rules.Logframe},
		"cel.bind(f, facts, f.needs.size() > 0)":                                   rules.FactGroups,
		"capacity_assessments.size() + training_events.size() > 0":                 {rules.Capacity, rules.Trainings},
	} {
		if got := compiled(t, ruleOf(assert, "")).Description.GetFacts(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", assert, got, want)
		}
	}
	p := compiled(t, ruleOf("needs.size() > 0", "stages: {PLAN: {days: reports.size() + 1}}"))
	if !slices.Equal(p.Description.GetPlanFacts(), []string{rules.Reports}) || !slices.Equal(p.Description.GetFacts(), []string{rules.Needs}) {
		t.Error(p.Description)
	}
}

func TestPercentsAreRoundedDownSoThatAtLeastMeansAtLeast(t *testing.T) {
	t.Parallel()
	for _, assert := range []string{"percent(299, 1000) == 29", "percent(3, 10) == 30", "percent(0, 0) == 0", "percent(-1, 3) == -34", "percent(1.0, 3.0) == 33",
		"days('2026-03-02', '2026-02-28') == -2", "addDays('2024-02-28', 1) == '2024-02-29'", "day(timestamp('2026-03-01T15:00:00Z')) == '2026-03-02'", "today == '2026-03-02'",
		"!within('5', '53') && within('53', '53') && within('53.01', 'ID') && !within('53', '53.01') && !within('531', '53')", "[0.5, 0.25].sum() == 0.75", "amount(activities[0].budget_lines[0].spent) == 0.0",
		"amount(activities[0].budget_lines[0].planned) == 1.5"} {
		q := needy(0)
		q.Facts.Activities = []*rulespb.Activity{{BudgetLines: []*rulespb.BudgetLine{{Planned: &rulespb.Money{Currency: "IDR", Units: 1, Nanos: 500_000_000}}}}}
		if v := judged(t, assert, "", nil, q)["ONE"]; !v.GetPassed() {
			t.Errorf("%s: %v", assert, v)
		}
	}
}

func TestAQuestionIsNotChangedByJudgingIt(t *testing.T) {
	t.Parallel()
	q := typical(1)
	before := proto.Clone(q)
	set := compiled(t, readFile(t, "testdata/ten.yaml")).RuleSet()
	if _, err := set.Evaluate(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(before, q) {
		t.Error("the question is another one now")
	}
}
