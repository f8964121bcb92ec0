package demo

import (
	"fmt"
	"slices"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// programmeRows makes the programmes of a batch with all that belongs to them.
func (m *nation) programmeRows(b batch) ([]any, error) {
	n := b.to - b.from
	s := stories{nation: m, programmes: make([]domain.Programme, 0, n), communities: make([]domain.ProgrammeCommunity, 0, 2*n),
		roles: make([]domain.ProgrammeStakeholder, 0, 3*n), events: make([]domain.ProgrammeEvent, 0, 5*n), visits: make([]domain.StageVisit, 0, 4*n)}
	for i := b.from; i < b.to; i++ {
		if err := s.programme(i); err != nil {
			return nil, fmt.Errorf("programme %d: %w", i, err)
		}
	}
	return []any{s.programmes, s.communities, s.roles, s.events, s.visits, s.timers}, nil
}

// stories gathers the rows of programmes.
type stories struct {
	*nation
	programmes  []domain.Programme
	communities []domain.ProgrammeCommunity
	roles       []domain.ProgrammeStakeholder
	events      []domain.ProgrammeEvent
	visits      []domain.StageVisit
	timers      []domain.Timer
}

func (s *stories) programme(i int) error {
	id, c := s.begin(aProgramme, i)
	village := c.IntN(len(s.villages))
	place := s.villages[village]
	lineage := domain.Lineage(place.Code) // of five levels
	level := 4
	switch part := c.IntN(1000); {
	case part < 2:
		level = 0
	case part < 50:
		level = 1
	case part < 250:
		level = 2
	case part < 550:
		level = 3
	}
	governs, responsible := lineage[level], lineage[min(level, 2)]
	if level > 1 && c.one(0.1) {
		responsible = lineage[1] // the province takes care of it
	}
	plot := plots[c.IntN(len(plots))]
	starts := domain.DateOf(c.at.Add(c.days(60)))
	p := domain.Programme{Record: domain.Record{ID: id, CreatedAt: c.at}, RegionCode: governs,
		Code: fmt.Sprintf("NAS-%s-%07d", lineage[2], i), Title: plot.title + " di " + place.Name, Goal: plot.goal,
		StartDate: starts, EndDate: starts.AddDays(300 + c.IntN(400)), Coordinator: s.subjects[membership{domain.Coordinator, responsible}]}
	s.participants(c, &p, village)
	s.stakes(c, &p, village, i)
	if err := s.history(c, &p, s.subjects[membership{domain.RegionalAdmin, lineage[min(level, 1)]}]); err != nil {
		return err
	}
	s.programmes = append(s.programmes, p)
	return nil
}

// participants takes one to three communities of the governing region into the programme, the village's own as the primary one.
func (s *stories) participants(c *chance, p *domain.Programme, village int) {
	chosen := []int{village}
	from, to := s.below(p.RegionCode)
	for range c.IntN(3) {
		if other := from + c.IntN(to-from); !slices.Contains(chosen, other) {
			chosen = append(chosen, other)
		}
	}
	for i, number := range chosen {
		id, _ := s.begin(aCommunity, number)
		s.communities = append(s.communities, domain.ProgrammeCommunity{Record: c.record(), ProgrammeID: p.ID, CommunityID: id, Primary: i == 0})
	}
}

var roleWords = []string{"menyediakan tempat dan anggaran", "menggerakkan warga", "mendampingi pelatihan", "membiayai kegiatan",
	"memberi nasihat teknis", "menyebarkan hasil"}

// stakes gives one to five stakeholders a role in the programme, three on average; one in five of the first is one of the few
// who work across regions, some of whom are in very many programmes.
func (s *stories) stakes(c *chance, p *domain.Programme, village, number int) {
	from, many := s.near(village)
	var chosen []int
	for len(chosen) < min(1+number%5, many) {
		one := from + c.IntN(many)
		if u := c.Float64(); len(chosen) == 0 && c.one(0.2) {
			one = int(u * u * u * float64(s.wide()))
		}
		if !slices.Contains(chosen, one) {
			chosen = append(chosen, one)
		}
	}
	for _, one := range chosen {
		id, _ := s.begin(aStakeholder, one)
		s.roles = append(s.roles, domain.ProgrammeStakeholder{Record: c.record(), ProgrammeID: p.ID, StakeholderID: id,
			Role: roleWords[c.IntN(len(roleWords))], Power: 1 + c.IntN(5), Interest: 1 + c.IntN(5)})
	}
}

// asked is what rules would say to every move: that it may be made. The history names the demo as who said so.
var asked = workflow.Judgement{Revisions: []domain.RuleRevision{{RuleSet: "demo", Version: "1"}}}

// longest is the number of events after which a programme rests.
const longest = 40

// history lives through the programme's time, move by move, up to the last day of the portfolio.
func (s *stories) history(c *chance, p *domain.Programme, admin string) error {
	first := len(s.visits)
	pace := 0.5 + 1.5*c.Float64()
	d := workflow.Created(workflow.Default, p.ID, p.RegionCode, p.Coordinator, p.CreatedAt)
	d.Seal(c, "")
	timers := d.Effects.OnTimers(nil, c.at)
	s.take(d, first)
	for d.After.Version < longest {
		next, wait := s.next(c, d.After, pace)
		if wait == 0 || c.at.Add(wait).After(nationalTo) {
			break
		}
		c.at = c.at.Add(wait)
		next.At, next.Actor = c.at, p.Coordinator
		if next.Move == domain.Reopen {
			next.Actor = admin
		}
		previous := d.After
		if d = workflow.Decide(workflow.Terms{Course: workflow.Default}, previous, nil, &asked, next); !d.Allowed() {
			return d.Err
		}
		d.Seal(c, previous.Hash)
		timers = d.Effects.OnTimers(timers, c.at)
		s.take(d, first)
	}
	for _, t := range timers { // the past is silent: nobody is told today what fell due in a story
		if t.State == domain.TimerHeld || t.State == domain.TimerPending && t.FiresAt.After(s.today) {
			s.timers = append(s.timers, t)
		}
	}
	d.After.Apply(p)
	p.FactsVersion, p.UpdatedAt = p.Version, c.at // as every move leaves them
	return nil
}

// next draws a programme's next move and how long it takes to come; 0 for none.
func (s *stories) next(c *chance, from workflow.State, pace float64) (workflow.Command, time.Duration) {
	switch from.Status {
	case domain.OnHold:
		if c.one(0.12) {
			return workflow.Command{Move: domain.Cancel, Reason: said("Warga memutuskan tidak melanjutkan.")}, c.days(60)
		}
		return workflow.Command{Move: domain.Resume, Reason: said("Halangan sudah teratasi."), ShiftDueDates: c.one(0.6)}, c.days(60)
	case domain.Completed, domain.Cancelled:
		if c.one(0.03) {
			return workflow.Command{Move: domain.Reopen, Reason: said("Warga meminta program dilanjutkan.")}, c.days(120)
		}
		return workflow.Command{}, 0
	}
	whole := c.days(float64(*workflow.Default[from.Stage].Days) * pace)
	switch luck := c.Float64(); {
	case luck < 0.08:
		hold := workflow.Command{Move: domain.Hold, Reason: said("Menunggu keputusan musyawarah.")}
		if c.one(0.5) {
			hold.ReviewOn = on(domain.DateOf(c.at.Add(whole / 2)).AddDays(30))
		}
		return hold, whole / 2
	case luck < 0.13 && from.Stage.Order() > 0:
		to := domain.Stage(domain.Stages[c.IntN(from.Stage.Order())].Code)
		return workflow.Command{Move: domain.SendBack, ToStage: &to, Reason: said("Warga meminta perbaikan pada tahap sebelumnya.")}, whole / 3
	case luck > 0.98:
		return workflow.Command{Move: domain.Cancel, Reason: said("Warga memilih jalan lain.")}, whole / 2
	}
	return workflow.Command{Move: domain.Advance}, whole
}

// take keeps a decision's event, and does to the programme's visits, which begin at first, what writing the decision does.
func (s *stories) take(d workflow.Decision, first int) {
	s.events = append(s.events, *d.Event)
	at, f := d.Event.OccurredAt, d.Effects
	for i := first; i < len(s.visits); i++ {
		v := &s.visits[i]
		present, undone := v.LeftAt == nil && (f.EndVisit || f.ShiftVisit), slices.Contains(f.Supersede, v.Stage)
		if v.SupersededAt != nil || !present && !undone {
			continue
		}
		v.UpdatedAt = at
		if present && f.EndVisit {
			v.LeftAt = &at
		}
		if present && f.ShiftVisit {
			v.DueOn = d.After.DueOn
		}
		if undone {
			v.SupersededAt = &at
		}
	}
	if f.BeginVisit != nil {
		s.visits = append(s.visits, *f.BeginVisit)
	}
}
