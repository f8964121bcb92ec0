package content

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/internal/entry"
	"github.com/berdaya/berdaya/workflow"
)

// Publish publishes a report and gives its id: its figures are frozen as they are now, and it becomes the next edition of the
// programme's reports of its kind for its audience. From then on it does not change. Errors: as those of Change.
func (w Writer) Publish(ctx context.Context, a access.Actor, reportID uuid.UUID, key *string) (uuid.UUID, error) {
	if err := access.MayAct(a); err != nil {
		return uuid.Nil, err
	}
	c := command.Command{Actor: a.Subject, Key: key, Name: "publishReport", Input: reportID}
	return entry.First(command.Run(ctx, w.Store, c, func(ctx context.Context) (command.Outcome, error) {
		now := w.Clock.Now()
		r := new(domain.Report)
		p, err := w.open(ctx, a, access.WriteContent, r, reportID, workflow.AnyContent, now)
		if err != nil {
			return command.Outcome{}, entry.At(err, "id")
		}
		if found, err := w.Store.Find(ctx, r, reportID); err != nil {
			return command.Outcome{}, err
		} else if !found {
			return command.Outcome{}, access.NotFound().At("id")
		}
		if err := settled(r); err != nil {
			return command.Outcome{}, entry.At(err, "id")
		}
		if r.Figures, err = w.figures(ctx, p.ID, domain.DateOf(now)); err != nil {
			return command.Outcome{}, err
		}
		last, err := w.Store.LastEdition(ctx, p.ID, r.Kind, r.Audience)
		if err != nil {
			return command.Outcome{}, err
		}
		r.Edition, r.PublishedAt, r.UpdatedAt = last+1, &now, now
		return entry.Done(reportID, now), w.Store.Update(ctx, r)
	}))
}

// figures reads the programme's content, which nobody changes while the programme is locked, and counts it.
func (w Writer) figures(ctx context.Context, programmeID uuid.UUID, asOf domain.Date) (json.RawMessage, error) {
	snapshots, err := w.Store.Facts(ctx, []workflow.Wanted{{ProgrammeID: programmeID, Kinds: workflow.FactKinds}})
	if err != nil {
		return nil, err
	}
	if len(snapshots) != 1 {
		return nil, errors.New("the facts of a programme that is locked are not there")
	}
	return json.Marshal(Count(&snapshots[0].Facts, asOf))
}
