package graph_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
)

// online says why a mutation is not offered to lists that are made without a line.
var online = map[string]string{
	"submitCommands": "a list holds no lists", "mergeDraft": "drafts are on the server", "dropDraft": "drafts are on the server",
	"transferProgramme": "two offices agree on it", "planStage": "it answers what the rules and others said meanwhile",
	"requestWaiver": "it answers a block, and rules say which are waivable", "grantWaiver": "it answers somebody else",
	"refuseWaiver": "it answers somebody else", "revokeWaiver": "it answers somebody else",
	"moveProgrammes": "a dry run comes before it", "runBulkMove": "its dry run is on the server", "pauseBulkMove": "it is about now",
	"markNotificationsRead": "what is not sent is only unread for longer", "setNotificationPreferences": "it is about now",
	"createWebhook": "its secret is shown once", "updateWebhook": "its secret is shown once", "deleteWebhook": "it is about now", "retryDelivery": "it is about now",
	"resumeBulkMove": "it is about now", "cancelBulkMove": "it is about now",
	"publishDefinition": "its dry run comes before it",
	"uploadRuleSet":     "its file comes along, and its check is on the server", "approveRuleSet": "it answers somebody else", "activateRuleSet": "it is about now",
	"rollbackRuleSet": "it is about now", "deactivateRuleSet": "it is about now", "withdrawRuleSet": "it is about now",
	"startSimulation": "what it says is on the server", "startReplay": "what it replays is on the server", "startShadow": "it is about now", "cancelRuleTrial": "it is about now",
}

func TestEveryMutationIsOfferedToListsOrLeftOutForAReason(t *testing.T) {
	t.Parallel()
	list := schema().Types["OfflineCommandInput"]
	for _, f := range schema().Mutation.Fields {
		offered := list.Fields.ForName(f.Name)
		switch _, out := online[f.Name]; {
		case strings.HasPrefix(f.Name, "__"):
		case offered == nil && !out:
			t.Errorf("%s is not offered: add it to OfflineCommandInput, or say here why not. What is offered must take part in a transaction of its caller, moves alone not", f.Name)
		case offered != nil && out:
			t.Errorf("%s is offered", f.Name)
		case offered != nil && offered.Type.Name() != f.Arguments[0].Type.Name():
			t.Errorf("%s has another input in lists: %s", f.Name, offered.Type)
		}
	}
}

func TestEveryMutationOfAListIsCarriedToItsOwnUseCase(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	var list []command
	var names []string
	sent := reflect.TypeFor[model.OfflineCommandInput]()
	for i := range sent.NumField() {
		name, _, _ := strings.Cut(sent.Field(i).Tag.Get("json"), ",")
		if name == "key" || name == "expectedVersion" {
			continue
		}
		c := on(name, command{})
		for _, f := range schema().Types[strings.ToUpper(name[:1])+name[1:]+"Input"].Fields {
			switch typ := schema().Types[f.Type.Name()]; {
			case f.Name == "expectedUpdatedAt":
				c[name].(command)[f.Name] = "2026-01-01T00:00:00Z"
			case !f.Type.NonNull || f.DefaultValue != nil:
			case f.Type.Elem != nil:
				c[name].(command)[f.Name] = []string{newID()}
			case len(typ.EnumValues) > 0:
				c[name].(command)[f.Name] = typ.EnumValues[0].Name
			default:
				c[name].(command)[f.Name] = map[string]any{"ID": newID(), "Int": 3, "Float": 1.5, "Boolean": true, "Date": "2026-01-01", "DateTime": "2026-01-01T00:00:00Z", "Decimal": "1",
					"String": "x"}[f.Type.Name()]
			}
		}
		if name == "moveProgramme" {
			c["expectedVersion"] = 1
		}
		names, list = append(names, name), append(list, c)
	}
	for i, r := range v.submit("ani", false, list...) {
		// What it is about is not there, or is no region.
		if r.Outcome != "DRAFT" || r.Draft == nil || r.Draft.Command != names[i] || r.code() != "NOT_FOUND" && r.code() != "BAD_USER_INPUT" {
			t.Errorf("%s: %+v", names[i], r)
		}
	}
}

