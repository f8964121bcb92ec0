package rules_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/plugins/rules/rulestest"
)

func text(s string) rules.Text { return rules.Text{EN: s, ID: s + " (id)"} }

func setOf(check ...func(*rules.Question) rules.Text) *rules.Set {
	s := &rules.Set{Name: "test", Version: "1", Title: text("Test")}
	for i, c := range check {
		s.Rules = append(s.Rules, rules.Rule{Code: "RULE_" + string(rune('A'+i)), Title: text("rule"), Stages: rules.Stages,
			Moves: rules.Moves, Severity: rules.Block, Waivable: rules.ByRegion, Path: []string{"needs"}, Check: c})
	}
	return s
}

func passes(*rules.Question) rules.Text { return rules.Passed }
func panics(*rules.Question) rules.Text { panic("out of range") }

func TestRuleThatPanicsBlocksAloneAndTheOthersAreHeard(t *testing.T) {
	t.Parallel()
	w := rulestest.Serve(t, setOf(passes, panics, func(*rules.Question) rules.Text { return text("missing") }))
	got := w.Evaluate(t, rulestest.Ask(rules.Plan, "2026-03-02"))
	if v := got[rules.RuleError]; v.GetPassed() || v.GetSeverity() != rules.Block || !strings.Contains(v.GetMessage().GetEn(), "RULE_B") {
		t.Errorf("the broken rule gave %v", v)
	}
	if !got["RULE_A"].GetPassed() || got["RULE_C"].GetPassed() || got["RULE_C"].GetMessage().GetId() != "missing (id)" {
		t.Errorf("the other rules gave %v", got)
	}
}

