package trials

import (
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// asked is one question of a trial, with what is known beside it.
type asked struct {
	question workflow.Question
	state    workflow.State
	waivers  []workflow.WaivedRule
	atWork   workflow.Judgement // what the rules at work say, or said
	masked   bool
	unread   *workflow.Unavailable // why it cannot be asked; nil where it can
}

// step counts and lists what came of a batch.
type step struct {
	workflow.TrialStep
	trial uuid.UUID
	of    workflow.TriedIn
	ids   domain.IDs
	hush  Hush
	rules map[string]*domain.TrialRule
	mute  bool // the version answered to nothing so far
	stale bool // rules came to work since facts were read, and need others
}

func newStep(t uuid.UUID, of workflow.TriedIn, ids domain.IDs, hush Hush) *step {
	return &step{trial: t, of: of, ids: ids, hush: hush, rules: map[string]*domain.TrialRule{}, mute: true}
}

// add compares one.
func (s *step) add(a *asked, says workflow.Judgement) {
	if a.unread != nil {
		says.Unavailable = append(says.Unavailable, *a.unread)
	} else if len(says.Unavailable) == 0 || says.Stale {
		s.mute = false
	}
	at := a.question.At
	tried := s.of.Compare(workflow.Ruled(a.state, a.waivers, a.atWork, at), workflow.Ruled(a.state, a.waivers, s.of.Instead(a.atWork, says), at))
	switch tried.Change {
	case domain.NewlyBlocked:
		s.NewlyBlocked++
	case domain.Freed:
		s.Freed++
	case domain.NotJudged:
		s.NotJudged++
	default:
		s.Unchanged++
	}
	if a.masked {
		s.Masked++
	}
	if len(tried.Rules) == 0 {
		return
	}
	hush := s.hush(a.question.Facts)
	for _, r := range tried.Rules {
		s.count(r)
		s.Differences = append(s.Differences, &domain.RuleTrialDifference{ID: s.ids.New(), RuleTrialID: s.trial, ProgrammeID: a.question.Facts.Programme.ID,
			DecidedAt: at.UTC().Truncate(time.Microsecond), Change: tried.Change, Effect: r.Effect, Rule: r.Rule, MessageEN: hush(r.Message.EN), MessageID: hush(r.Message.ID), Masked: a.masked})
	}
}

func (s *step) count(r workflow.TriedRule) {
	if r.Effect == domain.RuleUnanswered {
		return // it is no rule
	}
	c := s.rules[r.Rule]
	if c == nil {
		c = &domain.TrialRule{Rule: r.Rule}
		s.rules[r.Rule] = c
	}
	switch r.Effect {
	case domain.RuleBlocks:
		c.Blocks++
	case domain.RuleFrees:
		c.Frees++
	case domain.RuleRemarks:
		c.Remarks++
	case domain.RuleRemarksGone:
		c.RemarksGone++
	}
}

// finish gives what is to be written.
func (s *step) finish() workflow.TrialStep {
	for _, c := range s.rules {
		s.Rules = append(s.Rules, *c)
	}
	return s.TrialStep
}
