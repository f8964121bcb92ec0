package moving

import (
	"slices"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/workflow"
)

// Recorder is told of every decision on a command that rules were asked about, once it is clear what came of it: moved, blocked,
// or rules that could not be asked. It is not told of dry runs, nor of who only looked. It must be quick and safe for many
// callers at once: whoever moves a programme waits for it. It may keep what it is handed, which nobody changes any more.
type Recorder interface {
	Decided(workflow.Decided)
}

// Recorders are several of them.
type Recorders []Recorder

// Decided tells all of them.
func (all Recorders) Decided(d workflow.Decided) {
	for _, r := range all {
		r.Decided(d)
	}
}

// record tells the recorder, if there is one, what came of a decision.
func (m *Moves) record(actor access.Actor, d *decided, out *Outcome, err error) {
	if m.Recorder == nil || d.asked == nil || out.Repeated {
		return
	}
	j := d.asked
	told := workflow.Decided{Actor: actor.Subject, Snapshot: j.Snapshot, Facts: &j.Facts, Question: j.question, Judgement: j.judgement,
		Blocks: slices.Clone(d.decision.Blocks), EventID: out.EventID, Took: j.took}
	if e := d.decision.Event; e != nil && e.FactsHash != nil {
		told.FactsHash = *e.FactsHash
	}
	switch domain.CodeOf(err) {
	case "":
		told.Outcome = domain.DecisionMoved
	case domain.CodeBlocked:
		told.Outcome = domain.DecisionBlocked
	case domain.CodeRulesUnavailable:
		told.Outcome = domain.DecisionUnavailable
	default: // somebody else was quicker, or it failed: nothing came of what was decided
		return
	}
	m.Recorder.Decided(told)
}
