package read_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
)

// The regions of the tests: two provinces, and names that are not unique.
var regionCodes = []string{
	"32", "32.04", "32.73", "32.73.05", "32.73.06", "32.73.05.1001", "32.73.05.2002", "32.73.06.2001",
	"33", "33.01", "33.01.01", "33.01.01.2001",
}

var allCodes = append([]string{"ID"}, regionCodes...)

var subjects = []string{"citra", "fajar", "rina", "other"}

// maker fills a database with a random portfolio that is the same for the same seed.
type maker struct {
	*rand.Rand
	t  testing.TB
	db *db.DB
}

// portfolio makes a database with a random portfolio.
func portfolio(t testing.TB, seed uint64, programmes int) *db.DB {
	t.Helper()
	m := &maker{rand.New(rand.NewPCG(seed, 1)), t, dbtest.New(t)}
	m.regions()
	m.people(programmes)
	m.analyse()
	return m.db
}

func (m *maker) analyse() {
	m.t.Helper()
	if _, err := m.db.Pool.Exec(m.t.Context(), "vacuum analyze"); err != nil {
		m.t.Fatal(err)
	}
}

func (m *maker) insert(rows any) {
	m.t.Helper()
	if v := reflect.Indirect(reflect.ValueOf(rows)); v.Kind() == reflect.Slice && v.Len() == 0 {
		return
	}
	if _, err := m.db.Bun.NewInsert().Model(rows).Exec(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
}

func (m *maker) regions() {
	var rows []*domain.Region
	for i, code := range regionCodes {
		level, _ := domain.LevelOf(code)
		parent := domain.ParentOf(code)
		r := &domain.Region{Code: code, ParentCode: &parent, Level: level, Name: []string{"Sidomulyo", "Cibeunying", "Kota \"Baru\"", "Öst-Wälde"}[i%4], ValidFrom: "2025-01-01"}
		switch {
		case i%5 == 4:
			r.ValidTo = ptr(domain.Date("2026-02-01"))
		case i%7 == 6:
			r.ValidTo = ptr(domain.Date("2190-01-01")) // open until then
		case i%7 == 5:
			r.ValidFrom = "2190-01-01" // not open yet
		}
		rows = append(rows, r)
	}
	m.insert(&rows)
	var successors []*domain.RegionSuccessor
	for i, r := range rows {
		if r.ValidTo != nil {
			for _, by := range rows[:1+i%3] {
				successors = append(successors, &domain.RegionSuccessor{ID: uuid.Must(uuid.NewV7()), OldCode: r.Code, NewCode: by.Code, EffectiveOn: *r.ValidTo})
			}
		}
	}
	m.insert(&successors)
}

func ptr[T any](v T) *T { return &v }

func pick[T any](m *maker, from []T) T { return from[m.IntN(len(from))] }

func code1[T ~string](m *maker, e domain.Enum) T { return T(pick(m, e).Code) }

// maybe gives a value or nothing.
func maybe[T any](m *maker, v T) *T {
	if m.IntN(3) == 0 {
		return nil
	}
	return &v
}

func (m *maker) text(what string) string {
	return what + pick(m, []string{"", " \"x\"", " \\ / \t", " é – 水\u2028", " 'quoted'", "\n<b>", " 😀"}) + fmt.Sprint(m.IntN(5))
}

func (m *maker) id() uuid.UUID {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(m.IntN(256))
	}
	return id
}

// time gives one of few instants, so that orders have ties.
func (m *maker) time() time.Time {
	return time.Date(2026, time.Month(1+m.IntN(3)), 1+m.IntN(3), 8, 30, 0, m.IntN(2)*123456000, time.UTC)
}

func (m *maker) date() domain.Date { return domain.DateOf(m.time()) }

func (m *maker) record() domain.Record {
	return domain.Record{ID: m.id(), CreatedAt: m.time(), UpdatedAt: m.time()}
}

func (m *maker) money() decimal.Decimal { return decimal.New(m.Int64N(1e14)*m.Int64N(3)/2, -2) }

