package workflow

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// TriedIn names a rule set that is tried, and the region that it is tried for.
type TriedIn struct{ RuleSet, Region string }

// Ruling is what rules come to for one step of a programme.
type Ruling struct {
	Blocks  []domain.Block // what they say, waived or not
	Stops   bool           // whether any of it, or that somebody did not answer, keeps the programme from moving
	Unknown []Unavailable  // who did not answer
}

// Ruled says what a judgement comes to, as Decide has it.
func Ruled(s State, waivers []WaivedRule, j Judgement, at time.Time) Ruling {
	said := waived(slices.Clone(j.Blocks), waivers, s, domain.Today(at))
	stops := len(j.Unavailable) > 0 || slices.ContainsFunc(said, func(b domain.Block) bool { return b.Stops() })
	return Ruling{Blocks: said, Stops: stops, Unknown: j.Unavailable}
}

// Instead gives what all rule sets together would say if this one said that, for the region that it is tried for.
func (of TriedIn) Instead(atWork, says Judgement) Judgement {
	mine := func(b domain.Block) bool { return b.RuleSet == of.RuleSet && b.Region == of.Region }
	silent := func(u Unavailable) bool { return u.RuleSet == of.RuleSet && u.Region == of.Region }
	var j Judgement
	j.Blocks = append(slices.DeleteFunc(slices.Clone(atWork.Blocks), mine), says.Blocks...)
	j.Unavailable = append(slices.DeleteFunc(slices.Clone(atWork.Unavailable), silent), says.Unavailable...)
	return j
}

// Tried is what a version of a rule set would change for one programme.
type Tried struct {
	Change domain.TrialChange
	Rules  []TriedRule // by their codes
}

// TriedRule is one rule that says something else.
type TriedRule struct {
	Rule    string
	Effect  domain.TrialEffect
	Message domain.Text
}

// what a rule does to a programme, the more the graver.
const (
	silent = iota
	remarks
	stops
)

// Compare says what a version changes: what rules come to now, and with it. That the version at work does not answer now keeps
// nobody from judging; that another rule set does not, or the version that is tried, does.
func (of TriedIn) Compare(now, with Ruling) Tried {
	if n := len(with.Unknown); n > 0 {
		u := with.Unknown[n-1] // where the version did not answer it is the last
		return Tried{domain.NotJudged, []TriedRule{{RuleUnavailable, domain.RuleUnanswered, domain.Text{
			EN: "the rules " + u.RuleSet + " could not be asked: " + u.Reason, ID: "aturan " + u.RuleSet + " tidak dapat ditanyai: " + u.Reason}}}}
	}
	t := Tried{Change: domain.Unchanged}
	switch {
	case with.Stops && !now.Stops:
		t.Change = domain.NewlyBlocked
	case now.Stops && !with.Stops:
		t.Change = domain.Freed
	}
	before, after := of.byRule(now.Blocks), of.byRule(with.Blocks)
	for rule, b := range before {
		a := after[rule]
		switch {
		case b.does == stops && a.does < stops:
			t.Rules = append(t.Rules, TriedRule{rule, domain.RuleFrees, b.message})
		case b.does == remarks && a.does == silent:
			t.Rules = append(t.Rules, TriedRule{rule, domain.RuleRemarksGone, b.message})
		}
	}
	for rule, a := range after {
		b := before[rule]
		switch {
		case a.does == stops && b.does < stops:
			t.Rules = append(t.Rules, TriedRule{rule, domain.RuleBlocks, a.message})
		case a.does == remarks && b.does == silent:
			t.Rules = append(t.Rules, TriedRule{rule, domain.RuleRemarks, a.message})
		}
	}
	slices.SortFunc(t.Rules, func(a, b TriedRule) int { return strings.Compare(a.Rule, b.Rule) })
	return t
}

type spoken struct {
	does    int
	message domain.Text
}

// byRule gives what each rule of the rule set does, with the gravest of its messages. What is waived does nothing.
func (of TriedIn) byRule(said []domain.Block) map[string]spoken {
	by := map[string]spoken{}
	for _, b := range said {
		if b.RuleSet != of.RuleSet || b.Region != of.Region || b.Waived {
			continue
		}
		does := remarks
		if b.Stops() {
			does = stops
		}
		if does > by[b.Rule].does {
			by[b.Rule] = spoken{does, b.Message}
		}
	}
	return by
}

// The types that follow are what trials and the database say to each other.

// TrialTurn is a programme whose turn in a simulation has come.
type TrialTurn struct {
	ProgrammeID      uuid.UUID
	Code, RegionCode string
}

// TrialsRunning counts trials that run beside one of a rule set for a region.
type TrialsRunning struct {
	Here    int // simulations and replays for exactly the region
	Same    int // shadows of the rule set for exactly the region
	Near    int // shadows in the province and all below it; for the nation, those that are for the nation
	Shadows int // shadows anywhere
}

// LoggedDecision is a decision of the log with the facts that it rests on, to be replayed.
type LoggedDecision struct {
	domain.Decision
	Content []byte   // of the facts; nil where they are not there
	Masked  []string // the paths of the fields in which a text was masked
}

// TrialStep is what came of a batch of a trial.
type TrialStep struct {
	Reached                                   string // after which programme or decision the work goes on; "" where that is not said
	NewlyBlocked, Freed, Unchanged, NotJudged int
	Masked, Missed                            int
	Rules                                     []domain.TrialRule
	Differences                               []*domain.RuleTrialDifference
	Finished                                  bool // nothing is left to do
}

// Done is how many programmes or decisions there were in it.
func (s *TrialStep) Done() int { return s.NewlyBlocked + s.Freed + s.Unchanged + s.NotJudged }
