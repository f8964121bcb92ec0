package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/internal/history/historytest"
)

const moveMutation = `mutation ($programme: ID!, $move: Move!, $to: Stage, $reason: String, $version: Int, $key: String, $dry: Boolean!) {
  moveProgramme(input: {programmeId: $programme, move: $move, toStage: $to, reason: $reason, expectedVersion: $version, idempotencyKey: $key, dryRun: $dry}) {
    programme { stage status version } event { id version } allowed
    blocks { ruleSet version rule severity title message values { name value } path waivable retry liftableBy { regionCode byReader } } userErrors { code message path } } }`

// move makes a move and gives the payload.
func (p person) move(programme string, move domain.Move, more map[string]any) value {
	p.t.Helper()
	variables := map[string]any{"programme": programme, "move": move, "dry": false}
	for k, v := range more {
		variables[k] = v
	}
	return p.ask(moveMutation, variables).at("moveProgramme")
}

// moved makes a move that must be done and must lead to a stage and status.
func (p person) moved(programme string, move domain.Move, more map[string]any, stage domain.Stage, status domain.Status) value {
	p.t.Helper()
	v := p.move(programme, move, more)
	if len(v.list("userErrors")) > 0 || v.at("allowed").v != true || v.text("programme.stage") != string(stage) || v.text("programme.status") != string(status) {
		p.t.Fatalf("%s gave %v", move, v.v)
	}
	return v
}

// refused makes a move that must be refused with a code.
func (p person) refused(programme string, move domain.Move, more map[string]any, code domain.Code) value {
	p.t.Helper()
	v := p.move(programme, move, more)
	if v.at("allowed").v != false || len(v.list("userErrors")) == 0 || v.text("userErrors.0.code") != string(code) {
		p.t.Fatalf("%s gave %v, not %s", move, v.v, code)
	}
	return v
}