func (m *maker) people(programmes int) {
	var members []*domain.Member
	for _, s := range subjects {
		members = append(members, &domain.Member{Record: m.record(), Subject: s, Name: s, Locale: domain.English})
	}
	m.insert(&members)
	var communities []*domain.Community
	var stakeholders []*domain.Stakeholder
	for range 30 {
		communities = append(communities, &domain.Community{Record: m.record(), RegionCode: pick(m, allCodes), Kind: code1[domain.CommunityKind](m, domain.CommunityKinds),
			Name: m.text("Tani"), Population: m.IntN(5000), Households: m.IntN(900), Latitude: maybe(m, m.Float64()*180-90), Longitude: maybe(m, float64(m.IntN(180)))})
		stakeholders = append(stakeholders, &domain.Stakeholder{Record: m.record(), RegionCode: pick(m, allCodes), Kind: code1[domain.StakeholderKind](m, domain.StakeholderKinds),
			Name: m.text("Dinas"), Description: maybe(m, m.text("Does")), Contact: maybe(m, m.text("08"))})
	}
	m.insert(&communities)
	m.insert(&stakeholders)
	for n := range programmes {
		m.programme(n, communities, stakeholders)
	}
	m.bulks()
	if _, err := m.db.Pool.Exec(m.t.Context(), `insert into rule_titles values ('national', 'R0', 'ID', 'It''s ranked', 'Diberi peringkat'), ('national', 'R1', 'ID', 'Only English', '')`); err != nil {
		m.t.Fatal(err)
	}
	m.notices()
	m.ruleSets()
	m.decisions()
	m.outgoing()
}

func (m *maker) programme(n int, communities []*domain.Community, stakeholders []*domain.Stakeholder) {
	p := &domain.Programme{Record: m.record(), RegionCode: pick(m, allCodes), Code: fmt.Sprintf("P-%04d", n), Title: m.text("Programme"), Goal: m.text("Goal"),
		StartDate: "2026-01-01", EndDate: "2026-12-31", Coordinator: pick(m, subjects), Stage: code1[domain.Stage](m, domain.Stages),
		Status: code1[domain.Status](m, domain.Statuses), StageEnteredAt: m.time(), DueOn: maybe(m, m.date()), HeldAt: maybe(m, m.time()),
		Version: 1, FactsVersion: 1}
	p.ReviewOn = p.DueOn
	m.insert(p)
	var links []*domain.ProgrammeCommunity
	for i, c := range m.some(4, len(communities)) {
		links = append(links, &domain.ProgrammeCommunity{Record: m.record(), ProgrammeID: p.ID, CommunityID: communities[c].ID, Primary: i == 0})
	}
	m.insert(&links)
	var roles []*domain.ProgrammeStakeholder
	for _, s := range m.some(4, len(stakeholders)) {
		roles = append(roles, &domain.ProgrammeStakeholder{Record: m.record(), ProgrammeID: p.ID, StakeholderID: stakeholders[s].ID, Role: m.text("role"), Power: 1 + m.IntN(5), Interest: 1 + m.IntN(5)})
	}
	m.insert(&roles)
	var events []*domain.ProgrammeEvent
	for v := range 1 + m.IntN(4) {
		e := &domain.ProgrammeEvent{ID: m.id(), ProgrammeID: p.ID, Version: int64(v + 1), Kind: domain.EventMoved, Move: maybe(m, domain.Advance),
			ToStage: code1[domain.Stage](m, domain.Stages), ToStatus: domain.Active, Actor: pick(m, subjects), OccurredAt: m.time(), Hash: "h", RuleRevisions: []domain.RuleRevision{}}
		if v%2 == 1 {
			e.RuleRevisions = []domain.RuleRevision{{RuleSet: "national", Version: "1.0"}, {RuleSet: "32", Version: m.text("v")}}
			e.Decision = json.RawMessage(`{"definition": 1, "waiver": {"id": "018f0000-0000-7000-8000-000000000001", "ruleSet": "32", "rule": "R", "expiresOn": "2026-05-01"}, "planned": {"stage": "TRAIN", "dueOn": "2026-08-01"}, "remarks": [{"ruleSet": "national", "version": "1.0", "rule": "R", "severity": "WARN", "message": {"en": "look", "id": "lihat"}, "path": ["needs"], "waivable": "NO", "values": {"ranked": "0", "needs": "3"}}]}`)
		}
		events = append(events, e)
	}
	m.insert(&events)
	m.insert(&domain.StageVisit{Record: m.record(), ProgrammeID: p.ID, Stage: p.Stage, EnteredAt: m.time(), DueOn: maybe(m, m.date())})
	m.insert(&domain.ChecklistItem{Record: m.record(), ProgrammeID: p.ID, Stage: p.Stage, RuleSet: "national", Code: "A", TitleEN: m.text("Ask"), TitleID: pick(m, []string{"", "Tanya"}), DoneAt: maybe(m, m.time())})
	m.deadlines(p)
	m.identify(p)
	m.plan(p)
	m.monitor(p, stakeholders)
	m.drafts(p)
	m.blocks(p)
}

