package db

import (
	"context"
	"io"
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

// AddArtefact writes content of so many bytes with this SHA-256 in hexadecimal, a chunk at a time, unless it is there already.
func (c Catalogue) AddArtefact(ctx context.Context, sha256 string, size int64, at time.Time, content io.Reader) error {
	done, err := c.In(ctx).ExecContext(ctx, `insert into rule_set_artefacts (sha256, created_at, size) values (?, ?, ?) on conflict do nothing`, sha256, at, size)
	if err != nil {
		return Coded(err)
	}
	if added, err := done.RowsAffected(); err != nil || added == 0 {
		return err
	}
	chunk := make([]byte, domain.ArtefactChunk)
	for number := 0; size > 0; number++ {
		part := chunk[:min(size, domain.ArtefactChunk)]
		if _, err := io.ReadFull(content, part); err != nil {
			return err
		}
		if _, err := c.In(ctx).ExecContext(ctx, `insert into rule_set_artefact_chunks (sha256, number, content) values (?, ?, ?)`, sha256, number, part); err != nil {
			return Coded(err)
		}
		size -= int64(len(part))
	}
	return nil
}

// Artefact writes the content with a SHA-256 in hexadecimal, a chunk at a time, NOT_FOUND where there is none. Whoever reads
// checks the sum.
func (c Catalogue) Artefact(ctx context.Context, sha256 string, to io.Writer) error {
	var chunks int
	err := c.DB.Pool.QueryRow(ctx, `select count(c.number) from rule_set_artefacts a left join rule_set_artefact_chunks c using (sha256)
		where a.sha256 = $1 group by a.sha256`, sha256).Scan(&chunks)
	if there, err := found(Coded(err)); !there {
		if err == nil {
			err = domain.Errorf(domain.CodeNotFound, "no content has the SHA-256 %.64s", sha256).In("tidak ada isi dengan SHA-256 itu")
		}
		return err
	}
	for number := range chunks {
		var content []byte
		if err := c.DB.Pool.QueryRow(ctx, `select content from rule_set_artefact_chunks where sha256 = $1 and number = $2`, sha256, number).Scan(&content); err != nil {
			return Coded(err)
		}
		if _, err := to.Write(content); err != nil {
			return err
		}
	}
	return nil
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
