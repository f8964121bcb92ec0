package demo

import (
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/moving"
)

// tell enters a programme and takes it as far as its plot goes.
func (a *author) tell(p plot, v village, n int) {
	a.until("2026-02-02")
	population := 1800 + 137*n
	community := a.register(&domain.Community{RegionCode: v.code, Kind: "VILLAGE", Name: v.name, Population: population,
		PopulationFemale: population * 51 / 100, PopulationMale: population - population*51/100,
		PopulationWithDisability: population * 3 / 100, Households: population / 4})
	council := a.register(&domain.Stakeholder{RegionCode: v.code, Kind: "GOVERNMENT", Name: "Pemerintah Desa " + v.name})
	group := a.register(&domain.Stakeholder{RegionCode: v.code, Kind: "COMMUNITY", Name: "Kelompok PKK " + v.name})
	a.begin(&domain.Programme{RegionCode: domain.ParentOf(domain.ParentOf(v.code)), Code: a.code, Title: p.title, Goal: p.goal,
		StartDate: "2026-02-02", EndDate: "2027-01-29"}, []uuid.UUID{community})
	a.enter(&domain.ProgrammeStakeholder{ProgrammeID: a.programme, StakeholderID: council, Role: "menyediakan tempat dan anggaran", Power: 5, Interest: 4})
	a.enter(&domain.ProgrammeStakeholder{ProgrammeID: a.programme, StakeholderID: group, Role: "menggerakkan warga", Power: 3, Interest: 5})

	a.until("2026-02-12")
	a.identify(p, population)
	a.until("2026-03-02")
	switch p.until {
	case inIdentify:
		return
	case cancelled:
		a.move(moving.Command{Move: domain.Cancel, Reason: said("Perajin memilih bergabung dengan program kabupaten.")})
		return
	}
	a.advance()
	a.until("2026-03-16")
	indicator := a.plan(p)
	a.until("2026-03-30")
	switch p.until {
	case inPlan:
		return
	case onHold:
		a.move(moving.Command{Move: domain.Hold, Reason: said("Balai desa sedang diperbaiki.")})
		return
	}
	a.advance()
	a.until("2026-04-10")
	a.train(p)
	a.until("2026-05-04")
	switch p.until {
	case inTrain:
		return
	case sentBack:
		to := domain.Plan
		a.move(moving.Command{Move: domain.SendBack, ToStage: &to, Reason: said("Warga meminta kegiatan di dua dusun lagi.")})
		return
	}
	a.advance()
	a.until("2026-09-16")
	a.monitor(p, indicator)
	a.until("2026-10-19")
	if p.until == inMonitor {
		return
	}
	a.advance()
	a.until("2026-11-16")
	a.report(p, council)
	a.until("2026-11-20")
	if p.until == completed {
		a.advance()
	}
}

func (a *author) advance() { a.move(moving.Command{Move: domain.Advance}) }

func (a *author) identify(p plot, population int) {
	a.enter(&domain.Consultation{ProgrammeID: a.programme, HeldOn: "2026-02-10", Kind: "VILLAGE_MEETING", Place: "Balai desa",
		Female: 34, Male: 29, Youth: 14, Elderly: 9, WithDisability: 3, Summary: said("Warga menyusun dan memilih kebutuhan bersama.")})
	need := a.enter(&domain.Need{ProgrammeID: a.programme, Title: p.need, Sector: p.sector, Severity: 4, Urgency: 4,
		PeopleAffected: population * 3 / 5, Votes: 41, Evidence: said("Catatan musyawarah dan kunjungan dusun.")})
	a.enter(&domain.Need{ProgrammeID: a.programme, Title: "Perbaikan jalan dusun", Sector: "INFRASTRUCTURE", Severity: 3, Urgency: 2,
		PeopleAffected: population / 4, Votes: 22})
	core := a.enter(&domain.ProblemNode{NeedID: need, Kind: domain.CoreProblem, Statement: p.core})
	cause := a.enter(&domain.ProblemNode{NeedID: need, ParentID: &core, Kind: domain.Cause, Statement: p.cause})
	a.enter(&domain.ProblemNode{NeedID: need, ParentID: &cause, Kind: domain.Cause, Statement: p.root, RootCause: true})
	a.enter(&domain.ProblemNode{NeedID: need, ParentID: &core, Kind: domain.Effect, Statement: p.effect})
	a.do(func(key *string) (uuid.UUID, error) {
		return a.ports.Content.RankNeeds(a.ctx, a.actor, a.programme, key)
	})
	assessment := a.enter(&domain.CapacityAssessment{ProgrammeID: a.programme, Phase: "BASELINE", AssessedOn: "2026-02-12"})
	for i, d := range domain.CapacityDomains {
		a.enter(&domain.CapacityScore{CapacityAssessmentID: assessment, Domain: domain.CapacityDomain(d.Code), Score: 1 + i%3})
	}
}

