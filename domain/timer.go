package domain

import (
	"time"

	"github.com/google/uuid"
)

// TimerKind is what a timer reminds of.
type TimerKind string

// The kinds of timers.
const (
	TimerCheckpoint TimerKind = "CHECKPOINT" // so many days after entering the stage
	TimerReminder   TimerKind = "REMINDER"   // so many days before the due date
	TimerOverdue    TimerKind = "OVERDUE"    // so many days after the due date
	TimerEscalation TimerKind = "ESCALATION" // so many days after the due date, to the admins of a region above
)

// TimerKinds lists the kinds of timers.
var TimerKinds = Enum{
	{"CHECKPOINT", Text{"Checkpoint", "Titik periksa"}},
	{"REMINDER", Text{"Reminder", "Pengingat"}},
	{"OVERDUE", Text{"Overdue", "Lewat tenggat"}},
	{"ESCALATION", Text{"Escalation", "Eskalasi"}},
}

// TimerState is where a timer stands.
type TimerState string

// The states of a timer. It goes off once, from TimerPending.
const (
	TimerPending   TimerState = "PENDING"
	TimerHeld      TimerState = "HELD" // its programme is on hold
	TimerFired     TimerState = "FIRED"
	TimerCancelled TimerState = "CANCELLED" // the stage ended first, or the due date was moved
)

// TimerStates lists the states of a timer.
var TimerStates = Enum{
	{"PENDING", Text{"Pending", "Menunggu"}},
	{"HELD", Text{"Held", "Ditahan"}},
	{"FIRED", Text{"Gone off", "Berbunyi"}},
	{"CANCELLED", Text{"Cancelled", "Dibatalkan"}},
}

// Timer goes off at a time while its programme is in a stage. It never moves the programme, and never goes off while the
// programme is on hold.
type Timer struct {
	Record
	ProgrammeID uuid.UUID  `bun:"programme_id,type:uuid"`
	Stage       Stage      `bun:"stage"`
	Kind        TimerKind  `bun:"kind"`
	OffsetDays  int        `bun:"offset_days"` // 0 or more; from what, the kind says
	Level       *Level     `bun:"level"`       // ESCALATION: that of the region whose admins are told
	FiresAt     time.Time  `bun:"fires_at"`
	State       TimerState `bun:"state"`

	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
}

// TimerEvent says that a timer went off. There is exactly one for each timer in state FIRED, and it is never changed.
type TimerEvent struct {
	ID          uuid.UUID `bun:"id,pk,type:uuid"`
	TimerID     uuid.UUID `bun:"timer_id,type:uuid"`
	ProgrammeID uuid.UUID `bun:"programme_id,type:uuid"`
	Stage       Stage     `bun:"stage"`
	Kind        TimerKind `bun:"kind"`
	OffsetDays  int       `bun:"offset_days"`
	Level       *Level    `bun:"level"`
	DueOn       *Date     `bun:"due_on"`   // of the stage, when it went off
	FiresAt     time.Time `bun:"fires_at"` // when it was to go off
	FiredAt     time.Time `bun:"fired_at"` // when it did

	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
}
