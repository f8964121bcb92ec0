package workflow

import (
	"time"

	"github.com/google/uuid"
)

// Remembered is the outcome of a committed command, kept so that the same command, sent again, is not carried out again. It
// stands here because both the use cases and the database know it.
type Remembered struct {
	Actor     string // the subject
	Key       string // made by the client, unique among the actor's
	Command   string // the command's name
	InputHash []byte // SHA-256 of the canonical input, 32 bytes
	Outcome   string // a code
	IDs       []uuid.UUID
	Version   *int64     // of the programme after the command; nil where nothing with a version changed
	ChangedAt *time.Time // what the command gave the first thing as its time of change; nil where it was about none
}
