package db

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Newest gives the newest so many activations of a rule set in a region, the newest first, with their versions.
func (c Catalogue) Newest(ctx context.Context, ruleSet uuid.UUID, region string, most int) ([]*domain.RuleActivation, error) {
	var all []*domain.RuleActivation
	err := c.In(ctx).NewSelect().Model(&all).Relation("Version").
		Where("rule_activation.rule_set_id = ? and rule_activation.region_code = ?", ruleSet, region).
		Order("rule_activation.revision desc").Limit(int64(most)).Scan(ctx)
	return all, Coded(err)
}

// Activation gives the activation of a rule set in a region with this revision, with its version; nil where there is none.
func (c Catalogue) Activation(ctx context.Context, ruleSet uuid.UUID, region string, revision int) (*domain.RuleActivation, error) {
	row := new(domain.RuleActivation)
	there, err := found(c.In(ctx).NewSelect().Model(row).Relation("Version").
		Where("rule_activation.rule_set_id = ? and rule_activation.region_code = ? and rule_activation.revision = ?", ruleSet, region, revision).Scan(ctx))
	if !there {
		return nil, err
	}
	return row, nil
}

// AddActivation writes an activation. One for EVERYONE ends all before it.
func (c Catalogue) AddActivation(ctx context.Context, a *domain.RuleActivation) error {
	if a.Mode == domain.Everyone {
		if _, err := c.In(ctx).NewUpdate().Model((*domain.RuleActivation)(nil)).Set("ended_at = ?", a.ActivatedAt).Set("updated_at = ?", a.ActivatedAt).
			Where("rule_set_id = ? and region_code = ? and ended_at is null", a.RuleSetID, a.RegionCode).Exec(ctx); err != nil {
			return Coded(err)
		}
	}
	_, err := c.In(ctx).NewInsert().Model(a).Exec(ctx)
	return Coded(err)
}

// AtWork gives the regions in which a version may bind programmes, in the order of their codes.
func (c Catalogue) AtWork(ctx context.Context, version uuid.UUID) ([]string, error) {
	var regions []string
	err := c.In(ctx).NewSelect().Model((*domain.RuleActivation)(nil)).ColumnExpr("distinct region_code").
		Where("rule_set_version_id = ? and ended_at is null", version).Order("region_code").Scan(ctx, &regions)
	return regions, Coded(err)
}

// unendedQuery reads what may bind anybody. It is asked about once a second, so it leaves out what is long.
var unendedQuery = `select ` + columnsOf[domain.RuleActivation]("a") + `, r.name, r.region_code, r.kind, v.version, v.sha256, v.size, v.state
	from rule_activations a join rule_sets r on r.id = a.rule_set_id left join rule_set_versions v on v.id = a.rule_set_version_id
	where a.ended_at is null and ($1::text[] is null or a.region_code = any($1)) order by a.region_code, r.name, a.revision`

func (c Catalogue) unended(ctx context.Context, regions []string) ([]*domain.RuleActivation, error) {
	rows, err := c.DB.Pool.Query(ctx, unendedQuery, regions)
	if err != nil {
		return nil, Coded(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*domain.RuleActivation, error) {
		a := &domain.RuleActivation{RuleSet: new(domain.RuleSet)}
		var version, sum, state *string
		var size *int64
		err := row.Scan(append(into(a), &a.RuleSet.Name, &a.RuleSet.RegionCode, &a.RuleSet.Kind, &version, &sum, &size, &state)...)
		if err != nil {
			return nil, err
		}
		a.RuleSet.ID = a.RuleSetID
		if a.VersionID != nil {
			a.Version = &domain.RuleSetVersion{Record: domain.Record{ID: *a.VersionID}, RuleSetID: a.RuleSetID, Version: *version, SHA256: *sum, Size: *size,
				State: domain.VersionState(*state)}
		}
		return a, nil
	})
	return all, Coded(err)
}

// Unended gives every activation that has not ended, sorted by region, rule set and revision, with RuleSet and Version filled in
// but for what is long: descriptions, problems and notes.
func (c Catalogue) Unended(ctx context.Context) ([]*domain.RuleActivation, error) {
	return c.unended(ctx, nil)
}

