package workflow

import (
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// HistoryScope says whose histories are meant; of several conditions all hold.
type HistoryScope struct {
	Region    string // the code of a region, with all below it; "" or the nation: everywhere
	Programme string // the code of one programme; "": all
}

// HistoryRow is one event of a history beside what the programme's row says.
type HistoryRow struct {
	Code  string                 // of the programme
	Row   State                  // without a hash, which only events have
	Event *domain.ProgrammeEvent // nil where there is none at all
}

// HistoryCheck is one verification of all histories, as far as it has come.
type HistoryCheck struct {
	JobID      int64 // of the job that does it
	StartedAt  time.Time
	FinishedAt *time.Time // nil while it goes on
	After      uuid.UUID  // the last programme verified; they are taken by id
	Histories  int64
	Events     int64
	Broken     int64 // histories
}

// HistoryHealth is what the latest verifications found.
type HistoryHealth struct {
	FinishedAt *time.Time // of the last one that was completed; nil if none was
	Broken     int64      // histories that it found broken, or the one that goes on, if those are more
}
