package domain

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Stage is where a programme stands on its way.
type Stage string

// The five stages, in order.
const (
	Identify     Stage = "IDENTIFY"
	Plan         Stage = "PLAN"
	Train        Stage = "TRAIN"
	Monitor      Stage = "MONITOR"
	ReportResult Stage = "REPORT"
)

// Stages lists the stages in the order a programme goes through them.
var Stages = Enum{
	{"IDENTIFY", Text{"Identify", "Identifikasi"}},
	{"PLAN", Text{"Plan", "Perencanaan"}},
	{"TRAIN", Text{"Train", "Pelatihan"}},
	{"MONITOR", Text{"Monitor and evaluate", "Pemantauan & evaluasi"}},
	{"REPORT", Text{"Report", "Pelaporan"}},
}

// Order is the stage's place on the way, 0 to 4; -1 for an unknown stage.
func (s Stage) Order() int { return Stages.find(string(s)) }

// Next is the stage after this one; false after the last.
func (s Stage) Next() (Stage, bool) {
	if i := s.Order(); i >= 0 && i+1 < len(Stages) {
		return Stage(Stages[i+1].Code), true
	}
	return "", false
}

// Status says whether a programme is being worked on.
type Status string

// The statuses.
const (
	Active    Status = "ACTIVE"
	OnHold    Status = "ON_HOLD"
	Completed Status = "COMPLETED"
	Cancelled Status = "CANCELLED"
)

// Statuses lists the statuses.
var Statuses = Enum{
	{"ACTIVE", Text{"Active", "Aktif"}},
	{"ON_HOLD", Text{"On hold", "Ditunda"}},
	{"COMPLETED", Text{"Completed", "Selesai"}},
	{"CANCELLED", Text{"Cancelled", "Dibatalkan"}},
}

// Move is a step that a person takes with a programme.
type Move string

// The moves.
const (
	Advance  Move = "ADVANCE"
	SendBack Move = "SEND_BACK"
	Hold     Move = "HOLD"
	Resume   Move = "RESUME"
	Cancel   Move = "CANCEL"
	Reopen   Move = "REOPEN"
)

// Moves lists the moves.
var Moves = Enum{
	{"ADVANCE", Text{"Advance", "Lanjut"}},
	{"SEND_BACK", Text{"Send back", "Kembalikan"}},
	{"HOLD", Text{"Hold", "Tunda"}},
	{"RESUME", Text{"Resume", "Teruskan"}},
	{"CANCEL", Text{"Cancel", "Batalkan"}},
	{"REOPEN", Text{"Reopen", "Buka kembali"}},
}

// Severity says what a failed rule does to a move.
type Severity string

// The severities. Only SeverityBlock stops a move.
const (
	SeverityBlock Severity = "BLOCK"
	SeverityWarn  Severity = "WARN"
	SeverityInfo  Severity = "INFO"
)

// Severities lists the severities, gravest first.
var Severities = Enum{
	{"BLOCK", Text{"Blocks the move", "Menghalangi"}},
	{"WARN", Text{"Warning", "Peringatan"}},
	{"INFO", Text{"For information", "Informasi"}},
}

// Waivable says who may lift a block for one programme.
type Waivable string

// Who may waive: nobody, an admin whose scope contains the rule's own region, or an admin of the programme's region.
const (
	WaivableNo     Waivable = "NO"
	WaivableOwner  Waivable = "OWNER"
	WaivableRegion Waivable = "REGION"
)

// Waivables lists who may waive.
var Waivables = Enum{
	{"NO", Text{"Cannot be waived", "Tidak dapat dikecualikan"}},
	{"OWNER", Text{"By an admin of the rule's region", "Oleh admin wilayah aturan"}},
	{"REGION", Text{"By an admin of the programme's region", "Oleh admin wilayah program"}},
}

// Block is one reason why a move may not happen, or a remark that does not stop it.
type Block struct {
	RuleSet  string   `json:"ruleSet"`  // who says so: "national", "workflow" (the engine itself) or a regional rule set
	Version  string   `json:"version"`  // of the rule set
	Rule     string   `json:"rule"`     // the rule's code, such as NEED_RANKED
	Severity Severity `json:"severity"` // only BLOCK stops the move
	Message  Text     `json:"message"`
	Path     []string `json:"path,omitempty"` // what is missing, from the programme inwards, such as ["needs"]
	Waivable Waivable `json:"waivable"`
	Retry    bool     `json:"retry,omitempty"`  // nothing is missing: ask again shortly
	Region   string   `json:"region,omitempty"` // the code of the region whose rule it is; "" for the engine's own
	Waived   bool     `json:"waived,omitempty"` // a waiver lifts it: it stops nothing
	// Values are the numbers and names in Message, by name, for programs.
	Values map[string]string `json:"values,omitempty"`

	// What follows explains a block to whoever asks now. It is no part of a decision, so the history does not keep it.
	Title      Text     `json:"-"` // what the rule asks for; empty where it is not known
	LiftableBy *Lifting `json:"-"` // who may lift it; nil where nobody may, or it stops nothing
	Waiver     *Waiver  `json:"-"` // the one asked for or granted; nil for none
}

