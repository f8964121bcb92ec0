package domain

import (
	"time"

	"github.com/google/uuid"
)

// WaiverState is where a waiver stands.
type WaiverState string

// The states of a waiver. Only WaiverGranted lifts a block.
const (
	WaiverRequested WaiverState = "REQUESTED"
	WaiverGranted   WaiverState = "GRANTED"
	WaiverRefused   WaiverState = "REFUSED"
	WaiverRevoked   WaiverState = "REVOKED"
	WaiverEnded     WaiverState = "ENDED" // with the stage that it was for, or with its day, seen when the next was asked for
)

// WaiverStates lists the states of a waiver.
var WaiverStates = Enum{
	{"REQUESTED", Text{"Requested", "Diajukan"}},
	{"GRANTED", Text{"Granted", "Dikabulkan"}},
	{"REFUSED", Text{"Refused", "Ditolak"}},
	{"REVOKED", Text{"Revoked", "Dicabut"}},
	{"ENDED", Text{"Ended", "Berakhir"}},
}

// Waiver lifts the block of one rule of one rule set for one stage of one programme. One person asks for it and another grants
// it, each with a reason. It ends after ExpiresOn or when the programme leaves the stage, whichever comes first.
type Waiver struct {
	Record
	ProgrammeID    uuid.UUID   `bun:"programme_id,type:uuid"`
	Stage          Stage       `bun:"stage"`
	RuleSet        string      `bun:"rule_set"`
	Rule           string      `bun:"rule"`
	Waivable       Waivable    `bun:"waivable"`    // who may grant it: OWNER or REGION, as the rule said when it was asked for
	RuleRegion     string      `bun:"rule_region"` // the code of the region whose rule it is
	Reason         string      `bun:"reason"`      // of who asked; 1 to 10,000 characters
	ExpiresOn      Date        `bun:"expires_on"`  // the last day on which it holds
	State          WaiverState `bun:"state"`
	RequestedBy    string      `bun:"requested_by"` // the subject
	DecidedBy      *string     `bun:"decided_by"`   // the subject who granted, refused or revoked it last
	DecidedAt      *time.Time  `bun:"decided_at"`
	DecisionReason *string     `bun:"decision_reason"`

	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
}

// MaxRule is the length of the longest code of a rule, in characters.
const MaxRule = 100

// Validate gives what is wrong with which rule a waiver names. All else is for the engine.
func (w *Waiver) Validate(Date) Problems {
	c := new(checks)
	c.words("ruleSet", w.RuleSet, MaxName)
	c.words("rule", w.Rule, MaxRule)
	return c.problems
}

// StagePlan is the programme's own plan of when a stage is due. It goes before the definition's; the rules' date goes before it
// where that is earlier.
type StagePlan struct {
	Record
	ProgrammeID uuid.UUID `bun:"programme_id,type:uuid"`
	Stage       Stage     `bun:"stage"` // one plan a stage
	DueOn       Date      `bun:"due_on"`

	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
}
