package host

import (
	"cmp"
	"errors"
	"slices"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/workflow"
)

// opinion is what one rule set says to one question: an answer that keeps the contract, or why there is none, or a plan.
type opinion struct {
	ruleSet     string
	region      string // whose rules they are
	revision    int    // of the activation by which they bind; 0 for what the operator bound
	description *rules.Description
	answer      *rules.Answer
	plan        *rules.StagePlan // nil for none
	unavailable error
}

// compose makes one judgement of what all rule sets say, given from the nation downwards: blocks and checklists unite, the
// earliest due date wins. A lower region adds; it never silences a higher one.
func compose(q *workflow.Question, opinions []*opinion) workflow.Judgement {
	var j workflow.Judgement
	for _, o := range opinions {
		if o.unavailable != nil {
			j.Unavailable = append(j.Unavailable, workflow.Unavailable{RuleSet: o.ruleSet, Region: o.region, Reason: o.unavailable.Error()})
			j.Stale = j.Stale || errors.Is(o.unavailable, errChanged)
			continue
		}
		if o.answer != nil {
			version := o.description.GetVersion()
			j.Revisions = append(j.Revisions, domain.RuleRevision{RuleSet: o.ruleSet, Version: version})
			j.Activations = append(j.Activations, domain.DecisionRevision{RuleSet: o.ruleSet, Version: version, Region: o.region, Revision: o.revision})
			for _, v := range o.answer.GetVerdicts() {
				if !v.GetPassed() {
					j.Blocks = append(j.Blocks, blockOf(o, version, v))
				}
			}
		}
		if due := domain.Date(o.plan.GetDueOn()); due != "" && (j.DueOn == nil || due < *j.DueOn) {
			j.DueOn = &due
		}
		for _, item := range o.plan.GetChecklist() {
			j.Checklist = append(j.Checklist, domain.ChecklistItem{
				ProgrammeID: q.Facts.Programme.ID, Stage: q.Target, RuleSet: o.ruleSet, Code: item.GetCode(),
				TitleEN: item.GetTitle().GetEn(), TitleID: cmp.Or(item.GetTitle().GetId(), item.GetTitle().GetEn()),
			})
		}
	}
	slices.SortStableFunc(j.Blocks, func(a, b domain.Block) int { return gravity(a.Severity) - gravity(b.Severity) })
	return j
}

func blockOf(o *opinion, version string, v *rules.Verdict) domain.Block {
	severity, waivable, title := v.GetSeverity(), string(domain.WaivableNo), domain.Text{}
	for _, r := range o.description.GetRules() {
		if r.GetCode() == v.GetRule() {
			severity, waivable = cmp.Or(severity, r.GetSeverity()), r.GetWaivable()
			title = domain.Text{EN: r.GetTitle().GetEn(), ID: r.GetTitle().GetId()}
		}
	}
	return domain.Block{
		RuleSet: o.ruleSet, Region: o.region, Version: version, Rule: v.GetRule(),
		Severity: domain.Severity(cmp.Or(severity, string(domain.SeverityBlock))), // RULE_ERROR always blocks
		Message:  domain.Text{EN: v.GetMessage().GetEn(), ID: v.GetMessage().GetId()},
		Path:     v.GetPath(), Values: v.GetValues(), Waivable: domain.Waivable(waivable), Title: title,
	}
}

// gravity is a severity's place in the list, gravest first.
func gravity(s domain.Severity) int {
	return slices.IndexFunc(domain.Severities, func(v domain.Value) bool { return v.Code == string(s) })
}
