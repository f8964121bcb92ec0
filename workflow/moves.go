package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/berdaya/berdaya/domain"
)

// Step is a move together with what it leads to.
type Step struct {
	Move     domain.Move
	ToStage  domain.Stage // where the stage stays: the present one
	ToStatus domain.Status
}

// Steps lists every step that a stage and status offer, in the order of domain.Moves and of the stages. Whether a step may
// be made is what Decide says.
func Steps(stage domain.Stage, status domain.Status) []Step {
	var steps []Step
	switch status {
	case domain.Active:
		if next, ok := stage.Next(); ok {
			steps = append(steps, Step{domain.Advance, next, domain.Active})
		} else {
			steps = append(steps, Step{domain.Advance, stage, domain.Completed})
		}
		for _, s := range domain.Stages[:max(stage.Order(), 0)] {
			steps = append(steps, Step{domain.SendBack, domain.Stage(s.Code), domain.Active})
		}
		steps = append(steps, Step{domain.Hold, stage, domain.OnHold}, Step{domain.Cancel, stage, domain.Cancelled})
	case domain.OnHold:
		steps = append(steps, Step{domain.Resume, stage, domain.Active}, Step{domain.Cancel, stage, domain.Cancelled})
	case domain.Completed, domain.Cancelled:
		steps = append(steps, Step{domain.Reopen, stage, domain.Active})
	}
	return steps
}

// AsksRules tells whether a move waits for what the rules say.
func AsksRules(m domain.Move) bool { return m == domain.Advance || m == domain.Reopen }

// NeedsReason tells whether a move needs a reason.
func NeedsReason(m domain.Move) bool { return m != domain.Advance }

// begins tells whether the step begins a visit to a stage.
func (s Step) begins() bool {
	return s.ToStatus == domain.Active && s.Move != domain.Resume
}

// offers tells whether the state offers a move, and gives MOVE_NOT_POSSIBLE with those it does offer where it does not.
func (s State) offers(m domain.Move) error {
	steps := Steps(s.Stage, s.Status)
	if slices.ContainsFunc(steps, func(step Step) bool { return step.Move == m }) {
		return nil
	}
	return notPossible(s, m, steps)
}

// step gives the step that a command for a move on offer asks for. SEND_BACK names its stage; every other move leads to one
// place only.
func (s State) step(c Command) (Step, error) {
	var earlier []string
	for _, step := range Steps(s.Stage, s.Status) {
		if step.Move != c.Move {
			continue
		}
		if c.Move != domain.SendBack || c.ToStage != nil && *c.ToStage == step.ToStage {
			return step, nil
		}
		earlier = append(earlier, string(step.ToStage))
	}
	list := strings.Join(earlier, ", ")
	return Step{}, domain.Errorf(domain.CodeBadUserInput, "name the earlier stage to send the programme back to: %s", list).
		In("sebutkan tahap sebelumnya sebagai tujuan pengembalian program: " + list).At("toStage")
}

// notPossible lists the moves that there are instead.
func notPossible(s State, m domain.Move, steps []Step) error {
	offered := []string{}
	for _, step := range steps {
		if len(offered) == 0 || offered[len(offered)-1] != string(step.Move) {
			offered = append(offered, string(step.Move))
		}
	}
	said := func(form string, l domain.Locale) string {
		var labels []string
		for _, code := range offered {
			labels = append(labels, domain.Moves.Label(code, l))
		}
		return fmt.Sprintf(form, domain.Moves.Label(string(m), l), domain.Stages.Label(string(s.Stage), l), domain.Statuses.Label(string(s.Status), l), strings.Join(labels, ", "))
	}
	e := domain.Errorf(domain.CodeMoveNotPossible, "%s", said("%s is not possible for a programme in stage %s with status %s; possible are: %s", domain.English))
	e.Params = map[string]any{"move": string(m), "stage": string(s.Stage), "status": string(s.Status), "possible": offered}
	return e.In(said("%s tidak mungkin untuk program pada tahap %s dengan status %s; yang mungkin: %s", domain.Indonesian)).At("move")
}
