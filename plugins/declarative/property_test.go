package declarative_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	_ "github.com/berdaya/berdaya/internal/seeded"
	"github.com/berdaya/berdaya/plugins/declarative"
	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/plugins/rules/rulestest"
)

// TestAWordThatIsNotKnownIsFoundWhereItStandsInAnyStyleOfYAML writes expressions in all the ways that YAML has for a text.
func TestAWordThatIsNotKnownIsFoundWhereItStandsInAnyStyleOfYAML(t *testing.T) {
	t.Parallel()
	clauses := []string{`needs.size() >= 0`, `"é — \"x\"" != 'it''s'`, `region.name.contains("Tidore")`, `needs.all(n, n.severity > -1)`, `true`}
	clauses[1] = `"é — x" != 'ü'`
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.SampledFrom(clauses), 0, 5).Draw(t, "before")
		list = append(list, "unknown_word > 1")
		list = append(list, rapid.SliceOfN(rapid.SampledFrom(clauses), 0, 3).Draw(t, "after")...)
		style := rapid.SampledFrom([]string{"|", "|-", ">", ">-", "'", `"`, "plain"}).Draw(t, "style")
		breaks := rapid.Bool().Draw(t, "breaks")
		between := " && "
		if breaks {
			between = rapid.SampledFrom([]string{" &&\n", "\n&& ", " &&\n\n"}).Draw(t, "break")
		}
		text := strings.Join(list, between)
		switch style {
		case "'":
			text = "'" + strings.ReplaceAll(text, "'", "''") + "'"
		case `"`:
			text = `"` + strings.ReplaceAll(text, `"`, `\"`) + `"`
		case "plain":
			text = "true && " + text // what begins with a quote would be a quoted text
		default:
			text = style + "\n" + text
		}
		indent := strings.Repeat(" ", rapid.IntRange(6, 9).Draw(t, "indent"))
		text = "    assert: " + strings.ReplaceAll(text, "\n", "\n"+indent) + "\n"
		if crlf := rapid.Bool().Draw(t, "crlf"); crlf {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		head := "name: one\nversion: '1'\ntitle: {en: A, id: A}\nrules:\n  - code: ONE\n    title: {en: A, id: A}\n    when: {stages: [IDENTIFY]}\n    message: {en: A, id: A}\n"
		_, problems := declarative.Compile(t.Context(), []byte(head+text))
		if len(problems) != 1 || !strings.Contains(problems[0].EN, `"unknown_word" is not known`) {
			t.Fatalf("%v\n%s", problems, text)
		}
		before, _, _ := strings.Cut(head+text, "unknown_word")
		line := strings.Count(before, "\n") + 1
		column := len([]rune(before[strings.LastIndex(before, "\n")+1:])) + 1
		if problems[0].Line != line || problems[0].Column != column {
			t.Fatalf("found at %d:%d, stands at %d:%d\n%s", problems[0].Line, problems[0].Column, line, column, text)
		}
	})
}

// anything fills a message with what no honest server would send, and with what it would.
func anything(t *rapid.T, m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case rapid.IntRange(0, 2).Draw(t, "kept") == 0:
		case f.IsList():
			for range rapid.IntRange(0, 3).Draw(t, "entries") {
				m.Mutable(f).List().Append(thing(t, f, m.Mutable(f).List().NewElement, depth))
			}
		default:
			m.Set(f, thing(t, f, func() protoreflect.Value { return m.NewField(f) }, depth))
		}
	}
}