// blocked tries to advance, in both languages, and expects exactly these rules to stand in the way, each saying what is
// missing in words of the reader's language. availableMoves and the dry run must say the same.
func (p person) blocked(programme string, rules ...string) {
	p.t.Helper()
	slices.Sort(rules)
	texts := map[string][]string{}
	for _, locale := range []string{"en", "id"} {
		q := p.in(locale)
		v := q.refused(programme, domain.Advance, nil, domain.CodeBlocked)
		dry := q.refused(programme, domain.Advance, map[string]any{"dry": true}, domain.CodeBlocked)
		offer := q.ask(`query ($id: ID!) { programme(id: $id) { availableMoves { move allowed blocks { ruleSet version rule severity title message values { name value } path waivable retry liftableBy { regionCode byReader } } } } }`,
			map[string]any{"id": programme}).list("programme.availableMoves")
		i := slices.IndexFunc(offer, func(m value) bool { return m.text("move") == string(domain.Advance) })
		if i < 0 || offer[i].at("allowed").v != false {
			p.t.Fatalf("availableMoves say %v", offer)
		}
		said := fmt.Sprint(v.at("blocks").v)
		if d := fmt.Sprint(dry.at("blocks").v); d != said {
			p.t.Fatalf("the dry run says %s, the move %s", d, said)
		}
		if d := fmt.Sprint(offer[i].at("blocks").v); d != said {
			p.t.Fatalf("availableMoves say %s, the move %s", d, said)
		}
		var got []string
		for _, b := range v.list("blocks") {
			if b.text("severity") != string(domain.SeverityBlock) {
				continue
			}
			got = append(got, b.text("rule"))
			texts[locale] = append(texts[locale], b.text("message"))
			if b.text("ruleSet") != "national" || b.text("version") == "" || len(b.list("path")) == 0 || len(b.text("message")) < 20 {
				p.t.Fatalf("a block that explains too little: %v", b.v)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, rules) {
			p.t.Fatalf("blocked by %v, not %v", got, rules)
		}
	}
	for i := range texts["en"] {
		if texts["en"][i] == texts["id"][i] {
			p.t.Fatalf("the same words in both languages: %s", texts["en"][i])
		}
	}
}

// programme enters a community of a real village and a programme with it.
func (p person) programme(code string) string {
	p.t.Helper()
	community := p.created("createCommunity", `regionCode: "32.04.12.2003", kind: VILLAGE, name: "Cangkuang Wetan", population: 18000`, nil)
	return p.created("createProgramme", `regionCode: "32.04", code: "`+code+`", title: "Air bersih", goal: "Warga mengelola air bersih.",
		startDate: "2026-02-02", endDate: "2026-12-18", communityIds: [$community]`, map[string]any{"community": community})
}

func (p person) identify(programme string) {
	p.t.Helper()
	ids := map[string]any{"programme": programme}
	p.created("createConsultation", `programmeId: $programme, heldOn: "2026-02-10", kind: VILLAGE_MEETING, place: "Balai desa", female: 34, male: 29`, ids)
	need := p.created("createNeed", `programmeId: $programme, title: "Air bersih", sector: WATER_SANITATION, severity: 4, urgency: 4, peopleAffected: 9000, votes: 41`, ids)
	core := p.created("createProblemNode", `needId: $need, kind: CORE_PROBLEM, statement: "Air kurang"`, map[string]any{"need": need})
	p.created("createProblemNode", `needId: $need, parentId: $core, kind: CAUSE, rootCause: true, statement: "Belum ada pengurus"`, map[string]any{"need": need, "core": core})
	v := p.ask(`mutation ($p: ID!) { rankNeeds(input: {programmeId: $p}) { programme { needs { nodes { rank score } } } userErrors { message } } }`, map[string]any{"p": programme})
	if v.at("rankNeeds.programme.needs.nodes.0.rank").v != 1.0 {
		p.t.Fatalf("ranked: %v", v.v)
	}
}

// plan enters a plan and gives its indicator.
func (p person) plan(programme string) string {
	p.t.Helper()
	ids := map[string]any{"programme": programme}
	objective := p.created("createObjective", `programmeId: $programme, level: OUTCOME, statement: "Air sepanjang tahun"`, ids)
	indicator := p.created("createIndicator", `programmeId: $programme, objectiveId: $objective, name: "Rumah tangga dengan air", unit: "rumah tangga",
		direction: INCREASE, baseline: "120", baselineOn: "2026-02-12", target: "300"`, map[string]any{"programme": programme, "objective": objective})
	activity := p.created("createActivity", `programmeId: $programme, objectiveId: $objective, title: "Pelatihan pengurus", kind: TRAINING, buildsCapacity: true,
		plannedStart: "2026-04-06", plannedEnd: "2026-04-17"`, map[string]any{"programme": programme, "objective": objective})
	p.created("createBudgetLine", `activityId: $activity, description: "Pelatihan", sourceOfFunds: "Dana Desa", planned: "12500000.50"`, map[string]any{"activity": activity})
	return indicator
}

func (p person) train(programme string) {
	p.t.Helper()
	event := p.created("createTrainingEvent", `programmeId: $programme, title: "Pelatihan pengurus", venue: "Balai desa", capacity: 30`, map[string]any{"programme": programme})
	session := p.created("createSession", `trainingEventId: $event, topic: "Merawat sumber air", startsAt: "2026-04-06T02:00:00Z", endsAt: "2026-04-06T06:00:00Z"`, map[string]any{"event": event})
	for _, sex := range []string{"FEMALE", "MALE"} {
		participant := p.created("createParticipant", `trainingEventId: $event, sex: `+sex, map[string]any{"event": event})
		p.created("createAttendance", `sessionId: $session, participantId: $participant, present: true`, map[string]any{"session": session, "participant": participant})
	}
	p.created("updateSession", `id: $session, status: HELD`, map[string]any{"session": session})
}

func TestAProgrammeGoesFromIdentifyToCompletedOverHTTPAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.as(t, "coordinator", "32.04")
	id := c.programme("BDG-2026-001")
	ids := map[string]any{"programme": id}

	c.blocked(id, "CONSULTATION_HELD", "NEED_RANKED", "ROOT_CAUSE_FOUND")
	c.identify(id)
	c.moved(id, domain.Advance, nil, domain.Plan, domain.Active)

	c.blocked(id, "OBJECTIVE_MEASURABLE", "ACTIVITY_DATED_AND_BUDGETED")
	indicator := c.plan(id)
	for range 2 { // two of three that do not build capacity are too many
		c.created("createActivity", `programmeId: $programme, title: "Sarana", kind: INFRASTRUCTURE, buildsCapacity: false`, ids)
	}
	c.blocked(id, "HALF_BUILDS_CAPACITY")
	c.created("createActivity", `programmeId: $programme, title: "Pendampingan", kind: MENTORING, buildsCapacity: true`, ids)
	c.moved(id, domain.Advance, nil, domain.Train, domain.Active)

	c.blocked(id, "SESSION_ATTENDED")
	c.train(id)
	c.moved(id, domain.Advance, nil, domain.Monitor, domain.Active)

	finding := c.created("createFinding", `programmeId: $programme, foundOn: "2026-09-16", title: "Pompa rusak", severity: SEVERE`, ids)
	c.blocked(id, "MEASURED_AGAINST_BASELINE", "SEVERE_FINDINGS_CLOSED")
	c.created("createMeasurement", `indicatorId: $indicator, measuredOn: "2026-09-15", value: "210", source: "Catatan pengurus"`, map[string]any{"indicator": indicator})
	c.created("updateFinding", `id: $finding, status: CLOSED`, map[string]any{"finding": finding})
	c.moved(id, domain.Advance, nil, domain.ReportResult, domain.Active)

	c.blocked(id, "REPORT_SENT")
	report := c.created("createReport", `programmeId: $programme, kind: FINAL, audience: "Musyawarah desa", periodStart: "2026-02-02", periodEnd: "2026-11-20", narrative: "Air mengalir."`, ids)
	stakeholder := c.created("createStakeholder", `regionCode: "32.04.12.2003", kind: GOVERNMENT, name: "Pemerintah Desa Cangkuang Wetan"`, nil)
	c.created("createProgrammeStakeholder", `programmeId: $programme, stakeholderId: $stakeholder, role: "menyediakan anggaran"`, map[string]any{"programme": id, "stakeholder": stakeholder})
	c.created("publishReport", `id: $report`, map[string]any{"report": report})
	c.created("createDistribution", `reportId: $report, stakeholderId: $stakeholder`, map[string]any{"report": report, "stakeholder": stakeholder})
	c.moved(id, domain.Advance, nil, domain.ReportResult, domain.Completed)

	w.checkHistory(t, c, id, "CREATED", "ADVANCE", "ADVANCE", "ADVANCE", "ADVANCE", "ADVANCE")
	frozen := c.ask(`query ($id: ID!) { node(id: $id) { ... on Report { edition figures } } }`, map[string]any{"id": report})
	if frozen.at("node.edition").v != 1.0 || frozen.at("node.figures").v == nil {
		t.Errorf("the published report: %v", frozen.v)
	}
}

