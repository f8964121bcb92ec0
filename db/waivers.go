package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// Waiver gives a waiver; nil where there is none.
func (m Moving) Waiver(ctx context.Context, id uuid.UUID) (*domain.Waiver, error) {
	w := new(domain.Waiver)
	err := m.In(ctx).NewSelect().Model(w).Where("id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return w, Coded(err)
}

// PutStagePlan writes a plan in the place of the one that the programme has for the stage, if it has one.
func (m Moving) PutStagePlan(ctx context.Context, p *domain.StagePlan) error {
	_, err := m.In(ctx).NewInsert().Model(p).On("conflict (programme_id, stage) do update").
		Set("due_on = excluded.due_on").Set("updated_at = excluded.updated_at").Exec(ctx)
	return Coded(err)
}