func thing(t *rapid.T, f protoreflect.FieldDescriptor, fresh func() protoreflect.Value, depth int) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(rapid.SampledFrom([]string{"", "2026-03-02", "9999-12-31", "2026-13-40", "IDENTIFY", "PLAN", "WATER_SANITATION", "53.01", "é", strings.Repeat("x", 300)}).Draw(t, "text"))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, "bool"))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(rapid.SampledFrom([]int32{0, 1, 3, 5, -1, math.MaxInt32, math.MinInt32}).Draw(t, "int32"))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(rapid.SampledFrom([]int64{0, 1, -1, math.MaxInt64, math.MinInt64}).Draw(t, "int64"))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(rapid.SampledFrom([]float64{0, 1.5, -1, math.NaN(), math.Inf(1), math.MaxFloat64}).Draw(t, "double"))
	}
	v := fresh()
	if at, ok := v.Message().Interface().(*timestamppb.Timestamp); ok {
		at.Seconds = rapid.SampledFrom([]int64{0, 1_772_409_600, math.MaxInt64, math.MinInt64, -62_135_596_801}).Draw(t, "seconds")
		at.Nanos = rapid.SampledFrom([]int32{0, 999_999_999, -1, math.MaxInt32}).Draw(t, "nanos")
	} else if depth > 0 {
		anything(t, v.Message(), depth-1)
	}
	return v
}

// demanding looks at everything in every way.
const demanding = `
name: demanding
version: '1'
title: {en: A, id: A}
parameters: {must: {type: integer}, months: {type: array, items: {type: integer}, default: [7]}}
rules:
  - {code: A, title: {en: A, id: A}, when: {stages: [IDENTIFY, PLAN], moves: [ADVANCE, REOPEN]}, each: needs, assert: 'it.severity > 3 && it.problem_tree.exists(p, p.root_cause)', message: {en: '{t} {s}', id: '{r}'}, values: {t: it.title, s: it.score, r: it.rank}}
  - {code: B, title: {en: A, id: A}, when: {stages: [IDENTIFY, PLAN]}, assert: 'days(programme.start_date, programme.end_date) > 30 && month(today) in params.months', message: {en: '{a}', id: '{a}'}, values: {a: programme.stage_entered_at}}
  - {code: C, title: {en: A, id: A}, when: {stages: [IDENTIFY, PLAN]}, assert: 'activities.map(a, a.budget_lines.map(l, amount(l.planned) / amount(l.spent)).sum()).sum() > 0.0', message: {en: '{a}', id: '{a}'}, values: {a: 'activities.map(a, a.budget_lines.map(l, amount(l.spent)).sum()).sum()'}}
  - {code: D, title: {en: A, id: A}, when: {stages: [IDENTIFY, PLAN]}, assert: 'percent(consultations.map(c, c.female).sum() * 1000000000000000, consultations.map(c, c.male).sum()) >= params.must', message: {en: A, id: A}}
  - {code: E, title: {en: A, id: A}, when: {stages: [IDENTIFY, PLAN]}, assert: 'training_events.all(e, e.sessions.all(s, day(s.starts_at) <= day(s.ends_at) && s.ends_at - s.starts_at < duration("24h")))', message: {en: '{a}', id: '{a}'}, values: {a: string(at)}}
  - {code: F, title: {en: A, id: A}, when: {stages: [IDENTIFY, PLAN]}, assert: 'facts == facts && indicators.map(i, i.measurements.map(m, m.value).sum()).sort().size() > 2 && addDays(today, communities[0].population) > today', message: {en: A, id: A}}
stages: {PLAN: {days: 'findings.size() * needs[0].severity'}, IDENTIFY: {days: 'stakeholders.map(s, s.power).sum()'}}
`

