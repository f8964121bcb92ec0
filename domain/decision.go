package domain

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// DecisionOutcome says what came of a decision that rules were asked about.
type DecisionOutcome string

// The outcomes.
const (
	DecisionMoved       DecisionOutcome = "MOVED"
	DecisionBlocked     DecisionOutcome = "BLOCKED"
	DecisionUnavailable DecisionOutcome = "RULES_UNAVAILABLE"
)

// DecisionOutcomes lists the outcomes.
var DecisionOutcomes = Enum{
	{"MOVED", Text{"Moved", "Dipindahkan"}},
	{"BLOCKED", Text{"Blocked", "Terhalang"}},
	{"RULES_UNAVAILABLE", Text{"The rules could not be asked", "Aturan tidak dapat ditanyai"}},
}

// Decision is an entry of the decision log: what was decided on a command that asked rules, on which facts, and what the rules
// said. The same failure again is counted and not another entry.
type Decision struct {
	ID          uuid.UUID          `bun:"id,pk,type:uuid"`
	DecidedAt   time.Time          `bun:"decided_at"` // the time that the rules were told; of the first where it was repeated
	LastAt      time.Time          `bun:"last_at"`    // of the last
	Count       int                `bun:"count"`      // how often; 1 for what was carried out
	Actor       string             `bun:"actor"`      // a subject
	ProgrammeID uuid.UUID          `bun:"programme_id,type:uuid"`
	RegionCode  string             `bun:"region_code"` // the programme's, then
	Stage       Stage              `bun:"stage"`       // where it stood
	EnteredAt   time.Time          `bun:"entered_at"`  // since when
	Move        Move               `bun:"move"`        // ADVANCE or REOPEN
	ToStage     Stage              `bun:"to_stage"`    // where the move leads
	Outcome     DecisionOutcome    `bun:"outcome"`
	FactsHash   string             `bun:"facts_hash"`                            // as in the programme's history
	Kinds       json.RawMessage    `bun:"kinds,type:jsonb"`                      // the groups of facts that were read, a list
	Revisions   []DecisionRevision `bun:"revisions,type:jsonb"`                  // who judged
	Blocks      []Block            `bun:"blocks,type:jsonb"`                     // what the rules said, waived or not
	Unavailable json.RawMessage    `bun:"unavailable,type:jsonb"`                // who did not answer, a list
	Waivers     json.RawMessage    `bun:"waivers,type:jsonb"`                    // what waivers could lift then, a list
	Took        int64              `bun:"took"`                                  // microseconds until the rules had answered
	EventID     *uuid.UUID         `bun:"programme_event_id,type:uuid,nullzero"` // the entry in the programme's history; nil where it was not moved

	Programme *Programme      `bun:"rel:belongs-to,join:programme_id=id"`
	Event     *ProgrammeEvent `bun:"rel:belongs-to,join:programme_event_id=id"`
}

// DecisionRevision names who judged: a rule set, its version, and which activation of it.
type DecisionRevision struct {
	RuleSet  string `json:"ruleSet"`
	Version  string `json:"version"`
	Region   string `json:"region"`   // where it is at work, a code
	Revision int    `json:"revision"` // of the activation in the region; 0 for rules that come with the server
}
