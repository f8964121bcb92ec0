package content

import (
	"context"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/internal/entry"
	"github.com/berdaya/berdaya/workflow"
)

// RankNeeds scores and ranks all needs of a programme as they are now (domain.RankNeeds) and gives the programme's id. A need
// that is entered or changed later keeps what it had until the needs are ranked again. Errors: as those of Enter, on
// programmeId; BAD_USER_INPUT where there is no need.
func (w Writer) RankNeeds(ctx context.Context, a access.Actor, programmeID uuid.UUID, key *string) (uuid.UUID, error) {
	if err := access.MayAct(a); err != nil {
		return uuid.Nil, err
	}
	c := command.Command{Actor: a.Subject, Key: key, Name: "rankNeeds", Input: programmeID}
	return entry.First(command.Run(ctx, w.Store, c, func(ctx context.Context) (command.Outcome, error) {
		now := w.Clock.Now()
		p, err := w.open(ctx, a, access.WriteContent, new(domain.Programme), programmeID, workflow.AnyContent, now)
		if err != nil {
			return command.Outcome{}, entry.At(err, "programmeId")
		}
		needs, err := w.Store.Needs(ctx, p.ID)
		if err != nil {
			return command.Outcome{}, err
		}
		if len(needs) == 0 {
			return command.Outcome{}, entry.Wrong("programmeId", "there is no need to rank: enter needs first", "belum ada kebutuhan untuk diperingkat: masukkan kebutuhan terlebih dahulu")
		}
		population, err := w.Store.Population(ctx, p.ID)
		if err != nil {
			return command.Outcome{}, err
		}
		return entry.Done(p.ID, now), w.Store.SetRanks(ctx, domain.RankNeeds(needs, population, domain.DefaultNeedWeights), now)
	}))
}

// Tick says that an item of a checklist is done, or takes that back, and gives the item's id. Errors: as those of Change.
func (w Writer) Tick(ctx context.Context, a access.Actor, itemID uuid.UUID, done bool, key *string) (uuid.UUID, error) {
	item := new(domain.ChecklistItem)
	return w.Change(ctx, a, item, entry.Change{Command: "tickChecklistItem", Key: key, ID: itemID, Said: map[string]any{"done": done}, Apply: func() domain.Problems {
		now := w.Clock.Now()
		switch {
		case !done:
			item.DoneAt = nil
		case item.DoneAt == nil:
			item.DoneAt = &now
		}
		return nil
	}})
}
