package declarative

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"

	"github.com/berdaya/berdaya/plugins/rules"
)

const (
	mostDays    = 3650 // of a stage
	mostOfEach  = 20   // verdicts of one rule with `each`
	mostVisited = 1000 // entries that a rule with `each` looks at
)

// RuleSet gives a rule set that judges by the program. Until it is configured it goes by the defaults of the parameters; a rule
// that looks at one without a default breaks.
func (p *Program) RuleSet() rules.RuleSet {
	s := &ruleSet{program: p}
	values := p.parameters.filled(nil)
	s.parameters.Store(&values)
	return s
}

// ruleSet is a program with the parameters of a region.
type ruleSet struct {
	program    *Program
	parameters atomic.Pointer[map[string]ref.Val]
}

// Describe implements [rules.RuleSet].
func (s *ruleSet) Describe() *rules.Description { return s.program.Description }

// Configure implements [rules.RuleSet].
func (s *ruleSet) Configure(_ string, given map[string]any) error {
	values, err := s.program.parameters.values(given)
	if err != nil {
		return err
	}
	s.parameters.Store(&values)
	return nil
}

// Evaluate implements [rules.RuleSet]. A rule that breaks blocks as RULE_ERROR; the others are heard all the same.
func (s *ruleSet) Evaluate(ctx context.Context, q *rules.Question) ([]*rules.Verdict, error) {
	d, err := s.decision(ctx, q)
	if err != nil {
		return nil, err
	}
	defer d.frame.Close()
	speaking := 0
	for i := range s.program.rules {
		if s.program.rules[i].speaks(q) {
			speaking++
		}
	}
	verdicts := make([]*rules.Verdict, 0, speaking)
	for i := range s.program.rules {
		r := &s.program.rules[i]
		if !r.speaks(q) {
			continue
		}
		speaking--
		room := min(mostOfEach, rules.MaxVerdicts-len(verdicts)-speaking)
		said, err := d.judge(r, room)
		if ctx.Err() != nil {
			return nil, ctx.Err() // what was cut short is no verdict
		}
		if err != nil {
			said = []*rules.Verdict{broken(r.Code, err)}
		}
		verdicts = append(verdicts, said...)
	}
	return verdicts, nil
}

func (r *rule) speaks(q *rules.Question) bool {
	return slices.Contains(r.Moves, q.GetMove()) && slices.Contains(r.Stages, q.GetFacts().GetProgramme().GetStage())
}

// decision is the work on one question. All its expressions are worked out in one frame, which must be closed.
type decision struct {
	asked
	left  uint64 // of what it may cost
	frame *interpreter.ExecutionFrame
}

func (s *ruleSet) decision(ctx context.Context, q *rules.Question) (d *decision, err error) {
	d = &decision{left: decisionCost, asked: asked{question: q, facts: q.GetFacts().ProtoReflect(), adapt: s.program.adapt(),
		parameters: *s.parameters.Load(), known: make(map[string]ref.Val, 8)}}
	if d.frame, err = interpreter.NewExecutionFrame(&d.asked); err != nil {
		return nil, err
	}
	return d, d.frame.SetContext(ctx, interruptEvery)
}

// adapt makes values of CEL of those of Go.
func (p *Program) adapt() func(any) ref.Val {
	env, err := environment()
	if err != nil { // then nothing was compiled
		return types.DefaultTypeAdapter.NativeToValue
	}
	return env.CELTypeAdapter().NativeToValue
}

// work works an expression out.
func (d *decision) work(p *program) (ref.Val, error) {
	if d.left == 0 {
		return nil, errTooCostly
	}
	d.frame.SetCostTracker(nil) // each expression is counted by itself
	v, details, err := p.run.Eval(d.frame)
	if details != nil {
		if cost := details.ActualCost(); cost != nil {
			d.left -= min(*cost, d.left)
		}
	}
	return v, err
}

var errTooCostly = errors.New("the decision has cost what it may")

