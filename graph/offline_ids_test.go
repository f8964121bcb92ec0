package graph_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/uuid"
)

const createNeed = `mutation($in: CreateNeedInput!) { createNeed(input: $in) { need { id } userErrors { code message path } } }`

func TestAThingIsMadeUnderTheIDThatTheClientMade(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	id := newID()
	in := with(need(programme, id, "Water"), command{"idempotencyKey": "k"})
	made := v.ask("ani", createNeed, map[string]any{"in": in})["createNeed"].(map[string]any)["need"].(map[string]any)["id"].(string)
	raw, err := base64.RawURLEncoding.DecodeString(made)
	if err != nil || string(raw[1:]) != string(uuidBytes(id)) || raw[0] != 'N' {
		t.Errorf("%s, %v", made, err)
	}
	if again := v.ask("ani", createNeed, map[string]any{"in": in}); at(again, "createNeed", "need", "id") != made {
		t.Errorf("%v", again)
	}
	in["clientId"] = newID()
	if other := v.ask("ani", createNeed, map[string]any{"in": in}); at(other, "createNeed", "userErrors", "0", "code") != "IDEMPOTENCY_MISMATCH" {
		t.Errorf("another id under the same key: %v", other)
	}
	for _, bad := range []string{"", "x", strings.ToUpper(id), "{" + id + "}", strings.ReplaceAll(id, "-", ""), "00000000-0000-0000-0000-000000000000",
		"ffffffff-ffff-ffff-ffff-ffffffffffff", "c232ab00-9414-11ec-b3c8-9f6bdeced846", made} {
		if a := v.ask("ani", createNeed, map[string]any{"in": need(programme, bad, "Roads")}); at(a, "createNeed", "userErrors", "0", "code") != "BAD_USER_INPUT" ||
			at(a, "createNeed", "userErrors", "0", "path", "1") != "clientId" {
			t.Errorf("%q: %v", bad, a)
		}
	}
	if r := v.submit("ani", false, on("createProblemNode", command{"needId": programme, "kind": "CORE_PROBLEM", "statement": "x", "rootCause": false}))[0]; r.code() != "NOT_FOUND" {
		t.Errorf("the UUID of something else: %+v", r)
	}
	stakeholder := newID()
	if r := v.submit("ani", false, on("createStakeholder", command{"clientId": stakeholder, "regionCode": "32.04", "kind": "DONOR", "name": "A fund"}),
		on("createProgrammeStakeholder", command{"programmeId": programme, "stakeholderId": stakeholder, "role": "funds it", "power": 3, "interest": 4}),
		on("updateStakeholder", command{"id": stakeholder, "name": "The fund"})); kindsOf(r) != "DONE DONE DONE" {
		t.Errorf("%+v", r)
	}
}

func TestAnIDThatIsTakenSaysTheSameWhoeverHasIt(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	community, elsewhere, hidden := newID(), newID(), newID()
	list := []command{
		on("createCommunity", command{"clientId": community, "regionCode": "33.01", "kind": "VILLAGE", "name": "There"}),
		on("createProgramme", command{"clientId": elsewhere, "regionCode": "33.01", "code": "FAR-1", "title": "Far", "goal": "x", "startDate": "2026-01-01", "endDate": "2026-12-31", "communityIds": []string{community}}),
		on("createNeed", need(elsewhere, hidden, "Hidden")),
	}
	if got := kindsOf(v.submit("eka", false, list...)); got != "DONE DONE DONE" {
		t.Fatal(got)
	}
	own := newID()
	v.submit("ani", false, on("createNeed", need(programme, own, "Own")))
	said := map[string]any{}
	for name, id := range map[string]string{"own": own, "hidden": hidden} {
		e := at(v.ask("ani", createNeed, map[string]any{"in": need(programme, id, "Water")}), "createNeed", "userErrors", "0").(map[string]any)
		if e["code"] != "ALREADY_EXISTS" {
			t.Errorf("%s: %v", name, e)
		}
		said[name] = e["message"]
	}
	if said["own"] != said["hidden"] {
		t.Errorf("%v", said)
	}
	// Who may not enter anything there learns nothing about the id.
	for _, subject := range []string{"dedi", "eka"} {
		for _, id := range []string{own, newID()} {
			e := at(v.ask(subject, createNeed, map[string]any{"in": need(programme, id, "Water")}), "createNeed", "userErrors", "0", "code")
			if e != "FORBIDDEN" && e != "NOT_FOUND" {
				t.Errorf("%s: %v", subject, e)
			}
		}
	}
}

func uuidBytes(id string) []byte {
	u := uuid.MustParse(id)
	return u[:]
}

// at follows a path of keys and numbers.
func at(v any, path ...string) any {
	for _, step := range path {
		switch x := v.(type) {
		case map[string]any:
			v = x[step]
		case []any:
			if n := int(step[0] - '0'); n < len(x) {
				v = x[n]
			} else {
				return nil
			}
		default:
			return nil
		}
	}
	return v
}
