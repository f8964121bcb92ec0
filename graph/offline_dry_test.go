package graph_test

import "testing"

func TestADryRunSaysWhatWouldComeAndChangesNothing(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	done := on("createNeed", need(programme, newID(), "Water"))
	first := v.submit("ani", false, done)[0]
	kept := on("createNeed", with(need(programme, newID(), "Roads"), command{"severity": 9}))
	v.draft("ani", kept)
	everything := `select (select count(*) from needs) + (select count(*) from programme_events) + (select count(*) from drafts) + (select count(*) from idempotency_keys)
		+ (select facts_version from programmes)`
	before := v.count(everything)
	training, person := newID(), newID()
	move := func(move string, version int) command {
		return with(on("moveProgramme", command{"programmeId": programme, "move": move, "reason": "Floods"}), command{"expectedVersion": version})
	}
	other, elsewhere := newID(), newID()
	for name, c := range map[string]struct {
		list []command
		want string
	}{
		"done, kept, repeated": {[]command{done, kept, on("createNeed", need(programme, newID(), "School"))}, "REPEATED DRAFT DONE"},
		"what hangs on what": {[]command{
			on("createTrainingEvent", command{"clientId": training, "programmeId": programme, "title": "Pumps", "venue": "Hall", "capacity": 9}),
			on("createParticipant", command{"clientId": person, "trainingEventId": training, "name": "Siti", "sex": "FEMALE"}),
			on("updateParticipant", command{"id": person, "postTest": 80}),
			on("createParticipant", command{"trainingEventId": newID(), "sex": "MALE"}),
			on("updateNeed", command{"id": first.ID, "votes": 3, "expectedUpdatedAt": first.UpdatedAt}),
			on("updateNeed", command{"id": first.ID, "votes": 4, "expectedUpdatedAt": first.UpdatedAt}),
		}, "DONE DONE DONE DRAFT DONE DONE"},
		"a failed statement": {[]command{
			on("createNeed", need(programme, newID(), "A")), on("createProgramme", begin(newID(), newID(), "WATER-1")[1]["createProgramme"].(command)), on("createNeed", need(programme, newID(), "B")),
		}, "DONE DRAFT DONE"},
		"a move first":             {[]command{move("HOLD", 1), on("createNeed", need(programme, newID(), "A"))}, "DONE UNCERTAIN"},
		"a move that is stale":     {[]command{move("HOLD", 7), on("createNeed", need(programme, newID(), "A"))}, "DRAFT DONE"},
		"a move after content":     {[]command{on("createNeed", need(programme, newID(), "A")), move("ADVANCE", 1)}, "DONE UNCERTAIN"},
		"a move of what is made":   {append(begin(other, elsewhere, "NEW-1"), with(on("moveProgramme", command{"programmeId": elsewhere, "move": "ADVANCE"}), command{"expectedVersion": 1})), "DONE DONE UNCERTAIN"},
		"a command put wrongly":    {[]command{{"key": "x"}, on("createNeed", need(programme, newID(), "A"))}, "REFUSED DONE"},
		"somebody who may not":     {[]command{on("rankNeeds", command{"programmeId": newID()})}, "DRAFT"},
		"a key used for something": {[]command{with(on("createNeed", need(programme, newID(), "Z")), command{"key": done["key"]})}, "REFUSED"},
	} {
		if got := kindsOf(v.submit("ani", true, c.list...)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if after := v.count(everything); after != before {
		t.Errorf("a dry run changed something: %d, before %d", after, before)
	}
	v.rules.answer.Store(blocking)
	r := v.submit("ani", true, with(on("moveProgramme", command{"programmeId": programme, "move": "ADVANCE"}), command{"expectedVersion": 1}))[0]
	if r.Outcome != "DRAFT" || r.code() != "BLOCKED" || len(r.Blocks) != 1 || r.Draft != nil {
		t.Errorf("%+v", r)
	}
	v.rules.answer.Store(silent)
	if r := v.submit("ani", true, with(on("moveProgramme", command{"programmeId": programme, "move": "ADVANCE"}), command{"expectedVersion": 1}))[0]; r.Outcome != "NOT_RUN" {
		t.Errorf("%+v", r)
	}
}
