package domain

import (
	"time"

	"github.com/google/uuid"
)

// ProgrammeBlock is a rule that stops a programme's next step, as it was when the programme was last checked.
type ProgrammeBlock struct {
	ID          uuid.UUID `bun:"id,pk,type:uuid"`
	ProgrammeID uuid.UUID `bun:"programme_id,type:uuid"`
	RegionCode  string    `bun:"region_code"` // of the region that governs the programme
	Stage       Stage     `bun:"stage"`
	RuleSet     string    `bun:"rule_set"`
	Rule        string    `bun:"rule"`
	RuleRegion  string    `bun:"rule_region"` // the code of the region whose rule it is
	Waivable    Waivable  `bun:"waivable"`
	Since       time.Time `bun:"since"` // since when, without a break, it has stopped the programme in its present visit to the stage

	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
}

// The codes under which the engine itself says that a programme stands still, beside the rules.
const (
	StandsOverdue      = "OVERDUE"            // the stage's due date has passed
	StandsHoldReviewed = "HOLD_REVIEW_PASSED" // so has the day on which the hold was to be looked at again
)

// StandingCodes names them.
var StandingCodes = Enum{
	{StandsOverdue, Text{"The stage's due date has passed", "Tenggat tahap sudah lewat"}},
	{StandsHoldReviewed, Text{"The day for reviewing the hold has passed", "Tanggal tinjauan penundaan sudah lewat"}},
}