func TestProgrammesAreSentBackHeldResumedCancelledAndReopened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, admin := w.as(t, "coordinator", "32.04"), w.as(t, "regional-admin", "32")
	reason := map[string]any{"reason": "Warga memintanya."}

	id := c.programme("BDG-2026-002")
	c.identify(id)
	c.moved(id, domain.Advance, map[string]any{"key": "to-plan"}, domain.Plan, domain.Active)
	again := c.moved(id, domain.Advance, map[string]any{"key": "to-plan"}, domain.Plan, domain.Active)
	if again.at("programme.version").v != 2.0 {
		t.Errorf("the same key moved twice: %v", again.v)
	}
	c.refused(id, domain.Cancel, map[string]any{"key": "to-plan", "reason": "x"}, domain.CodeIdempotencyMismatch)
	c.refused(id, domain.Resume, reason, domain.CodeMoveNotPossible)
	c.refused(id, domain.Hold, nil, domain.CodeReasonRequired)
	c.refused(id, domain.Hold, map[string]any{"reason": "x", "version": 1}, domain.CodeConflict)
	c.plan(id)
	c.moved(id, domain.Advance, nil, domain.Train, domain.Active)
	c.refused(id, domain.SendBack, map[string]any{"reason": "x", "to": domain.Monitor}, domain.CodeBadUserInput)
	c.moved(id, domain.SendBack, map[string]any{"reason": "Perlu dua dusun lagi.", "to": domain.Plan}, domain.Plan, domain.Active)
	visits := c.ask(`query ($id: ID!) { programme(id: $id) { stageVisits { nodes { stage supersededAt } } activities { nodes { supersededAt } } } }`, map[string]any{"id": id})
	if fmt.Sprint(visits.at("programme.activities.nodes.0.supersededAt").v) == "<nil>" {
		t.Errorf("the plan that was sent back still stands: %v", visits.v)
	}
	c.moved(id, domain.Hold, reason, domain.Plan, domain.OnHold)
	c.refused(id, domain.Advance, nil, domain.CodeMoveNotPossible)
	c.moved(id, domain.Resume, reason, domain.Plan, domain.Active)
	c.moved(id, domain.Cancel, reason, domain.Plan, domain.Cancelled)
	c.refused(id, domain.Reopen, reason, domain.CodeForbidden)
	admin.moved(id, domain.Reopen, reason, domain.Plan, domain.Active)
	w.checkHistory(t, c, id, "CREATED", "ADVANCE", "ADVANCE", "SEND_BACK", "HOLD", "RESUME", "CANCEL", "REOPEN")

	stranger := w.as(t, "coordinator", "51")
	v := stranger.refused(id, domain.Hold, reason, domain.CodeNotFound)
	missing := stranger.refused(gid.New("Programme", domain.RandomIDs{}.New()), domain.Hold, reason, domain.CodeNotFound)
	if fmt.Sprint(v.v) != fmt.Sprint(missing.v) {
		t.Errorf("what may not be seen looks unlike what is not there:\n%v\n%v", v.v, missing.v)
	}
}

