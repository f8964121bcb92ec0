package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// BumpFacts is the first thing that every change of a programme's content does. In the transaction that travels in the context
// it locks the programme and makes its facts version and its time of change grow, so that a move that was decided on the facts
// before is decided again. It gives the programme as it is now, by which the use case then says who may (access) and whether
// its status takes such content (workflow.MayEnter), in this order, so that what may not be seen stays unseen; if either
// refuses, the transaction rolls all of it back. NOT_FOUND where there is no such programme.
func (c Commands) BumpFacts(ctx context.Context, programmeID uuid.UUID, at time.Time) (*domain.Programme, error) {
	p := new(domain.Programme)
	err := c.In(ctx).NewRaw(`update programmes p set facts_version = facts_version + 1, updated_at = ? where id = ? returning `+
		columnsOf[domain.Programme]("p"), at, programmeID).Scan(ctx, p)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, domain.Errorf(domain.CodeNotFound, "there is no such thing, or you may not see it").
			In("tidak ada, atau Anda tidak berhak melihatnya")
	case err != nil:
		return nil, Coded(err)
	}
	return p, nil
}
