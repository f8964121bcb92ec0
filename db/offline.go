package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/berdaya/berdaya/domain"
)

// Offline is the store of lists of commands and of drafts.
type Offline struct{ Commands }

// Offline gives the store of lists of commands and of drafts.
func (d *DB) Offline() Offline { return Offline{d.Commands()} }

// Try runs fn within the transaction in the context, so that what fn did is undone where it fails, and nothing else is.
func (o Offline) Try(ctx context.Context, fn func(ctx context.Context) error) error {
	return o.In(ctx).RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		return fn(context.WithValue(ctx, travelling{}, tx))
	})
}

// ProgrammeOf gives the programme that the row of this kind with this id belongs to, which may be the programme itself; nil
// where there is none.
func (o Offline) ProgrammeOf(ctx context.Context, kind stored, id uuid.UUID) (*domain.Programme, error) {
	return Contents(o).ProgrammeOf(ctx, kind, id)
}

// Drafts gives the drafts that are kept under an author's keys, in no order.
func (o Offline) Drafts(ctx context.Context, author string, keys []string) ([]*domain.Draft, error) {
	var found []*domain.Draft
	err := o.In(ctx).NewSelect().Model(&found).Where("author = ? and key in (?)", author, bun.List(keys)).Scan(ctx)
	return found, Coded(err)
}

// Draft gives the draft with this id and its programme, where it has one; nil where there is none. With hold it is held against
// others who would settle it until the transaction ends.
func (o Offline) Draft(ctx context.Context, id uuid.UUID, hold bool) (*domain.Draft, error) {
	d := new(domain.Draft)
	q := o.In(ctx).NewSelect().Model(d).Relation("Programme").Where("draft.id = ?", id)
	if hold {
		q = q.For("no key update of draft")
	}
	err := q.Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return d, Coded(err)
}

// InsertDraft writes a new draft.
func (o Offline) InsertDraft(ctx context.Context, d *domain.Draft) error {
	_, err := o.In(ctx).NewInsert().Model(d).Exec(ctx)
	return Coded(err)
}

// SettleDraft writes what settling changes in a draft.
func (o Offline) SettleDraft(ctx context.Context, d *domain.Draft) error {
	_, err := o.In(ctx).NewUpdate().Model(d).WherePK().
		Column("updated_at", "input", "state", "settled_by", "settled_at", "reason", "made_id").Exec(ctx)
	return Coded(err)
}