// blocks makes what stops the programme, as a check would have kept it.
func (m *maker) blocks(p *domain.Programme) {
	m = &maker{rand.New(rand.NewPCG(uint64(p.ID[2]), uint64(p.ID[3]))), m.t, m.db} // as for drafts
	for i := range m.IntN(4) {
		m.insert(&domain.ProgrammeBlock{ID: m.id(), ProgrammeID: p.ID, RegionCode: p.RegionCode, Stage: p.Stage, RuleSet: pick(m, []string{"national", "west-java"}),
			Rule: fmt.Sprintf("R%d", i), RuleRegion: pick(m, []string{"ID", "32"}), Waivable: code1[domain.Waivable](m, domain.Waivables), Since: m.time()})
	}
}

// drafts makes commands that were kept, some about the programme and some about nothing known.
func (m *maker) drafts(p *domain.Programme) {
	m = &maker{rand.New(rand.NewPCG(uint64(p.ID[0]), uint64(p.ID[1]))), m.t, m.db} // so that all else stays as it is without them
	for range m.IntN(4) {
		d := &domain.Draft{Record: m.record(), Author: pick(m, subjects), Key: m.id().String(), ProgrammeID: maybe(m, p.ID), Command: "createNeed", InputHash: strings.Repeat("a", 64),
			Input: json.RawMessage(`{"title": "Water \"now\"", "votes": 3}`), Personal: m.IntN(2) == 0, ExpectedVersion: maybe(m, int64(3)), FoundVersion: maybe(m, int64(4)), ExpectedUpdatedAt: maybe(m, m.time()),
			Code: domain.CodeConflict, Problems: json.RawMessage(`[{"code": "CONFLICT", "message": {"en": "changed", "id": "berubah"}, "path": ["id"]}]`), Blocks: json.RawMessage("[]"), State: domain.DraftState(pick(m, domain.DraftStates).Code)}
		if m.IntN(2) == 0 {
			d.Problems = json.RawMessage(`[{"code": "CONFLICT", "message": {"en": "changed", "id": "berubah"}, "path": [], "params": {"version": 4}}, {"code": "BLOCKED", "message": {"en": "no", "id": "tidak"}, "path": ["title"]}]`)
			d.Blocks = json.RawMessage(`[{"ruleSet": "national", "version": "1.0", "rule": "R", "severity": "BLOCK", "message": {"en": "look", "id": "lihat"}, "path": ["needs"], "waivable": "NO"}]`)
		}
		if d.State != domain.DraftOpen {
			d.SettledBy, d.SettledAt, d.Reason, d.MadeID = ptr(pick(m, subjects)), ptr(m.time()), maybe(m, m.text("no")), maybe(m, "xyz")
			if d.Personal {
				d.Input = nil
			}
		}
		m.insert(d)
	}
}

func (m *maker) deadlines(p *domain.Programme) {
	for i := range m.IntN(3) {
		w := &domain.Waiver{Record: m.record(), ProgrammeID: p.ID, Stage: p.Stage, RuleSet: "national", Rule: fmt.Sprintf("R%d", i), Waivable: domain.WaivableOwner,
			RuleRegion: pick(m, allCodes), Reason: m.text("Flood"), ExpiresOn: m.date(), State: domain.WaiverRequested, RequestedBy: pick(m, subjects)}
		if m.IntN(2) == 0 {
			w.State, w.DecidedBy, w.DecidedAt, w.DecisionReason = domain.WaiverRefused, ptr("other"), ptr(m.time()), ptr(m.text("No"))
		}
		m.insert(w)
	}
	m.insert(&domain.StagePlan{Record: m.record(), ProgrammeID: p.ID, Stage: p.Stage, DueOn: m.date()})
	for range m.IntN(3) {
		t := &domain.Timer{Record: m.record(), ProgrammeID: p.ID, Stage: p.Stage, Kind: domain.TimerReminder, OffsetDays: m.IntN(30), FiresAt: m.time(),
			State: code1[domain.TimerState](m, domain.TimerStates)}
		if m.IntN(2) == 0 {
			t.Kind, t.Level = domain.TimerEscalation, ptr(domain.Regency)
		}
		m.insert(t)
		m.insert(&domain.TimerEvent{ID: m.id(), TimerID: t.ID, ProgrammeID: p.ID, Stage: t.Stage, Kind: t.Kind, OffsetDays: t.OffsetDays, Level: t.Level,
			DueOn: maybe(m, m.date()), FiresAt: t.FiresAt, FiredAt: m.time()})
	}
}