// plan enters the plan and gives the id of its indicator.
func (a *author) plan(p plot) uuid.UUID {
	outcome := a.enter(&domain.Objective{ProgrammeID: a.programme, Level: "OUTCOME", Statement: p.goal,
		MeansOfVerification: said("Catatan kelompok dan kunjungan pemantauan."), Assumption: said("Pengurus tetap didukung warga.")})
	output := a.enter(&domain.Objective{ProgrammeID: a.programme, ParentID: &outcome, Level: "OUTPUT",
		Statement: "Kelompok warga terbentuk, terlatih, dan punya rencana kerja."})
	indicator := a.enter(&domain.Indicator{ProgrammeID: a.programme, ObjectiveID: &outcome, Name: p.indicator, Unit: p.unit,
		Direction: "INCREASE", Baseline: number(p.baseline), BaselineOn: on("2026-02-12"), Target: number(p.target), TargetOn: on("2026-12-18")})
	activities := []struct {
		title   string
		kind    domain.ActivityKind
		builds  bool
		from    domain.Date
		to      domain.Date
		planned int64
	}{
		{"Pelatihan pengurus dan kader", "TRAINING", true, "2026-04-06", "2026-04-17", 12_500_000},
		{"Pendampingan rutin kelompok", "MENTORING", true, "2026-04-20", "2026-11-27", 8_000_000},
		{"Sarana pendukung", "INFRASTRUCTURE", false, "2026-06-01", "2026-07-31", 15_750_000},
	}
	for _, x := range activities {
		id := a.enter(&domain.Activity{ProgrammeID: a.programme, ObjectiveID: &output, Title: x.title, Kind: x.kind, BuildsCapacity: x.builds,
			PlannedStart: &x.from, PlannedEnd: &x.to})
		a.enter(&domain.BudgetLine{ActivityID: id, Description: x.title, SourceOfFunds: "Dana Desa",
			Planned: decimal.NewFromInt(x.planned), Currency: "IDR"})
	}
	return indicator
}

func (a *author) train(p plot) {
	event := a.enter(&domain.TrainingEvent{ProgrammeID: a.programme, Title: "Pelatihan kader: " + p.title, Venue: "Balai desa",
		Facilitator: &a.facilitator, Capacity: 30})
	starts := time.Date(2026, 4, 6, 2, 0, 0, 0, time.UTC)
	var sessions []uuid.UUID
	for i, topic := range []string{"Mengenali masalah bersama", "Menyusun rencana kerja kelompok"} {
		at := starts.AddDate(0, 0, i)
		sessions = append(sessions, a.enter(&domain.Session{TrainingEventID: event, Topic: topic, StartsAt: at, EndsAt: at.Add(4 * time.Hour)}))
	}
	for i := range 6 {
		sex := domain.Sex("FEMALE")
		if i%3 == 2 {
			sex = "MALE"
		}
		before, after := 40+5*float64(i), 65+5*float64(i)
		person := a.enter(&domain.Participant{TrainingEventID: event, Sex: sex, WithDisability: i == 4, PreTest: &before, PostTest: &after})
		for j, session := range sessions {
			a.enter(&domain.Attendance{SessionID: session, ParticipantID: person, Present: i != 5 || j == 0})
		}
	}
	for _, id := range sessions {
		s := &domain.Session{}
		a.change(s, id, func() { s.Status = domain.SessionHeld })
	}
}

func (a *author) monitor(p plot, indicator uuid.UUID) {
	a.enter(&domain.Measurement{IndicatorID: indicator, MeasuredOn: "2026-09-15", Value: decimal.NewFromInt(p.measured), Source: "Catatan kelompok"})
	finding := a.enter(&domain.Finding{ProgrammeID: a.programme, FoundOn: "2026-09-16", Title: "Catatan kelompok belum teratur", Severity: "MODERATE",
		Action: said("Kader menulis catatan setiap pertemuan."), DueOn: on("2026-10-16")})
	f := &domain.Finding{}
	a.change(f, finding, func() { f.Status = domain.FindingClosed })
}

func (a *author) report(p plot, to uuid.UUID) {
	report := a.enter(&domain.Report{ProgrammeID: a.programme, Kind: "FINAL", Audience: "Musyawarah desa", PeriodStart: "2026-02-02",
		PeriodEnd: "2026-11-13", Narrative: p.goal + " Laporan ini disusun bersama kelompok warga."})
	a.do(func(key *string) (uuid.UUID, error) {
		return a.ports.Content.Publish(a.ctx, a.actor, report, key)
	})
	a.enter(&domain.Distribution{ReportID: report, StakeholderID: to})
}

func said(s string) *string { return &s }

func on(d domain.Date) *domain.Date { return &d }

func number(n int64) *decimal.Decimal {
	d := decimal.NewFromInt(n)
	return &d
}
