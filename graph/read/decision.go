package read

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/workflow"
)

// decisions adds the conditions of a list of decisions. Whoever names a programme, or wants those of their own, needs no region: the
// condition that they see it is one on the programme.
func (q *request) decisions(fc *graphql.FieldContext, a access.Actor) error {
	id, _ := fc.Args["programme"].(*string)
	code, _ := fc.Args["programmeCode"].(*string)
	mine, _ := fc.Args["mine"].(bool)
	region, _ := fc.Args["region"].(*model.RegionFilter)
	own := ofOwn(a)
	if id != nil {
		key, err := gid.UUID("Programme", *id)
		if err != nil {
			return domain.Errorf(domain.CodeBadUserInput, "this is not the id of a Programme").In("ini bukan id dari Programme").At("programme")
		}
		q.where("@.programme_id = ?", key[:])
	}
	if code != nil {
		q.where("@.programme_id = (select n.id from programmes n where n.code = ?)", []byte(*code))
	}
	switch {
	case id != nil || code != nil:
		if scope := within(a.Trails()); scope.sql != "" && !mine {
			q.where("("+scope.sql+" or "+own.sql+")", append(scope.values, own.values...)...)
		}
	case !mine:
		if err := q.place(region, a.Trails(), "region"); err != nil {
			return err
		}
		region = nil
	}
	if mine {
		q.where(own.sql, own.values...)
	}
	if region != nil {
		if err := q.place(region, access.NewScope(domain.NationCode), "region"); err != nil {
			return err
		}
	}
	return q.decided(fc)
}

// decided adds what else decisions are filtered by.
func (q *request) decided(fc *graphql.FieldContext) error {
	set, _ := fc.Args["ruleSet"].(*string)
	rule, _ := fc.Args["rule"].(*string)
	switch {
	case rule != nil && set == nil:
		return domain.Errorf(domain.CodeBadUserInput, "give the rule set of the rule as well").In("sebutkan juga kumpulan aturannya").At("ruleSet")
	case rule != nil:
		q.spoke(*set + "/" + *rule)
	case set != nil:
		q.spoke(*set)
	}
	outcome, _ := fc.Args["outcome"].(*domain.DecisionOutcome)
	oneOf(q, "@.outcome", outcome, false, nil)
	for name, sign := range map[string]string{"from": ">=", "to": "<"} {
		if at, _ := fc.Args[name].(*time.Time); at != nil {
			q.where("@.decided_at "+sign+" ?::text::timestamptz", []byte(at.UTC().Format(time.RFC3339Nano)))
		}
	}
	return nil
}

// spoke adds the condition that a rule or rule set is among those that spoke up. It is said twice: of what seldom speaks PostgreSQL
// knows nothing and takes it for one row in two hundred, so that it would walk the whole log from its newest end to fill a page.
// Said twice it passes for rarer than that, and the index on rules serves.
func (q *request) spoke(who string) {
	of := appendArray(nil, oidText, [][]byte{[]byte(who)})
	q.where("@.rules && ?::text[] and ?::text[] && @.rules", of, of)
}

// ofOwn is the condition that a decision is on a programme whose coordinator the actor is.
func ofOwn(a access.Actor) condition {
	scope := within(a.PersonalData().OwnProgrammes)
	if scope.sql == never {
		return scope
	}
	sql := "@.programme_id in (select v.id from programmes v where v.coordinator = ?"
	if scope.sql != "" {
		sql += " and " + strings.ReplaceAll(scope.sql, "@.", "v.")
	}
	return condition{sql + ")", append([][]byte{[]byte(a.Subject)}, scope.values...)}
}

// readsDecision is the condition that the actor sees a decision: they answer for rules there or audit them, or it is on a programme of
// theirs.
func (p *planner) readsDecision(s *statement, alias string) string {
	in := s.condition(alias, p.sight.trails, trails)
	if in == "" || p.sight.own.sql == never {
		return in
	}
	theirs := "exists (select from programmes v where v.id = " + alias + ".programme_id and v.coordinator = " + s.arg(subject)
	if text := s.condition("v", p.sight.own, own); text != "" {
		theirs += " and " + text
	}
	return "(" + in + " or " + theirs + "))"
}

func decisionRevisions(raw []byte, _ domain.Locale) (any, error) {
	var stored []domain.DecisionRevision
	err := json.Unmarshal(raw, &stored)
	shown := make([]*model.DecisionRevision, len(stored))
	for i, r := range stored {
		shown[i] = &model.DecisionRevision{RuleSet: r.RuleSet, Version: r.Version, Region: r.Region, Revision: r.Revision}
	}
	return shown, err
}

func unavailableRules(raw []byte, _ domain.Locale) (any, error) {
	var stored []workflow.Unavailable
	err := json.Unmarshal(raw, &stored)
	shown := make([]*model.UnavailableRules, len(stored))
	for i, u := range stored {
		shown[i] = &model.UnavailableRules{RuleSet: u.RuleSet, Reason: u.Reason}
	}
	return shown, err
}

func trialRules(raw []byte, _ domain.Locale) (any, error) {
	var stored []domain.TrialRule
	err := json.Unmarshal(raw, &stored)
	shown := make([]*model.TrialRule, len(stored))
	for i, r := range stored {
		shown[i] = &model.TrialRule{Rule: r.Rule, Blocks: r.Blocks, Frees: r.Frees, Remarks: r.Remarks, RemarksGone: r.RemarksGone}
	}
	return shown, err
}
