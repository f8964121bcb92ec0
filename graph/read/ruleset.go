package read

import (
	"encoding/json"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/rulesets"
)

// titleOfVersion is the SQL of the title of a version in a language, in English where that is missing.
func titleOfVersion(table, locale string) string {
	return "coalesce(nullif(" + table + ".description #>> '{title," + locale + "}', ''), " + table + ".description #>> '{title,en}')"
}

// titleOfRuleSet is the same for a rule set: that of its newest version which was checked.
func titleOfRuleSet(locale string) string {
	return "(select " + titleOfVersion("d", locale) + " from rule_set_versions d where d.rule_set_id = @.id and d.description is not null order by d.id desc limit 1)"
}

// contentPath is the SQL of where the content of a version is found. A version is as its author calls it, so what is not plain in a
// path is written as %XX, byte for byte.
const contentPath = `'/rule-sets/' || (select r.name from rule_sets r where r.id = @.rule_set_id) || '/' ||
	case when @.version ~ '^[A-Za-z0-9_-][A-Za-z0-9._-]*$' then @.version
	else (select string_agg('%' || substr(h, i, 2), '' order by i) from encode(convert_to(@.version, 'UTF8'), 'hex') h, generate_series(1, length(h), 2) i) end || '/artefact'`

func ruleSetDescription(raw []byte, l domain.Locale) (any, error) {
	d, err := rulesets.Describe(raw)
	if d == nil || err != nil {
		return nil, err
	}
	shown := &model.RuleSetDescription{Rules: make([]*model.RuleDescription, len(d.Rules)), Facts: orEmpty(d.Facts), PlanFacts: orEmpty(d.PlanFacts)}
	if d.ParametersSchema != "" {
		shown.ParametersSchema = &d.ParametersSchema
	}
	for i, r := range d.Rules {
		shown.Rules[i] = &model.RuleDescription{Code: r.Code, Title: r.Title.In(l), Stages: orEmpty(r.Stages), Moves: orEmpty(r.Moves), Severity: r.Severity, Waivable: r.Waivable}
	}
	return shown, nil
}

// orEmpty gives a list that is never null.
func orEmpty(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

func ruleSetProblems(raw []byte, l domain.Locale) (any, error) {
	var stored []domain.Problem
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &stored); err != nil {
			return nil, err
		}
	}
	shown := make([]*model.RuleSetProblem, len(stored))
	for i, p := range stored {
		one := &model.RuleSetProblem{Code: string(p.Code), Message: p.Message.In(l)}
		if file, ok := p.Params["file"].(string); ok {
			one.File = &file
		}
		one.Line, one.Column = number(p.Params["line"]), number(p.Params["column"])
		shown[i] = one
	}
	return shown, nil
}

// number gives a whole number of JSON; nil for anything else.
func number(v any) *int {
	f, ok := v.(float64)
	n := int(f)
	if !ok || float64(n) != f {
		return nil
	}
	return &n
}
