package domain_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/berdaya/berdaya/domain"
)

const today = domain.Date("2026-06-30")

func ptr[T any](v T) *T { return &v }

func long(n int) string { return strings.Repeat("é", n) } // two bytes a character

// paths gives the paths of problems, and demands both languages of each.
func paths(t *testing.T, problems domain.Problems) string {
	t.Helper()
	var all []string
	for _, p := range problems {
		if p.Text.EN == "" || p.Text.ID == "" || p.Code != domain.CodeBadUserInput {
			t.Errorf("%+v lacks a language or a code", p)
		}
		all = append(all, strings.Join(p.Path, "."))
	}
	return strings.Join(all, " ")
}

type validated interface {
	Validate(domain.Date) domain.Problems
}

// right gives a row of each kind that is right at its bounds.
func right() map[string]validated {
	at := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)
	most := decimal.RequireFromString("999999999999999.99")
	parent := uuid.UUID{1}
	return map[string]validated{
		"community": &domain.Community{RegionCode: "ID", Kind: "VILLAGE", Name: long(200), Population: domain.MaxPeople, PopulationFemale: domain.MaxPeople,
			PopulationWithDisability: domain.MaxPeople, Households: domain.MaxPeople, Latitude: ptr(-90.0), Longitude: ptr(180.0)},
		"stakeholder":          &domain.Stakeholder{RegionCode: "32.73.05.1001", Kind: "NGO", Name: "x", Description: ptr(long(10_000)), Contact: ptr(long(1000))},
		"programme":            &domain.Programme{RegionCode: "32", Code: "A-.", Title: long(200), Goal: long(10_000), StartDate: today, EndDate: today, Coordinator: "ani"},
		"programmeStakeholder": &domain.ProgrammeStakeholder{Role: long(200), Power: 1, Interest: 5},
		"need":                 &domain.Need{Title: long(200), Sector: "HEALTH", Severity: 5, Urgency: 1, PeopleAffected: domain.MaxPeople, Votes: domain.MaxPeople, Evidence: ptr("")},
		"problemNode":          &domain.ProblemNode{ParentID: &parent, Kind: domain.Cause, Statement: long(1000), RootCause: true},
		"consultation": &domain.Consultation{HeldOn: "1900-01-01", Kind: "OTHER", Place: "x", Female: 1_000_000, Male: 1_000_000, Youth: 1_000_000,
			Elderly: 1_000_000, WithDisability: 1_000_000, Summary: ptr(long(10_000))},
		"assessment": &domain.CapacityAssessment{Phase: "ENDLINE", AssessedOn: today, Note: ptr(long(10_000))},
		"score":      &domain.CapacityScore{Domain: "LEADERSHIP", Score: 5, Evidence: ptr(long(10_000))},
		"objective":  &domain.Objective{ParentID: &parent, Level: "OUTPUT", Statement: long(1000), MeansOfVerification: ptr(long(10_000)), Assumption: ptr(long(10_000))},
		"activity": &domain.Activity{Title: long(200), Kind: "OTHER", PlannedStart: ptr(today), PlannedEnd: ptr(today), ActualStart: ptr(today), ActualEnd: ptr(today),
			Responsible: ptr(long(200))},
		"budgetLine":    &domain.BudgetLine{Description: long(500), SourceOfFunds: long(200), Planned: most, Spent: decimal.Zero, Currency: "IDR"},
		"trainingEvent": &domain.TrainingEvent{Title: long(200), Venue: long(200), Facilitator: ptr("ani"), Capacity: domain.MaxPlaces},
		"session":       &domain.Session{Topic: long(200), StartsAt: at, EndsAt: at.Add(time.Microsecond), Status: domain.SessionHeld},
		"participant":   &domain.Participant{Name: ptr(long(200)), Sex: "MALE", BirthYear: ptr(2026), PreTest: ptr(0.0), PostTest: ptr(100.0)},
		"indicator": &domain.Indicator{Name: long(200), Unit: long(50), Direction: "DECREASE", Baseline: ptr(decimal.RequireFromString("-999999999999999.999999")),
			Target: ptr(decimal.RequireFromString("1.000000000")), BaselineOn: ptr(today), TargetOn: ptr(today)},
		"measurement":  &domain.Measurement{MeasuredOn: today, Value: decimal.New(1, 14), Source: long(500), Evidence: ptr(long(10_000)), Sex: ptr(domain.Sex("FEMALE")), AgeBand: ptr(long(20))},
		"finding":      &domain.Finding{FoundOn: today, Title: long(200), Severity: "SEVERE", Status: "OPEN", Action: ptr(long(10_000)), Owner: ptr(long(200)), DueOn: ptr(today)},
		"report":       &domain.Report{Kind: "IMPACT", Audience: long(200), PeriodStart: today, PeriodEnd: today, Narrative: long(100_000)},
		"distribution": &domain.Distribution{SentAt: at, AcknowledgedAt: &at, Feedback: ptr(long(10_000))},
	}
}

