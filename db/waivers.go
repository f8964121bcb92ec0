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
