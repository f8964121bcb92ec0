package graph_test

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// month is a month's work in a village: 500 commands that name what others of them make.
func month() []command {
	community, programme := newID(), newID()
	list := begin(community, programme, "MONTH-1")
	add := func(mutation string, input command) string {
		id := newID()
		input["clientId"] = id
		list = append(list, on(mutation, input))
		return id
	}
	move := func(version int, input command) {
		input["programmeId"] = programme
		list = append(list, with(on("moveProgramme", input), command{"expectedVersion": version}))
	}
	for i := range 24 {
		id := add("createNeed", need(programme, "", fmt.Sprintf("Sumur di RT %02d kering pada musim kemarau", i)))
		add("createProblemNode", command{"needId": id, "kind": "CORE_PROBLEM", "statement": fmt.Sprintf("Warga RT %02d berjalan lebih dari satu jam untuk mengambil air", i), "rootCause": false})
	}
	for i := range 20 {
		add("createConsultation", command{"programmeId": programme, "heldOn": fmt.Sprintf("2026-01-%02d", i+1), "kind": "HAMLET_MEETING", "place": fmt.Sprintf("Balai RT %02d", i), "female": 12 + i,
			"male": 10, "youth": 6, "elderly": 4, "withDisability": 1, "summary": fmt.Sprintf("Warga menyepakati urutan kebutuhan; keberatan dari %d keluarga dicatat", i%4)})
	}
	list = append(list, on("rankNeeds", command{"programmeId": programme}))
	move(1, command{"move": "ADVANCE"})
	goal := add("createObjective", command{"programmeId": programme, "level": "GOAL", "statement": "Setiap keluarga mendapat air bersih dalam 15 menit"})
	add("createObjective", command{"programmeId": programme, "parentId": goal, "level": "OUTCOME", "statement": "Sumur bor dirawat oleh kelompok warga"})
	move(2, command{"move": "ADVANCE"})
	indicator := add("createIndicator", command{"programmeId": programme, "objectiveId": goal, "name": "Keluarga dengan air bersih", "unit": "keluarga", "direction": "INCREASE", "baseline": "40",
		"target": "220", "targetOn": "2026-12-01"})
	for n := range 5 {
		event := add("createTrainingEvent", command{"programmeId": programme, "title": fmt.Sprintf("Merawat pompa, angkatan %d", n+1), "venue": "Balai desa", "capacity": 30})
		var sessions []string
		for s := range 3 {
			sessions = append(sessions, add("createSession", command{"trainingEventId": event, "topic": fmt.Sprintf("Hari %d", s+1), "startsAt": fmt.Sprintf("2026-02-%02dT02:00:00Z", 5*n+s+1),
				"endsAt": fmt.Sprintf("2026-02-%02dT05:00:00Z", 5*n+s+1)}))
		}
		for p := range 16 {
			person := add("createParticipant", command{"trainingEventId": event, "name": fmt.Sprintf("Warga %d-%d", n, p), "sex": []string{"FEMALE", "MALE"}[p%2], "birthYear": 1960 + 2*p + n,
				"withDisability": p == 7, "preTest": 40 + p})
			for _, s := range sessions[:2+p%2] {
				add("createAttendance", command{"sessionId": s, "participantId": person, "present": p%5 != 0})
			}
		}
	}
	move(3, command{"move": "HOLD", "reason": "Banjir"})
	move(4, command{"move": "RESUME", "reason": "Air sudah surut"})
	for i := 0; len(list) < 500; i++ {
		add("createMeasurement", command{"indicatorId": indicator, "measuredOn": fmt.Sprintf("2026-03-%02d", i%28+1), "value": fmt.Sprintf("%d", 40+i), "source": fmt.Sprintf("Kunjungan rumah %d", i)})
	}
	return list
}

var monthsRows = `select (select count(*) from needs) + (select count(*) from problem_nodes) + (select count(*) from consultations) + (select count(*) from participants)
	+ (select count(*) from attendances) + (select count(*) from measurements) + (select count(*) from sessions) + (select count(*) from training_events)
	+ (select count(*) from programme_events) + (select count(*) from objectives) + (select count(*) from indicators) + (select count(*) from communities)`

func outcomes(results []outcome) map[string]int {
	n := map[string]int{}
	for _, r := range results {
		n[r.Outcome]++
	}
	return n
}

func TestAMonthsWorkGoesInOneSmallRequestAndNothingOfItIsDoubledWhenItIsSentAgain(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	list := month()
	if len(list) != 500 {
		t.Fatal(len(list))
	}
	begun := time.Now()
	first, sent, err := v.send(t.Context(), "ani", false, list)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("500 commands in %d bytes, answered in %v", sent, time.Since(begun).Round(time.Millisecond))
	if sent >= 100_000 {
		t.Errorf("%d bytes", sent)
	}
	for i, r := range first {
		if r.Outcome != "DONE" {
			t.Fatalf("%v: %+v", list[i], r)
		}
	}
	// Each command made one row, but for rankNeeds and createProgramme; a programme and its moves are each an event.
	if n := v.count(monthsRows); n != 499 {
		t.Errorf("%d rows", n)
	}
	begun = time.Now()
	again := v.submit("ani", false, list...)
	t.Logf("sent again: %v", time.Since(begun).Round(time.Millisecond))
	for i, r := range again {
		if r.Outcome != "REPEATED" || r.ID != first[i].ID || r.UpdatedAt != first[i].UpdatedAt {
			t.Fatalf("%+v, first %+v", r, first[i])
		}
	}
	if n := v.count(monthsRows); n != 499 {
		t.Errorf("%d rows", n)
	}
}

func TestAMonthsWorkThatIsCutOffInTheMiddleIsSentAgain(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	list := month()[:160]
	line, cut := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, _, err := v.send(line, "ani", false, list)
		done <- err
	}()
	if err := soon(func() bool { return v.count(`select count(*) from consultations`) >= 5 }); err != nil {
		t.Fatal(err)
	}
	cut()
	if err := <-done; err == nil {
		t.Fatal("the line was not cut")
	}
	results := v.submit("ani", false, list...)
	n := outcomes(results)
	if n["DONE"]+n["REPEATED"] != len(list) || n["DONE"] == 0 || n["REPEATED"] == 0 {
		t.Errorf("%v", n)
	}
	if n := v.count(monthsRows); n != len(list)-1 {
		t.Errorf("%d rows", n)
	}
}

func TestWhatIsNotReachedInTimeIsNotRunAndSafeToSendAgain(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	list := month()[:100]
	rounds := 0
	for n := map[string]int{}; n["DONE"]+n["REPEATED"] < len(list); rounds++ {
		if rounds == 200 {
			t.Fatal("the list never ends:", n)
		}
		v.lists.Time += 20 * time.Millisecond // at first too little on any machine, and at last enough
		results := v.submit("ani", false, list...)
		n = outcomes(results)
		if n["DRAFT"]+n["REFUSED"] > 0 {
			t.Fatalf("%v", n)
		}
	}
	if rounds < 2 {
		t.Error("all of it was reached at once, so nothing was tested")
	}
	if n := v.count(monthsRows); n != len(list)-1 || v.count(`select count(*) from drafts`) > 0 {
		t.Errorf("%d rows", n)
	}
}
