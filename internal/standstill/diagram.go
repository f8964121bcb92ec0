package standstill

import (
	"context"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/workflow"
)

// Counts is what a diagram needs of the database.
type Counts interface {
	// StageCounts counts the programmes of some regions, each with all below it, by stage and status; with exactly, only those
	// that this very region governs. Late is what was due, or to be reviewed, before today.
	StageCounts(ctx context.Context, regions []string, exactly *string, today domain.Date) ([]workflow.StageCount, error)
}

// Diagrams draws where programmes stand.
type Diagrams struct {
	Store Counts
	Clock domain.Clock
}

// Part is what part of the nation is drawn: a region with all below it, or this region exactly. The zero value is all of it.
type Part struct {
	Region  string // a code
	Exactly bool
}

// Draw gives a diagram in mermaid's language of the programmes that the actor sees, in the actor's language. Errors:
// UNAUTHENTICATED, BAD_USER_INPUT for what is no code of a region.
func (d Diagrams) Draw(ctx context.Context, actor access.Actor, part Part) (string, error) {
	if err := access.MayAct(actor); err != nil {
		return "", err
	}
	scope := actor.Reads()
	var exactly *string
	if part.Region != "" {
		if _, ok := domain.LevelOf(part.Region); !ok {
			return "", domain.Errorf(domain.CodeBadUserInput, "%.20q is not the code of a region; codes look like ID, 32, 32.73, 32.73.05 or 32.73.05.1001", part.Region).
				In("ini bukan kode wilayah; kode berbentuk ID, 32, 32.73, 32.73.05 atau 32.73.05.1001").At("region")
		}
		if part.Exactly && !scope.Contains(part.Region) {
			scope = nil
		}
		if part.Exactly {
			exactly = &part.Region
		} else {
			scope = scope.Within(part.Region)
		}
	}
	counts, err := d.Store.StageCounts(ctx, scope, exactly, domain.DateOf(d.Clock.Now()))
	if err != nil {
		return "", err
	}
	return workflow.Mermaid(counts, actor.Locale), nil
}