func TestAStaleUpdateIsKeptAsADraftOnceAndAsItWas(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	id := newID()
	made := v.submit("ani", false, on("createNeed", need(programme, id, "Water")))[0]
	stale := on("updateNeed", command{"id": made.ID, "severity": 5, "evidence": nil, "expectedUpdatedAt": made.UpdatedAt})
	if r := v.submit("budi", false, on("updateNeed", command{"id": id, "title": "Clean water", "expectedUpdatedAt": made.UpdatedAt}))[0]; r.Outcome != "DONE" {
		t.Fatalf("%+v", r)
	}
	first := v.submit("ani", false, stale)[0]
	if first.Outcome != "DRAFT" || first.code() != "CONFLICT" || first.Draft.State != "OPEN" || first.Draft.Programme == nil ||
		strings.Join(first.UserErrors[0].Path, ".") != "input.expectedUpdatedAt" || first.UserErrors[0].Params["updatedAt"] == nil {
		t.Fatalf("%+v", first)
	}
	if diff := cmp.Diff(map[string]any{"id": made.ID, "severity": 5.0, "evidence": nil, "expectedUpdatedAt": made.UpdatedAt}, first.Draft.Input); diff != "" {
		t.Error(diff)
	}
	again := v.submit("ani", false, stale)[0]
	if again.Outcome != "DRAFT" || again.Draft.ID != first.Draft.ID || again.code() != "CONFLICT" || v.count(`select count(*) from drafts`) != 1 {
		t.Errorf("%+v", again)
	}
	stale["updateNeed"].(command)["severity"] = 1
	if r := v.submit("ani", false, stale)[0]; r.Outcome != "REFUSED" || r.code() != "IDEMPOTENCY_MISMATCH" {
		t.Errorf("another input under the draft's key: %+v", r)
	}
	if n := v.count(`select count(*) from needs where title = 'Clean water' and severity = 4`); n != 1 {
		t.Error("the stale update was carried out")
	}
}

func TestWhatTheListItselfChangedIsNotStale(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	seen := v.submit("ani", false, on("createNeed", need(programme, newID(), "Water")))[0]
	other := newID()
	list := []command{
		on("updateNeed", command{"id": seen.ID, "severity": 5, "expectedUpdatedAt": seen.UpdatedAt}),
		on("createNeed", need(programme, other, "School")),
		on("updateNeed", command{"id": seen.ID, "urgency": 5, "expectedUpdatedAt": seen.UpdatedAt}),
		on("updateNeed", command{"id": other, "urgency": 1}),
		on("updateProgramme", command{"id": programme, "title": "Anew", "expectedUpdatedAt": v.updatedAt(programme)}),
	}
	for range 2 {
		for _, r := range v.submit("ani", false, list[:3]...) {
			if r.Outcome != "DONE" && r.Outcome != "REPEATED" {
				t.Fatalf("%+v", r)
			}
		}
	}
	if r := v.submit("budi", false, on("updateNeed", command{"id": other, "votes": 99, "expectedUpdatedAt": v.submit("ani", false, list[1])[0].UpdatedAt}))[0]; r.Outcome != "DONE" {
		t.Fatalf("%+v", r)
	}
	results := v.submit("ani", false, list...)
	if r := results[3]; r.Outcome != "DRAFT" || r.code() != "CONFLICT" {
		t.Errorf("somebody else changed it after the list made it: %+v", r)
	}
	if r := results[4]; r.Outcome != "DONE" {
		t.Errorf("what was entered in the programme made its own words stale: %+v", r)
	}
	// Ranking changes the programme's time of change, but has not looked at its words.
	old := v.submit("budi", false, on("rankNeeds", command{"programmeId": programme}), on("updateProgramme", command{"id": programme, "title": "Old", "expectedUpdatedAt": seen.UpdatedAt}))
	if r := old[1]; r.Outcome != "DRAFT" || r.code() != "CONFLICT" {
		t.Errorf("%+v", r)
	}
	if n := v.count(`select count(*) from programmes where title = 'Anew'`); n != 1 {
		t.Error("the programme's title is another")
	}
}

