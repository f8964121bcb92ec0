package db

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/berdaya/berdaya/domain"
)

// Catalogue is the store of rule sets: what offices uploaded, what of it is at work where, and who did what. The host of rule
// processes learns from it what is to run.
type Catalogue struct{ Commands }

// Catalogue gives the store of rule sets.
func (d *DB) Catalogue() Catalogue { return Catalogue{d.Commands()} }

// HoldRuleSet gives the rule set with this name, nil where there is none, and lets nobody else change anything of it until the
// transaction ends.
func (c Catalogue) HoldRuleSet(ctx context.Context, name string) (*domain.RuleSet, error) {
	row := new(domain.RuleSet)
	there, err := found(c.In(ctx).NewSelect().Model(row).Where("name = ?", name).For("no key update").Scan(ctx))
	if !there {
		return nil, err
	}
	return row, nil
}

// RuleSet gives the rule set with this name; nil where there is none.
func (c Catalogue) RuleSet(ctx context.Context, name string) (*domain.RuleSet, error) {
	row := new(domain.RuleSet)
	there, err := found(c.In(ctx).NewSelect().Model(row).Where("name = ?", name).Scan(ctx))
	if !there {
		return nil, err
	}
	return row, nil
}

// AddRuleSet writes a new rule set unless there is one of its name, and tells whether it did. Where somebody else is writing one, it
// waits until that is clear. NOT_FOUND where its region is not there.
func (c Catalogue) AddRuleSet(ctx context.Context, r *domain.RuleSet) (bool, error) {
	done, err := c.In(ctx).NewInsert().Model(r).On("conflict (name) do nothing").Exec(ctx)
	if err != nil {
		return false, Coded(err)
	}
	added, err := done.RowsAffected()
	return added > 0, err
}

// Version gives a version with its rule set; nil where there is none.
func (c Catalogue) Version(ctx context.Context, id uuid.UUID) (*domain.RuleSetVersion, error) {
	return c.version(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("rule_set_version.id = ?", id) })
}

// VersionNamed gives a version of a rule set by its name, with the rule set; nil where there is none.
func (c Catalogue) VersionNamed(ctx context.Context, ruleSet uuid.UUID, version string) (*domain.RuleSetVersion, error) {
	return c.version(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("rule_set_version.rule_set_id = ? and rule_set_version.version = ?", ruleSet, version)
	})
}

func (c Catalogue) version(ctx context.Context, which func(*bun.SelectQuery) *bun.SelectQuery) (*domain.RuleSetVersion, error) {
	row := new(domain.RuleSetVersion)
	there, err := found(which(c.In(ctx).NewSelect().Model(row).Relation("RuleSet")).Scan(ctx))
	if !there {
		return nil, err
	}
	return row, nil
}

// AddVersion writes a new version; ALREADY_EXISTS where the rule set has one of this name.
func (c Catalogue) AddVersion(ctx context.Context, v *domain.RuleSetVersion) error {
	_, err := c.In(ctx).NewInsert().Model(v).Exec(ctx)
	return Coded(err)
}

// PutVersion writes what became of a version. What it consists of stays.
func (c Catalogue) PutVersion(ctx context.Context, v *domain.RuleSetVersion) error {
	_, err := c.In(ctx).NewUpdate().Model(v).Column("state", "description", "problems", "checked_at", "approved_by", "approved_at", "updated_at").WherePK().Exec(ctx)
	return Coded(err)
}

// AddEvent writes an entry of the audit trail.
func (c Catalogue) AddEvent(ctx context.Context, e *domain.RuleSetEvent) error {
	_, err := c.In(ctx).NewInsert().Model(e).Exec(ctx)
	return Coded(err)
}

// Waiting gives the ids of versions that have waited to be checked since before an instant, the longest first.
func (c Catalogue) Waiting(ctx context.Context, before time.Time, most int) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	err := c.In(ctx).NewSelect().Model((*domain.RuleSetVersion)(nil)).Column("id").
		Where("state = ? and updated_at < ?", domain.VersionUploaded, before).Order("updated_at", "id").Limit(int64(most)).Scan(ctx, &ids)
	return slices.Clip(ids), Coded(err)
}
