package read_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
)

// ruleSets makes a catalogue: versions in every state, activations in a row of revisions, and a trail.
func (m *maker) ruleSets() {
	m = &maker{rand.New(rand.NewPCG(13, 17)), m.t, m.db} // so that all else stays as it is without them
	const sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if _, err := m.db.Pool.Exec(m.t.Context(), `insert into rule_set_artefacts (sha256, created_at, size) values ($1, now(), 5)`, sum); err != nil {
		m.t.Fatal(err)
	}
	for i, name := range []string{"jawa-barat", "bandung", "nation-wide", "a", "untitled"} {
		set := &domain.RuleSet{Record: m.record(), Name: name, RegionCode: []string{"32", "32.73", "ID", "33", "32"}[i], Kind: code1[domain.RuleSetKind](m, domain.RuleSetKinds)}
		m.insert(set)
		var versions []*domain.RuleSetVersion
		for n := range 1 + m.IntN(5) {
			v := &domain.RuleSetVersion{Record: m.record(), RuleSetID: set.ID, Version: pick(m, []string{"", "", "v", "é/ ", "."}) + fmt.Sprint(n), SHA256: sum, Size: 5, State: code1[domain.VersionState](m, domain.VersionStates),
				Note: maybe(m, m.text("note")), UploadedBy: "other", CheckedAt: ptr(m.time()), ApprovedBy: ptr("rina"), ApprovedAt: ptr(m.time())}
			if name == "untitled" {
				v.State = domain.VersionUploaded
			}
			switch v.State {
			case domain.VersionFailed:
				v.Problems = json.RawMessage(`[{"code": "BAD_FILE", "message": {"en": "wrong", "id": "salah"}, "params": {"file": "a.yaml", "line": 3, "column": 7}}, {"code": "BAD_FILE", "message": {"en": "no \"place\""}}]`)
			case domain.VersionUploaded:
			default:
				v.Description = json.RawMessage(fmt.Sprintf(`{"name": %q, "title": {"en": "Rules %d", "id": %q}, "facts": ["NEEDS"], "parametersSchema": %q, "later": 1,
					"rules": [{"code": "R", "title": {"en": "A \"rule\""}, "stages": ["PLAN"], "moves": ["ADVANCE"], "severity": "BLOCK", "waivable": "NO"}]}`, name, n,
					pick(m, []string{"", "Aturan"}), pick(m, []string{"", "{}"})))
			}
			versions = append(versions, v)
		}
		m.insert(&versions)
		m.activations(set, versions)
	}
}

func (m *maker) activations(set *domain.RuleSet, versions []*domain.RuleSetVersion) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, region := range allCodes {
		if !domain.Under(region, set.RegionCode) || m.IntN(2) == 0 {
			continue
		}
		last := 1 + m.IntN(3)
		var first *domain.RuleActivation
		for revision := range last {
			at = at.Add(time.Hour)
			a := &domain.RuleActivation{Record: m.record(), RegionCode: region, RuleSetID: set.ID, Revision: revision + 1, Mode: code1[domain.ActivationMode](m, domain.ActivationModes),
				ActivatedBy: pick(m, subjects), ActivatedAt: at, Reason: maybe(m, m.text("so"))}
			if m.IntN(4) > 0 {
				a.VersionID, a.Parameters = &pick(m, versions).ID, json.RawMessage(pick(m, []string{`{"days": 3, "x": "\""}`, `{}`}))
			}
			if revision > 0 && m.IntN(4) == 0 {
				a.VersionID, a.Parameters, a.Restores = first.VersionID, first.Parameters, &first.Revision
			}
			if revision == 0 {
				first = a
			}
			if revision < last-1 {
				a.EndedAt = maybe(m, at)
			}
			m.insert(a)
			m.insert(&domain.RuleSetEvent{ID: m.id(), CreatedAt: m.time(), RegionCode: region, RuleSetID: set.ID, VersionID: a.VersionID, ActivationID: &a.ID,
				Action: code1[domain.RuleSetAction](m, domain.RuleSetActions), Actor: pick(m, subjects), Reason: maybe(m, m.text("so"))})
		}
	}
}

// bindings is a batch whose results depend on the row alone.
func bindings(_ context.Context, ids []uuid.UUID) ([]any, error) {
	all := make([]any, len(ids))
	for i, id := range ids {
		all[i] = bindingsOf(id)
	}
	return all, nil
}