// some gives up to so many distinct numbers below a limit.
func (m *maker) some(most, limit int) []int { return m.Perm(limit)[:m.IntN(min(most, limit)+1)] }

func (m *maker) identify(p *domain.Programme) {
	for range m.IntN(4) {
		n := &domain.Need{Record: m.record(), ProgrammeID: p.ID, Title: m.text("Need"), Sector: code1[domain.Sector](m, domain.Sectors), Severity: 1 + m.IntN(5),
			Urgency: 1 + m.IntN(5), PeopleAffected: m.IntN(1000), Votes: m.IntN(100), Evidence: maybe(m, m.text("seen")), Score: maybe(m, float64(m.IntN(1000))/10), Rank: maybe(m, 1+m.IntN(3))}
		m.insert(n)
		core := &domain.ProblemNode{Record: m.record(), ProgrammeID: p.ID, NeedID: n.ID, Kind: domain.CoreProblem, Statement: m.text("core")}
		nodes := []*domain.ProblemNode{core}
		for range m.IntN(3) {
			nodes = append(nodes, &domain.ProblemNode{Record: m.record(), ProgrammeID: p.ID, NeedID: n.ID, ParentID: &core.ID, Kind: domain.Cause, Statement: m.text("cause"), RootCause: m.IntN(2) == 0})
		}
		m.insert(&nodes)
	}
	for range m.IntN(3) {
		m.insert(&domain.Consultation{Record: m.record(), ProgrammeID: p.ID, HeldOn: m.date(), Kind: code1[domain.ConsultationKind](m, domain.ConsultationKinds), Place: m.text("Hall"),
			Female: 10 + m.IntN(10), Male: 10, Youth: m.IntN(10), Elderly: m.IntN(5), WithDisability: m.IntN(4), Summary: maybe(m, m.text("said"))})
		a := &domain.CapacityAssessment{Record: m.record(), ProgrammeID: p.ID, Phase: code1[domain.AssessmentPhase](m, domain.AssessmentPhases), AssessedOn: m.date(), Note: maybe(m, m.text("note"))}
		m.insert(a)
		var scores []*domain.CapacityScore
		for _, d := range m.some(5, len(domain.CapacityDomains)) {
			scores = append(scores, &domain.CapacityScore{Record: m.record(), ProgrammeID: p.ID, CapacityAssessmentID: a.ID, Domain: domain.CapacityDomain(domain.CapacityDomains[d].Code), Score: 1 + m.IntN(5), Evidence: maybe(m, m.text("e"))})
		}
		m.insert(&scores)
	}
}

func (m *maker) plan(p *domain.Programme) {
	o := &domain.Objective{Record: m.record(), ProgrammeID: p.ID, Level: code1[domain.ObjectiveLevel](m, domain.ObjectiveLevels), Statement: m.text("reach"), Assumption: maybe(m, m.text("if"))}
	m.insert(o)
	m.insert(&domain.Objective{Record: m.record(), ProgrammeID: p.ID, ParentID: &o.ID, Level: "OUTPUT", Statement: m.text("do")})
	for range m.IntN(3) {
		a := &domain.Activity{Record: m.record(), ProgrammeID: p.ID, ObjectiveID: maybe(m, o.ID), Title: m.text("Activity"), Kind: code1[domain.ActivityKind](m, domain.ActivityKinds),
			BuildsCapacity: m.IntN(2) == 0, PlannedStart: maybe(m, m.date()), Responsible: maybe(m, m.text("Ibu")), SupersededAt: maybe(m, m.time())}
		m.insert(a)
		for range m.IntN(3) {
			m.insert(&domain.BudgetLine{Record: m.record(), ProgrammeID: p.ID, ActivityID: a.ID, Description: m.text("line"), SourceOfFunds: "Dana Desa", Planned: m.money(), Spent: m.money(), Currency: "IDR"})
		}
		m.training(p, a)
	}
}

