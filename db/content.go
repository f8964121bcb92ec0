package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Contents is the store of what programmes hold.
type Contents struct{ Commands }

// Contents gives the store of what programmes hold.
func (d *DB) Contents() Contents { return Contents{d.Commands()} }

// stored is any row with an id.
type stored = interface{ Stored() *domain.Record }

// ProgrammeOf gives the programme that the row of this kind with this id belongs to, which may be the programme itself; nil
// where there is none.
func (c Contents) ProgrammeOf(ctx context.Context, kind stored, id uuid.UUID) (*domain.Programme, error) {
	if _, itself := kind.(*domain.Programme); itself {
		return c.Programme(ctx, id)
	}
	p := new(domain.Programme)
	err := c.In(ctx).NewSelect().Model(p).
		Where("id = (?)", c.In(ctx).NewSelect().Model(kind).Column("programme_id").Where("id = ?", id)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return p, Coded(err)
}

// Find reads the row with this id into row and tells whether there is one.
func (c Contents) Find(ctx context.Context, row stored, id uuid.UUID) (bool, error) {
	return found(c.In(ctx).NewSelect().Model(row).Where("id = ?", id).Scan(ctx))
}

// Insert writes a new row.
func (c Contents) Insert(ctx context.Context, row stored) error {
	_, err := c.In(ctx).NewInsert().Model(row).Exec(ctx)
	return Coded(err)
}

// Update writes a row that is there.
func (c Contents) Update(ctx context.Context, row stored) error {
	_, err := c.In(ctx).NewUpdate().Model(row).WherePK().Exec(ctx)
	return Coded(err)
}

// Linked tells whether the stakeholder has a role in the programme.
func (c Contents) Linked(ctx context.Context, programmeID, stakeholderID uuid.UUID) (bool, error) {
	is, err := c.In(ctx).NewSelect().Model((*domain.ProgrammeStakeholder)(nil)).
		Where("programme_id = ? and stakeholder_id = ?", programmeID, stakeholderID).Exists(ctx)
	return is, Coded(err)
}

// Around gives the codes of the regions that govern programmes in which the thing takes part.
func (c Contents) Around(ctx context.Context, row domain.Registered) ([]string, error) {
	return Registry(c).Around(ctx, row)
}

// ObjectivesBelow gives the objectives that serve this one.
func (c Contents) ObjectivesBelow(ctx context.Context, objectiveID uuid.UUID) ([]*domain.Objective, error) {
	var below []*domain.Objective
	err := c.In(ctx).NewSelect().Model(&below).Where("parent_id = ?", objectiveID).Scan(ctx)
	return below, Coded(err)
}

// TakePrimary makes no community of the programme the primary one.
func (c Contents) TakePrimary(ctx context.Context, programmeID uuid.UUID, at time.Time) error {
	_, err := c.In(ctx).NewUpdate().Model((*domain.ProgrammeCommunity)(nil)).Set("is_primary = false").Set("updated_at = ?", at).
		Where("programme_id = ? and is_primary", programmeID).Exec(ctx)
	return Coded(err)
}

// LastEdition gives the highest edition of the programme's reports of this kind for this audience; 0 for none.
func (c Contents) LastEdition(ctx context.Context, programmeID uuid.UUID, kind domain.ReportKind, audience string) (int, error) {
	var last int
	err := c.In(ctx).NewSelect().Model((*domain.Report)(nil)).ColumnExpr("coalesce(max(edition), 0)").
		Where("programme_id = ? and kind = ? and audience = ?", programmeID, kind, audience).Scan(ctx, &last)
	return last, Coded(err)
}

// Needs gives the programme's needs by id.
func (c Contents) Needs(ctx context.Context, programmeID uuid.UUID) ([]*domain.Need, error) {
	var needs []*domain.Need
	err := c.In(ctx).NewSelect().Model(&needs).Where("programme_id = ?", programmeID).Order("id").Scan(ctx)
	return needs, Coded(err)
}

// SetRanks writes the scores and ranks of needs.
func (c Contents) SetRanks(ctx context.Context, ranks []domain.NeedRank, at time.Time) error {
	ids, scores, places := make([]uuid.UUID, len(ranks)), make([]float64, len(ranks)), make([]int, len(ranks))
	for i, r := range ranks {
		ids[i], scores[i], places[i] = r.NeedID, r.Score, r.Rank
	}
	_, err := c.In(ctx).ExecContext(ctx, `update needs set score = ranked.score, rank = ranked.rank, updated_at = ?
		from unnest(?::uuid[], ?::double precision[], ?::integer[]) as ranked (id, score, rank) where needs.id = ranked.id`,
		at, pgdialect.Array(ids), pgdialect.Array(scores), pgdialect.Array(places))
	return Coded(err)
}

// Population gives the people in the programme's communities.
func (c Contents) Population(ctx context.Context, programmeID uuid.UUID) (int, error) {
	var people int
	err := c.In(ctx).NewRaw(`select coalesce(sum(population), 0) from communities
		where id in (select community_id from programme_communities where programme_id = ?)`, programmeID).Scan(ctx, &people)
	return people, Coded(err)
}

// Facts reads the wanted facts as they were committed last, whatever transaction travels in the context.
func (c Contents) Facts(ctx context.Context, wanted []workflow.Wanted) ([]workflow.FactsSnapshot, error) {
	return Moving(c).Facts(ctx, wanted)
}
