package domain

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// MaxBulk is how many programmes one bulk move takes at most.
const MaxBulk = 10_000

// BulkState says where a bulk move stands.
type BulkState string

// The states of a bulk move. A person takes it from BulkChecked to BulkRunning, and to BulkPaused and back.
const (
	BulkChecking  BulkState = "CHECKING"  // each programme is asked about, none is moved
	BulkChecked   BulkState = "CHECKED"   // the dry run is complete
	BulkRunning   BulkState = "RUNNING"   // programmes are being moved
	BulkPaused    BulkState = "PAUSED"    // the checking or moving has stopped until somebody resumes it
	BulkCancelled BulkState = "CANCELLED" // whatever had not had its turn never will
	BulkCompleted BulkState = "COMPLETED" // every programme has had its turn
)

// BulkStates lists the states of a bulk move.
var BulkStates = Enum{
	{"CHECKING", Text{"Being checked", "Sedang diperiksa"}},
	{"CHECKED", Text{"Checked", "Sudah diperiksa"}},
	{"RUNNING", Text{"Running", "Sedang dijalankan"}},
	{"PAUSED", Text{"Paused", "Dijeda"}},
	{"CANCELLED", Text{"Cancelled", "Dibatalkan"}},
	{"COMPLETED", Text{"Completed", "Selesai"}},
}

// BulkOutcome says what came of one programme in a bulk move.
type BulkOutcome string

// The outcomes.
const (
	BulkPending BulkOutcome = "PENDING" // its turn has not come
	BulkAllowed BulkOutcome = "ALLOWED" // the dry run found nothing in its way
	BulkRefused BulkOutcome = "REFUSED" // it may not be moved; the code says why
	BulkMoved   BulkOutcome = "MOVED"
	BulkSkipped BulkOutcome = "SKIPPED" // the bulk move was cancelled before its turn
)

// BulkOutcomes lists the outcomes.
var BulkOutcomes = Enum{
	{"PENDING", Text{"Not yet", "Belum"}},
	{"ALLOWED", Text{"Can be moved", "Dapat dipindahkan"}},
	{"REFUSED", Text{"Refused", "Ditolak"}},
	{"MOVED", Text{"Moved", "Dipindahkan"}},
	{"SKIPPED", Text{"Skipped", "Dilewati"}},
}

// BulkMove is one move of many programmes, carried out in the background in its actor's name.
type BulkMove struct {
	Record
	Actor         string          `bun:"actor"`       // the subject in whose name the programmes move
	RegionCode    *string         `bun:"region_code"` // the least region that holds all programmes the actor saw; nil where they saw none
	Move          Move            `bun:"move"`
	ToStage       *Stage          `bun:"to_stage"`
	Reason        *string         `bun:"reason"`
	ReviewOn      *Date           `bun:"review_on"`
	ShiftDueDates bool            `bun:"shift_due_dates"`
	Filter        json.RawMessage `bun:"filter,type:jsonb,nullzero"` // as given; empty where programmes were listed
	State         BulkState       `bun:"state"`
	Total         int             `bun:"total"` // 1 to MaxBulk, and always the sum of the following five
	Pending       int             `bun:"pending"`
	Allowed       int             `bun:"allowed"`
	Refused       int             `bun:"refused"`
	Moved         int             `bun:"moved"`
	Skipped       int             `bun:"skipped"`
	StartedAt     *time.Time      `bun:"started_at"`  // when the moving began; nil for one that was only checked
	FinishedAt    *time.Time      `bun:"finished_at"` // when the last programme had its result
	LastErrorEN   *string         `bun:"last_error_en"`
	LastErrorID   *string         `bun:"last_error_id"`
	Revision      int64           `bun:"revision"` // grows with every change of the state or the counts

	Items []*BulkMoveItem `bun:"rel:has-many,join:id=bulk_move_id"`
}

// BulkMoveItem is one programme of a bulk move, with what came of it.
type BulkMoveItem struct {
	Record
	BulkMoveID  uuid.UUID   `bun:"bulk_move_id,type:uuid"`
	Position    int         `bun:"position"`                        // from 1, in the order given
	ProgrammeID *uuid.UUID  `bun:"programme_id,type:uuid,nullzero"` // nil where the actor did not see one
	Version     *int64      `bun:"version"`                         // of the programme when the bulk move began
	Outcome     BulkOutcome `bun:"outcome"`
	Code        *Code       `bun:"code"` // of what stands in the way
	MessageEN   *string     `bun:"message_en"`
	MessageID   *string     `bun:"message_id"`
	Blocks      []Block     `bun:"blocks,type:jsonb"`
	EventID     *uuid.UUID  `bun:"event_id,type:uuid,nullzero"` // the entry in the programme's history

	BulkMove  *BulkMove       `bun:"rel:belongs-to,join:bulk_move_id=id"`
	Programme *Programme      `bun:"rel:belongs-to,join:programme_id=id"`
	Event     *ProgrammeEvent `bun:"rel:belongs-to,join:event_id=id"`
}