// Stops tells whether a block keeps a move from being made. A severity that is not known does.
func (b *Block) Stops() bool {
	return b.Severity != SeverityWarn && b.Severity != SeverityInfo && !b.Waived
}

// Lifting says who may lift a block for one programme.
type Lifting struct {
	Roles    []Role
	Region   string // they have one of the roles in this region or in one above it
	ByReader bool   // whether whoever asks is one of them, and has not asked for the waiver themselves
}

// EventKind is what happened to a programme.
type EventKind string

// The kinds of events.
const (
	EventCreated     EventKind = "CREATED"
	EventMoved       EventKind = "MOVED"
	EventTransferred EventKind = "TRANSFERRED" // another region governs it from then on
	EventRescheduled EventKind = "RESCHEDULED" // the present stage has another due date
	EventPlanned     EventKind = "PLANNED"     // a later stage has a due date of the programme's own

	EventWaiverRequested EventKind = "WAIVER_REQUESTED"
	EventWaiverGranted   EventKind = "WAIVER_GRANTED"
	EventWaiverRefused   EventKind = "WAIVER_REFUSED"
	EventWaiverRevoked   EventKind = "WAIVER_REVOKED"
)

// EventKinds lists the kinds of events.
var EventKinds = Enum{
	{"CREATED", Text{"Created", "Dibuat"}},
	{"MOVED", Text{"Moved", "Berpindah"}},
	{"TRANSFERRED", Text{"Transferred to another region", "Beralih wilayah"}},
	{"RESCHEDULED", Text{"Rescheduled", "Dijadwalkan ulang"}},
	{"PLANNED", Text{"A later stage planned", "Tahap berikutnya direncanakan"}},
	{"WAIVER_REQUESTED", Text{"Waiver requested", "Pengecualian diajukan"}},
	{"WAIVER_GRANTED", Text{"Waiver granted", "Pengecualian dikabulkan"}},
	{"WAIVER_REFUSED", Text{"Waiver refused", "Pengecualian ditolak"}},
	{"WAIVER_REVOKED", Text{"Waiver revoked", "Pengecualian dicabut"}},
}

// RuleRevision names a rule set and the version of it that judged.
type RuleRevision struct {
	RuleSet string `json:"ruleSet"`
	Version string `json:"version"`
}

// ProgrammeEvent is one entry of a programme's history. Entries are only ever appended, and each carries the hash of the
// one before it, so that a changed or missing entry shows.
type ProgrammeEvent struct {
	ID            uuid.UUID       `bun:"id,pk,type:uuid"`
	ProgrammeID   uuid.UUID       `bun:"programme_id,type:uuid"`
	Version       int64           `bun:"version"` // of the programme after this event; 1 for the first
	Kind          EventKind       `bun:"kind"`
	Move          *Move           `bun:"move"`
	FromStage     *Stage          `bun:"from_stage"`
	ToStage       Stage           `bun:"to_stage"`
	FromStatus    *Status         `bun:"from_status"`
	ToStatus      Status          `bun:"to_status"`
	FromRegion    *string         `bun:"from_region"` // of a transfer
	ToRegion      *string         `bun:"to_region"`   // of a transfer; of the first event: the first region, nil in old histories
	Actor         string          `bun:"actor"`       // the subject who did it
	Reason        *string         `bun:"reason"`
	OccurredAt    time.Time       `bun:"occurred_at"`
	DueOn         *Date           `bun:"due_on"`    // of the present stage from this event on
	ReviewOn      *Date           `bun:"review_on"` // of the hold that this event begins
	RuleRevisions []RuleRevision  `bun:"rule_revisions,type:jsonb"`
	FactsHash     *string         `bun:"facts_hash"` // SHA-256 of the facts that were judged, in hexadecimal
	Decision      json.RawMessage `bun:"decision,type:jsonb"`
	PreviousHash  string          `bun:"previous_hash"` // "" for the first event
	Hash          string          `bun:"hash"`          // SHA-256 of this event and PreviousHash, in hexadecimal

	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
}

// StageVisit is one stay of a programme in a stage. Going back to a stage begins a new visit; the visits that were undone by
// it are superseded, not deleted.
type StageVisit struct {
	Record
	ProgrammeID  uuid.UUID  `bun:"programme_id,type:uuid"`
	Stage        Stage      `bun:"stage"`
	EnteredAt    time.Time  `bun:"entered_at"`
	LeftAt       *time.Time `bun:"left_at"`
	DueOn        *Date      `bun:"due_on"`
	SupersededAt *time.Time `bun:"superseded_at"`

	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
}

// ChecklistItem is something that the rules ask for on entering a stage.
type ChecklistItem struct {
	Record
	ProgrammeID uuid.UUID  `bun:"programme_id,type:uuid"`
	Stage       Stage      `bun:"stage"`
	RuleSet     string     `bun:"rule_set"`
	Code        string     `bun:"code"` // unique within programme, stage and rule set
	TitleEN     string     `bun:"title_en"`
	TitleID     string     `bun:"title_id"`
	DoneAt      *time.Time `bun:"done_at"`

	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
}
