package read_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

// The naive evaluator: all tables in memory, and every field looked up by itself. It shares neither code nor metadata with
// the planner: what is below is written by hand, from the design.

type row = map[string]any

// tables says where each type is stored and the first byte of its ids.
var tables = map[string]struct{ table, tag string }{
	"Region": {"regions", "R"}, "RegionSuccessor": {"region_successors", "r"},
	"Community": {"communities", "C"}, "Stakeholder": {"stakeholders", "S"}, "Programme": {"programmes", "P"},
	"ProgrammeCommunity": {"programme_communities", "c"}, "ProgrammeStakeholder": {"programme_stakeholders", "s"},
	"ProgrammeEvent": {"programme_events", "E"}, "StageVisit": {"stage_visits", "V"}, "ChecklistItem": {"checklist_items", "L"},
	"Need": {"needs", "N"}, "ProblemNode": {"problem_nodes", "n"}, "Consultation": {"consultations", "K"},
	"CapacityAssessment": {"capacity_assessments", "A"}, "CapacityScore": {"capacity_scores", "a"}, "Objective": {"objectives", "O"},
	"Activity": {"activities", "Y"}, "BudgetLine": {"budget_lines", "B"}, "TrainingEvent": {"training_events", "T"}, "Session": {"sessions", "t"},
	"Participant": {"participants", "p"}, "Attendance": {"attendances", "q"}, "Indicator": {"indicators", "I"}, "Measurement": {"measurements", "i"},
	"Finding": {"findings", "F"}, "Report": {"reports", "W"}, "Distribution": {"distributions", "w"},
	"BulkMove": {"bulk_moves", "M"}, "BulkMoveItem": {"bulk_move_items", "m"},
	"Waiver": {"waivers", "v"}, "StagePlan": {"stage_plans", "d"}, "Timer": {"timers", "X"}, "TimerEvent": {"timer_events", "x"},
	"Draft": {"drafts", "D"}, "ProgrammeBlock": {"programme_blocks", "b"},
	"RuleSet": {"rule_sets", "G"}, "RuleSetVersion": {"rule_set_versions", "g"}, "RuleActivation": {"rule_activations", "J"}, "RuleSetEvent": {"rule_set_events", "j"},
	"Decision": {"decisions", "k"}, "RuleTrial": {"rule_trials", "Q"}, "RuleTrialDifference": {"rule_trial_differences", "u"},
	"Notification": {"notifications", "f"}, "Webhook": {"webhooks", "h"}, "Delivery": {"deliveries", "e"},
}

// toOne: the column of ours that holds the key of the other.
var toOne = map[string]string{
	"Webhook.region": "region_code", "Delivery.region": "region_code", "Delivery.webhook": "webhook_id",
	"RuleSet.region": "region_code", "RuleSetVersion.ruleSet": "rule_set_id", "RuleActivation.region": "region_code", "RuleActivation.ruleSet": "rule_set_id",
	"RuleActivation.version": "rule_set_version_id", "RuleSetEvent.region": "region_code", "RuleSetEvent.ruleSet": "rule_set_id",
	"RuleSetEvent.version": "rule_set_version_id", "RuleSetEvent.activation": "rule_activation_id",
	"Decision.event": "programme_event_id", "RuleTrial.region": "region_code", "RuleTrial.ruleSet": "rule_set_id", "RuleTrial.version": "rule_set_version_id",
	"RuleTrialDifference.ruleTrial": "rule_trial_id",
	"BulkMoveItem.bulkMove":         "bulk_move_id", "BulkMoveItem.event": "event_id",
	"Region.parent": "parent_code", "RegionSuccessor.old": "old_code", "RegionSuccessor.new": "new_code",
	"Community.region": "region_code", "Stakeholder.region": "region_code", "Programme.region": "region_code",
	"ProgrammeCommunity.community": "community_id", "ProgrammeStakeholder.stakeholder": "stakeholder_id", "Distribution.stakeholder": "stakeholder_id",
	"Distribution.report": "report_id", "ProblemNode.need": "need_id", "ProblemNode.parent": "parent_id", "CapacityScore.capacityAssessment": "capacity_assessment_id",
	"Objective.parent": "parent_id", "Activity.objective": "objective_id", "BudgetLine.activity": "activity_id", "TrainingEvent.activity": "activity_id",
	"Session.trainingEvent": "training_event_id", "Participant.trainingEvent": "training_event_id", "Attendance.session": "session_id",
	"Attendance.participant": "participant_id", "Indicator.objective": "objective_id", "Measurement.indicator": "indicator_id",
}

