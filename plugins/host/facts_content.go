package host

import (
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/workflow"
)

func communityOf(c *domain.ProgrammeCommunity) *rulespb.Community {
	out := &rulespb.Community{Id: id(c.CommunityID), Primary: c.Primary}
	if of := c.Community; of != nil {
		out.Region, out.Kind, out.Name = of.RegionCode, string(of.Kind), of.Name
		out.Population, out.Households = count(of.Population), count(of.Households)
		out.PopulationFemale, out.PopulationMale = count(of.PopulationFemale), count(of.PopulationMale)
		out.PopulationWithDisability = count(of.PopulationWithDisability)
		out.Latitude, out.Longitude = of.Latitude, of.Longitude
	}
	return out
}

func needOf(n *domain.Need) *rulespb.Need {
	return &rulespb.Need{
		Id: id(n.ID), Title: n.Title, Sector: string(n.Sector), Severity: count(n.Severity), Urgency: count(n.Urgency),
		PeopleAffected: count(n.PeopleAffected), Votes: count(n.Votes), HasEvidence: given(n.Evidence), Score: n.Score,
		Rank: optionalCount(n.Rank), ProblemTree: each(n.ProblemTree, problemNodeOf),
	}
}

func problemNodeOf(p *domain.ProblemNode) *rulespb.ProblemNode {
	return &rulespb.ProblemNode{Id: id(p.ID), Parent: optionalID(p.ParentID), Kind: string(p.Kind), Statement: p.Statement, RootCause: p.RootCause}
}

func consultationOf(c *domain.Consultation) *rulespb.Consultation {
	return &rulespb.Consultation{
		Id: id(c.ID), HeldOn: string(c.HeldOn), Kind: string(c.Kind), Place: c.Place, Female: count(c.Female), Male: count(c.Male),
		Youth: count(c.Youth), Elderly: count(c.Elderly), WithDisability: count(c.WithDisability), HasSummary: given(c.Summary),
	}
}

func assessmentOf(a *domain.CapacityAssessment) *rulespb.CapacityAssessment {
	return &rulespb.CapacityAssessment{
		Id: id(a.ID), Phase: string(a.Phase), AssessedOn: string(a.AssessedOn), Scores: each(a.Scores, scoreOf),
	}
}

func scoreOf(s *domain.CapacityScore) *rulespb.CapacityScore {
	return &rulespb.CapacityScore{Domain: string(s.Domain), Score: count(s.Score), HasEvidence: given(s.Evidence)}
}

// objectivesOf gives the log-frame, with the ids of each objective's indicators.
func objectivesOf(f *workflow.Facts) []*rulespb.Objective {
	indicators := map[uuid.UUID][]string{}
	for _, i := range f.Indicators {
		if i != nil && i.ObjectiveID != nil {
			indicators[*i.ObjectiveID] = append(indicators[*i.ObjectiveID], id(i.ID))
		}
	}
	return each(f.Objectives, func(o *domain.Objective) *rulespb.Objective {
		return &rulespb.Objective{
			Id: id(o.ID), Parent: optionalID(o.ParentID), Level: string(o.Level), Statement: o.Statement,
			MeansOfVerification: o.MeansOfVerification, Assumption: o.Assumption, Indicators: indicators[o.ID],
		}
	})
}

func activityOf(a *domain.Activity) *rulespb.Activity {
	return &rulespb.Activity{
		Id: id(a.ID), Objective: optionalID(a.ObjectiveID), Title: a.Title, Kind: string(a.Kind), BuildsCapacity: a.BuildsCapacity,
		PlannedStart: optional(a.PlannedStart), PlannedEnd: optional(a.PlannedEnd), ActualStart: optional(a.ActualStart),
		ActualEnd: optional(a.ActualEnd), BudgetLines: each(a.BudgetLines, budgetLineOf),
	}
}

