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
// [State.Question]. A missing reason stands in no step's way: ReasonRequired tells of it.
func Available(terms Terms, s State, facts *Facts, j *Judgement, at time.Time) []Option {
	asked := "asked what may happen next"
	steps := Steps(s.Stage, s.Status)
	options := make([]Option, len(steps))
	for i, step := range steps {
		c := Command{Move: step.Move, Reason: &asked, At: at}
		if step.Move == domain.SendBack {
			c.ToStage = &step.ToStage
		}
		d := Decide(terms, s, facts, j, c)
		options[i] = Option{Step: step, Allowed: d.Allowed(), ReasonRequired: NeedsReason(step.Move), Blocks: d.Blocks}
	}
	return options
}
