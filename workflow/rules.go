package workflow

import (
	"context"
	"time"

	"github.com/berdaya/berdaya/domain"
)

// Rules is the port by which the engine asks the rules of all regions that bind a programme. plugins/host serves it.
type Rules interface {
	// Needs gives the facts that the rule sets binding programmes of a region ask for, as one set.
	Needs(ctx context.Context, region string) ([]FactKind, error)
	// Judge asks every rule set that binds each question's programme. It gives one judgement per question, in the order of
	// the questions, and never fails as a whole: a rule set that fails or is late is named in Judgement.Unavailable.
	Judge(ctx context.Context, questions []Question) []Judgement
}

// Question asks what the rules say to one move of one programme.
type Question struct {
	Facts  *Facts
	Move   domain.Move  // Advance or Reopen: the other moves never wait for rules
	Target domain.Stage // the stage the move leads to; the present one where it leads to completion
	At     time.Time
	Kinds  []FactKind // the groups of facts that were loaded; nil: all
	Kept   any        // facts that were kept and read again, in the rules' words: they are what is asked about, and Facts has the programme alone
}

// Judgement is what all rule sets together say to a question.
type Judgement struct {
	Revisions   []domain.RuleRevision     // who judged
	Activations []domain.DecisionRevision // the same, with where each is at work, for the decision log
	Blocks      []domain.Block            // what failed, gravest first; empty when everything passed
	Unavailable []Unavailable             // who did not answer
	Stale       bool                      // one of them came to work since the facts were read, and needs others: read them anew and ask again
	DueOn       *domain.Date              // for the target stage: the earliest that any rule set gave; nil for none
	Checklist   []domain.ChecklistItem
}

// Unavailable names a rule set that did not answer, and why, in words for whoever runs the server: a coordinator can do no
// more than try again.
type Unavailable struct {
	RuleSet string `json:"ruleSet"`
	Region  string `json:"region,omitempty"` // in which it is at work, a code; "" where all of a region's rules are meant
	Reason  string `json:"reason"`
}
