package read_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/workflow"
)

// decisions makes a decision log and trials, over programmes some of which have moved to another region since.
func (m *maker) decisions() {
	m = &maker{rand.New(rand.NewPCG(19, 23)), m.t, m.db} // so that all else stays as it is without them
	var programmes []*domain.Programme
	if err := m.db.Bun.NewSelect().Model(&programmes).Order("id").Scan(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	var events []*domain.ProgrammeEvent
	if err := m.db.Bun.NewSelect().Model(&events).Order("id").Scan(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	var all []workflow.KeptDecision
	for i := range len(programmes) * 2 {
		p := pick(m, programmes)
		d := workflow.KeptDecision{Decision: domain.Decision{ID: m.id(), DecidedAt: m.time(), Count: 1, Actor: pick(m, subjects), ProgrammeID: p.ID, RegionCode: p.RegionCode,
			Stage: code1[domain.Stage](m, domain.Stages), EnteredAt: m.time(), Move: pick(m, []domain.Move{domain.Advance, domain.Reopen}), ToStage: code1[domain.Stage](m, domain.Stages),
			Outcome: code1[domain.DecisionOutcome](m, domain.DecisionOutcomes), FactsHash: strings.Repeat("a", 64), Kinds: json.RawMessage(`[]`), Unavailable: json.RawMessage(`[]`),
			Waivers: json.RawMessage(`[]`), Took: int64(m.IntN(1e6)), Revisions: []domain.DecisionRevision{{RuleSet: "national", Version: m.text("v"), Region: "ID"}}}, Rules: []string{}}
		d.LastAt = d.DecidedAt
		if m.IntN(4) == 0 {
			d.RegionCode = pick(m, allCodes)
		}
		switch d.Outcome {
		case domain.DecisionMoved:
			d.EventID = &pick(m, events).ID
		default:
			d.Repeats = []byte(fmt.Sprintf("%032d", i))
			d.Count, d.LastAt = 1+m.IntN(9), d.DecidedAt.AddDate(0, 0, m.IntN(3))
			if d.Outcome == domain.DecisionUnavailable {
				d.Unavailable, d.Rules = json.RawMessage(`[{"ruleSet": "water", "region": "32", "reason": "late \"now\""}]`), []string{"water"}
				break
			}
			d.Blocks = []domain.Block{{RuleSet: "water", Version: "1", Region: "32", Rule: "R1", Severity: domain.SeverityBlock, Message: domain.Text{EN: "dig", ID: "gali"}, Waivable: domain.WaivableNo, Path: []string{"needs"}}}
			d.Rules = []string{"water", "water/R1"}
		}
		all = append(all, d)
	}
	if err := m.db.Decisions().Keep(m.t.Context(), nil, all); err != nil {
		m.t.Fatal(err)
	}
	m.trials(programmes)
}

func (m *maker) trials(programmes []*domain.Programme) {
	var versions []*domain.RuleSetVersion
	if err := m.db.Bun.NewSelect().Model(&versions).Order("id").Scan(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	for range 12 {
		v := pick(m, versions)
		t := &domain.RuleTrial{Record: m.record(), Kind: code1[domain.TrialKind](m, domain.TrialKinds), RegionCode: pick(m, allCodes), RuleSetID: v.RuleSetID, VersionID: v.ID, StartedBy: pick(m, subjects),
			State: domain.TrialCompleted, FinishedAt: ptr(m.time()), Total: 9, Done: 6, NewlyBlocked: 1, Freed: 2, Unchanged: 3, Masked: m.IntN(3), Revision: 1, More: m.IntN(2) == 0,
			Rules: []domain.TrialRule{{Rule: "R1", Blocks: m.IntN(9), RemarksGone: 2}}, LastErrorEN: maybe(m, m.text("late")), Parameters: json.RawMessage(pick(m, []string{`{"x": 1}`, `{}`}))}
		if t.LastErrorEN != nil {
			t.LastErrorID = maybe(m, m.text("telat"))
		}
		if t.Kind == domain.Replay {
			t.Since = ptr(m.time())
		}
		if t.Kind != domain.Simulation {
			t.Until = ptr(m.time())
		}
		if err := m.db.Trials().AddTrial(m.t.Context(), t); err != nil {
			m.t.Fatal(err)
		}
		for range m.IntN(6) {
			m.insert(&domain.RuleTrialDifference{ID: m.id(), RuleTrialID: t.ID, ProgrammeID: pick(m, programmes).ID, DecidedAt: m.time(), Change: code1[domain.TrialChange](m, domain.TrialChanges),
				Effect: code1[domain.TrialEffect](m, domain.TrialEffects), Rule: pick(m, []string{"R1", "R2"}), MessageEN: m.text("dig"), MessageID: pick(m, []string{"", "gali"}), Masked: m.IntN(2) == 0})
		}
	}
}

// factsOfDecisions is a batch whose results depend on the row alone.
func factsOfDecisions(_ context.Context, ids []uuid.UUID) ([]any, error) {
	all := make([]any, len(ids))
	for i, id := range ids {
		if f := factsOfDecision(id); f != nil {
			all[i] = f
		}
	}
	return all, nil
}

func factsOfDecision(id uuid.UUID) *model.DecisionFacts {
	if id[0]%3 == 0 {
		return nil
	}
	return &model.DecisionFacts{Content: json.RawMessage(`{"programme":{"code":"P-1"}}`), Masked: []string{"needs.title"}[:id[0]%2]}
}

// owns tells whether the actor is the coordinator of a decision's programme.
func (w *world) owns(a access.Actor, decision row) bool {
	p := w.byKey["Programme"][decision["programme_id"].(string)]
	return p["coordinator"] == a.Subject && has(a, p["region_code"], domain.Coordinator)
}

// decided tells whether a decision is in a list.
func (n *naive) decided(r row, args map[string]any) bool {
	region, _ := args["region"].(map[string]any)
	if region != nil && !n.inRegion("", r, region) {
		return false
	}
	mine := args["mine"] == true
	switch {
	case mine && !n.owns(n.actor, r), !mine && args["programme"] == nil && args["programmeCode"] == nil && !tells(n.actor, r), !tells(n.actor, r) && !n.owns(n.actor, r):
		return false
	case args["programme"] != nil && args["programme"] != globalID("Programme", r["programme_id"].(string)):
		return false
	case args["programmeCode"] != nil && args["programmeCode"] != n.byKey["Programme"][r["programme_id"].(string)]["code"]:
		return false
	case args["outcome"] != nil && args["outcome"] != r["outcome"]:
		return false
	}
	if set := args["ruleSet"]; set != nil {
		wanted := set.(string)
		if rule := args["rule"]; rule != nil {
			wanted += "/" + rule.(string)
		}
		if !slices.Contains(r["rules"].([]any), any(wanted)) {
			return false
		}
	}
	at, err := time.Parse(time.RFC3339Nano, r["decided_at"].(string))
	if err != nil {
		panic(err)
	}
	for name, before := range map[string]bool{"from": true, "to": false} {
		if text, ok := args[name].(string); ok {
			edge, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				panic(err)
			}
			if at.Before(edge) == before {
				return false
			}
		}
	}
	return true
}

// unlike tells whether a row differs from an argument that was given for one of these columns.
func unlike(args map[string]any, r row, columns ...string) bool {
	return slices.ContainsFunc(columns, func(c string) bool { return args[c] != nil && args[c] != r[c] })
}

// tried tells whether a trial is in a list.
func (n *naive) tried(r row, args map[string]any) bool {
	region, _ := args["region"].(map[string]any)
	return tells(n.actor, r) && (region == nil || n.inRegion("", r, region)) && (args["kind"] == nil || args["kind"] == r["kind"]) && (args["state"] == nil || args["state"] == r["state"])
}

// trialField gives what is stored of a decision or trial as a document; ok where it is one.
func (n *naive) trialField(path string, r row, selection ast.SelectionSet) (v any, ok bool) {
	switch path {
	case "Decision.facts":
		if f := factsOfDecision(uuid.MustParse(r["id"].(string))); f != nil {
			return n.plain(f, "DecisionFacts", selection), true
		}
		return nil, true
	case "Decision.blocks":
		return n.blocks(r["blocks"], selection), true
	case "Decision.revisions":
		return n.plain(r["revisions"], "DecisionRevision", selection), true
	case "Decision.unavailable":
		return n.plain(r["unavailable"], "UnavailableRules", selection), true
	case "RuleTrial.rules":
		return n.plain(r["rules"], "TrialRule", selection), true
	case "RuleTrialDifference.message":
		return n.translated(map[string]any{"en": r["message_en"], "id": r["message_id"]}), true
	case "RuleTrial.lastError":
		if id := r["last_error_id"]; n.actor.Locale == domain.Indonesian && id != nil {
			return id, true
		}
		return r["last_error_en"], true
	}
	return nil, false
}

// decisions writes the arguments of a list of decisions or trials.
func (g *generator) decisions(name string) []string {
	var args []string
	if f := g.region(); f != "" {
		args = append(args, "region: "+f)
	}
	if name == "ruleTrials" {
		if g.below(2) == 0 {
			args = append(args, "kind: "+g.one("SIMULATION", "REPLAY", "null"), "state: "+g.one("COMPLETED", "RUNNING", "null"))
		}
		return args
	}
	if g.below(3) == 0 {
		id := g.idOf("Programme")
		args = append(args, "programme: "+g.value("ID", strconv.Quote(id), id))
	}
	if g.below(4) == 0 {
		rows := g.world.rows["Programme"]
		code := rows[g.below(len(rows))]["code"].(string)
		args = append(args, "programmeCode: "+g.value("String", strconv.Quote(code), code))
	}
	if g.below(3) == 0 {
		mine := g.below(2) == 0
		args = append(args, "mine: "+g.value("Boolean!", strconv.FormatBool(mine), mine))
	}
	if g.below(3) == 0 {
		args = append(args, `ruleSet: "water"`)
		if g.below(2) == 0 {
			args = append(args, "rule: "+g.value("String", `"R1"`, "R1"))
		}
	}
	if g.below(3) == 0 {
		args = append(args, "outcome: "+g.one("MOVED", "BLOCKED", "null"))
	}
	if g.below(3) == 0 {
		args = append(args, `from: "2026-01-02T00:00:00Z"`)
	}
	if g.below(3) == 0 {
		at := "2026-03-02T15:30:00.123456+07:00"
		args = append(args, "to: "+g.value("DateTime", strconv.Quote(at), at))
	}
	return args
}
