package workflow

import (
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// DueTimer is a timer whose time has come, with where its programme stands at that moment.
type DueTimer struct {
	domain.Timer
	At     domain.Stage  `bun:"at"` // the stage that the programme is in
	Status domain.Status `bun:"status"`
	DueOn  *domain.Date  `bun:"due_on"` // of that stage
}

// Becomes says what becomes of the timer: it goes off where its programme is being worked on in its stage. The state of a timer
// always fits its programme, because every event changes both at once; should one not fit all the same, this puts it right.
func (d DueTimer) Becomes() domain.TimerState {
	switch {
	case d.At != d.Stage:
		return domain.TimerCancelled
	case d.Status == domain.Active:
		return domain.TimerFired
	case d.Status == domain.OnHold:
		return domain.TimerHeld
	}
	return domain.TimerCancelled
}

// Event says that the timer went off.
func (d DueTimer) Event(id uuid.UUID, at time.Time) domain.TimerEvent {
	return domain.TimerEvent{ID: id, TimerID: d.ID, ProgrammeID: d.ProgrammeID, Stage: d.Stage, Kind: d.Kind, OffsetDays: d.OffsetDays,
		Level: d.Level, DueOn: d.DueOn, FiresAt: d.FiresAt, FiredAt: at}
}
