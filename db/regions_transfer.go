package db

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Regions is the store of what happens to programmes, communities and stakeholders when regions close.
type Regions struct{ Commands }

// Regions gives the store of transfers between regions.
func (d *DB) Regions() Regions { return Regions{d.Commands()} }

// HoldRegions lets no import change regions until the transaction ends. Others hold them at the same time.
func (r Regions) HoldRegions(ctx context.Context) error {
	_, err := r.In(ctx).ExecContext(ctx, `lock table regions in row exclusive mode`)
	return Coded(err)
}

// Successors gives all successors of regions, by the old and then the new code, with both regions.
func (r Regions) Successors(ctx context.Context) ([]*domain.RegionSuccessor, error) {
	var found []*domain.RegionSuccessor
	err := r.In(ctx).NewSelect().Model(&found).Relation("Old").Relation("New").Order("region_successor.old_code", "region_successor.new_code").Scan(ctx)
	return found, Coded(err)
}

// Holdings counts what is registered in regions that are closed on a day, by code; regions with nothing are left out.
func (r Regions) Holdings(ctx context.Context, day domain.Date) ([]domain.RegionHolding, error) {
	var found []domain.RegionHolding
	err := r.In(ctx).NewRaw(`select * from (select r.code as region_code,
			(select count(*) from programmes where region_code = r.code) as programmes,
			(select count(*) from communities where region_code = r.code) as communities,
			(select count(*) from stakeholders where region_code = r.code) as stakeholders
		from regions r where valid_to <= ?) as held where programmes + communities + stakeholders > 0 order by region_code`, day).Scan(ctx, &found)
	return found, Coded(err)
}

// HoldProgramme gives the programme as it is now, and lets nobody change it until the transaction ends; nil where there is none.
func (r Regions) HoldProgramme(ctx context.Context, id uuid.UUID) (*workflow.Snapshot, error) {
	held, err := r.hold(ctx, r.In(ctx).NewSelect().Where("id = ?", id))
	if err != nil || len(held) == 0 {
		return nil, err
	}
	return held[0], nil
}

// HoldProgrammes is HoldProgramme for the first so many of these regions, by id. Fewer do not mean that there are no more:
// those that somebody else moved while we waited for them are left out.
func (r Regions) HoldProgrammes(ctx context.Context, regions []string, limit int) ([]*workflow.Snapshot, error) {
	return r.hold(ctx, r.In(ctx).NewSelect().Where("region_code = any(?)", pgdialect.Array(regions)).Order("id").Limit(int64(limit)))
}

// hold reads the last hashes by a second statement, whose snapshot is taken after the locks: an event that was appended while
// we waited for the programme is seen.
func (r Regions) hold(ctx context.Context, q *bun.SelectQuery) ([]*workflow.Snapshot, error) {
	var programmes []domain.Programme
	if err := q.Model(&programmes).For("no key update").Scan(ctx); err != nil || len(programmes) == 0 {
		return nil, Coded(err)
	}
	held := make([]*workflow.Snapshot, len(programmes))
	byID := make(map[uuid.UUID]*workflow.Snapshot, len(programmes))
	ids := make([]uuid.UUID, len(programmes))
	for i := range programmes {
		held[i] = &workflow.Snapshot{Programme: programmes[i]}
		ids[i] = programmes[i].ID
		byID[ids[i]] = held[i]
	}
	var last []struct {
		ProgrammeID uuid.UUID
		Hash        string
	}
	if err := r.In(ctx).NewRaw(`select e.programme_id, e.hash from programmes p join programme_events e on e.programme_id = p.id and e.version = p.version
		where p.id = any(?)`, pgdialect.Array(ids)).Scan(ctx, &last); err != nil {
		return nil, Coded(err)
	}
	for _, l := range last {
		byID[l.ProgrammeID].Hash = l.Hash
	}
	return held, nil
}

// WriteTransfers writes sealed transfers of programmes that are held: each event, and the region and version that it leads to.
func (r Regions) WriteTransfers(ctx context.Context, transfers []workflow.Decision) error {
	if len(transfers) == 0 {
		return nil
	}
	events := make([]*domain.ProgrammeEvent, len(transfers))
	ids, regions, versions := make([]uuid.UUID, len(transfers)), make([]string, len(transfers)), make([]int64, len(transfers))
	for i, d := range transfers {
		events[i], ids[i], regions[i], versions[i] = d.Event, d.Event.ProgrammeID, d.After.Region, d.After.Version
	}
	if _, err := r.In(ctx).ExecContext(ctx, `update programmes p set region_code = t.region, version = t.version, facts_version = facts_version + 1, updated_at = ?
		from unnest(?::uuid[], ?::text[], ?::bigint[]) as t (id, region, version) where p.id = t.id`,
		events[0].OccurredAt, pgdialect.Array(ids), pgdialect.Array(regions), pgdialect.Array(versions)); err != nil {
		return Coded(err)
	}
	_, err := r.In(ctx).NewInsert().Model(&events).Exec(ctx)
	return Coded(err)
}

// ProgrammeCommunities gives the communities of a programme with their regions.
func (r Regions) ProgrammeCommunities(ctx context.Context, programmeID uuid.UUID) ([]*domain.Community, error) {
	var found []*domain.Community
	err := r.In(ctx).NewSelect().Model(&found).Relation("Region").
		Where("community.id in (select community_id from programme_communities where programme_id = ?)", programmeID).Order("community.id").Scan(ctx)
	return found, Coded(err)
}

// MoveCommunities has communities live in another region from the moment of a transfer on.
func (r Regions) MoveCommunities(ctx context.Context, ids []uuid.UUID, region string, transfer workflow.Decision) error {
	at := transfer.Event.OccurredAt
	if _, err := r.In(ctx).ExecContext(ctx, `update communities set region_code = ?, updated_at = ? where id = any(?)`, region, at, pgdialect.Array(ids)); err != nil {
		return Coded(err)
	}
	return r.bumpAround(ctx, "programme_communities", "community_id", ids, at)
}
