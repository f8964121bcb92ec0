package read

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/offline"
	"github.com/berdaya/berdaya/workflow"
)

// Batch is a field that takes Go to answer. Func is called once for all rows of a level, with the keys of distinct rows that
// the reader may see, and gives one result for each, in their order: nil, or values of graph/model, of which the selected
// fields are written. The context carries the actor.
type Batch struct {
	Type, Field string
	Func        func(ctx context.Context, ids []uuid.UUID) ([]any, error)
}

// specials are the fields that neither a column of the same name nor a relation answers.
var specials = map[string]map[string]attribute{
	"RuleSet": {
		"title": {text: map[domain.Locale]string{domain.English: titleOfRuleSet("en"), domain.Indonesian: titleOfRuleSet("id")}},
	},
	"RuleSetVersion": {
		"title":       {text: map[domain.Locale]string{domain.English: titleOfVersion("@", "en"), domain.Indonesian: titleOfVersion("@", "id")}},
		"description": {column: &column{name: "description"}, document: ruleSetDescription},
		"problems":    {column: &column{name: "problems"}, document: ruleSetProblems},
		"contentPath": {text: map[domain.Locale]string{domain.English: contentPath, domain.Indonesian: contentPath}},
	},
	"Decision": {
		"revisions":   {column: &column{name: "revisions"}, document: decisionRevisions},
		"blocks":      {column: &column{name: "blocks"}, document: blocks},
		"unavailable": {column: &column{name: "unavailable"}, document: unavailableRules},
	},
	"RuleTrial": {
		"rules": {column: &column{name: "rules"}, document: trialRules},
		"lastError": {text: map[domain.Locale]string{
			domain.English:    "@.last_error_en",
			domain.Indonesian: "coalesce(@.last_error_id, @.last_error_en)",
		}},
	},
	"RuleTrialDifference": {
		"message": {text: map[domain.Locale]string{
			domain.English:    "@.message_en",
			domain.Indonesian: "coalesce(nullif(@.message_id, ''), @.message_en)",
		}},
	},
	"ChecklistItem": {
		"title": {text: map[domain.Locale]string{
			domain.English:    "@.title_en",
			domain.Indonesian: "coalesce(nullif(@.title_id, ''), @.title_en)",
		}},
	},
	"BulkMove": {
		"lastError": {text: map[domain.Locale]string{
			domain.English:    "@.last_error_en",
			domain.Indonesian: "coalesce(@.last_error_id, @.last_error_en)",
		}},
	},
	"BulkMoveItem": {
		"message": {text: map[domain.Locale]string{
			domain.English:    "@.message_en",
			domain.Indonesian: "coalesce(@.message_id, @.message_en)",
		}},
		"blocks": {column: &column{name: "blocks"}, document: blocks},
	},
	"Draft": {
		"userErrors": {column: &column{name: "problems"}, document: draftProblems},
		"blocks":     {column: &column{name: "blocks"}, document: blocks},
	},
	"ProgrammeEvent": {
		"ruleRevisions": {column: &column{name: "rule_revisions"}, document: ruleRevisions},
		"remarks":       {column: &column{name: "decision"}, document: remarks},
		"waiver":        {column: &column{name: "decision"}, document: waiver},
		"planned":       {column: &column{name: "decision"}, document: planned},
	},
}

func ruleRevisions(raw []byte, _ domain.Locale) (any, error) {
	var stored []domain.RuleRevision
	if raw == nil {
		return []*model.RuleRevision{}, nil
	}
	if err := json.Unmarshal(raw, &stored); err != nil {
		return nil, err
	}
	shown := make([]*model.RuleRevision, len(stored))
	for i, r := range stored {
		shown[i] = &model.RuleRevision{RuleSet: r.RuleSet, Version: r.Version}
	}
	return shown, nil
}

func waiver(raw []byte, _ domain.Locale) (any, error) {
	w := workflow.Waived(&domain.ProgrammeEvent{Decision: raw})
	if w == nil {
		return nil, nil
	}
	return &model.WaivedRule{WaiverID: gid.New("Waiver", w.ID), RuleSet: w.RuleSet, Rule: w.Rule, ExpiresOn: w.ExpiresOn}, nil
}

func planned(raw []byte, _ domain.Locale) (any, error) {
	p := workflow.Planned(&domain.ProgrammeEvent{Decision: raw})
	if p == nil {
		return nil, nil
	}
	return &model.PlannedStage{Stage: p.Stage, DueOn: p.DueOn}, nil
}

func blocks(raw []byte, l domain.Locale) (any, error) {
	var stored []domain.Block
	if err := json.Unmarshal(raw, &stored); err != nil {
		return nil, err
	}
	return model.Blocks(stored, l), nil
}

func remarks(raw []byte, l domain.Locale) (any, error) {
	return model.Blocks(workflow.Remarks(&domain.ProgrammeEvent{Decision: raw}), l), nil
}

func draftProblems(raw []byte, l domain.Locale) (any, error) {
	shown, ok := model.UserErrors(offline.Problems(&domain.Draft{Problems: raw}), l)
	if !ok {
		return nil, errors.New("a draft was kept for what nobody can settle")
	}
	return shown, nil
}
