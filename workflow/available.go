package workflow

import (
	"time"

	"github.com/berdaya/berdaya/domain"
)

// Option is a step that the programme's stage and status offer, and what stands in its way.
type Option struct {
	Step
	Allowed        bool
	ReasonRequired bool
	Blocks         []domain.Block // with remarks that do not stop it
	DueOn          *domain.Date   // of the stage after it; nil for none, and while the step may not be made
	Effects        Effects        // of the step; none while it may not be made
}

// Beside is what explains the options of a programme and is no part of deciding on them.
type Beside struct {
	Region     string               // that governs it
	Waivers    []*domain.Waiver     // asked for or granted
	Visits     map[domain.Stage]int // how many to each stage are not superseded
	Activities int                  // that have not begun and are not superseded
	Reports    int                  // that are published and not superseded
}

// Superseded counts what a step supersedes.
type Superseded struct{ Visits, Activities, Reports int }

// Superseding counts what of a programme the effects supersede; nil for effects that supersede nothing.
func (f Effects) Superseding(b Beside) *Superseded {
	if len(f.Supersede) == 0 && !f.SupersedeActivities && !f.SupersedeReports {
		return nil
	}
	s := new(Superseded)
	for _, stage := range f.Supersede {
		s.Visits += b.Visits[stage]
	}
	if f.SupersedeActivities {
		s.Activities = b.Activities
	}
	if f.SupersedeReports {
		s.Reports = b.Reports
	}
	return s
}

// Question gives what the rules are to be asked before any decision in this state: the one step that waits for them. None
// for a programme on hold.
func (s State) Question(facts *Facts, at time.Time) (Question, bool) {
	for _, step := range Steps(s.Stage, s.Status) {
		if AsksRules(step.Move) {
			return Question{Facts: facts, Move: step.Move, Target: step.ToStage, At: at}, true
		}
	}
	return Question{}, false
}

// Available lists every step that the state offers, each decided by Decide. j is what the rules said to the question of
// [State.Question]. A missing reason stands in no step's way: ReasonRequired tells of it. RESUME is meant with due dates shifted.
func Available(terms Terms, s State, facts *Facts, j *Judgement, at time.Time) []Option {
	asked := "asked what may happen next"
	steps := Steps(s.Stage, s.Status)
	options := make([]Option, len(steps))
	for i, step := range steps {
		c := Command{Move: step.Move, Reason: &asked, At: at, ShiftDueDates: step.Move == domain.Resume}
		if step.Move == domain.SendBack {
			c.ToStage = &step.ToStage
		}
		d := Decide(terms, s, facts, j, c)
		options[i] = Option{Step: step, Allowed: d.Allowed(), ReasonRequired: NeedsReason(step.Move), Blocks: d.Blocks,
			DueOn: d.After.DueOn, Effects: d.Effects}
	}
	return options
}
