package workflow

import (
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// Snapshot is a programme as one moment of the database showed it.
type Snapshot struct {
	Programme domain.Programme
	Hash      string                       // of the last event of its history
	Plan      map[domain.Stage]domain.Date // its own plan of due dates
	Waivers   []WaivedRule                 // what granted waivers lift in the present stage
}

// Terms gives what the programme is decided on, where a course holds for its region.
func (s Snapshot) Terms(c Course) Terms { return Terms{Course: c, Plan: s.Plan, Waivers: s.Waivers} }

// State gives where the programme stands.
func (s Snapshot) State() State { return StateOf(&s.Programme, s.Hash) }

// Wanted names the facts that are wanted of one programme.
type Wanted struct {
	ProgrammeID uuid.UUID
	Kinds       []FactKind
}

// FactsSnapshot is a programme with the facts that were wanted of it, all of one moment.
type FactsSnapshot struct {
	Snapshot
	Facts Facts
}

// Change is a sealed decision on its way into the database, all of it or nothing. It is written only where the programme
// still has the version and the facts version that were decided on.
type Change struct {
	Decision     Decision
	Version      int64       // decided on
	FactsVersion int64       // decided on
	Remember     *Remembered // with the command's outcome; nil for a command without a key
	Settles      *Merged     // a draft that is merged by it; nil for none. Where somebody else has settled it, nothing is written
}

// Merged is an open draft that a change settles.
type Merged struct {
	DraftID uuid.UUID
	MadeID  string // the global id of what comes of it
}
