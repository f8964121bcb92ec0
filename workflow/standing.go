package workflow

import (
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// CheckDue is a programme whose rules are to be asked what stops it.
type CheckDue struct {
	ProgrammeID  uuid.UUID
	FactsVersion int64
	CheckedAt    *time.Time // when they were last asked
}

// Standing is what stops a programme's next step.
type Standing struct {
	Snapshot
	Blocks      []domain.Block // only those that stop it
	Unavailable bool           // not all rules could be asked, so that it is not known
}

// StandingOf says what stops a programme's next step, by [Decide]. A programme that nobody works on is stopped by nothing.
func StandingOf(terms Terms, s Snapshot, j *Judgement, at time.Time) Standing {
	standing := Standing{Snapshot: s}
	if s.Programme.Status != domain.Active {
		return standing
	}
	d := Decide(terms, s.State(), nil, j, Command{Move: domain.Advance, At: at})
	for _, b := range d.Blocks {
		switch {
		case !b.Stops():
		case b.Retry:
			standing.Unavailable = true
		default:
			standing.Blocks = append(standing.Blocks, b)
		}
	}
	return standing
}

// Checked is a check that was made, on its way into the database. It is only written where the programme's facts are still
// those that were found due before they were read.
type Checked struct {
	ProgrammeID uuid.UUID
	Due, Judged int64                   // the facts version that was due, and the one that was judged
	At          *time.Time              // when the rules were asked; nil: they could not be, and what is there stays
	Again       *time.Time              // when they are to be asked next; nil: not while nobody works on the programme
	Blocks      []domain.ProgrammeBlock // all that stop it; what is there already keeps its id and since
}

// RuleTitle is what a rule asks for, in its own words.
type RuleTitle struct {
	RuleSet, Rule, Region string
	Title                 domain.Text
}

// CheckedRules is which revision of a region's rules the checks know.
type CheckedRules struct {
	Revision string
	Reached  *string // the code of the last programme that was told of a change; nil where all were
}

// StageCount is how many programmes stand in a stage with a status.
type StageCount struct {
	Stage   domain.Stage
	Status  domain.Status
	Count   int64
	Overdue int64 // ACTIVE: past the stage's due date; ON_HOLD: past the day of the review
}