// TestWhateverTheFactsAreEachRuleIsHeardAndTheAnswerKeepsTheContract asks about facts that no honest server would send.
func TestWhateverTheFactsAreEachRuleIsHeardAndTheAnswerKeepsTheContract(t *testing.T) {
	t.Parallel()
	var wires []*rulestest.Wire
	for _, text := range []string{demanding, declarative.Example("a", "53"), readFile(t, "testdata/ten.yaml")} {
		wires = append(wires, rulestest.Serve(t, compiled(t, text).RuleSet()))
	}
	rapid.Check(t, func(rt *rapid.T) {
		q := &rules.Question{ProgrammeId: "p", Move: rapid.SampledFrom(append([]string{"", "HOLD"}, rules.Moves...)).Draw(rt, "move"),
			TargetStage: rapid.SampledFrom(append([]string{""}, rules.Stages...)).Draw(rt, "target"), Facts: &rules.Facts{}}
		if rapid.Bool().Draw(rt, "dated") {
			q.At = &timestamppb.Timestamp{Seconds: rapid.SampledFrom([]int64{0, 1_772_409_600, 253_402_300_799, math.MaxInt64}).Draw(rt, "at")}
		}
		anything(rt, q.Facts.ProtoReflect(), 4)
		if rapid.Bool().Draw(rt, "staged") {
			q.Facts.Programme = &rulespb.Programme{Stage: rules.Plan, StartDate: "2026-01-01", EndDate: "2026-12-31"}
		}
		for _, w := range wires {
			first := w.EvaluateAll(t, q)[0]
			if second := w.EvaluateAll(t, proto.Clone(q).(*rules.Question))[0]; !proto.Equal(first, second) {
				rt.Fatalf("two answers to one question:\n%v\n%v", first, second)
			}
			w.Plan(t, q)
		}
	})
}

func FuzzCheck(f *testing.F) {
	for _, text := range []string{declarative.Example("a", "32"), demanding, readFile(f, "testdata/ten.yaml"), readFile(f, "testdata/wrong/form.yaml"), readFile(f, "testdata/wrong/words.yaml"),
		readFile(f, "testdata/wrong/tests.yaml"), "a: &b [*b]", strings.Repeat("- ", 300), strings.Repeat("[", 300), "? a\n: b", "rules: [{assert: |2\n    x}]", "\xff", "name: \"\\x41\\u00e9\\U0001F600\""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		for _, p := range declarative.Check(ctx, []byte(text)) {
			if p.Line < 1 || p.Column < 1 || p.Line > lines+1 || p.EN == "" || p.ID == "" {
				t.Errorf("%+v in a file of %d lines", p, lines)
			}
		}
		if ctx.Err() != nil {
			t.Error("it took too long")
		}
		p, problems := declarative.Compile(ctx, []byte(text))
		if (p == nil) == (len(problems) == 0) {
			t.Fatalf("a program or problems: %v, %v", p, problems)
		}
		if p == nil {
			return
		}
		if err := rules.CheckDescription(p.Description); err != nil {
			t.Error(err)
		}
		for _, stage := range rules.Stages {
			q := typical(1)
			q.Facts.Programme.Stage = stage
			verdicts, err := p.RuleSet().Evaluate(ctx, q)
			if err == nil {
				err = rules.CheckAnswer(p.Description, q, &rules.Answer{ProgrammeId: q.ProgrammeId, Verdicts: verdicts})
			}
			if err != nil {
				t.Error(err)
			}
			if _, err := p.Explain(ctx, q, nil); err != nil && len(p.Parameters) == 0 {
				t.Error(err)
			}
		}
	})
}

// FuzzEvaluate takes facts as they come over the wire.
func FuzzEvaluate(f *testing.F) {
	for i := range 3 {
		bytes, err := proto.Marshal(typical(i))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes)
	}
	f.Add([]byte{})
	p := compiled(f, demanding)
	set := p.RuleSet()
	f.Fuzz(func(t *testing.T, bytes []byte) {
		q := &rules.Question{}
		if proto.Unmarshal(bytes, q) != nil {
			return
		}
		if q.Facts == nil {
			q.Facts = &rules.Facts{}
		}
		verdicts, err := set.Evaluate(t.Context(), q)
		if err == nil {
			err = rules.CheckAnswer(p.Description, q, &rules.Answer{ProgrammeId: q.ProgrammeId, Verdicts: verdicts})
		}
		if err != nil {
			t.Error(err)
		}
		if _, err := set.Plan(t.Context(), q); err != nil {
			t.Error(err)
		}
	})
}
