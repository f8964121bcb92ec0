package rules

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// RuleSet is what a program that serves rules implements; [Set] does it for a table of rules. Evaluate and Plan are called
// from several goroutines at once, after Configure has returned.
type RuleSet interface {
	// Describe says who the rule set is. It gives the same answer each time.
	Describe() *Description
	// Configure takes the region that the rule set is bound to and that region's parameters.
	Configure(region string, parameters map[string]any) error
	// Evaluate gives a verdict of every rule that speaks to the programme's stage and to the move, those that pass too.
	Evaluate(ctx context.Context, q *Question) ([]*Verdict, error)
	// Plan says what there is to do in the target stage and by when; nil for no opinion.
	Plan(ctx context.Context, q *Question) (*StagePlan, error)
}

// Set is a rule set made of a table of rules.
type Set struct {
	Name    string // 1 to 64 small letters, digits and hyphens
	Version string // changes with every change of what the rules say
	Title   Text
	Facts   []string // the groups of facts that the rules look at
	Rules   []Rule
	Stages  map[string]StageWork // what there is to do on entering a stage; none where it says nothing

	ParametersSchema string // JSON Schema; empty: it takes none
	// OnConfigure gets the parameters, which fit the schema, with the schema's defaults for those that the region does not name.
	OnConfigure func(region string, parameters map[string]any) error

	figures sync.Map // *figures, by the code of the rule
}

// Rule is one thing that a rule set asks for.
type Rule struct {
	Code     string // capital letters, digits and underscores
	Title    Text
	Stages   []string // that the move leaves
	Moves    []string
	Severity string
	Waivable string
	Path     []string // what a failure is about, from the programme inwards
	// Check gives Passed, or says what is missing and what to do, with the numbers at hand.
	Check func(q *Question) Text
}

// StageWork is what there is to do in a stage.
type StageWork struct {
	Days      int // from entering the stage until it is due, 0 for no opinion
	Checklist []Item
}

// Item is something to do in a stage.
type Item struct {
	Code  string
	Title Text
}

// Describe implements [RuleSet].
func (s *Set) Describe() *Description {
	d := &Description{Name: s.Name, Version: s.Version, Contract: Contract, Title: s.Title.proto(), Facts: s.Facts,
		ParametersSchema: s.ParametersSchema}
	for _, r := range s.Rules {
		d.Rules = append(d.Rules, &rulespb.Rule{Code: r.Code, Title: r.Title.proto(), Stages: r.Stages, Moves: r.Moves,
			Severity: r.Severity, Waivable: r.Waivable})
	}
	return d
}

// Configure implements [RuleSet].
func (s *Set) Configure(region string, parameters map[string]any) error {
	if s.ParametersSchema != "" {
		var err error
		if parameters, err = s.fit(parameters); err != nil {
			return err
		}
	}
	if s.OnConfigure != nil {
		return s.OnConfigure(region, parameters)
	}
	if len(parameters) > 0 && s.ParametersSchema == "" {
		return fmt.Errorf("rule set %s takes no parameters", s.Name)
	}
	return nil
}

// Evaluate implements [RuleSet]. A rule that panics becomes a RULE_ERROR; the others are heard all the same.
func (s *Set) Evaluate(_ context.Context, q *Question) ([]*Verdict, error) {
	var verdicts []*Verdict
	for i := range s.Rules {
		if r := &s.Rules[i]; slices.Contains(r.Moves, q.GetMove()) && slices.Contains(r.Stages, q.GetFacts().GetProgramme().GetStage()) {
			began := time.Now()
			v := r.judge(q)
			s.count(r.Code, v, time.Since(began))
			verdicts = append(verdicts, v)
		}
	}
	return verdicts, nil
}

func (r *Rule) judge(q *Question) (v *Verdict) {
	defer func() {
		if fault := recover(); fault != nil {
			v = broken(r.Code, fmt.Errorf("panic: %v\n%s", fault, debug.Stack()))
		}
	}()
	text := r.Check(q)
	v = &Verdict{Rule: r.Code, Passed: text == Passed}
	if !v.Passed {
		v.Severity, v.Waivable, v.Path = r.Severity, r.Waivable, r.Path
		text.fill(v)
	}
	return v
}

// Plan implements [RuleSet].
func (s *Set) Plan(_ context.Context, q *Question) (*StagePlan, error) {
	work := s.Stages[q.GetTargetStage()]
	plan := &StagePlan{}
	if work.Days > 0 {
		if q.GetAt() == nil {
			return nil, errors.New("the question has no time")
		}
		plan.DueOn = Day(q.GetAt().AsTime().AddDate(0, 0, work.Days))
	}
	for _, item := range work.Checklist {
		plan.Checklist = append(plan.Checklist, &ChecklistItem{Code: item.Code, Title: item.Title.proto()})
	}
	return plan, nil
}

// broken is the verdict for a rule that broke down. People learn which one; the fault itself goes to the log.
func broken(code string, fault error) *Verdict {
	slog.Error("a rule broke down", "rule", code, "fault", fault)
	return &Verdict{Rule: RuleError, Severity: Block, Waivable: ByNobody, Message: Textf(
		"The rule %s broke down and could not judge; tell the office that made it.",
		"Aturan %s mengalami kesalahan dan tidak dapat menilai; beri tahu kantor pembuatnya.", code).proto()}
}