// updatedAt gives a programme's time of change as it is shown.
func (v *village) updatedAt(programme string) string {
	v.Helper()
	found := v.ask("ani", `{ programmes { nodes { id updatedAt } } }`, nil)["programmes"].(map[string]any)["nodes"].([]any)
	return found[0].(map[string]any)["updatedAt"].(string)
}

func TestWhatHangsOnADraftBecomesADraftAboutTheSameProgramme(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	training, session := newID(), newID()
	list := []command{
		on("createTrainingEvent", command{"clientId": training, "programmeId": programme, "title": "Pumps", "venue": "Hall", "capacity": 0}),
		on("createSession", command{"clientId": session, "trainingEventId": training, "topic": "One", "startsAt": "2026-02-01T02:00:00Z", "endsAt": "2026-02-01T03:00:00Z"}),
		on("updateSession", command{"id": session, "status": "HELD"}),
		on("createNeed", need(programme, newID(), "Water")),
	}
	for range 2 {
		results := v.submit("ani", false, list...)
		for i, r := range results[:3] {
			if r.Outcome != "DRAFT" || r.Draft.Programme == nil || r.code() != []string{"BAD_USER_INPUT", "NOT_FOUND", "NOT_FOUND"}[i] {
				t.Errorf("%d: %+v", i, r)
			}
		}
		if r := results[3]; r.Outcome != "DONE" && r.Outcome != "REPEATED" {
			t.Errorf("%+v", r)
		}
	}
	if n := v.count(`select count(*) from drafts`); n != 3 {
		t.Error(n)
	}
}

func TestRulesThatDoNotAnswerMakeNoDraft(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	list := []command{
		with(on("moveProgramme", command{"programmeId": programme, "move": "ADVANCE"}), command{"expectedVersion": 1}),
		on("createNeed", need(programme, newID(), "Water")),
		with(on("moveProgramme", command{"programmeId": programme, "move": "HOLD", "reason": "Floods"}), command{"expectedVersion": 2}),
		with(on("createNeed", need(programme, newID(), "Roads")), command{"expectedVersion": 2}),
	}
	v.rules.answer.Store(silent)
	if got := kindsOf(v.submit("ani", false, list...)); got != "NOT_RUN DONE NOT_RUN NOT_RUN" {
		t.Error(got)
	}
	v.rules.answer.Store(nil)
	results := v.submit("ani", false, list...)
	if got := kindsOf(results); got != "DONE REPEATED DONE DRAFT" || *results[2].Version != 3 || results[3].code() != "MOVE_NOT_POSSIBLE" {
		t.Errorf("%s %+v", got, results)
	}
	blocked := with(on("moveProgramme", command{"programmeId": programme, "move": "RESUME", "reason": "Dry"}), command{"expectedVersion": 3})
	v.rules.answer.Store(blocking)
	results = v.submit("ani", false, blocked, with(on("moveProgramme", command{"programmeId": programme, "move": "ADVANCE"}), command{"expectedVersion": 4}))
	if got := kindsOf(results); got != "DONE DRAFT" || results[1].code() != "BLOCKED" || len(results[1].Blocks) != 1 {
		t.Errorf("%s %+v", got, results)
	}
}

// kindsOf gives the outcomes in a row.
func kindsOf(results []outcome) string {
	var all []string
	for _, r := range results {
		all = append(all, r.Outcome)
	}
	return strings.Join(all, " ")
}

