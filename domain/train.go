package domain

import (
	"time"

	"github.com/google/uuid"
)

// TrainingEvent is a training or workshop with one or more sessions.
type TrainingEvent struct {
	Record
	ProgrammeID uuid.UUID  `bun:"programme_id,type:uuid"`
	ActivityID  *uuid.UUID `bun:"activity_id,type:uuid"`
	Title       string     `bun:"title"`
	Venue       string     `bun:"venue"`
	Facilitator *string    `bun:"facilitator"` // the subject of the member who trains
	Capacity    int        `bun:"capacity"`    // places, 1 to 100,000

	Programme    *Programme     `bun:"rel:belongs-to,join:programme_id=id"`
	Activity     *Activity      `bun:"rel:belongs-to,join:activity_id=id"`
	Sessions     []*Session     `bun:"rel:has-many,join:id=training_event_id"`
	Participants []*Participant `bun:"rel:has-many,join:id=training_event_id"`
}

// SessionStatus says whether a session took place.
type SessionStatus string

// The states of a session.
const (
	SessionPlanned   SessionStatus = "PLANNED"
	SessionHeld      SessionStatus = "HELD"
	SessionCancelled SessionStatus = "CANCELLED"
)

// SessionStatuses lists the states of a session.
var SessionStatuses = Enum{
	{"PLANNED", Text{"Planned", "Direncanakan"}},
	{"HELD", Text{"Held", "Terlaksana"}},
	{"CANCELLED", Text{"Cancelled", "Dibatalkan"}},
}

// Session is one meeting of a training event.
type Session struct {
	Record
	ProgrammeID     uuid.UUID     `bun:"programme_id,type:uuid"`
	TrainingEventID uuid.UUID     `bun:"training_event_id,type:uuid"`
	Topic           string        `bun:"topic"`
	StartsAt        time.Time     `bun:"starts_at"`
	EndsAt          time.Time     `bun:"ends_at"`
	Status          SessionStatus `bun:"status"`

	Programme     *Programme     `bun:"rel:belongs-to,join:programme_id=id"`
	TrainingEvent *TrainingEvent `bun:"rel:belongs-to,join:training_event_id=id"`
	Attendances   []*Attendance  `bun:"rel:has-many,join:id=session_id"`
}

// Sex is how a person is counted in disaggregated figures.
type Sex string

// Sexes lists the values.
var Sexes = Enum{
	{"FEMALE", Text{"Female", "Perempuan"}},
	{"MALE", Text{"Male", "Laki-laki"}},
}

// Participant is a person in a training event. Erasing the person takes the name and keeps the count.
type Participant struct {
	Record
	ProgrammeID     uuid.UUID `bun:"programme_id,type:uuid"`
	TrainingEventID uuid.UUID `bun:"training_event_id,type:uuid"`
	Name            *string   `bun:"name" pii:"true"` // nil once erased
	Sex             Sex       `bun:"sex"`
	BirthYear       *int      `bun:"birth_year" pii:"true"` // 1900 to this year
	WithDisability  bool      `bun:"with_disability"`
	PreTest         *float64  `bun:"pre_test"`  // score before, 0 to 100 (Kirkpatrick level 2)
	PostTest        *float64  `bun:"post_test"` // score after, 0 to 100

	Programme     *Programme     `bun:"rel:belongs-to,join:programme_id=id"`
	TrainingEvent *TrainingEvent `bun:"rel:belongs-to,join:training_event_id=id"`
	Attendances   []*Attendance  `bun:"rel:has-many,join:id=participant_id"`
}

// Attendance says whether a participant came to a session.
type Attendance struct {
	Record
	ProgrammeID   uuid.UUID `bun:"programme_id,type:uuid"`
	SessionID     uuid.UUID `bun:"session_id,type:uuid"`
	ParticipantID uuid.UUID `bun:"participant_id,type:uuid"`
	Present       bool      `bun:"present"`

	Session     *Session     `bun:"rel:belongs-to,join:session_id=id"`
	Participant *Participant `bun:"rel:belongs-to,join:participant_id=id"`
}
