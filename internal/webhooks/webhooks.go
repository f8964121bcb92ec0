package webhooks

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
)

// mostInRegion is how many webhooks a region may have.
const mostInRegion = 20

// Store is what this package needs of the database.
type Store interface {
	command.Store
	// Webhook gives a webhook with its sealed secret; nil where there is none. Within a transaction nobody else changes it until
	// that ends.
	Webhook(ctx context.Context, id uuid.UUID) (*domain.Webhook, []byte, error)
	// CountWebhooks lets nobody else enter a webhook for a region until the transaction ends, and gives how many it has; false where
	// there is no such region.
	CountWebhooks(ctx context.Context, region string) (n int, there bool, err error)
	// AddWebhook writes a new webhook.
	AddWebhook(ctx context.Context, w *domain.Webhook, sealed []byte) error
	// PutWebhook writes a webhook anew, and its secret where one is given.
	PutWebhook(ctx context.Context, w *domain.Webhook, sealed []byte) error
	// DeleteWebhook removes a webhook with its deliveries.
	DeleteWebhook(ctx context.Context, id uuid.UUID) error
	// Deactivate has nothing more sent to a webhook.
	Deactivate(ctx context.Context, id uuid.UUID, at time.Time) error
	// InMessage gives the notices of a delivery to a webhook, oldest first.
	InMessage(ctx context.Context, delivery uuid.UUID, limit int) ([]domain.Notice, error)
}

// Webhooks is the use case of whoever enters webhooks.
type Webhooks struct {
	Store  Store
	Sealer Sealer
	Reach  Reach
	Clock  domain.Clock
	IDs    domain.IDs
}

// New is a webhook to be entered.
type New struct {
	Region, URL, Description string
	Active                   bool
	Key                      *string
}

// Create enters a webhook and makes its secret, which it gives once: where the command was done before there is none. Errors:
// UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT, NOT_FOUND for the region, TOO_LARGE where the region has too many, those of idempotency.
func (s *Webhooks) Create(ctx context.Context, actor access.Actor, n New) (uuid.UUID, *Secret, error) {
	if err := access.MayAct(actor); err != nil {
		return uuid.Nil, nil, err
	}
	w := &domain.Webhook{RegionCode: n.Region, URL: n.URL, Description: n.Description, Active: n.Active, CreatedBy: actor.Subject}
	if err := s.check(w); err != nil {
		return uuid.Nil, nil, err
	}
	if err := access.MayHookIn(actor, n.Region); err != nil {
		return uuid.Nil, nil, err
	}
	secret := NewSecret()
	input := n
	input.Key = nil
	out, err := command.Run(ctx, s.Store, command.Command{Actor: actor.Subject, Key: n.Key, Name: "createWebhook", Input: input},
		func(ctx context.Context) (command.Outcome, error) {
			count, there, err := s.Store.CountWebhooks(ctx, n.Region)
			switch {
			case err != nil:
				return command.Outcome{}, err
			case !there:
				return command.Outcome{}, access.NotFound().At("regionCode")
			case count >= mostInRegion:
				return command.Outcome{}, domain.Errorf(domain.CodeTooLarge, "a region has at most %d webhooks: remove one first", mostInRegion).
					In(fmt.Sprintf("satu wilayah paling banyak %d webhook: hapus salah satu terlebih dahulu", mostInRegion)).At("regionCode")
			}
			now := s.Clock.Now()
			w.Record = domain.Record{ID: s.IDs.New(), CreatedAt: now, UpdatedAt: now}
			return command.Outcome{Code: command.Done, IDs: []uuid.UUID{w.ID}}, s.Store.AddWebhook(ctx, w, s.Sealer.Seal(w.ID, secret))
		})
	if err != nil {
		return uuid.Nil, nil, err
	}
	if out.Repeated {
		return out.IDs[0], nil, nil
	}
	return out.IDs[0], &secret, nil
}

// Change is what is to become of a webhook. What is nil stays.
type Change struct {
	ID          uuid.UUID
	URL         *string
	Description *string
	Active      *bool
	NewSecret   bool // make another secret; the one before is no longer used
	Key         *string
}

// Update changes a webhook, and gives its new secret where it made one, once. Errors as those of [Webhooks.Create], NOT_FOUND
// for what is not there or may not be seen.
func (s *Webhooks) Update(ctx context.Context, actor access.Actor, c Change) (*Secret, error) {
	input := c
	input.Key = nil
	secret := NewSecret()
	out, err := s.change(ctx, actor, c.ID, command.Command{Key: c.Key, Name: "updateWebhook", Input: input}, func(ctx context.Context, w *domain.Webhook) error {
		if c.URL != nil {
			w.URL = *c.URL
		}
		if c.Description != nil {
			w.Description = *c.Description
		}
		if c.Active != nil {
			w.Active = *c.Active
		}
		if err := s.check(w); err != nil {
			return err
		}
		w.UpdatedAt = s.Clock.Now()
		var sealed []byte
		if c.NewSecret {
			sealed = s.Sealer.Seal(w.ID, secret)
		}
		return s.Store.PutWebhook(ctx, w, sealed)
	})
	if err != nil || out.Repeated || !c.NewSecret {
		return nil, err
	}
	return &secret, nil
}

// Delete removes a webhook with all its deliveries. Errors as those of [Webhooks.Update].
func (s *Webhooks) Delete(ctx context.Context, actor access.Actor, id uuid.UUID, key *string) error {
	_, err := s.change(ctx, actor, id, command.Command{Key: key, Name: "deleteWebhook", Input: id}, func(ctx context.Context, _ *domain.Webhook) error {
		return s.Store.DeleteWebhook(ctx, id)
	})
	return err
}

func (s *Webhooks) change(ctx context.Context, actor access.Actor, id uuid.UUID, c command.Command, do func(context.Context, *domain.Webhook) error) (command.Outcome, error) {
	if err := access.MayAct(actor); err != nil {
		return command.Outcome{}, err
	}
	c.Actor = actor.Subject
	return command.Run(ctx, s.Store, c, func(ctx context.Context) (command.Outcome, error) {
		w, _, err := s.Store.Webhook(ctx, id)
		switch {
		case err != nil:
			return command.Outcome{}, err
		case w == nil:
			return command.Outcome{}, access.NotFound()
		}
		if err := access.MayTell(actor, w.RegionCode); err != nil {
			return command.Outcome{}, err
		}
		return command.Outcome{Code: command.Done, IDs: []uuid.UUID{id}}, do(ctx, w)
	})
}

func (s *Webhooks) check(w *domain.Webhook) error {
	if wrong := w.Validate(domain.Today(s.Clock.Now())); len(wrong) > 0 {
		return wrong
	}
	return s.Reach.CheckURL(w.URL)
}
