package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/berdaya/berdaya/domain"
)

// Registry is the store of communities and stakeholders.
type Registry struct{ Commands }

// Registry gives the store of communities and stakeholders.
func (d *DB) Registry() Registry { return Registry{d.Commands()} }

// Region gives the region with this code; nil where there is none.
func (c Commands) Region(ctx context.Context, code string) (*domain.Region, error) {
	region := &domain.Region{}
	err := c.In(ctx).NewSelect().Model(region).Where("code = ?", code).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return region, Coded(err)
}

// Find reads the thing with this id into row, holding it against other writers until the transaction ends, and tells whether
// there is one.
func (r Registry) Find(ctx context.Context, row domain.Registered, id uuid.UUID) (bool, error) {
	return found(r.In(ctx).NewSelect().Model(row).Where("id = ?", id).For("no key update").Scan(ctx))
}

// Around gives the codes of the regions that govern programmes in which the thing takes part.
func (r Registry) Around(ctx context.Context, row domain.Registered) ([]string, error) {
	var codes []string
	err := r.In(ctx).NewSelect().Model((*domain.Programme)(nil)).ColumnExpr("distinct region_code").
		Where("id in (?)", r.programmesOf(ctx, row)).Scan(ctx, &codes)
	return codes, Coded(err)
}

// Insert writes a new thing.
func (r Registry) Insert(ctx context.Context, row domain.Registered) error {
	_, err := r.In(ctx).NewInsert().Model(row).Exec(ctx)
	return Coded(err)
}

// Update writes a thing and makes the facts version and the time of change of all programmes grow in which it takes part.
func (r Registry) Update(ctx context.Context, row domain.Registered) error {
	if _, err := r.In(ctx).NewUpdate().Model(row).WherePK().Exec(ctx); err != nil {
		return Coded(err)
	}
	_, err := r.In(ctx).NewUpdate().Model((*domain.Programme)(nil)).
		Set("facts_version = facts_version + 1").Set("updated_at = ?", row.Stored().UpdatedAt).
		Where("id in (?)", r.programmesOf(ctx, row)).Exec(ctx)
	return Coded(err)
}

// programmesOf selects the ids of the programmes in which a thing takes part.
func (r Registry) programmesOf(ctx context.Context, row domain.Registered) *bun.SelectQuery {
	q := r.In(ctx).NewSelect().Column("programme_id").Where("? = ?", bun.Ident(columnOf(row)), row.Stored().ID)
	switch row.(type) {
	case *domain.Community:
		return q.Model((*domain.ProgrammeCommunity)(nil))
	default:
		return q.Model((*domain.ProgrammeStakeholder)(nil))
	}
}

func columnOf(row domain.Registered) string {
	switch row.(type) {
	case *domain.Community:
		return "community_id"
	case *domain.Stakeholder:
		return "stakeholder_id"
	}
	panic(fmt.Sprintf("%T is not in the registry", row)) // a programmer's mistake, found by the first test
}

// found tells whether a select of one row found it.
func found(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, Coded(err)
}
