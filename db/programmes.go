package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/berdaya/berdaya/domain"
)

// Programmes is the store of programmes.
type Programmes struct{ Commands }

// Programmes gives the store of programmes.
func (d *DB) Programmes() Programmes { return Programmes{d.Commands()} }

// IsMember tells whether there is a member with this subject.
func (c Commands) IsMember(ctx context.Context, subject string) (bool, error) {
	is, err := c.In(ctx).NewSelect().Model((*domain.Member)(nil)).Where("subject = ?", subject).Exists(ctx)
	return is, Coded(err)
}

// Programme gives the programme with this id; nil where there is none.
func (c Commands) Programme(ctx context.Context, id uuid.UUID) (*domain.Programme, error) {
	p := &domain.Programme{}
	err := c.In(ctx).NewSelect().Model(p).Where("id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return p, Coded(err)
}

// Communities gives the communities with these ids that there are, in no order.
func (p Programmes) Communities(ctx context.Context, ids []uuid.UUID) ([]*domain.Community, error) {
	var found []*domain.Community
	err := p.In(ctx).NewSelect().Model(&found).Where("id in (?)", bun.List(ids)).Scan(ctx)
	return found, Coded(err)
}

// InsertProgramme writes a new programme with its communities.
func (p Programmes) InsertProgramme(ctx context.Context, row *domain.Programme, in []*domain.ProgrammeCommunity) error {
	if _, err := p.In(ctx).NewInsert().Model(row).Exec(ctx); err != nil {
		return Coded(err)
	}
	_, err := p.In(ctx).NewInsert().Model(&in).Exec(ctx)
	return Coded(err)
}

// UpdateProgramme writes what people enter of a programme.
func (p Programmes) UpdateProgramme(ctx context.Context, row *domain.Programme, at time.Time) error {
	_, err := p.In(ctx).NewUpdate().Model(row).Column("title", "goal", "start_date", "end_date", "coordinator").
		Set("described_at = ?", at).WherePK().Exec(ctx)
	return Coded(err)
}

// DescribedAt tells when what UpdateProgramme writes of a programme was written last: when it was entered, where never since.
func (p Programmes) DescribedAt(ctx context.Context, id uuid.UUID) (at time.Time, err error) {
	err = p.In(ctx).NewRaw(`select coalesce(described_at, created_at) from programmes where id = ?`, id).Scan(ctx, &at)
	return at, Coded(err)
}