// UnendedIn is Unended for some regions.
func (c Catalogue) UnendedIn(ctx context.Context, regions []string) ([]*domain.RuleActivation, error) {
	return c.unended(ctx, append([]string{}, regions...))
}

// Activations is Unended without rule sets that are out of work and bind nobody any more: what a server is to run.
func (c Catalogue) Activations(ctx context.Context) ([]*domain.RuleActivation, error) {
	all, err := c.Unended(ctx)
	if err != nil {
		return nil, err
	}
	kept := all[:0]
	for chain := range domain.Chains(all) {
		if slices.ContainsFunc(chain, func(a *domain.RuleActivation) bool { return a.VersionID != nil }) {
			kept = append(kept, chain...)
		}
	}
	return kept, nil
}

// EndActivations says of activations that they bind nobody any more. Those that ended already stay as they are.
func (c Catalogue) EndActivations(ctx context.Context, ids []uuid.UUID, at time.Time) error {
	_, err := c.In(ctx).NewUpdate().Model((*domain.RuleActivation)(nil)).Set("ended_at = greatest(?, activated_at)", at).Set("updated_at = ?", at).
		Where("id in (?) and ended_at is null", bun.List(ids)).Exec(ctx)
	return Coded(err)
}

// working is the condition that a programme is being worked on or rests.
const working = `p.status in ('ACTIVE', 'ON_HOLD')`

// workingIn gives, for each level of region, the programmes p in the region $1 and below. Of the nation and of a province they
// are found in programmes_standing; below, all programmes of a regency are looked through.
var workingIn = map[domain.Level]string{
	domain.Nation: `(select code from regions where level = 'PROVINCE' and $1::text is not null union all select null) r join lateral
		(select * from programmes p where p.province_code is not distinct from r.code and p.stage in ('IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT') and ` + working + `) p on true`,
	domain.Province: `(select * from programmes p where p.province_code = $1 and p.stage in ('IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT') and ` + working + `) p`,
	domain.Regency:  `(select * from programmes p where p.regency_code = $1 and ` + working + `) p`,
	domain.District: `(select * from programmes p where p.district_code = $1 and ` + working + `) p`,
	domain.Village:  `(select * from programmes p where p.region_code = $1 and ` + working + `) p`,
}

// AnyEntered tells whether a programme in a region or below, which is being worked on or rests, entered its stage then.
func (c Catalogue) AnyEntered(ctx context.Context, region string, e workflow.Entries) (there bool, err error) {
	level, ok := domain.LevelOf(region)
	if !ok {
		return false, fmt.Errorf("%q is no region's code", region)
	}
	err = c.DB.Pool.QueryRow(ctx, anyEnteredQuery(level), region, orElse(e.From, time.Time{}), orElse(e.Until, endless)).Scan(&there)
	return there, Coded(err)
}

// endless is later than any programme enters a stage.
var endless = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func orElse(at *time.Time, otherwise time.Time) time.Time {
	if at == nil {
		return otherwise
	}
	return *at
}

func anyEnteredQuery(level domain.Level) string {
	return `select exists (select from ` + workingIn[level] + ` where p.stage_entered_at >= $2 and p.stage_entered_at < $3)`
}

// CountWorking counts the programmes in a region and below that are being worked on or rest.
func (c Catalogue) CountWorking(ctx context.Context, region string) (n int, err error) {
	level, ok := domain.LevelOf(region)
	if !ok {
		return 0, fmt.Errorf("%q is no region's code", region)
	}
	err = c.DB.Pool.QueryRow(ctx, `select count(*) from `+workingIn[level], region).Scan(&n)
	return n, Coded(err)
}

// Entered gives those of these programmes that are being worked on or rest, by id, with their region and when they entered their
// stage.
func (c Catalogue) Entered(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*domain.Programme, error) {
	rows, err := c.DB.Pool.Query(ctx, `select id, region_code, stage_entered_at from programmes p where id = any($1) and `+working, ids)
	if err != nil {
		return nil, Coded(err)
	}
	all := make(map[uuid.UUID]*domain.Programme, len(ids))
	var p domain.Programme
	_, err = pgx.ForEachRow(rows, []any{&p.ID, &p.RegionCode, &p.StageEnteredAt}, func() error {
		one := p
		all[p.ID] = &one
		return nil
	})
	return all, Coded(err)
}
