package main

import (
	"testing"

	"github.com/berdaya/berdaya/domain"
)

// TestWorkWithoutALineMeetsTheRealRules submits a list in which the move that its own content makes possible is made, and the
// next one, for which a plan is missing, becomes a draft that says what is missing; once it is there, the draft is merged.
func TestWorkWithoutALineMeetsTheRealRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.as(t, "coordinator", "32.04")
	id := c.programme("BDG-2026-007")
	need, core := domain.RandomIDs{}.New().String(), domain.RandomIDs{}.New().String()
	move := func(key string, version int) map[string]any {
		return map[string]any{"key": key, "expectedVersion": version, "moveProgramme": map[string]any{"programmeId": id, "move": "ADVANCE"}}
	}
	list := []any{
		map[string]any{"key": "1", "createConsultation": map[string]any{"programmeId": id, "heldOn": "2026-02-10", "kind": "VILLAGE_MEETING", "place": "Balai desa", "female": 34, "male": 29}},
		map[string]any{"key": "2", "createNeed": map[string]any{"clientId": need, "programmeId": id, "title": "Air bersih", "sector": "WATER_SANITATION", "severity": 4, "urgency": 4,
			"peopleAffected": 9000, "votes": 41}},
		map[string]any{"key": "3", "createProblemNode": map[string]any{"clientId": core, "needId": need, "kind": "CORE_PROBLEM", "statement": "Air kurang"}},
		map[string]any{"key": "4", "createProblemNode": map[string]any{"needId": need, "parentId": core, "kind": "CAUSE", "rootCause": true, "statement": "Belum ada pengurus"}},
		map[string]any{"key": "5", "rankNeeds": map[string]any{"programmeId": id}},
	}
	const submit = `mutation ($list: [OfflineCommandInput!]!, $dry: Boolean!) { submitCommands(input: {commands: $list, dryRun: $dry}) {
		results { key outcome version userErrors { code message } blocks { rule } draft { id blocks { rule message } } } } }`
	outcomes := func(v value) (all string) {
		for _, r := range v.list("submitCommands.results") {
			all += r.text("outcome") + " "
		}
		return all
	}
	for range 2 { // assessments of capacity are asked for as well: identify enters what is left
		if v := c.ask(submit, map[string]any{"list": list, "dry": true}); outcomes(v) != "DONE DONE DONE DONE DONE " {
			t.Fatalf("a dry run: %v", v.v)
		}
	}
	c.identify(id)
	v := c.ask(submit, map[string]any{"list": append(list, move("6", 1), move("7", 2)), "dry": false})
	if outcomes(v) != "DONE DONE DONE DONE DONE DONE DRAFT " || v.at("submitCommands.results.5.version").v != 2.0 {
		t.Fatalf("%v", v.v)
	}
	draft := v.text("submitCommands.results.6.draft.id")
	if v.text("submitCommands.results.6.userErrors.0.code") != string(domain.CodeBlocked) || len(v.list("submitCommands.results.6.draft.blocks")) == 0 {
		t.Fatalf("the draft does not say what is missing: %v", v.v)
	}
	c.plan(id)
	merge := map[string]any{"draft": draft, "command": move("8", 2)}
	for range 2 {
		v = c.ask(`mutation ($draft: ID!, $command: OfflineCommandInput!) { mergeDraft(input: {draftId: $draft, command: $command, idempotencyKey: "m"}) {
			draft { state } userErrors { code message } } }`, merge).at("mergeDraft")
		if len(v.list("userErrors")) > 0 || v.text("draft.state") != "MERGED" {
			t.Fatalf("%v", v.v)
		}
	}
	w.checkHistory(t, c, id, "CREATED", "ADVANCE", "ADVANCE")
}
