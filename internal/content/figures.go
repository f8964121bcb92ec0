package content

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Figures are what a report freezes when it is published: counts of everything that the programme holds until that day. There
// is no personal data in them.
type Figures struct {
	AsOf          domain.Date    `json:"asOf"`
	Needs         NeedFigures    `json:"needs"`
	Consultations GatherFigures  `json:"consultations"`
	Objectives    int            `json:"objectives"`
	Activities    ActivityCount  `json:"activities"`
	Budget        []Money        `json:"budget"` // one entry a currency, by its code
	Trainings     TrainingCount  `json:"trainings"`
	Indicators    []Achievement  `json:"indicators"` // in the order they were entered
	Findings      map[string]int `json:"findings"`   // by status
	Stakeholders  int            `json:"stakeholders"`
}

// NeedFigures count needs.
type NeedFigures struct {
	Total  int `json:"total"`
	Ranked int `json:"ranked"`
}

// GatherFigures count consultations and the people who came; who came twice is counted twice.
type GatherFigures struct {
	Total          int `json:"total"`
	Female         int `json:"female"`
	Male           int `json:"male"`
	Youth          int `json:"youth"`
	Elderly        int `json:"elderly"`
	WithDisability int `json:"withDisability"`
}

// ActivityCount counts activities of the present plan.
type ActivityCount struct {
	Total            int `json:"total"`
	BuildingCapacity int `json:"buildingCapacity"`
	Begun            int `json:"begun"`
	Ended            int `json:"ended"`
}

// Money is the budget in one currency.
type Money struct {
	Currency string          `json:"currency"`
	Planned  decimal.Decimal `json:"planned"`
	Spent    decimal.Decimal `json:"spent"`
}

// People counts people by sex; those with a disability are among them.
type People struct {
	Female         int `json:"female"`
	Male           int `json:"male"`
	WithDisability int `json:"withDisability"`
}

// TrainingCount counts trainings. Attendance counts each coming of a participant to a session that was held.
type TrainingCount struct {
	Total        int    `json:"total"`
	SessionsHeld int    `json:"sessionsHeld"`
	Participants People `json:"participants"`
	Attendance   People `json:"attendance"`
}

// Achievement is how far an indicator has come. Value is of everybody: the latest, or for a cumulative indicator the sum.
type Achievement struct {
	Name       string           `json:"name"`
	Unit       string           `json:"unit"`
	Direction  domain.Direction `json:"direction"`
	Baseline   *decimal.Decimal `json:"baseline"`
	Target     *decimal.Decimal `json:"target"`
	TargetOn   *domain.Date     `json:"targetOn"`
	Value      *decimal.Decimal `json:"value"`
	MeasuredOn *domain.Date     `json:"measuredOn"`
}

// Count counts what the facts hold.
func Count(f *workflow.Facts, asOf domain.Date) Figures {
	out := Figures{AsOf: asOf, Objectives: len(f.Objectives), Budget: []Money{}, Indicators: []Achievement{}, Findings: map[string]int{}, Stakeholders: len(f.Stakeholders)}
	out.Needs.Total = len(f.Needs)
	for _, n := range f.Needs {
		if n.Rank != nil {
			out.Needs.Ranked++
		}
	}
	c := &out.Consultations
	for _, m := range f.Consultations {
		c.Total++
		c.Female, c.Male, c.Youth, c.Elderly, c.WithDisability = c.Female+m.Female, c.Male+m.Male, c.Youth+m.Youth, c.Elderly+m.Elderly, c.WithDisability+m.WithDisability
	}
	for _, a := range f.Activities {
		out.Activities.add(a)
		for _, line := range a.BudgetLines {
			out.add(line)
		}
	}
	slices.SortFunc(out.Budget, func(a, b Money) int { return cmp.Compare(a.Currency, b.Currency) })
	for _, t := range f.TrainingEvents {
		out.Trainings.add(t)
	}
	for _, i := range f.Indicators {
		out.Indicators = append(out.Indicators, achieved(i))
	}
	for _, status := range domain.FindingStatuses.Codes() {
		out.Findings[status] = 0
	}
	for _, finding := range f.Findings {
		out.Findings[string(finding.Status)]++
	}
	return out
}

func (c *ActivityCount) add(a *domain.Activity) {
	c.Total++
	if a.BuildsCapacity {
		c.BuildingCapacity++
	}
	if a.ActualStart != nil {
		c.Begun++
	}
	if a.ActualEnd != nil {
		c.Ended++
	}
}

func (f *Figures) add(line *domain.BudgetLine) {
	i := slices.IndexFunc(f.Budget, func(m Money) bool { return m.Currency == line.Currency })
	if i < 0 {
		i = len(f.Budget)
		f.Budget = append(f.Budget, Money{Currency: line.Currency})
	}
	f.Budget[i].Planned = f.Budget[i].Planned.Add(line.Planned)
	f.Budget[i].Spent = f.Budget[i].Spent.Add(line.Spent)
}

func (c *TrainingCount) add(t *domain.TrainingEvent) {
	c.Total++
	for _, p := range t.Participants {
		c.Participants.add(p)
	}
	for _, s := range t.Sessions {
		if s.Status != domain.SessionHeld {
			continue
		}
		c.SessionsHeld++
		for _, a := range s.Attendances {
			who := slices.IndexFunc(t.Participants, func(p *domain.Participant) bool { return p.ID == a.ParticipantID })
			if a.Present && who >= 0 {
				c.Attendance.add(t.Participants[who])
			}
		}
	}
}

func (c *People) add(p *domain.Participant) {
	if p.Sex == "FEMALE" {
		c.Female++
	} else {
		c.Male++
	}
	if p.WithDisability {
		c.WithDisability++
	}
}

func achieved(i *domain.Indicator) Achievement {
	a := Achievement{Name: i.Name, Unit: i.Unit, Direction: i.Direction, Baseline: i.Baseline, Target: i.Target, TargetOn: i.TargetOn}
	for _, m := range i.Measurements {
		if m.Sex != nil || m.AgeBand != nil || m.WithDisability != nil {
			continue // a part of those whom another measurement counts whole
		}
		value, on := m.Value, m.MeasuredOn
		if i.Cumulative && a.Value != nil {
			value = value.Add(*a.Value)
		}
		later := a.MeasuredOn == nil || on >= *a.MeasuredOn
		if i.Cumulative || later {
			a.Value = &value
		}
		if later {
			a.MeasuredOn = &on
		}
	}
	return a
}
