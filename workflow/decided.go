package workflow

import (
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// Decided is a decision on a command that asked rules, with all that it rests on. Nothing in it is ever changed.
type Decided struct {
	Actor     string // a subject
	Snapshot  Snapshot
	Facts     *Facts
	FactsHash string   // "" where nobody computed it yet
	Question  Question // with the groups of facts that were read
	Judgement *Judgement
	Blocks    []domain.Block // what the rules said, waived or not, and the engine's own
	Outcome   domain.DecisionOutcome
	EventID   *uuid.UUID    // the entry in the history; nil where it was not moved
	Took      time.Duration // until the rules had answered
}

// KeptFacts are facts as they are kept for decisions to rest on.
type KeptFacts struct {
	Hash    string      // of Facts.Hash
	UsedOn  domain.Date // the day of the last decision that rests on them
	Content []byte      // in the contract's words, compressed; for plugins/host to read
	Masked  []string    // which fields' texts were replaced, by their path
}

// KeptDecision is a decision with what only the database needs.
type KeptDecision struct {
	domain.Decision
	Rules   []string // who spoke up: rule sets, and rules with theirs, such as "water/WELL_DUG"
	Repeats []byte   // equal for what is the same again, 32 bytes; nil for what was carried out
}

// FactsIn are kept facts of a decision, and the region that it was made in.
type FactsIn struct {
	RegionCode string
	Content    []byte
	Masked     []string
}