// toMany: the type, its column that holds our key, and the order.
var toMany = map[string][3]string{
	"Region.children": {"Region", "parent_code", "code"}, "Region.communities": {"Community", "region_code", "name, id"}, "Region.programmes": {"Programme", "region_code", "code, id"},
	"Region.ruleSets": {"RuleSet", "region_code", "id"}, "Region.ruleActivations": {"RuleActivation", "region_code", "id"},
	"RuleSet.versions": {"RuleSetVersion", "rule_set_id", "id"}, "RuleSet.activations": {"RuleActivation", "rule_set_id", "id"}, "RuleSet.events": {"RuleSetEvent", "rule_set_id", "id"},
	"RuleTrial.differences": {"RuleTrialDifference", "rule_trial_id", "id"},
	"Region.successors":     {"RegionSuccessor", "old_code", "id"}, "Region.predecessors": {"RegionSuccessor", "new_code", "id"},
	"Community.programmes": {"ProgrammeCommunity", "community_id", "id"}, "Stakeholder.programmes": {"ProgrammeStakeholder", "stakeholder_id", "id"},
	"Programme.communities": {"ProgrammeCommunity", "programme_id", "id"}, "Programme.stakeholders": {"ProgrammeStakeholder", "programme_id", "id"},
	"Programme.history": {"ProgrammeEvent", "programme_id", "version"}, "Programme.stageVisits": {"StageVisit", "programme_id", "id"},
	"BulkMove.items":    {"BulkMoveItem", "bulk_move_id", "position"},
	"Programme.waivers": {"Waiver", "programme_id", "id"}, "Programme.stagePlans": {"StagePlan", "programme_id", "id"},
	"Programme.timers": {"Timer", "programme_id", "id"}, "Programme.timerEvents": {"TimerEvent", "programme_id", "id"},
	"Programme.checklist": {"ChecklistItem", "programme_id", "id"}, "Programme.needs": {"Need", "programme_id", "id"},
	"Programme.consultations": {"Consultation", "programme_id", "id"}, "Programme.capacityAssessments": {"CapacityAssessment", "programme_id", "id"},
	"Programme.objectives": {"Objective", "programme_id", "id"}, "Programme.activities": {"Activity", "programme_id", "id"},
	"Programme.trainingEvents": {"TrainingEvent", "programme_id", "id"}, "Programme.indicators": {"Indicator", "programme_id", "id"},
	"Programme.findings": {"Finding", "programme_id", "id"}, "Programme.reports": {"Report", "programme_id", "id"},
	"Programme.blocks": {"ProgrammeBlock", "programme_id", "id"},
	"Programme.drafts": {"Draft", "programme_id", draftOrder},
	"Need.problemTree": {"ProblemNode", "need_id", "id"}, "CapacityAssessment.scores": {"CapacityScore", "capacity_assessment_id", "id"},
	"Objective.indicators": {"Indicator", "objective_id", "id"}, "Objective.activities": {"Activity", "objective_id", "id"},
	"Activity.budgetLines": {"BudgetLine", "activity_id", "id"}, "Activity.trainingEvents": {"TrainingEvent", "activity_id", "id"},
	"TrainingEvent.sessions": {"Session", "training_event_id", "id"}, "TrainingEvent.participants": {"Participant", "training_event_id", "id"},
	"Session.attendances": {"Attendance", "session_id", "id"}, "Participant.attendances": {"Attendance", "participant_id", "id"},
	"Indicator.measurements": {"Measurement", "indicator_id", "id"}, "Report.distributions": {"Distribution", "report_id", "id"},
}

