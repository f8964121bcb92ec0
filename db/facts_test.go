package db_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

func of[T any](v T) *T { return &v }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123000, time.UTC)

func record() domain.Record {
	return domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: noon, UpdatedAt: noon}
}

// secret is in every field that identifies a person.
const secret = "SECRET"

// fullProgramme enters a programme with two of everything that rules may ask for, and gives the facts that it should come to.
func fullProgramme(t testing.TB, d *db.DB, code string) workflow.Facts {
	t.Helper()
	insert := func(models ...any) {
		t.Helper()
		for _, m := range models {
			if _, err := d.Bun.NewInsert().Model(m).Exec(context.Background()); err != nil {
				t.Fatalf("%T: %v", m, err)
			}
		}
	}
	p := domain.Programme{Record: record(), RegionCode: domain.NationCode, Code: code, Title: "Air bersih", StartDate: "2026-01-01", EndDate: "2026-12-31",
		Coordinator: "coordinator", FactsVersion: 1}
	created := workflow.Created(workflow.Default, p.ID, p.RegionCode, "coordinator", noon)
	created.Seal(domain.RandomIDs{}, "")
	created.After.Apply(&p)
	insert(&p)
	if err := d.Commands().Begin(context.Background(), created); err != nil {
		t.Fatal(err)
	}
	f := workflow.Facts{Programme: p, Region: domain.Region{Code: "ID", Level: domain.Nation, Name: "Indonesia", ValidFrom: "1945-08-17"}}
	for i := range 2 {
		community := &domain.Community{Record: record(), RegionCode: "ID", Kind: "VILLAGE", Name: "Sidomulyo", Population: 900, Latitude: of(-7.5)}
		member := &domain.ProgrammeCommunity{Record: record(), ProgrammeID: p.ID, CommunityID: community.ID, Primary: i == 0}
		insert(community, member)
		member.Community = community
		f.Communities = append(f.Communities, member)

		need := &domain.Need{Record: record(), ProgrammeID: p.ID, Title: "Water", Sector: "HEALTH", Severity: 5, Urgency: 4, PeopleAffected: 900, Evidence: of("survey"), Score: of(87.5), Rank: of(1)}
		core := &domain.ProblemNode{Record: record(), ProgrammeID: p.ID, NeedID: need.ID, Kind: domain.CoreProblem, Statement: "dirty water"}
		cause := &domain.ProblemNode{Record: record(), ProgrammeID: p.ID, NeedID: need.ID, ParentID: &core.ID, Kind: domain.Cause, Statement: "no well", RootCause: true}
		insert(need, core, cause)
		need.ProblemTree = []*domain.ProblemNode{core, cause}
		f.Needs = append(f.Needs, need)

		consultation := &domain.Consultation{Record: record(), ProgrammeID: p.ID, HeldOn: "2026-02-01", Kind: "VILLAGE_MEETING", Place: "hall", Female: 20, Male: 18, Youth: 5}
		insert(consultation)
		f.Consultations = append(f.Consultations, consultation)

		assessment := &domain.CapacityAssessment{Record: record(), ProgrammeID: p.ID, Phase: "BASELINE", AssessedOn: "2026-02-01"}
		score := &domain.CapacityScore{Record: record(), ProgrammeID: p.ID, CapacityAssessmentID: assessment.ID, Domain: "LEADERSHIP", Score: 3}
		insert(assessment, score)
		assessment.Scores = []*domain.CapacityScore{score}
		f.Assessments = append(f.Assessments, assessment)

		objective := &domain.Objective{Record: record(), ProgrammeID: p.ID, Level: "GOAL", Statement: "clean water"}
		activity := &domain.Activity{Record: record(), ProgrammeID: p.ID, ObjectiveID: &objective.ID, Title: "dig", Kind: "INFRASTRUCTURE", PlannedStart: of(domain.Date("2026-04-01")), Responsible: of(secret)}
		line := &domain.BudgetLine{Record: record(), ProgrammeID: p.ID, ActivityID: activity.ID, Description: "pipes", SourceOfFunds: "Dana Desa", Planned: decimal.RequireFromString("1500000.50"), Currency: "IDR"}
		undone := &domain.Activity{Record: record(), ProgrammeID: p.ID, Title: "undone", Kind: "TRAINING", SupersededAt: &noon}
		lost := &domain.BudgetLine{Record: record(), ProgrammeID: p.ID, ActivityID: undone.ID, Description: "undone", SourceOfFunds: "Dana Desa", Currency: "IDR"}
		insert(objective, activity, line, undone, lost)
		activity.BudgetLines = []*domain.BudgetLine{line}
		f.Objectives, f.Activities = append(f.Objectives, objective), append(f.Activities, activity)

		training := &domain.TrainingEvent{Record: record(), ProgrammeID: p.ID, ActivityID: &activity.ID, Title: "pumps", Venue: "hall", Capacity: 20}
		session := &domain.Session{Record: record(), ProgrammeID: p.ID, TrainingEventID: training.ID, Topic: "care", StartsAt: noon, EndsAt: noon.Add(time.Hour), Status: domain.SessionHeld}
		participant := &domain.Participant{Record: record(), ProgrammeID: p.ID, TrainingEventID: training.ID, Name: of(secret), Sex: "FEMALE", BirthYear: of(1987), PreTest: of(40.5)}
		attendance := &domain.Attendance{Record: record(), ProgrammeID: p.ID, SessionID: session.ID, ParticipantID: participant.ID, Present: true}
		insert(training, session, participant, attendance)
		session.Attendances = []*domain.Attendance{attendance}
		training.Sessions, training.Participants = []*domain.Session{session}, []*domain.Participant{participant}
		f.TrainingEvents = append(f.TrainingEvents, training)

		indicator := &domain.Indicator{Record: record(), ProgrammeID: p.ID, Name: "wells", Unit: "wells", Direction: "INCREASE", Baseline: of(decimal.RequireFromString("0.25")), BaselineOn: of(domain.Date("2026-01-05"))}
		measurement := &domain.Measurement{Record: record(), ProgrammeID: p.ID, IndicatorID: indicator.ID, MeasuredOn: "2026-02-02", Value: decimal.RequireFromString("-3.141592"), Source: "visit", Sex: of(domain.Sex("FEMALE")), WithDisability: of(false)}
		insert(indicator, measurement)
		indicator.Measurements = []*domain.Measurement{measurement}
		f.Indicators = append(f.Indicators, indicator)

		finding := &domain.Finding{Record: record(), ProgrammeID: p.ID, FoundOn: "2026-02-03", Title: "leak", Severity: domain.SevereFinding, Status: domain.FindingClosed, Owner: of(secret), ClosedAt: &noon}
		insert(finding)
		f.Findings = append(f.Findings, finding)

		stakeholder := &domain.Stakeholder{Record: record(), RegionCode: "ID", Kind: "NGO", Name: "Water for all", Contact: of(secret)}
		role := &domain.ProgrammeStakeholder{Record: record(), ProgrammeID: p.ID, StakeholderID: stakeholder.ID, Role: "funds", Power: 4, Interest: 5}
		insert(stakeholder, role)
		role.Stakeholder = stakeholder
		f.Stakeholders = append(f.Stakeholders, role)

		report := &domain.Report{Record: record(), ProgrammeID: p.ID, Kind: "FINAL", Audience: "village council", PeriodStart: "2026-01-01", PeriodEnd: "2026-03-01", Figures: json.RawMessage(`{"wells": 3}`), Edition: 1, PublishedAt: &noon}
		sent := &domain.Distribution{Record: record(), ProgrammeID: p.ID, ReportID: report.ID, StakeholderID: stakeholder.ID, SentAt: noon}
		old := &domain.Report{Record: record(), ProgrammeID: p.ID, Kind: "FINAL", Audience: "old", PeriodStart: "2026-01-01", PeriodEnd: "2026-03-01", Edition: 1, PublishedAt: &noon, SupersededAt: &noon}
		insert(report, sent, old)
		report.Distributions = []*domain.Distribution{sent}
		f.Reports = append(f.Reports, report)
	}
	return f
}