func budgetLineOf(l *domain.BudgetLine) *rulespb.BudgetLine {
	return &rulespb.BudgetLine{
		Id: id(l.ID), Description: l.Description, SourceOfFunds: l.SourceOfFunds,
		Planned: money(l.Currency, l.Planned), Spent: money(l.Currency, l.Spent),
	}
}

func trainingEventOf(e *domain.TrainingEvent) *rulespb.TrainingEvent {
	return &rulespb.TrainingEvent{
		Id: id(e.ID), Activity: optionalID(e.ActivityID), Title: e.Title, Venue: e.Venue, Capacity: count(e.Capacity),
		Sessions: each(e.Sessions, sessionOf), Participants: each(e.Participants, participantOf),
	}
}

func sessionOf(s *domain.Session) *rulespb.Session {
	return &rulespb.Session{
		Id: id(s.ID), Topic: s.Topic, StartsAt: instant(s.StartsAt), EndsAt: instant(s.EndsAt), Status: string(s.Status),
		Attendances: each(s.Attendances, attendanceOf),
	}
}

func participantOf(p *domain.Participant) *rulespb.Participant {
	return &rulespb.Participant{Id: id(p.ID), Sex: string(p.Sex), WithDisability: p.WithDisability, PreTest: p.PreTest, PostTest: p.PostTest}
}

func attendanceOf(a *domain.Attendance) *rulespb.Attendance {
	return &rulespb.Attendance{Participant: id(a.ParticipantID), Present: a.Present}
}

func indicatorOf(i *domain.Indicator) *rulespb.Indicator {
	return &rulespb.Indicator{
		Id: id(i.ID), Objective: optionalID(i.ObjectiveID), Name: i.Name, Unit: i.Unit, Direction: string(i.Direction),
		Baseline: optionalQuantity(i.Baseline), BaselineOn: optional(i.BaselineOn), Target: optionalQuantity(i.Target),
		TargetOn: optional(i.TargetOn), Cumulative: i.Cumulative, Measurements: each(i.Measurements, measurementOf),
	}
}

func measurementOf(m *domain.Measurement) *rulespb.Measurement {
	return &rulespb.Measurement{
		Id: id(m.ID), MeasuredOn: string(m.MeasuredOn), Value: m.Value.InexactFloat64(), Source: m.Source, HasEvidence: given(m.Evidence),
		Sex: optional(m.Sex), AgeBand: m.AgeBand, WithDisability: m.WithDisability,
	}
}

func findingOf(f *domain.Finding) *rulespb.Finding {
	return &rulespb.Finding{
		Id: id(f.ID), FoundOn: string(f.FoundOn), Title: f.Title, Severity: string(f.Severity), Status: string(f.Status),
		HasAction: given(f.Action), DueOn: optional(f.DueOn), ClosedAt: optionalInstant(f.ClosedAt),
	}
}

func stakeholderOf(s *domain.ProgrammeStakeholder) *rulespb.Stakeholder {
	out := &rulespb.Stakeholder{Id: id(s.StakeholderID), Role: s.Role, Power: count(s.Power), Interest: count(s.Interest)}
	if of := s.Stakeholder; of != nil {
		out.Kind, out.Region = string(of.Kind), of.RegionCode
	}
	return out
}

func reportOf(r *domain.Report) *rulespb.Report {
	return &rulespb.Report{
		Id: id(r.ID), Kind: string(r.Kind), Audience: r.Audience, PeriodStart: string(r.PeriodStart), PeriodEnd: string(r.PeriodEnd),
		NarrativeCharacters: characters(r.Narrative), Edition: count(r.Edition), PublishedAt: optionalInstant(r.PublishedAt),
		Distributions: each(r.Distributions, distributionOf),
	}
}

func distributionOf(d *domain.Distribution) *rulespb.Distribution {
	return &rulespb.Distribution{
		Stakeholder: id(d.StakeholderID), SentAt: instant(d.SentAt), AcknowledgedAt: optionalInstant(d.AcknowledgedAt), HasFeedback: given(d.Feedback),
	}
}
