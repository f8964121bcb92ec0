package read

import (
	"slices"
	"strings"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

// condition is a piece of SQL about a row, with @ for its table and ? for each value. The text is part of a plan, the values
// are not. No text holds for every row.
type condition struct {
	sql    string
	values [][]byte
}

// never holds for no row.
const never = "false"

// scopeColumns says in which column rows with a place keep their region of a level.
var scopeColumns = map[domain.Level]string{
	domain.Province: "@.province_code", domain.Regency: "@.regency_code", domain.District: "@.district_code", domain.Village: "@.region_code",
}

// within is the condition that a row lies in a scope.
func within(s access.Scope) condition {
	switch {
	case s.Everywhere():
		return condition{}
	case len(s) == 0:
		return condition{sql: never}
	}
	codes := map[domain.Level][][]byte{}
	for _, code := range s {
		if level, ok := domain.LevelOf(code); ok {
			codes[level] = append(codes[level], []byte(code))
		}
	}
	var c condition
	var terms []string
	for _, v := range domain.Levels[1:] {
		level := domain.Level(v.Code)
		switch in := codes[level]; len(in) {
		case 0:
		case 1:
			terms = append(terms, scopeColumns[level]+" = ?")
			c.values = append(c.values, in[0])
		default:
			terms = append(terms, scopeColumns[level]+" = any(?::text[])")
			c.values = append(c.values, appendArray(nil, oidText, in))
		}
	}
	c.sql = strings.Join(terms, " or ")
	switch len(terms) {
	case 0:
		c.sql = never
	case 1:
	default:
		c.sql = "(" + c.sql + ")"
	}
	return c
}

// sight is what an actor sees, as conditions on the rows of programmes, communities and stakeholders.
type sight struct {
	reads     condition // all but personal data
	personal  condition // personal data
	own       condition // personal data of programmes whose coordinator is the actor
	trainings condition // of participants of trainings whose facilitator is the actor
	settles   condition // drafts of others
	tells     condition // webhooks and deliveries
	trails    condition // who did what with rule sets
	subject   []byte
	locale    domain.Locale
}

func sightOf(a access.Actor) *sight {
	p := a.PersonalData()
	s := &sight{reads: within(a.Reads()), personal: within(p.In), own: within(p.OwnProgrammes), trainings: within(p.OwnTrainings), settles: within(a.Settles()), tells: within(a.Tells()), trails: within(a.Trails()),
		subject: []byte(a.Subject), locale: domain.English}
	if a.Locale == domain.Indonesian {
		s.locale = domain.Indonesian
	}
	return s
}

// appendShape writes what of a sight makes a difference to the text of SQL.
func (s *sight) appendShape(b []byte) []byte {
	for _, c := range []*condition{&s.reads, &s.personal, &s.own, &s.trainings, &s.settles, &s.tells, &s.trails} {
		b = append(append(b, c.sql...), '|')
	}
	return append(b, s.locale...)
}

// The conditions of the actor who asks, for params.
func reads(r *run) *condition     { return &r.sight.reads }
func personal(r *run) *condition  { return &r.sight.personal }
func own(r *run) *condition       { return &r.sight.own }
func trainings(r *run) *condition { return &r.sight.trainings }
func settles(r *run) *condition   { return &r.sight.settles }

func tells(r *run) *condition  { return &r.sight.tells }
func trails(r *run) *condition { return &r.sight.trails }

func subject(r *run) []byte { return r.sight.subject }

// readsRow is the condition, in the table alias, that the actor sees a row of the entity when it is reached from nowhere, or
// from what may lie elsewhere; "" where everybody does. A stakeholder elsewhere is seen, in part, where a visible programme
// links to it.
func (p *planner) readsRow(s *statement, e *entity, alias string) string {
	switch {
	case e.name == "Draft":
		return p.settlesRow(s, alias)
	case e.name == "Notification":
		return alias + ".recipient = " + s.arg(subject)
	case e.name == "Webhook" || e.name == "Delivery":
		return s.condition(alias, p.sight.tells, tells)
	case e.name == "RuleSet" || e.name == "RuleSetVersion" || e.name == "RuleActivation": // rules are no secret
		return ""
	case e.name == "Decision":
		return p.readsDecision(s, alias)
	case e.name == "RuleTrialDifference":
		if visible := s.condition("o", p.sight.trails, trails); visible != "" {
			return "exists (select from rule_trials o where o.id = " + alias + ".rule_trial_id and " + visible + ")"
		}
		return ""
	case e.name == "RuleSetEvent" || e.name == "RuleTrial":
		return s.condition(alias, p.sight.trails, trails)
	case e.bulk != "":
		return p.readsBulk(s, e, alias)
	}
	if p.sight.reads.sql == "" {
		return ""
	}
	visible := func(table, column string) string {
		return "exists (select from " + table + " l join programmes v on v.id = l.programme_id where l." + column + " = " + alias + ".id and " +
			s.condition("v", p.sight.reads, reads) + ")"
	}
	switch {
	case e.name == "Stakeholder":
		return "(" + s.condition(alias, p.sight.reads, reads) + " or " + visible("programme_stakeholders", "stakeholder_id") + " or " +
			visible("distributions", "stakeholder_id") + ")"
	case e.placed:
		return s.condition(alias, p.sight.reads, reads)
	case e.programme != "":
		return "exists (select from programmes v where v.id = " + alias + "." + e.programme + " and " + s.condition("v", p.sight.reads, reads) + ")"
	}
	return ""
}

// readsBulk is that condition for what belongs to a bulk move: it is the reader's own, or all its programmes lie where the reader
// is an admin or auditor, which are those who see personal data there as well.
func (p *planner) readsBulk(s *statement, e *entity, alias string) string {
	if p.sight.personal.sql == "" {
		return ""
	}
	of := alias
	if e.bulk != e.key.name {
		of = "o"
	}
	visible := of + ".actor = " + s.arg(subject)
	if p.sight.personal.sql != never {
		visible = "(" + visible + " or " + s.condition(of, p.sight.personal, personal) + ")"
	}
	if of == alias {
		return visible
	}
	return "exists (select from bulk_moves o where o.id = " + alias + "." + e.bulk + " and " + visible + ")"
}

// settlesRow is the condition that the actor sees a draft: it is theirs, or about a programme where they settle those of others.
// It does not follow from seeing the programme.
func (p *planner) settlesRow(s *statement, alias string) string {
	own := alias + ".author = " + s.arg(subject)
	switch p.sight.settles.sql {
	case never:
		return own
	case "":
		return "(" + own + " or " + alias + ".programme_id is not null)"
	}
	return "(" + own + " or exists (select from programmes v where v.id = " + alias + ".programme_id and " + s.condition("v", p.sight.settles, settles) + "))"
}

// personalTo is the condition that the actor sees the personal data of a row: "" for always, never for never.
func (p *planner) personalTo(lv *level, e *entity, alias string) string {
	draft := e.name == "Draft"
	if p.sight.personal.sql == "" {
		return ""
	}
	if !draft && p.sight.personal.sql == never && p.sight.own.sql == never && (p.sight.trainings.sql == never || e.name != "Participant") {
		return never
	}
	s := &lv.statement
	var terms []string
	add := func(c condition, of func(*run) *condition, alias, and string) {
		if c.sql == never {
			return
		}
		text := s.condition(alias, c, of)
		terms = append(terms, strings.Join(slices.DeleteFunc([]string{and, text}, func(t string) bool { return t == "" }), " and "))
	}
	switch {
	case e.name == "Stakeholder":
		add(p.sight.personal, personal, alias, "")
		if p.sight.own.sql != never {
			linked := "exists (select from programme_stakeholders l join programmes v on v.id = l.programme_id where l.stakeholder_id = " + alias +
				".id and v.coordinator = " + s.arg(subject)
			if text := s.condition("v", p.sight.own, own); text != "" {
				linked += " and " + text
			}
			terms = append(terms, linked+")")
		}
	case e.name == "RuleSetVersion":
		add(p.sight.personal, personal, lv.join(alias+"_rules", "rule_sets", func(v string) string { return v + ".id = " + alias + ".rule_set_id" }), "")
	case e.programme != "":
		if draft { // its author entered what it holds, and most hold nothing of people
			terms = append(terms, "not "+alias+".personal", alias+".author = "+s.arg(subject))
		}
		v := lv.join(alias+"_owner", "programmes", func(v string) string { return v + ".id = " + alias + "." + e.programme })
		add(p.sight.personal, personal, v, "")
		if p.sight.own.sql != never {
			add(p.sight.own, own, v, v+".coordinator = "+s.arg(subject))
		}
		if e.name == "Participant" && p.sight.trainings.sql != never {
			t := lv.join(alias+"_training", "training_events", func(t string) string { return t + ".id = " + alias + ".training_event_id" })
			add(p.sight.trainings, trainings, v, t+".facilitator = "+s.arg(subject))
		}
	}
	return strings.Join(terms, " or ")
}

// limitedTo is the condition that the actor sees all of a row and not only what identifies it; "" where they do. Only
// stakeholders are seen in part.
func (p *planner) limitedTo(s *statement, e *entity, alias string) string {
	if e.name != "Stakeholder" || p.sight.reads.sql == "" {
		return ""
	}
	return s.condition(alias, p.sight.reads, reads)
}

// always are the fields of a stakeholder that are seen where it is seen at all.
var always = map[string]bool{"id": true, "kind": true, "kindLabel": true, "name": true}