// rootLists: the type and the order of each list that a query begins with.
var rootLists = map[string][2]string{
	"programmes UPDATED_AT_DESC": {"Programme", "updated_at desc, id desc"}, "programmes CODE": {"Programme", "code, id"},
	"communities NAME": {"Community", "name, id"}, "communities UPDATED_AT_DESC": {"Community", "updated_at desc, id desc"},
	"stakeholders NAME": {"Stakeholder", "name, id"}, "stakeholders UPDATED_AT_DESC": {"Stakeholder", "updated_at desc, id desc"},
	"regions ": {"Region", "code"}, "bulkMoves ": {"BulkMove", "id desc"}, "blockedProgrammes ": {"ProgrammeBlock", "since, id"},
	"ruleSets ": {"RuleSet", "name"}, "rulesInForce ": {"RuleActivation", "place, id"},
	"decisions ": {"Decision", "decided_at desc, id desc"}, "ruleTrials ": {"RuleTrial", "id desc"},
	"webhooks ": {"Webhook", "id"}, "deliveries ": {"Delivery", newestFirst},
}

// draftOrder is that of drafts: open ones first, of each the newest first.
const draftOrder = "array_position('{OPEN,MERGED,DROPPED}', state), id desc"

var personalFields = []string{"Stakeholder.contact", "Activity.responsible", "Finding.owner", "Participant.name", "Participant.birthYear", "Draft.input"}

// world is all rows, and everything's place in each order.
type world struct {
	rows   map[string][]row                    // by type
	byKey  map[string]map[string]row           // by type and key
	titles map[string]map[domain.Locale]string // of rules
	place  map[string]map[string]int           // by type and order, of each key; the same for rows that are alike to the order
}

