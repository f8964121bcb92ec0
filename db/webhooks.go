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

// Webhooks is the store of webhooks.
type Webhooks struct{ Commands }

// Webhooks gives the store of webhooks.
func (d *DB) Webhooks() Webhooks { return Webhooks{d.Commands()} }

// sealedWebhook is a webhook's row with its secret.
type sealedWebhook struct {
	domain.Webhook `bun:",extend"`
	Secret         []byte `bun:"secret"`
}

// Webhook gives a webhook with its sealed secret; nil where there is none. Within a transaction nobody else changes it until that
// ends.
func (w Webhooks) Webhook(ctx context.Context, id uuid.UUID) (*domain.Webhook, []byte, error) {
	row := new(sealedWebhook)
	q := w.In(ctx).NewSelect().Model(row).Where("id = ?", id)
	if _, inside := ctx.Value(travelling{}).(bun.Tx); inside {
		q = q.For("update")
	}
	err := q.Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, nil
	}
	return &row.Webhook, row.Secret, Coded(err)
}

// CountWebhooks lets nobody else enter a webhook for a region until the transaction ends, and gives how many it has; false where
// there is no such region.
func (w Webhooks) CountWebhooks(ctx context.Context, region string) (n int, there bool, err error) {
	there, err = found(w.In(ctx).NewSelect().Model(&domain.Region{}).Column("code").Where("code = ?", region).For("no key update").Scan(ctx))
	if err != nil || !there {
		return 0, false, err
	}
	count, err := w.In(ctx).NewSelect().Model((*domain.Webhook)(nil)).Where("region_code = ?", region).Count(ctx)
	return int(count), true, Coded(err)
}

// AddWebhook writes a new webhook; NOT_FOUND where the region is not there.
func (w Webhooks) AddWebhook(ctx context.Context, row *domain.Webhook, sealed []byte) error {
	_, err := w.In(ctx).NewInsert().Model(&sealedWebhook{*row, sealed}).Exec(ctx)
	return Coded(err)
}

// PutWebhook writes a webhook anew, and its secret where one is given.
func (w Webhooks) PutWebhook(ctx context.Context, row *domain.Webhook, sealed []byte) error {
	q := w.In(ctx).NewUpdate().Model(&sealedWebhook{*row, sealed}).Column("url", "description", "active", "updated_at").WherePK()
	if sealed != nil {
		q = q.Column("secret")
	}
	_, err := q.Exec(ctx)
	return Coded(err)
}

// DeleteWebhook removes a webhook with its deliveries.
func (w Webhooks) DeleteWebhook(ctx context.Context, id uuid.UUID) error {
	_, err := w.In(ctx).NewDelete().Model((*domain.Webhook)(nil)).Where("id = ?", id).Exec(ctx)
	return Coded(err)
}

// Deactivate has nothing more sent to a webhook.
func (w Webhooks) Deactivate(ctx context.Context, id uuid.UUID, at time.Time) error {
	_, err := w.In(ctx).NewUpdate().Model((*domain.Webhook)(nil)).Set("active = false").Set("updated_at = ?", at).Where("id = ?", id).Exec(ctx)
	return Coded(err)
}
