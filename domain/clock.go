package domain

import (
	"time"

	"github.com/google/uuid"
)

// Clock tells the time, in UTC and to the microsecond, which is what PostgreSQL keeps.
type Clock interface{ Now() time.Time }

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now gives the present time.
func (SystemClock) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// IDs makes new ids.
type IDs interface{ New() uuid.UUID }

// RandomIDs makes UUIDv7 ids (RFC 9562): they sort by the time they were made, to the millisecond.
type RandomIDs struct{}

// New gives a new id.
func (RandomIDs) New() uuid.UUID { return uuid.Must(uuid.NewV7()) }