func TestCommandsThatArePutWronglyAreRefusedAloneAndNotKept(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	community, programme := v.begun()
	made := v.submit("ani", false, on("createNeed", need(programme, newID(), "Water")))[0]
	for name, c := range map[string]struct {
		command
		path string
	}{
		"no mutation":                {command{"key": "a"}, "commands"},
		"two mutations":              {with(on("createNeed", need(programme, newID(), "a")), command{"rankNeeds": command{"programmeId": programme}}), "rankNeeds"},
		"an empty key":               {with(on("createNeed", need(programme, newID(), "b")), command{"key": ""}), "key"},
		"a key with a line break":    {with(on("createNeed", need(programme, newID(), "b")), command{"key": "a\nb"}), "key"},
		"a key within":               {on("rankNeeds", command{"programmeId": programme, "idempotencyKey": "x"}), "idempotencyKey"},
		"a dry run within":           {with(on("moveProgramme", command{"programmeId": programme, "move": "ADVANCE", "dryRun": true}), command{"expectedVersion": 1}), "dryRun"},
		"a move without a version":   {on("moveProgramme", command{"programmeId": programme, "move": "ADVANCE"}), "expectedVersion"},
		"two versions":               {with(on("moveProgramme", command{"programmeId": programme, "move": "ADVANCE", "expectedVersion": 1}), command{"expectedVersion": 2}), "expectedVersion"},
		"an update that saw nothing": {on("updateNeed", command{"id": made.ID, "severity": 1}), "expectedUpdatedAt"},
		"a community's version":      {with(on("updateCommunity", command{"id": community, "name": "x", "expectedUpdatedAt": made.UpdatedAt}), command{"expectedVersion": 1}), "expectedVersion"},
	} {
		results := v.submit("ani", false, c.command, on("rankNeeds", command{"programmeId": programme}))
		if r := results[0]; r.Outcome != "REFUSED" || r.code() != "BAD_USER_INPUT" || strings.Join(r.UserErrors[0].Path, ".") != "input."+c.path || r.Draft != nil {
			t.Errorf("%s: %+v", name, r)
		}
		if results[1].Outcome != "DONE" {
			t.Errorf("%s stopped the list: %+v", name, results[1])
		}
	}
	if n := v.count(`select count(*) from drafts`); n > 0 {
		t.Error(n)
	}
	if r := v.submit("ani", false, with(on("createNeed", need(programme, newID(), "c")), command{"expectedVersion": 9}))[0]; r.Outcome != "DRAFT" || r.code() != "CONFLICT" {
		t.Errorf("content of another version: %+v", r)
	}
	for _, n := range []int{0, 501} {
		list := make([]command, n)
		for i := range list {
			list[i] = on("rankNeeds", command{"programmeId": programme})
		}
		data := v.ask("ani", submitQuery, map[string]any{"list": list, "dryRun": false})["submitCommands"].(map[string]any)
		if len(data["results"].([]any)) > 0 || len(data["userErrors"].([]any)) != 1 {
			t.Errorf("%d commands: %v", n, data)
		}
	}
}

func TestOneOfTwoUpdatesOfTheSameStateWins(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	made := v.submit("ani", false, on("createNeed", need(programme, newID(), "Water")))[0]
	answers := make(chan map[string]any, 8)
	for i := range cap(answers) {
		go func() {
			data, _, err := v.post(context.Background(), []string{"ani", "budi"}[i%2], `mutation($in: UpdateNeedInput!) { updateNeed(input: $in) { need { votes } userErrors { code path params } } }`,
				map[string]any{"in": command{"id": made.ID, "votes": i, "expectedUpdatedAt": made.UpdatedAt}})
			answers <- map[string]any{"data": data, "error": err}
		}()
	}
	won := 0
	for range cap(answers) {
		a := <-answers
		if a["error"] != nil {
			t.Fatal(a)
		}
		payload := a["data"].(map[string]any)["updateNeed"].(map[string]any)
		if payload["need"] != nil {
			won++
		} else if e := payload["userErrors"].([]any)[0].(map[string]any); e["code"] != "CONFLICT" || e["params"].(map[string]any)["updatedAt"] == made.UpdatedAt {
			t.Error(e)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func TestAListIsOnlyForWhoHasSignedIn(t *testing.T) {
	t.Parallel()
	m := commands(t)
	in := model.SubmitCommandsInput{Commands: []*model.OfflineCommandInput{{Key: "k", RankNeeds: graphql.OmittableOf(&model.RankNeedsInput{})}}}
	if _, err := m.SubmitCommands(context.Background(), in); domain.CodeOf(err) != domain.CodeUnauthenticated {
		t.Error(err)
	}
}

var errTimedOut = errors.New("it did not come about in time")

// soon waits for a condition.
func soon(holds func() bool) error {
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return errTimedOut
		}
	}
	return nil
}
