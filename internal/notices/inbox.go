package notices

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
)

// MostMarked is how many notifications can be marked by their ids at once.
const MostMarked = 100

// Store is what this package needs of the database.
type Store interface {
	command.Store
	// Unread gives how many notifications a member has not read.
	Unread(ctx context.Context, recipient string) (int, error)
	// MarkRead marks those of a member's notifications that are not read: some, or all up to an instant.
	MarkRead(ctx context.Context, recipient string, ids []uuid.UUID, upTo *time.Time, at time.Time) (int, error)
	// Told gives the notices of some of a member's notifications, by the notification's id.
	Told(ctx context.Context, recipient string, ids []uuid.UUID) (map[uuid.UUID]domain.Notice, error)
	// WantsEmail tells whether a member wants e-mail.
	WantsEmail(ctx context.Context, subject string) (bool, error)
	// SetWantsEmail says whether a member wants e-mail.
	SetWantsEmail(ctx context.Context, subject string, wants bool, at time.Time) error
}

// Inbox is the use case of a member who reads their own notifications.
type Inbox struct {
	Store Store
	Clock domain.Clock
}

// Unread gives how many notifications the actor has not read. The error is UNAUTHENTICATED.
func (b Inbox) Unread(ctx context.Context, actor access.Actor) (int, error) {
	if err := access.MayAct(actor); err != nil {
		return 0, err
	}
	return b.Store.Unread(ctx, actor.Subject)
}

// Messages says what some of the actor's notifications are about, in the actor's language and in the order of the ids.
func (b Inbox) Messages(ctx context.Context, actor access.Actor, ids []uuid.UUID) ([]string, error) {
	told, err := b.Store.Told(ctx, actor.Subject, ids)
	if err != nil {
		return nil, err
	}
	sees := actor.Reads()
	said := make([]string, len(ids))
	for i, id := range ids {
		said[i] = Unseen.In(actor.Locale)
		if n, ok := told[id]; ok && sees.Contains(n.Region) {
			said[i] = Message(&n).In(actor.Locale)
		}
	}
	return said, nil
}

// Reading says which notifications were read: either some, or all that there were at an instant.
type Reading struct {
	IDs  []uuid.UUID
	UpTo *time.Time
	Key  *string
}

// MarkRead marks the actor's own notifications as read; those of others, and ids of nothing, it passes over alike. It gives
// how many it marked; 0 where the command was done before. Errors: UNAUTHENTICATED, BAD_USER_INPUT, those of idempotency.
func (b Inbox) MarkRead(ctx context.Context, actor access.Actor, r Reading) (marked int, err error) {
	if err := access.MayAct(actor); err != nil {
		return 0, err
	}
	switch {
	case (len(r.IDs) == 0) == (r.UpTo == nil):
		return 0, domain.Errorf(domain.CodeBadUserInput, "give either ids or before").In("berikan salah satu: ids atau before").At("ids")
	case len(r.IDs) > MostMarked:
		return 0, domain.Errorf(domain.CodeBadUserInput, "at most %d ids at a time", MostMarked).In(fmt.Sprintf("paling banyak %d id sekaligus", MostMarked)).At("ids")
	}
	input := r
	input.Key = nil
	_, err = command.Run(ctx, b.Store, command.Command{Actor: actor.Subject, Key: r.Key, Name: "markNotificationsRead", Input: input},
		func(ctx context.Context) (command.Outcome, error) {
			marked, err = b.Store.MarkRead(ctx, actor.Subject, r.IDs, r.UpTo, b.Clock.Now())
			return command.Outcome{Code: command.Done}, err
		})
	return marked, err
}

// WantsEmail tells whether the actor wants a digest by e-mail. The error is UNAUTHENTICATED.
func (b Inbox) WantsEmail(ctx context.Context, actor access.Actor) (bool, error) {
	if err := access.MayAct(actor); err != nil {
		return false, err
	}
	return b.Store.WantsEmail(ctx, actor.Subject)
}

// SetWantsEmail says whether the actor wants a digest by e-mail. Errors: UNAUTHENTICATED, those of idempotency.
func (b Inbox) SetWantsEmail(ctx context.Context, actor access.Actor, wants bool, key *string) error {
	if err := access.MayAct(actor); err != nil {
		return err
	}
	_, err := command.Run(ctx, b.Store, command.Command{Actor: actor.Subject, Key: key, Name: "setNotificationPreferences", Input: wants},
		func(ctx context.Context) (command.Outcome, error) {
			return command.Outcome{Code: command.Done}, b.Store.SetWantsEmail(ctx, actor.Subject, wants, b.Clock.Now())
		})
	return err
}