// checkHistory reads the history over HTTP and expects these moves; every entry must begin where the one before ended, and the
// last must be the programme's state. The chain of hashes and the fold are checked as an operator does.
func (w *world) checkHistory(t *testing.T, p person, programme string, moves ...string) {
	t.Helper()
	v := p.ask(`query ($id: ID!) { programme(id: $id) { stage status version history(first: 100) { totalCount nodes {
		version kind move fromStage toStage fromStatus toStatus actor reason hash previousHash } } } }`, map[string]any{"id": programme}).at("programme")
	events := v.list("history.nodes")
	var got []string
	previous := value{t, map[string]any{"toStage": nil, "toStatus": nil, "hash": "", "version": 0.0}}
	for _, e := range events {
		name := e.text("kind")
		if name == string(domain.EventMoved) {
			name = e.text("move")
		}
		got = append(got, name)
		if e.at("fromStage").v != previous.at("toStage").v || e.at("fromStatus").v != previous.at("toStatus").v ||
			e.at("previousHash").v != previous.at("hash").v || e.at("version").v != previous.at("version").v.(float64)+1 {
			t.Errorf("%v does not follow %v", e.v, previous.v)
		}
		if !strings.HasPrefix(e.text("actor"), "dev-") {
			t.Errorf("nobody did %v", e.v)
		}
		previous = e
	}
	if !slices.Equal(got, moves) {
		t.Errorf("the history is %v, not %v", got, moves)
	}
	if previous.at("toStage").v != v.at("stage").v || previous.at("toStatus").v != v.at("status").v || previous.at("version").v != v.at("version").v {
		t.Errorf("the history ends in %v, the programme is %v", previous.v, v.v)
	}
	historytest.Verify(t, w.db.Histories())
}

func TestAnAdminTransfersAProgrammeToAnotherRegion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, admin := w.as(t, "coordinator", "32.04"), w.as(t, "regional-admin", "32")
	id := c.programme("BDG-2026-006")
	transfer := func(p person, region string) value {
		return p.ask(`mutation ($id: ID!, $region: String!) { transferProgramme(input: {programmeId: $id, regionCode: $region, reason: "Ditangani provinsi."}) {
			programme { region { code } version } userErrors { code path } } }`, map[string]any{"id": id, "region": region}).at("transferProgramme")
	}
	if v := transfer(c, "32"); v.text("userErrors.0.code") != string(domain.CodeForbidden) {
		t.Errorf("a coordinator transferred it: %v", v.v)
	}
	if v := transfer(admin, "32.73"); v.text("userErrors.0.code") != string(domain.CodeBadUserInput) {
		t.Errorf("it went where its community does not live: %v", v.v)
	}
	v := transfer(admin, "32")
	if len(v.list("userErrors")) > 0 || v.text("programme.region.code") != "32" || v.at("programme.version").v != 2.0 {
		t.Fatalf("transferred: %v", v.v)
	}
	w.checkHistory(t, admin, id, "CREATED", "TRANSFERRED")
	if seen := c.ask(`query ($id: ID!) { programme(id: $id) { code } }`, map[string]any{"id": id}); seen.at("programme").v != nil {
		t.Errorf("whoever works in the regency alone still sees it: %v", seen.v)
	}
}