func load(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{rows: map[string][]row{}, byKey: map[string]map[string]row{}, place: map[string]map[string]int{}}
	for name, where := range tables {
		found, err := d.Pool.Query(t.Context(), "select to_jsonb(x)::text from "+where.table+" x")
		if err != nil {
			t.Fatal(err)
		}
		w.byKey[name] = map[string]row{}
		for found.Next() {
			var text string
			if err := found.Scan(&text); err != nil {
				t.Fatal(err)
			}
			decoder := json.NewDecoder(strings.NewReader(text))
			decoder.UseNumber()
			var r row
			if err := decoder.Decode(&r); err != nil {
				t.Fatal(err)
			}
			w.rows[name] = append(w.rows[name], r)
			w.byKey[name][key(name, r)] = r
		}
		if err := found.Err(); err != nil {
			t.Fatal(err)
		}
	}
	w.titles = map[string]map[domain.Locale]string{}
	titled, err := d.Pool.Query(t.Context(), "select rule_set || rule || region_code, title_en, title_id from rule_titles")
	if err != nil {
		t.Fatal(err)
	}
	var rule, en, id string
	if _, err := pgx.ForEachRow(titled, []any{&rule, &en, &id}, func() error {
		w.titles[rule] = map[domain.Locale]string{domain.English: en, domain.Indonesian: cmp.Or(id, en)}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, l := range toMany {
		w.sort(t, d, l[0], l[2])
	}
	for _, l := range rootLists {
		w.sort(t, d, l[0], l[1])
	}
	w.sort(t, d, "Draft", draftOrder)
	w.sort(t, d, "Notification", newestFirst)
	return w
}

// sort asks PostgreSQL for the order, since the order of texts is its own.
func (w *world) sort(t testing.TB, d *db.DB, typeName, order string) {
	if w.place[typeName+order] != nil {
		return
	}
	places := map[string]int{}
	column := "id"
	if typeName == "Region" {
		column = "code"
	}
	found, err := d.Pool.Query(t.Context(), fmt.Sprintf("select %s::text, dense_rank() over (order by %s) from %s", column, order, tables[typeName].table))
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		var k string
		var place int
		if err := found.Scan(&k, &place); err != nil {
			t.Fatal(err)
		}
		places[k] = place
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	w.place[typeName+order] = places
}

func key(typeName string, r row) string {
	if typeName == "Region" {
		return r["code"].(string)
	}
	return r["id"].(string)
}

func globalID(typeName, key string) string {
	raw := []byte(key)
	if typeName != "Region" {
		u := uuid.MustParse(key)
		raw = u[:]
	}
	return base64.RawURLEncoding.EncodeToString(append([]byte(tables[typeName].tag), raw...))
}

// Who sees what.

func below(region, ancestor string) bool {
	return ancestor == "ID" || region == ancestor || strings.HasPrefix(region, ancestor+".")
}

func has(a access.Actor, region any, roles ...domain.Role) bool {
	for _, g := range a.Grants {
		if below(region.(string), g.Region) && (len(roles) == 0 || slices.Contains(roles, g.Role)) {
			return true
		}
	}
	return false
}

// programmeOf gives the programme that a row belongs to; nil for none.
func (w *world) programmeOf(typeName string, r row) row {
	if typeName == "Programme" {
		return r
	}
	if id, ok := r["programme_id"].(string); ok {
		return w.byKey["Programme"][id]
	}
	return nil
}

// sees tells whether the actor sees a row at all.
func (w *world) sees(a access.Actor, typeName string, r row) bool {
	switch p := w.programmeOf(typeName, r); {
	case typeName == "Notification":
		return r["recipient"] == a.Subject
	case typeName == "Webhook" || typeName == "Delivery":
		return tells(a, r)
	case typeName == "BulkMove":
		return r["actor"] == a.Subject || oversees(a, r)
	case typeName == "BulkMoveItem":
		return w.sees(a, "BulkMove", w.byKey["BulkMove"][r["bulk_move_id"].(string)])
	case typeName == "Decision":
		return tells(a, r) || w.owns(a, r)
	case typeName == "RuleTrialDifference":
		return tells(a, w.byKey["RuleTrial"][r["rule_trial_id"].(string)])
	case typeName == "RuleSetEvent" || typeName == "RuleTrial":
		return tells(a, r)
	case typeName == "RuleSet" || typeName == "RuleSetVersion" || typeName == "RuleActivation":
		return true
	case typeName == "Region" || typeName == "RegionSuccessor":
		return true
	case typeName == "Stakeholder":
		return has(a, r["region_code"]) || w.linked(a, r, func(row) bool { return true }, "ProgrammeStakeholder", "Distribution")
	case typeName == "Community":
		return has(a, r["region_code"])
	case typeName == "Draft":
		return r["author"] == a.Subject || p != nil && has(a, p["region_code"], domain.Coordinator, domain.RegionalAdmin, domain.NationalAdmin)
	default:
		return has(a, p["region_code"])
	}
}

// linked tells whether a programme that the actor sees and that fits is linked to a stakeholder.
func (w *world) linked(a access.Actor, stakeholder row, fits func(programme row) bool, by ...string) bool {
	for _, typeName := range by {
		for _, link := range w.rows[typeName] {
			if p := w.programmeOf(typeName, link); link["stakeholder_id"] == stakeholder["id"] && has(a, p["region_code"]) && fits(p) {
				return true
			}
		}
	}
	return false
}

// seesPerson tells whether the actor sees the personal data in a row.
func (w *world) seesPerson(a access.Actor, typeName string, r row) bool {
	admins := []domain.Role{domain.RegionalAdmin, domain.NationalAdmin, domain.Auditor}
	own := func(p row) bool { return p["coordinator"] == a.Subject && has(a, p["region_code"], domain.Coordinator) }
	if typeName == "Stakeholder" {
		return has(a, r["region_code"], admins...) || has(a, r["region_code"]) && w.linked(a, r, own, "ProgrammeStakeholder")
	}
	p := w.programmeOf(typeName, r)
	if typeName == "Draft" && (r["author"] == a.Subject || r["personal"] == false) {
		return true
	}
	if p == nil {
		return has(a, "ID", admins...)
	}
	if typeName == "Participant" && has(a, p["region_code"], domain.Facilitator, domain.Coordinator) &&
		w.byKey["TrainingEvent"][r["training_event_id"].(string)]["facilitator"] == a.Subject {
		return true
	}
	return has(a, p["region_code"], admins...) || own(p)
}

// scalar gives the value of a field that is no relation.
func (w *world) scalar(a access.Actor, typeName, field, graphQLType string, r row) any {
	if field == "id" {
		return globalID(typeName, key(typeName, r))
	}
	if typeName == "Stakeholder" && !has(a, r["region_code"]) && field != "name" && field != "kind" && field != "kindLabel" {
		return nil
	}
	if slices.Contains(personalFields, typeName+"."+field) && !w.seesPerson(a, typeName, r) {
		return nil
	}
	if typeName == "ChecklistItem" && field == "title" {
		if a.Locale == domain.Indonesian && r["title_id"] != "" {
			return r["title_id"]
		}
		return r["title_en"]
	}
	if typeName == "BulkMove" && field == "lastError" || typeName == "BulkMoveItem" && field == "message" {
		if v := r[snake(field)+"_id"]; a.Locale == domain.Indonesian && v != nil {
			return v
		}
		return r[snake(field)+"_en"]
	}
	if stem, ok := strings.CutSuffix(field, "Label"); ok {
		return labelOf(typeName, stem, r[snake(stem)].(string), a.Locale)
	}
	column := snake(field)
	if typeName == "ProgrammeCommunity" && field == "primary" {
		column = "is_primary"
	}
	v, there := r[column]
	if !there {
		panic("no column for " + typeName + "." + field)
	}
	switch {
	case v == nil:
		return nil
	case graphQLType == "DateTime":
		at, err := time.Parse(time.RFC3339Nano, v.(string))
		if err != nil {
			panic(err)
		}
		return at.UTC().Format("2006-01-02T15:04:05.000000Z")
	case graphQLType == "Decimal":
		return v.(json.Number).String()
	}
	return v
}

func snake(field string) string {
	var b bytes.Buffer
	for _, c := range field {
		if c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// enumOf names the enum of each field that has a label.
var enumOf = map[string]domain.Enum{
	"Region.level": domain.Levels, "Community.kind": domain.CommunityKinds, "Stakeholder.kind": domain.StakeholderKinds, "Programme.stage": domain.Stages,
	"Programme.status": domain.Statuses, "BoardCell.stage": domain.Stages, "BoardCell.status": domain.Statuses, "StageVisit.stage": domain.Stages,
	"Need.sector": domain.Sectors, "Consultation.kind": domain.ConsultationKinds, "CapacityScore.domain": domain.CapacityDomains,
	"Objective.level": domain.ObjectiveLevels, "Activity.kind": domain.ActivityKinds, "Session.status": domain.SessionStatuses,
	"Finding.severity": domain.FindingSeverities, "Finding.status": domain.FindingStatuses, "Report.kind": domain.ReportKinds,
	"BulkMove.move": domain.Moves, "BulkMove.state": domain.BulkStates, "BulkMoveItem.outcome": domain.BulkOutcomes,
	"Waiver.stage": domain.Stages, "Waiver.state": domain.WaiverStates, "StagePlan.stage": domain.Stages, "Timer.stage": domain.Stages,
	"Timer.kind": domain.TimerKinds, "Timer.state": domain.TimerStates, "TimerEvent.stage": domain.Stages, "TimerEvent.kind": domain.TimerKinds,
	"Draft.state": domain.DraftStates, "ProgrammeBlock.stage": domain.Stages, "StuckRow.stage": domain.Stages,
	"RuleSet.kind": domain.RuleSetKinds, "RuleSetVersion.state": domain.VersionStates, "RuleActivation.mode": domain.ActivationModes, "RuleSetEvent.action": domain.RuleSetActions,
	"Decision.stage": domain.Stages, "Decision.move": domain.Moves, "Decision.outcome": domain.DecisionOutcomes, "RuleTrial.kind": domain.TrialKinds, "RuleTrial.state": domain.TrialStates,
	"RuleTrialDifference.change": domain.TrialChanges, "RuleTrialDifference.effect": domain.TrialEffects,
	"Notification.kind": domain.NoticeKinds, "Delivery.channel": domain.Channels, "Delivery.state": domain.DeliveryStates,
}

func labelOf(typeName, field, code string, l domain.Locale) string {
	for _, v := range enumOf[typeName+"."+field] {
		if v.Code == code {
			if l == domain.Indonesian {
				return v.Label.ID
			}
			return v.Label.EN
		}
	}
	panic("no label for " + typeName + "." + field + " " + code)
}
