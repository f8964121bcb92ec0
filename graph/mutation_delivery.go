package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/webhooks"
)

func (m mutation) CreateWebhook(ctx context.Context, in model.CreateWebhookInput) (*model.WebhookPayload, error) {
	id, secret, err := m.Webhooks.Create(ctx, access.FromContext(ctx), webhooks.New{Region: in.RegionCode, URL: in.URL, Description: in.Description,
		Active: in.Active, Key: in.IdempotencyKey.Value()})
	return webhookAnswer(ctx, id, secret, err)
}

func (m mutation) UpdateWebhook(ctx context.Context, in model.UpdateWebhookInput) (*model.WebhookPayload, error) {
	f := new(fields)
	c := webhooks.Change{ID: f.id("id", "Webhook", in.ID), URL: given(f, "url", in.URL), Description: given(f, "description", in.Description),
		Active: given(f, "active", in.Active), NewSecret: in.NewSecret, Key: in.IdempotencyKey.Value()}
	if len(f.wrong) > 0 {
		return webhookAnswer(ctx, uuid.Nil, nil, f.wrong)
	}
	secret, err := m.Webhooks.Update(ctx, access.FromContext(ctx), c)
	return webhookAnswer(ctx, c.ID, secret, err)
}

// given gives a value that may be left out but not emptied; nil where it is left out.
func given[T any](f *fields, path string, o graphql.Omittable[*T]) *T {
	if !o.IsSet() {
		return nil
	}
	value := new(T)
	set(f, path, value, o)
	return value
}

func webhookAnswer(ctx context.Context, done uuid.UUID, secret *webhooks.Secret, err error) (*model.WebhookPayload, error) {
	id, wrong, err := answer(ctx, "Webhook", done, err)
	p := &model.WebhookPayload{Webhook: at(id, &model.Webhook{ID: id}), UserErrors: wrong}
	if secret != nil && err == nil && id != "" {
		shown := secret.Shown()
		p.Secret = &shown
	}
	return p, err
}

func (m mutation) DeleteWebhook(ctx context.Context, in model.DeleteWebhookInput) (*model.DeleteWebhookPayload, error) {
	id, wrong, err := about(ctx, "id", "Webhook", in.ID, func(a access.Actor, key uuid.UUID) (uuid.UUID, error) {
		return key, m.Webhooks.Delete(ctx, a, key, in.IdempotencyKey.Value())
	})
	return &model.DeleteWebhookPayload{Deleted: id != "", UserErrors: wrong}, err
}

func (m mutation) RetryDelivery(ctx context.Context, in model.RetryDeliveryInput) (*model.DeliveryPayload, error) {
	id, wrong, err := about(ctx, "id", "Delivery", in.ID, func(a access.Actor, key uuid.UUID) (uuid.UUID, error) {
		return key, m.Deliveries.Retry(ctx, a, key, in.IdempotencyKey.Value())
	})
	return &model.DeliveryPayload{Delivery: at(id, &model.Delivery{ID: id}), UserErrors: wrong}, err
}
