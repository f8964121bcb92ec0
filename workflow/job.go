package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Job is work that is handed on, to be done once what hands it on is committed, by any server. It is done at least once: a
// server may die between doing it and saying so. Whoever does it must therefore be safe to run twice.
type Job struct {
	// Kind says who does it: lower case letters, digits and underscores, such as send_digest; at most 64 of them.
	Kind string
	// Args is what the worker is told, as JSON of at most 64 KiB. Ids are better than what they stand for, which may change
	// until the job runs.
	Args any
	// RunAt is when it may begin, the zero time meaning now. A time gone by means now as well.
	RunAt time.Time
	// Key, of at most 200 characters, lets at most one job of the kind with this key wait or run; another is not taken, and
	// that is no error. Since one that runs counts too, a worker that must see all changes made before its last Enqueue
	// looks again for work before it ends. Without a key every job is taken.
	Key string
	// Priority among jobs of the kind, from 1, the first, to 4; 0 means 1.
	Priority int
	// Attempts is after how many failures it is given up, from 1 to 1000; 0 means 25, which takes about fourteen hours.
	Attempts int
}

// JobRun is what a worker is told of the job that it does.
type JobRun struct {
	ID      int64
	Kind    string
	Args    json.RawMessage
	Attempt int  // 1 at first, one more after each failure
	Last    bool // if it fails now it is given up
}

// Decode reads the job's arguments, which must have no field that into does not have. What cannot be read now cannot be read
// later, so its error gives the job up.
func (r JobRun) Decode(into any) error {
	d := json.NewDecoder(bytes.NewReader(r.Args))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return GiveUp(fmt.Errorf("the arguments of a %s job cannot be read: %w", r.Kind, err))
	}
	return nil
}

// GoOnIn is what a worker returns to be run again after a while, give or take a second: for short steps it does better to go on
// by itself until its time is nearly up. It is no failure and does not count as an attempt; the arguments stay the same.
func GoOnIn(d time.Duration) error { return &GoingOn{In: max(d, 0)} }

// GoingOn is the error that GoOnIn gives.
type GoingOn struct{ In time.Duration }

func (g *GoingOn) Error() string { return fmt.Sprintf("goes on in %s", g.In) }

// GiveUp is what a worker returns when trying again is of no use.
func GiveUp(err error) error { return &GivenUp{Err: err} }

// GivenUp is the error that GiveUp gives.
type GivenUp struct{ Err error }

func (g *GivenUp) Error() string { return g.Err.Error() }

// Unwrap gives the reason.
func (g *GivenUp) Unwrap() error { return g.Err }

// Progress tells whether something that is worked on in slices has changed, and whether it will again.
type Progress struct {
	Revision int64
	Finished bool
}

// Waiting is something that is to be worked on in slices and that nobody holds.
type Waiting struct {
	ID   uuid.UUID
	Last uuid.UUID // the slice that was killed while it held it; zero where there is none
}
