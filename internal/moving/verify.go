package moving

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/workflow"
)

// Verify checks that a programme's history is whole and that the programme is what its history comes to. It is for whoever runs
// the server and asks for no actor. Errors: NOT_FOUND; a *workflow.Broken says what does not fit.
func (m *Moves) Verify(ctx context.Context, programmeID uuid.UUID) error {
	found, err := m.Store.Snapshots(ctx, []uuid.UUID{programmeID})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return access.NotFound()
	}
	events, err := m.Store.History(ctx, programmeID)
	if err != nil {
		return err
	}
	if _, err := workflow.Fold(events); err != nil {
		return err
	}
	// The history was read after the row, so it may be ahead of it; entries are only ever appended.
	row := found[0].State()
	then := slices.DeleteFunc(events, func(e domain.ProgrammeEvent) bool { return e.Version > row.Version })
	folded, err := workflow.Fold(then)
	switch {
	case err != nil:
		return err
	case !folded.Equal(row):
		return &workflow.Broken{Version: row.Version, Why: "the programme's row is not what the history comes to"}
	}
	return nil
}