func TestWhatLiesOnItsBoundsIsRight(t *testing.T) {
	t.Parallel()
	for name, row := range right() {
		if got := paths(t, row.Validate(today)); got != "" {
			t.Errorf("%s: %s", name, row.Validate(today))
		}
	}
}

// spoil takes a right row of a kind, spoils it, and gives what is wrong.
func spoil[P validated](t *testing.T, name string, how func(P)) string {
	t.Helper()
	row := right()[name].(P)
	how(row)
	return paths(t, row.Validate(today))
}

func TestWhatLiesBeyondItsBoundsIsNamed(t *testing.T) {
	t.Parallel()
	more := decimal.New(1, 15)
	for want, got := range map[string]string{
		"name":                     spoil(t, "community", func(m *domain.Community) { m.Name = long(201) }),
		"regionCode kind":          spoil(t, "community", func(m *domain.Community) { m.RegionCode, m.Kind = "32.1", "" }),
		"population":               spoil(t, "community", func(m *domain.Community) { m.Population = domain.MaxPeople + 1 }),
		"populationFemale":         spoil(t, "community", func(m *domain.Community) { m.PopulationMale = 1 }),
		"populationWithDisability": spoil(t, "community", func(m *domain.Community) { m.Population, m.PopulationFemale = 10, 10; m.PopulationWithDisability = 11 }),
		"latitude longitude":       spoil(t, "community", func(m *domain.Community) { m.Latitude, m.Longitude = ptr(math.NaN()), ptr(180.1) }),
		"longitude":                spoil(t, "community", func(m *domain.Community) { m.Longitude = nil }),
		"name description contact": spoil(t, "stakeholder", func(s *domain.Stakeholder) {
			s.Name, s.Description, s.Contact = "\u200b \t", ptr(long(10_001)), ptr(long(1001))
		}),
		"code title goal startDate":        spoil(t, "programme", func(p *domain.Programme) { p.Code, p.Title, p.Goal, p.StartDate = "ab", "", "\xff", "soon" }),
		"endDate coordinator":              spoil(t, "programme", func(p *domain.Programme) { p.EndDate, p.Coordinator = "2026-06-29", "" }),
		"role power interest":              spoil(t, "programmeStakeholder", func(s *domain.ProgrammeStakeholder) { s.Role, s.Power, s.Interest = " ", 0, 6 }),
		"title sector severity urgency":    spoil(t, "need", func(n *domain.Need) { n.Title, n.Sector, n.Severity, n.Urgency = "", "SPACE", 6, 0 }),
		"peopleAffected votes evidence":    spoil(t, "need", func(n *domain.Need) { n.PeopleAffected, n.Votes, n.Evidence = -1, -1, ptr("a\x00b") }),
		"rootCause":                        spoil(t, "problemNode", func(n *domain.ProblemNode) { n.Kind = domain.Effect }),
		"statement parentId":               spoil(t, "problemNode", func(n *domain.ProblemNode) { n.Statement, n.ParentID = long(1001), nil }),
		"parentId":                         spoil(t, "problemNode", func(n *domain.ProblemNode) { n.Kind, n.RootCause = domain.CoreProblem, false }),
		"heldOn place youth elderly":       spoil(t, "consultation", func(m *domain.Consultation) { m.HeldOn, m.Place, m.Youth = "2026-02-30", "", 1_000_001 }),
		"elderly":                          spoil(t, "consultation", func(m *domain.Consultation) { m.Male = 999_999; m.Female = 1_000_000 }),
		"youth elderly withDisability":     spoil(t, "consultation", func(m *domain.Consultation) { m.Female, m.Male = 0, 0 }),
		"phase assessedOn note":            spoil(t, "assessment", func(a *domain.CapacityAssessment) { a.Phase, a.AssessedOn, a.Note = "", "", ptr(long(10_001)) }),
		"domain score evidence":            spoil(t, "score", func(s *domain.CapacityScore) { s.Domain, s.Score, s.Evidence = "", 0, ptr("\x00") }),
		"level statement":                  spoil(t, "objective", func(o *domain.Objective) { o.Level, o.Statement = "", "" }),
		"plannedEnd actualStart":           spoil(t, "activity", func(a *domain.Activity) { a.PlannedEnd, a.ActualStart = ptr(domain.Date("2026-01-01")), nil }),
		"planned spent currency":           spoil(t, "budgetLine", func(b *domain.BudgetLine) { b.Planned, b.Spent, b.Currency = more, decimal.NewFromInt(-1), "Rp." }),
		"planned":                          spoil(t, "budgetLine", func(b *domain.BudgetLine) { b.Planned = decimal.RequireFromString("0.001") }),
		"spent":                            spoil(t, "budgetLine", func(b *domain.BudgetLine) { b.Spent = decimal.New(1, math.MaxInt32) }),
		"title venue facilitator capacity": spoil(t, "trainingEvent", func(e *domain.TrainingEvent) { e.Title, e.Venue, e.Facilitator, e.Capacity = "", "", ptr(""), 0 }),
		"endsAt status":                    spoil(t, "session", func(s *domain.Session) { s.EndsAt, s.Status = s.StartsAt, "" }),
		"startsAt":                         spoil(t, "session", func(s *domain.Session) { s.StartsAt = time.Time{} }),
		"name sex birthYear preTest":       spoil(t, "participant", func(p *domain.Participant) { p.Name, p.Sex, p.BirthYear, p.PreTest = ptr(""), "", ptr(2027), ptr(-0.1) }),
		"unit direction baseline":          spoil(t, "indicator", func(i *domain.Indicator) { i.Unit, i.Direction, i.Baseline = "", "", &more }),
		"target targetOn": spoil(t, "indicator", func(i *domain.Indicator) {
			i.Target, i.TargetOn = ptr(decimal.New(1, -7)), ptr(domain.Date("2026-01-01"))
		}),
		"measuredOn value source sex": spoil(t, "measurement", func(m *domain.Measurement) {
			m.MeasuredOn, m.Value, m.Source, m.Sex = "", more, "", ptr(domain.Sex(""))
		}),
		"measuredOn":            spoil(t, "measurement", func(m *domain.Measurement) { m.MeasuredOn = today.AddDays(1) }),
		"source":                spoil(t, "measurement", func(m *domain.Measurement) { m.Source = "one\nline" }),
		"title goal":            spoil(t, "programme", func(p *domain.Programme) { p.Title, p.Goal = "a \u202e title", "two\nlines\x00" }),
		"foundOn":               spoil(t, "finding", func(f *domain.Finding) { f.FoundOn, f.DueOn = today.AddDays(1), nil }),
		"assessedOn":            spoil(t, "assessment", func(a *domain.CapacityAssessment) { a.AssessedOn = today.AddDays(1) }),
		"actualStart actualEnd": spoil(t, "activity", func(a *domain.Activity) { a.ActualStart, a.ActualEnd = ptr(today.AddDays(1)), ptr(today.AddDays(1)) }),
		"baselineOn":            spoil(t, "indicator", func(i *domain.Indicator) { i.BaselineOn, i.TargetOn = ptr(today.AddDays(1)), nil }),
		"status": spoil(t, "session", func(s *domain.Session) {
			s.Status, s.StartsAt, s.EndsAt = domain.SessionHeld, today.Time().AddDate(0, 0, 2), today.Time().AddDate(0, 0, 3)
		}),
		"ageBand": spoil(t, "measurement", func(m *domain.Measurement) { m.AgeBand = ptr(long(21)) }),
		"dueOn title severity status": spoil(t, "finding", func(f *domain.Finding) {
			f.DueOn, f.Title, f.Severity, f.Status = ptr(domain.Date("2026-06-29")), "", "", ""
		}),
		"kind audience periodEnd narrative": spoil(t, "report", func(r *domain.Report) {
			r.Kind, r.Audience, r.PeriodEnd, r.Narrative = "", "", "2026-01-01", long(100_001)
		}),
		"acknowledgedAt feedback": spoil(t, "distribution", func(d *domain.Distribution) {
			d.AcknowledgedAt, d.Feedback = ptr(d.SentAt.Add(-1)), ptr(long(10_001))
		}),
	} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s", diff)
		}
	}
}

func TestTheLevelAboveClosesNoRing(t *testing.T) {
	t.Parallel()
	for level, above := range map[domain.ObjectiveLevel]domain.ObjectiveLevel{"OUTPUT": "OUTCOME", "OUTCOME": "GOAL", "GOAL": "", "ELSE": ""} {
		if got := level.Above(); got != above {
			t.Errorf("above %s is %q", level, got)
		}
	}
}
