package domain

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// TrialKind says on what a version of a rule set is tried.
type TrialKind string

// The kinds.
const (
	Simulation TrialKind = "SIMULATION" // every active programme of a region, as it is now
	Replay     TrialKind = "REPLAY"     // the decisions of the past, on the facts of then
	Shadow     TrialKind = "SHADOW"     // the decisions that are made from now on, beside the rules at work
)

// TrialKinds lists the kinds.
var TrialKinds = Enum{
	{"SIMULATION", Text{"Simulation", "Simulasi"}},
	{"REPLAY", Text{"Replay of past decisions", "Putar ulang keputusan lalu"}},
	{"SHADOW", Text{"Shadow", "Bayangan"}},
}

// TrialState says where a trial stands.
type TrialState string

// The states of a trial.
const (
	TrialRunning   TrialState = "RUNNING"
	TrialCompleted TrialState = "COMPLETED"
	TrialCancelled TrialState = "CANCELLED"
	TrialFailed    TrialState = "FAILED" // the version cannot be asked; the last error says why
)

// TrialStates lists the states of a trial.
var TrialStates = Enum{
	{"RUNNING", Text{"Running", "Sedang berjalan"}},
	{"COMPLETED", Text{"Completed", "Selesai"}},
	{"CANCELLED", Text{"Cancelled", "Dibatalkan"}},
	{"FAILED", Text{"Failed", "Gagal"}},
}

// TrialChange says what a version would change for a programme.
type TrialChange string

// The changes.
const (
	NewlyBlocked TrialChange = "NEWLY_BLOCKED" // it could move, and could not
	Freed        TrialChange = "FREED"         // it could not move, and could
	Unchanged    TrialChange = "UNCHANGED"     // it could as before, or could not for other reasons too
	NotJudged    TrialChange = "NOT_JUDGED"    // rules did not answer, so it is not known
)

// TrialChanges lists the changes.
var TrialChanges = Enum{
	{"NEWLY_BLOCKED", Text{"Newly blocked", "Baru terhalang"}},
	{"FREED", Text{"Freed", "Terbebas"}},
	{"UNCHANGED", Text{"Unchanged", "Tetap"}},
	{"NOT_JUDGED", Text{"Could not be judged", "Tidak dapat dinilai"}},
}

// TrialEffect says what one rule of a version does to a programme that it did not do before.
type TrialEffect string

// The effects.
const (
	RuleBlocks      TrialEffect = "BLOCKS"       // it stops the programme, and did not
	RuleFrees       TrialEffect = "FREES"        // it stopped the programme, and does not
	RuleRemarks     TrialEffect = "REMARKS"      // it has a remark that stops nothing, and had none
	RuleRemarksGone TrialEffect = "REMARKS_GONE" // it had a remark, and has none
	RuleUnanswered  TrialEffect = "UNANSWERED"   // nothing is known of the programme
)

// TrialEffects lists the effects.
var TrialEffects = Enum{
	{"BLOCKS", Text{"Blocks now", "Kini menghalangi"}},
	{"FREES", Text{"Blocks no longer", "Tidak lagi menghalangi"}},
	{"REMARKS", Text{"Has a remark now", "Kini memberi catatan"}},
	{"REMARKS_GONE", Text{"Has no remark any more", "Tidak lagi memberi catatan"}},
	{"UNANSWERED", Text{"Did not answer", "Tidak menjawab"}},
}

// Of trials.
const (
	MaxTrialDifferences = 100_000             // that are listed of one trial; more are counted
	MaxTrialsInRegion   = 3                   // simulations and replays that run at a time for a region
	MaxShadows          = 16                  // that run at a time in all regions
	MaxShadowsNear      = 4                   // of those, in one province with all below it, or for the nation, so that others find room
	MaxShadowing        = 90 * 24 * time.Hour // how long one runs
)

// RuleTrial tries a version of a rule set, with parameters of a region, against what is at work there. It changes nothing for any
// programme.
type RuleTrial struct {
	Record
	Kind         TrialKind       `bun:"kind"`
	RegionCode   string          `bun:"region_code"` // for it and all below
	RuleSetID    uuid.UUID       `bun:"rule_set_id,type:uuid"`
	VersionID    uuid.UUID       `bun:"rule_set_version_id,type:uuid"`
	Parameters   json.RawMessage `bun:"parameters,type:jsonb,nullzero"` // a JSON object; empty for none
	StartedBy    string          `bun:"started_by"`                     // a subject
	State        TrialState      `bun:"state"`
	Since        *time.Time      `bun:"since"` // of a replay: the first decisions
	Until        *time.Time      `bun:"until"` // of a replay: before these; of a shadow: when it ends by itself
	Total        int             `bun:"total"` // how many programmes or decisions there were at the start; of a shadow: those so far
	Done         int             `bun:"done"`  // always the sum of the following four
	NewlyBlocked int             `bun:"newly_blocked"`
	Freed        int             `bun:"freed"`
	Unchanged    int             `bun:"unchanged"`
	NotJudged    int             `bun:"not_judged"`
	Masked       int             `bun:"masked"` // of a replay: on whose facts a text was masked, so that a rule that reads it may say something else
	Missed       int             `bun:"missed"` // of a shadow: decisions that it was too slow for
	Rules        []TrialRule     `bun:"rules,type:jsonb"`
	Listed       int             `bun:"listed"` // differences in the list
	More         bool            `bun:"more"`   // whether there are more than are listed
	LastErrorEN  *string         `bun:"last_error_en"`
	LastErrorID  *string         `bun:"last_error_id"`
	FinishedAt   *time.Time      `bun:"finished_at"`
	Revision     int64           `bun:"revision"` // grows with every change

	Region      *Region                `bun:"rel:belongs-to,join:region_code=code"`
	RuleSet     *RuleSet               `bun:"rel:belongs-to,join:rule_set_id=id"`
	Version     *RuleSetVersion        `bun:"rel:belongs-to,join:rule_set_version_id=id"`
	Differences []*RuleTrialDifference `bun:"rel:has-many,join:id=rule_trial_id"`
}

// TrialRule counts what one rule does otherwise, in programmes or decisions.
type TrialRule struct {
	Rule        string `json:"rule"`
	Blocks      int    `json:"blocks"`
	Frees       int    `json:"frees"`
	Remarks     int    `json:"remarks"`
	RemarksGone int    `json:"remarksGone"`
}

// RuleTrialDifference is one rule that says something else about one programme, or decision.
type RuleTrialDifference struct {
	ID          uuid.UUID   `bun:"id,pk,type:uuid"`
	RuleTrialID uuid.UUID   `bun:"rule_trial_id,type:uuid"`
	ProgrammeID uuid.UUID   `bun:"programme_id,type:uuid"`
	DecidedAt   time.Time   `bun:"decided_at"` // the time that the rules were told
	Change      TrialChange `bun:"change"`     // what comes of it for the programme
	Effect      TrialEffect `bun:"effect"`     // what the rule does
	Rule        string      `bun:"rule"`       // its code; RULES_UNAVAILABLE where nothing is known
	MessageEN   string      `bun:"message_en"` // what the rule says, or where it says nothing any more, said
	MessageID   string      `bun:"message_id"`
	Masked      bool        `bun:"masked"` // whether a text was masked in the facts

	RuleTrial *RuleTrial `bun:"rel:belongs-to,join:rule_trial_id=id"`
	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
}