func TestWhatComesOfEachRuleIsCounted(t *testing.T) {
	t.Parallel()
	set := setOf(passes, panics, func(*rules.Question) rules.Text { return text("missing") }, passes)
	set.Rules[3].Stages = []string{rules.Report} // never asked
	w := rulestest.Serve(t, set)
	for range 3 {
		w.Evaluate(t, rulestest.Ask(rules.Plan, "2026-03-02"))
	}
	var got []string
	for _, f := range set.Figures() {
		got = append(got, fmt.Sprintf("%s %d %d %d", f.GetRule(), f.GetPassed(), f.GetFailed(), f.GetBroken()))
		if f.GetSeconds() <= 0 {
			t.Errorf("%s took no time", f.GetRule())
		}
	}
	if want := []string{"RULE_A 3 0 0", "RULE_B 0 0 3", "RULE_C 0 3 0"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

type panicking struct{ *rules.Set }

func (panicking) Evaluate(_ context.Context, q *rules.Question) ([]*rules.Verdict, error) {
	if strings.HasSuffix(q.GetProgrammeId(), "2") {
		panic("this programme breaks it")
	}
	return []*rules.Verdict{{Rule: "RULE_A", Passed: true}}, nil
}

func TestPanicInOneQuestionLeavesTheBatchWhole(t *testing.T) {
	t.Parallel()
	w := rulestest.Serve(t, panicking{setOf(passes)})
	var batch []*rules.Question
	for _, id := range []string{"1", "2", "3"} {
		q := rulestest.Ask(rules.Plan, "2026-03-02")
		q.ProgrammeId = id
		batch = append(batch, q)
	}
	for i, a := range w.EvaluateAll(t, batch...) {
		if broke := a.GetVerdicts()[0].GetRule() == rules.RuleError; broke != (i == 1) {
			t.Errorf("answer %d: %v", i, a)
		}
	}
}

func TestTheValuesOfAMessageReachPeopleAndPrograms(t *testing.T) {
	t.Parallel()
	w := rulestest.Serve(t, setOf(func(*rules.Question) rules.Text {
		return rules.Values{"done": 2, "all": "7", "currency": "IDR"}.Text("{done} of {all}", "{done} dari {all}").At("needs", "rank")
	}, func(*rules.Question) rules.Text { return text("without").At("needs", "votes") }, func(*rules.Question) rules.Text { return text("plain") }))
	got := w.Evaluate(t, rulestest.Ask(rules.Plan, "2026-03-02"))
	a := got["RULE_A"]
	if a.GetMessage().GetEn() != "2 of 7" || a.GetMessage().GetId() != "2 dari 7" || strings.Join(a.GetPath(), ".") != "needs.rank" {
		t.Errorf("people read %v at %v", a.GetMessage(), a.GetPath())
	}
	if v := a.GetValues(); len(v) != 3 || v["done"] != "2" || v["all"] != "7" || v["currency"] != "IDR" {
		t.Errorf("programs read %v", v)
	}
	if b := got["RULE_B"]; b.GetMessage().GetEn() != "without" || strings.Join(b.GetPath(), ".") != "needs.votes" {
		t.Errorf("%v", b)
	}
	if c := got["RULE_C"]; len(c.GetValues()) != 0 || strings.Join(c.GetPath(), ".") != "needs" {
		t.Errorf("%v", c)
	}
}

func TestSetWithoutParametersRefusesThem(t *testing.T) {
	t.Parallel()
	w := rulestest.Serve(t, setOf(passes))
	if err := w.Configure(t, "ID", nil); err != nil {
		t.Error(err)
	}
	if err := w.Configure(t, "ID", map[string]any{"share": 0.5}); err == nil {
		t.Error("parameters that nobody looks at were taken")
	}
}

func TestAnswersThatBreakTheContractAreNamed(t *testing.T) {
	t.Parallel()
	d := setOf(passes, passes).Describe()
	q := rulestest.Ask(rules.Plan, "2026-03-02")
	good := &rules.Answer{ProgrammeId: q.GetProgrammeId(), Verdicts: []*rules.Verdict{{Rule: "RULE_A", Passed: true},
		{Rule: "RULE_B", Severity: rules.Warn, Message: &rulespb.Text{En: "missing"}, Waivable: rules.ByRegion}}}
	if err := rules.CheckAnswer(d, q, good); err != nil {
		t.Fatalf("a good answer was refused: %v", err)
	}
	for wrong, change := range map[string]func(*rules.Answer){
		"another programme":   func(a *rules.Answer) { a.ProgrammeId = "other" },
		"no programme":        func(a *rules.Answer) { a.ProgrammeId = "" },
		"a silent rule":       func(a *rules.Answer) { a.Verdicts = a.Verdicts[:1] },
		"no verdict":          func(a *rules.Answer) { a.Verdicts = nil },
		"an unknown rule":     func(a *rules.Answer) { a.Verdicts[0].Rule = "RULE_Z" },
		"an unknown severity": func(a *rules.Answer) { a.Verdicts[1].Severity = "FATAL" },
		"a wider waiver":      func(a *rules.Answer) { a.Verdicts[1].Waivable = rules.ByOwner },
		"no message":          func(a *rules.Answer) { a.Verdicts[1].Message = nil },
		"a message too long":  func(a *rules.Answer) { a.Verdicts[1].Message.En = strings.Repeat("x", rules.MaxText+1) },
		"a path too long":     func(a *rules.Answer) { a.Verdicts[1].Path = make([]string, rules.MaxPath+1) },
		"a value's bad name":  func(a *rules.Answer) { a.Verdicts[1].Values = map[string]string{"2nd": "x"} },
		"a value too long": func(a *rules.Answer) {
			a.Verdicts[1].Values = map[string]string{"x": strings.Repeat("é", rules.MaxValue+1)}
		},
		"NUL in a message": func(a *rules.Answer) { a.Verdicts[1].Message.Id = "kurang\x00" },
		"NUL in a path":    func(a *rules.Answer) { a.Verdicts[1].Path = []string{"needs\x00"} },
		"a value that terminals obey": func(a *rules.Answer) {
			a.Verdicts[1].Values = map[string]string{"x": "\x1b[2J"}
		},
		"too many values": func(a *rules.Answer) {
			a.Verdicts[1].Values = map[string]string{}
			for i := range rules.MaxValues + 1 {
				a.Verdicts[1].Values[fmt.Sprint("v", i)] = "x"
			}
		},
		"a fault that passes": func(a *rules.Answer) { a.Verdicts[0].Rule = rules.RuleError },
		"too many verdicts": func(a *rules.Answer) {
			for len(a.Verdicts) <= rules.MaxVerdicts {
				a.Verdicts = append(a.Verdicts, a.Verdicts[0])
			}
		},
	} {
		a := proto.Clone(good).(*rules.Answer)
		change(a)
		if rules.CheckAnswer(d, q, a) == nil {
			t.Errorf("%s was accepted", wrong)
		}
	}
}

func TestDescriptionsThatBreakTheContractAreNamed(t *testing.T) {
	t.Parallel()
	for wrong, change := range map[string]func(*rules.Description){
		"a name with spaces":   func(d *rules.Description) { d.Name = "West Java" },
		"no version":           func(d *rules.Description) { d.Version = "" },
		"NUL in the version":   func(d *rules.Description) { d.Version = "1\x00" },
		"NUL in a title":       func(d *rules.Description) { d.Rules[0].Title.En = "A\x00" },
		"another contract":     func(d *rules.Description) { d.Contract = 2 },
		"no title":             func(d *rules.Description) { d.Title = nil },
		"unknown facts":        func(d *rules.Description) { d.Facts = []string{"WEATHER"} },
		"a code twice":         func(d *rules.Description) { d.Rules[1].Code = d.Rules[0].Code },
		"the code of a fault":  func(d *rules.Description) { d.Rules[1].Code = rules.RuleError },
		"a stage that is none": func(d *rules.Description) { d.Rules[0].Stages = []string{"DREAM"} },
		"no move":              func(d *rules.Description) { d.Rules[0].Moves = nil },
		"no severity":          func(d *rules.Description) { d.Rules[0].Severity = "" },
	} {
		d := setOf(passes, passes).Describe()
		change(d)
		if rules.CheckDescription(d) == nil {
			t.Errorf("%s was accepted", wrong)
		}
	}
}

func TestLargestBatchFitsTheWire(t *testing.T) {
	t.Parallel()
	w := rulestest.Serve(t, setOf(passes))
	q := rulestest.Ask(rules.Plan, "2026-03-02")
	q.Facts.Needs = []*rulespb.Need{{Title: strings.Repeat("x", rules.MaxRequestBytes-1000)}} // beyond gRPC's own 4 MiB
	if got := w.Evaluate(t, q); !got["RULE_A"].GetPassed() {
		t.Errorf("got %v", got)
	}
}

func TestParametersFitTheSchemaBeforeTheRulesSeeThem(t *testing.T) {
	t.Parallel()
	var p struct {
		Days  int     `json:"days"`
		Share float64 `json:"share"`
	}
	set := setOf(passes)
	set.ParametersSchema = `{"type": "object", "additionalProperties": false, "properties": {
		"days": {"type": "integer", "minimum": 1, "default": 30}, "share": {"type": "number", "default": 0.5}}}`
	set.OnConfigure = func(_ string, given map[string]any) error { return rules.Decode(given, &p) }
	w := rulestest.Serve(t, set)
	for _, wrong := range []map[string]any{{"days": 0}, {"days": "7"}, {"weeks": 1}} {
		if err := w.Configure(t, "ID", wrong); err == nil || p.Days != 0 {
			t.Errorf("%v was taken: %v", wrong, err)
		}
	}
	if err := w.Configure(t, "ID", map[string]any{"days": 7}); err != nil || p.Days != 7 || p.Share != 0.5 {
		t.Errorf("got %+v, %v", p, err)
	}
	for wrong, schema := range map[string]string{"no JSON": "{", "a list": "[]", "a file": `{"type": "object", "$ref": "file:///etc/hostname"}`, "any value": `{}`} {
		if _, err := rules.Schema(schema); err == nil {
			t.Errorf("%s was taken as a schema", wrong)
		}
	}
}

// careless is a rule set whose author did what the kit cannot forbid.
type careless struct {
	*rules.Set
	does string
}

func (c careless) Describe() *rules.Description {
	switch c.does {
	case "describes nothing":
		return nil
	case "panics":
		panic("not ready")
	}
	return c.Set.Describe()
}

func (c careless) Evaluate(ctx context.Context, q *rules.Question) ([]*rules.Verdict, error) {
	if c.does == "panics" {
		panic("not ready")
	}
	return []*rules.Verdict{nil}, nil
}

func (c careless) Plan(context.Context, *rules.Question) (*rules.StagePlan, error) {
	panic("not ready")
}

// What an author did wrong is said to whoever asks, and the program goes on.
func TestCarelessRuleSetsAreToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	for does, want := range map[string]string{"describes nothing": "its Describe gave nil", "panics": "Describe panicked: not ready"} {
		client := serve(t, careless{setOf(passes), does})
		if _, err := client.Describe(t.Context(), &rulespb.DescribeRequest{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", does, err)
		}
		out, err := client.Evaluate(t.Context(), &rulespb.EvaluateRequest{Questions: []*rules.Question{rulestest.Ask(rules.Plan, "2026-03-02")}})
		if err != nil || out.GetAnswers()[0].GetVerdicts()[0].GetRule() != rules.RuleError {
			t.Errorf("%s: %v, %v", does, out, err)
		}
		if _, err := client.Plan(t.Context(), &rulespb.PlanRequest{Questions: []*rules.Question{rulestest.Ask(rules.Plan, "2026-03-02")}}); err == nil || !strings.Contains(err.Error(), "Plan panicked: not ready") {
			t.Errorf("%s: %v", does, err)
		}
	}
}

func serve(t *testing.T, set rules.RuleSet) rulespb.RulesClient {
	t.Helper()
	listener, server := bufconn.Listen(1<<20), rules.NewServer(set)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:rules", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return rulespb.NewRulesClient(conn)
}

// Days are counted as the server counts them, by the zone where each begins first.
func TestStagesAreDueByTheDayThatHasBegunInIndonesia(t *testing.T) {
	t.Parallel()
	set := setOf(passes)
	set.Stages = map[string]rules.StageWork{rules.Train: {Days: 10}}
	q := rulestest.Ask(rules.Plan, "2026-03-02")
	for hours, want := range map[int64]string{0: "2026-03-12", 14: "2026-03-12", 15: "2026-03-13", 23: "2026-03-13"} {
		q.At.Seconds = 1772409600 + hours*3600
		if plan := rulestest.Serve(t, set).Plan(t, q); plan.GetDueOn() != want {
			t.Errorf("at %d o'clock UTC: %s, want %s", hours, plan.GetDueOn(), want)
		}
	}
}

// A server reads the schemas of programs that nobody approved yet.
func TestASchemaThatDoublesWithEachReferenceIsRefused(t *testing.T) {
	t.Parallel()
	schema := `{"type": "object", "$defs": {"a0": {"type": "integer"}`
	for i := range 60 {
		schema += fmt.Sprintf(`, "a%d": {"allOf": [{"$ref": "#/$defs/a%d"}, {"$ref": "#/$defs/a%d"}]}`, i+1, i, i)
	}
	schema += `}, "properties": {"x": {"$ref": "#/$defs/a60"}}}`
	if _, err := rules.Schema(schema); err == nil || !strings.Contains(err.Error(), "parts") {
		t.Errorf("it is taken: %v", err)
	}
}
