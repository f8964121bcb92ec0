package workflow

import (
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// Check says what is wrong with a command's input, whatever programme it is for: BAD_USER_INPUT or REASON_REQUIRED.
func Check(c Command) error {
	c = c.Tidy()
	if c.Move == domain.SendBack && c.ToStage == nil {
		return domain.Errorf(domain.CodeBadUserInput, "name the earlier stage to send the programmes back to").
			In("sebutkan tahap sebelumnya sebagai tujuan pengembalian program").At("toStage")
	}
	return c.check()
}

// The types of this file are what bulk moves and the database say to each other.

// BulkFilter says which programmes a bulk move takes; all conditions must hold.
type BulkFilter struct {
	Within      []string         // the codes of regions, each with all below it; the nation is everywhere, none is nowhere
	Exactly     *string          // the code of the governing region
	Stages      *[]domain.Stage  // one of these; nil: any
	Statuses    *[]domain.Status // one of these; nil: any
	Coordinator *string          // by subject
}

// BulkCandidate is a programme that a bulk move may take, as it was when asked for.
type BulkCandidate struct {
	ProgrammeID uuid.UUID
	Version     int64
	RegionCode  string
}

// BulkTurn is a programme of a bulk move whose turn has not come.
type BulkTurn struct {
	Position    int
	ProgrammeID uuid.UUID
	Version     int64
}

// BulkResult is what came of one programme.
type BulkResult struct {
	Position int
	Outcome  domain.BulkOutcome
	Code     *domain.Code
	Message  domain.Text
	Blocks   []domain.Block
	EventID  *uuid.UUID
}