func bindingsOf(id uuid.UUID) []*model.BoundRuleSet {
	return []*model.BoundRuleSet{{ActivationID: id.String(), RegionCode: "32", RuleSet: "jawa-barat", Kind: domain.RuleFile, Version: "1", Revision: int(id[0]), Mode: domain.Everyone,
		ActivatedAt: time.Date(2026, 1, 1, 0, 0, 0, 5000, time.UTC), Parameters: json.RawMessage(`{"a":1}`)}}
}

func (n *naive) ruleSet(name any, selection ast.SelectionSet) any {
	for _, r := range n.rows["RuleSet"] {
		if r["name"] == name {
			return n.object("RuleSet", r, selection)
		}
	}
	return nil
}

func (n *naive) ruleSetFits(r row, args map[string]any) bool {
	region, _ := args["region"].(map[string]any)
	return region == nil || n.inRegion("", r, region)
}

// inForce tells whether an activation is the newest of its rule set in a region or above, and puts a version to work.
func (n *naive) inForce(r row, region string) bool {
	for _, o := range n.rows["RuleActivation"] {
		if o["region_code"] == r["region_code"] && o["rule_set_id"] == r["rule_set_id"] && number(o["revision"]) > number(r["revision"]) {
			return false
		}
	}
	return r["rule_set_version_id"] != nil && below(region, r["region_code"].(string))
}

// ruleSetField gives what a rule set or version says of itself.
func (n *naive) ruleSetField(path string, r row, selection ast.SelectionSet) any {
	switch path {
	case "RuleSet.title":
		of := slices.DeleteFunc(slices.Clone(n.rows["RuleSetVersion"]), func(v row) bool { return v["rule_set_id"] != r["id"] || v["description"] == nil })
		if len(of) == 0 {
			return nil
		}
		newest := slices.MaxFunc(of, func(a, b row) int { return strings.Compare(a["id"].(string), b["id"].(string)) })
		return n.ruleSetField("RuleSetVersion.title", newest, nil)
	case "RuleSetVersion.contentPath":
		path := ""
		for _, c := range []byte(r["version"].(string)) {
			path += fmt.Sprintf("%%%02x", c)
		}
		if plain := regexp.MustCompile(`^[\w-][\w.-]*$`); plain.MatchString(r["version"].(string)) {
			path = r["version"].(string)
		}
		return "/rule-sets/" + n.byKey["RuleSet"][r["rule_set_id"].(string)]["name"].(string) + "/" + path + "/artefact"
	case "RuleSetVersion.problems":
		set := n.byKey["RuleSet"][r["rule_set_id"].(string)]
		all, _ := r["problems"].([]any)
		if !tells(n.actor, set) {
			all = nil
		}
		shown := []any{}
		for _, p := range all {
			kept := p.(map[string]any)
			one := map[string]any{"code": kept["code"], "message": n.translated(kept["message"])}
			params, _ := kept["params"].(map[string]any)
			for _, name := range []string{"file", "line", "column"} {
				one[name] = params[name]
			}
			shown = append(shown, one)
		}
		return n.project(any(shown), "RuleSetProblem", selection)
	}
	d, _ := r["description"].(map[string]any)
	switch {
	case d == nil:
		return nil
	case path == "RuleSetVersion.title":
		return n.translated(d["title"])
	}
	shown := map[string]any{"facts": d["facts"], "planFacts": []any{}, "parametersSchema": d["parametersSchema"]}
	if d["parametersSchema"] == "" {
		shown["parametersSchema"] = nil
	}
	rules := []any{}
	for _, x := range d["rules"].([]any) {
		rule := map[string]any{}
		for k, v := range x.(map[string]any) {
			rule[k] = v
		}
		rule["title"] = n.translated(rule["title"])
		rules = append(rules, rule)
	}
	shown["rules"] = rules
	return n.project(shown, "RuleSetDescription", selection)
}

// translated gives a text in the reader's language, in English where that is missing.
func (n *naive) translated(text any) any {
	if id := text.(map[string]any)["id"]; n.actor.Locale == domain.Indonesian && id != nil && id != "" {
		return id
	}
	return text.(map[string]any)["en"]
}