// blank takes every field that identifies a person out of what is reachable from a value.
func blank(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			blank(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			blank(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Tag.Get("pii") == "true" {
				v.Field(i).SetZero()
			} else if f.IsExported() {
				blank(v.Field(i))
			}
		}
	}
}

func office(t testing.TB) *db.DB {
	t.Helper()
	d := dbtest.New(t)
	m := &domain.Member{Record: record(), Subject: "coordinator", Name: secret, Locale: domain.Indonesian}
	if _, err := d.Bun.NewInsert().Model(m).Exec(context.Background()); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFactsAreTheWholeContentWithoutPersons(t *testing.T) {
	t.Parallel()
	d := office(t)
	first, second := fullProgramme(t, d, "P-1"), fullProgramme(t, d, "P-2")
	read, err := d.Moving().Facts(t.Context(), []workflow.Wanted{
		{ProgrammeID: second.Programme.ID, Kinds: workflow.FactKinds}, {ProgrammeID: uuid.New(), Kinds: workflow.FactKinds}, {ProgrammeID: first.Programme.ID, Kinds: workflow.FactKinds}})
	if err != nil || len(read) != 2 {
		t.Fatal(len(read), err)
	}
	for i, want := range []workflow.Facts{second, first} {
		if said, err := json.Marshal(read[i].Facts); err != nil || strings.Contains(string(said), secret) || strings.Contains(string(said), "1987") {
			t.Error("the facts name a person:", err)
		}
		blank(reflect.ValueOf(&want))
		if diff := cmp.Diff(want, read[i].Facts, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
		if read[i].Facts.Hash() != want.Hash() {
			t.Error("equal content has unequal hashes")
		}
	}
}

func TestOnlyTheFactsAskedForAreRead(t *testing.T) {
	t.Parallel()
	d := office(t)
	whole := fullProgramme(t, d, "P-1")
	blank(reflect.ValueOf(&whole))
	kinds := map[workflow.FactKind]func(to, from *workflow.Facts){
		workflow.NeedFacts:         func(to, from *workflow.Facts) { to.Needs = from.Needs },
		workflow.ConsultationFacts: func(to, from *workflow.Facts) { to.Consultations = from.Consultations },
		workflow.CapacityFacts:     func(to, from *workflow.Facts) { to.Assessments = from.Assessments },
		workflow.LogframeFacts:     func(to, from *workflow.Facts) { to.Objectives = from.Objectives },
		workflow.ActivityFacts:     func(to, from *workflow.Facts) { to.Activities = from.Activities },
		workflow.TrainingFacts:     func(to, from *workflow.Facts) { to.TrainingEvents = from.TrainingEvents },
		workflow.IndicatorFacts:    func(to, from *workflow.Facts) { to.Indicators = from.Indicators },
		workflow.FindingFacts:      func(to, from *workflow.Facts) { to.Findings = from.Findings },
		workflow.StakeholderFacts:  func(to, from *workflow.Facts) { to.Stakeholders = from.Stakeholders },
		workflow.ReportFacts:       func(to, from *workflow.Facts) { to.Reports = from.Reports },
	}
	if len(kinds) != len(workflow.FactKinds) {
		t.Fatal("this test does not know every kind")
	}
	for kind, take := range kinds {
		want := workflow.Facts{Programme: whole.Programme, Region: whole.Region, Communities: whole.Communities}
		take(&want, &whole)
		read, err := d.Moving().Facts(t.Context(), []workflow.Wanted{{ProgrammeID: whole.Programme.ID, Kinds: []workflow.FactKind{kind}}})
		if err != nil || len(read) != 1 {
			t.Fatal(kind, err)
		}
		if diff := cmp.Diff(want, read[0].Facts, cmpopts.EquateEmpty()); diff != "" {
			t.Error(kind, diff)
		}
	}
}

func TestFactsAreOfOneMoment(t *testing.T) {
	t.Parallel()
	d := office(t)
	f := fullProgramme(t, d, "P-1")
	// Every change adds one need and lets the facts version grow, in one transaction: whoever reads must see both or neither.
	done := make(chan error, 1)
	go func() {
		s := d.Commands()
		for range 60 {
			if err := s.Transact(context.Background(), func(ctx context.Context) error {
				if _, err := s.BumpFacts(ctx, f.Programme.ID, noon); err != nil {
					return err
				}
				n := &domain.Need{Record: record(), ProgrammeID: f.Programme.ID, Title: "Water", Sector: "HEALTH", Severity: 1, Urgency: 1}
				_, err := s.In(ctx).NewInsert().Model(n).Exec(ctx)
				return err
			}); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for going := true; going; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			going = false
		default:
		}
		read, err := d.Moving().Facts(t.Context(), []workflow.Wanted{{ProgrammeID: f.Programme.ID, Kinds: workflow.FactKinds}})
		if err != nil {
			t.Fatal(err)
		}
		if needs, version := len(read[0].Facts.Needs), read[0].Programme.FactsVersion; int64(needs) != version+1 {
			t.Fatalf("%d needs at facts version %d", needs, version)
		}
	}
}

func TestContentOfAProgrammeThatIsNotThereIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := dbtest.New(t).Commands().BumpFacts(t.Context(), uuid.New(), noon); domain.CodeOf(err) != domain.CodeNotFound {
		t.Error(err)
	}
}

func BenchmarkFactsOfOneProgramme(b *testing.B) {
	d := office(b)
	f := fullProgramme(b, d, "P-1")
	for b.Loop() {
		if _, err := d.Moving().Facts(context.Background(), []workflow.Wanted{{ProgrammeID: f.Programme.ID, Kinds: workflow.FactKinds}}); err != nil {
			b.Fatal(err)
		}
	}
}