// judge asks one rule, which may say several things about several entries.
func (d *decision) judge(r *rule, room int) ([]*rules.Verdict, error) {
	passed := []*rules.Verdict{{Rule: r.Code, Passed: true}}
	if r.each == nil {
		v, err := d.verdict(r)
		if v == nil && err == nil {
			return passed, nil
		}
		return []*rules.Verdict{v}, err
	}
	list, err := d.work(r.each)
	if err != nil {
		return nil, err
	}
	defer func() { d.it = nil }()
	var failed []*rules.Verdict
	visited := 0
	for it := list.(traits.Lister).Iterator(); it.HasNext() == types.True && len(failed) < max(room, 1); visited++ {
		if visited == mostVisited {
			return nil, errTooCostly
		}
		d.it = it.Next()
		v, err := d.verdict(r)
		if err != nil {
			return nil, err
		}
		if v != nil {
			failed = append(failed, v)
		}
	}
	if len(failed) == 0 {
		return passed, nil
	}
	return failed, nil
}

// verdict asks a rule once; nil where it passes.
func (d *decision) verdict(r *rule) (*rules.Verdict, error) {
	holds, err := d.work(r.assert)
	if err != nil || holds == types.True {
		return nil, err
	}
	v := &rules.Verdict{Rule: r.Code, Severity: r.Severity, Waivable: r.Waivable, Path: r.path}
	texts := make([]string, len(r.values))
	if len(r.values) > 0 {
		v.Values = make(map[string]string, len(r.values))
	}
	for i, value := range r.values {
		worked, err := d.work(value.program)
		if err != nil {
			return nil, fmt.Errorf("value %s: %w", value.name, err)
		}
		texts[i] = clip(written(worked), rules.MaxValue)
		v.Values[value.name] = texts[i]
	}
	v.Message = said(rules.Text{EN: r.en.with(texts), ID: r.id.with(texts)})
	return v, nil
}

// written gives a value as a message shows it.
func written(v ref.Val) string {
	switch v := v.(type) {
	case types.Double:
		return plainNumber(float64(v))
	case types.Timestamp:
		return v.Time.UTC().Format(time.RFC3339)
	}
	return fmt.Sprint(v.Value())
}

// broken is the verdict of a rule that could not judge. Its author learns from it what happened.
func broken(code string, err error) *rules.Verdict {
	en, id := because(err)
	return &rules.Verdict{Rule: rules.RuleError, Severity: rules.Block, Waivable: rules.ByNobody,
		Values: map[string]string{"rule": code, "reason": clip(en, rules.MaxValue)},
		Message: said(rules.Text{EN: fmt.Sprintf("The rule %s could not judge: %s. Tell the office that made it.", code, en),
			ID: fmt.Sprintf("Aturan %s tidak dapat menilai: %s. Beri tahu kantor pembuatnya.", code, id)})}
}

// because says in both languages why an expression could not be worked out.
func because(err error) (en, id string) {
	cancelled := interpreter.EvalCancelledError{}
	text := oneLine(ours.Replace(err.Error()))
	missing := strings.TrimSpace(strings.TrimPrefix(text[max(strings.LastIndex(text, "no such attribute(s):"), 0):], "no such attribute(s):"))
	switch {
	case errors.Is(err, errTooCostly), errors.As(err, &cancelled) && cancelled.Cause == interpreter.CostLimitExceeded:
		return "it takes more steps than a rule may, for this programme", "untuk program ini langkahnya melebihi yang boleh dipakai aturan"
	case strings.HasPrefix(missing, params+"."):
		return fmt.Sprintf("the parameter %s is not set", missing), fmt.Sprintf("parameter %s belum ditetapkan", missing)
	}
	return clip(text, rules.MaxValue), clip(text, rules.MaxValue)
}

// Plan implements [rules.RuleSet]. Where the days cannot be worked out the stage gets its default, and the checklist still holds.
func (s *ruleSet) Plan(ctx context.Context, q *rules.Question) (*rules.StagePlan, error) {
	work := s.program.stages[q.GetTargetStage()]
	plan := &rules.StagePlan{Checklist: work.checklist}
	if work.days == nil {
		return plan, nil
	}
	d, err := s.decision(ctx, q)
	if err != nil {
		return nil, err
	}
	defer d.frame.Close()
	v, err := d.work(work.days)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if days, ok := v.(types.Int); ok && err == nil && days >= 1 && days <= mostDays {
		if due := rules.Day(q.GetAt().AsTime().AddDate(0, 0, int(days))); due >= "1900-01-01" && due <= "2200-12-31" {
			plan.DueOn = due
		}
	}
	return plan, nil
}

var _ cel.Activation = (*asked)(nil)