func (m *maker) training(p *domain.Programme, a *domain.Activity) {
	e := &domain.TrainingEvent{Record: m.record(), ProgrammeID: p.ID, ActivityID: maybe(m, a.ID), Title: m.text("Training"), Venue: m.text("Hall"), Facilitator: maybe(m, pick(m, subjects)), Capacity: 1 + m.IntN(50)}
	m.insert(e)
	var sessions []*domain.Session
	var people []*domain.Participant
	for range m.IntN(3) {
		sessions = append(sessions, &domain.Session{Record: m.record(), ProgrammeID: p.ID, TrainingEventID: e.ID, Topic: m.text("topic"), StartsAt: m.time(), EndsAt: m.time().AddDate(1, 0, 0), Status: code1[domain.SessionStatus](m, domain.SessionStatuses)})
		people = append(people, &domain.Participant{Record: m.record(), ProgrammeID: p.ID, TrainingEventID: e.ID, Name: maybe(m, m.text("Siti")), Sex: code1[domain.Sex](m, domain.Sexes),
			BirthYear: maybe(m, 1950+m.IntN(60)), WithDisability: m.IntN(4) == 0, PreTest: maybe(m, float64(m.IntN(100))), PostTest: maybe(m, m.Float64()*100)})
	}
	m.insert(&sessions)
	m.insert(&people)
	var came []*domain.Attendance
	for _, s := range sessions {
		for _, who := range people {
			came = append(came, &domain.Attendance{Record: m.record(), ProgrammeID: p.ID, SessionID: s.ID, ParticipantID: who.ID, Present: m.IntN(3) > 0})
		}
	}
	m.insert(&came)
}

func (m *maker) monitor(p *domain.Programme, stakeholders []*domain.Stakeholder) {
	for range m.IntN(3) {
		i := &domain.Indicator{Record: m.record(), ProgrammeID: p.ID, Name: m.text("Indicator"), Unit: "%", Direction: code1[domain.Direction](m, domain.Directions),
			Baseline: maybe(m, decimal.New(m.Int64N(1e9)-5e8, -6)), BaselineOn: maybe(m, m.date()), Target: maybe(m, decimal.New(m.Int64N(100000), 0)), Cumulative: m.IntN(2) == 0}
		m.insert(i)
		for range m.IntN(3) {
			m.insert(&domain.Measurement{Record: m.record(), ProgrammeID: p.ID, IndicatorID: i.ID, MeasuredOn: m.date(), Value: decimal.New(m.Int64N(1e12)-5e11, -4), Source: m.text("form"),
				Sex: maybe(m, code1[domain.Sex](m, domain.Sexes)), AgeBand: maybe(m, "16-30"), WithDisability: maybe(m, m.IntN(2) == 0)})
		}
		f := &domain.Finding{Record: m.record(), ProgrammeID: p.ID, FoundOn: m.date(), Title: m.text("Finding"), Severity: code1[domain.FindingSeverity](m, domain.FindingSeverities), Status: domain.FindingOpen,
			Action: maybe(m, m.text("do")), Owner: maybe(m, m.text("Pak")), DueOn: maybe(m, m.date())}
		if m.IntN(2) == 0 {
			f.Status, f.ClosedAt = domain.FindingClosed, ptr(m.time())
		}
		m.insert(f)
	}
	for range m.IntN(3) {
		r := &domain.Report{Record: m.record(), ProgrammeID: p.ID, Kind: code1[domain.ReportKind](m, domain.ReportKinds), Audience: m.text("council"), PeriodStart: "2026-01-01", PeriodEnd: "2026-06-30", Narrative: m.text("So it went")}
		if m.IntN(2) == 0 {
			r.Figures, r.Edition, r.PublishedAt = json.RawMessage(`{"participants": {"female": 12, "male": 9.5}, "text": "a \" b", "none": null}`), 1, ptr(m.time())
		}
		m.insert(r)
		for _, s := range m.some(3, len(stakeholders)) {
			m.insert(&domain.Distribution{Record: m.record(), ProgrammeID: p.ID, ReportID: r.ID, StakeholderID: stakeholders[s].ID, SentAt: m.time(), Feedback: maybe(m, m.text("thanks"))})
		}
	}
}
