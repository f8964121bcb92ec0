package decisions

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// entry gives a decision as it is written, and what tells whether another is the same again.
func (l *Log) entry(d *workflow.Decided) (workflow.KeptDecision, [sha256.Size]byte) {
	p, at := &d.Snapshot.Programme, d.Question.At.UTC().Truncate(time.Microsecond)
	j := d.Judgement
	if j == nil {
		j = &workflow.Judgement{}
	}
	blocks, away := l.hushed(d.Facts, ofRules(d.Blocks), j.Unavailable)
	hash := d.FactsHash
	if hash == "" {
		hash = d.Facts.Hash()
	}
	e := workflow.KeptDecision{Decision: domain.Decision{
		ID: l.IDs.New(), DecidedAt: at, LastAt: at, Count: 1, Actor: d.Actor, ProgrammeID: p.ID, RegionCode: p.RegionCode, Stage: p.Stage,
		EnteredAt: p.StageEnteredAt, Move: d.Question.Move, ToStage: d.Question.Target, Outcome: d.Outcome, FactsHash: hash,
		Kinds: list(d.Question.Kinds), Revisions: revisions(j), Blocks: blocks, Unavailable: list(away), Waivers: list(d.Snapshot.Waivers),
		Took: d.Took.Microseconds(), EventID: d.EventID,
	}}
	e.Rules = spokeUp(&e.Decision, away)
	if e.Outcome == domain.DecisionMoved {
		return e, [sha256.Size]byte{}
	}
	same := e.Decision
	same.ID, same.DecidedAt, same.LastAt, same.Took, same.Unavailable = [16]byte{}, time.Time{}, time.Time{}, 0, list(who(away))
	key := sha256.Sum256(workflow.Canonical(same))
	e.Repeats = key[:]
	return e, key
}

// hushed gives what rules said, and why some said nothing, without the texts that are masked in the facts: rules quote them.
func (l *Log) hushed(f *workflow.Facts, blocks []domain.Block, away []workflow.Unavailable) ([]domain.Block, []workflow.Unavailable) {
	if len(blocks)+len(away) == 0 {
		return blocks, away
	}
	hush := l.Hush(f)
	for i := range blocks {
		b := &blocks[i]
		b.Message = domain.Text{EN: hush(b.Message.EN), ID: hush(b.Message.ID)}
		if b.Values != nil {
			values := make(map[string]string, len(b.Values))
			for name, value := range b.Values {
				values[name] = hush(value)
			}
			b.Values = values
		}
	}
	away = slices.Clone(away)
	for i := range away {
		away[i].Reason = hush(away[i].Reason)
	}
	return blocks, away
}

// who gives which rule sets did not answer. Why may differ each time, by a last line with the time in it, and it is the same again.
func who(away []workflow.Unavailable) []workflow.Unavailable {
	all := slices.Clone(away)
	for i := range all {
		all[i].Reason = ""
	}
	return all
}

// list gives a list as JSON, an empty one too.
func list[T any](all []T) json.RawMessage {
	raw, err := json.Marshal(append([]T{}, all...))
	if err != nil {
		return json.RawMessage(`[]`) // they are texts and dates, so this does not happen
	}
	return raw
}

// revisions gives who judged.
func revisions(j *workflow.Judgement) []domain.DecisionRevision {
	if len(j.Activations) > 0 {
		return j.Activations
	}
	all := []domain.DecisionRevision{}
	for _, r := range j.Revisions {
		all = append(all, domain.DecisionRevision{RuleSet: r.RuleSet, Version: r.Version})
	}
	return all
}

// ofRules leaves out what the engine says of itself: that rules did not answer is kept by itself.
func ofRules(blocks []domain.Block) []domain.Block {
	return slices.DeleteFunc(append([]domain.Block{}, blocks...), func(b domain.Block) bool { return b.RuleSet == workflow.Engine })
}

// spokeUp gives by what a decision is found: the rule sets and rules that held anything against it, and those that did not answer.
func spokeUp(d *domain.Decision, away []workflow.Unavailable) []string {
	all := []string{}
	for _, b := range d.Blocks {
		all = append(all, b.RuleSet, b.RuleSet+"/"+b.Rule)
	}
	for _, u := range away {
		all = append(all, u.RuleSet)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
