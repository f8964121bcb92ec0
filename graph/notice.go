package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/notices"
)

// viewer answers what of the actor is read only where it is asked for.
type viewer struct{ *Resolver }

// Viewer gives the resolvers of the actor.
func (r *Resolver) Viewer() generated.ViewerResolver { return viewer{r} }

func (v viewer) UnreadNotifications(ctx context.Context, _ *model.Viewer) (int, error) {
	return v.Inbox.Unread(ctx, access.FromContext(ctx))
}

func (v viewer) NotificationPreferences(ctx context.Context, _ *model.Viewer) (*model.NotificationPreferences, error) {
	wants, err := v.Inbox.WantsEmail(ctx, access.FromContext(ctx))
	return &model.NotificationPreferences{Email: wants}, err
}

// messages says what notifications are about.
func (r *Resolver) messages(ctx context.Context, ids []uuid.UUID) ([]any, error) {
	said, err := r.Inbox.Messages(ctx, access.FromContext(ctx), ids)
	if err != nil {
		return nil, err
	}
	answers := make([]any, len(said))
	for i, s := range said {
		answers[i] = s
	}
	return answers, nil
}

func (m mutation) MarkNotificationsRead(ctx context.Context, in model.MarkNotificationsReadInput) (*model.MarkNotificationsReadPayload, error) {
	f := new(fields)
	r := notices.Reading{UpTo: in.Before.Value(), Key: in.IdempotencyKey.Value()}
	if ids := in.Ids.Value(); len(ids) <= notices.MostMarked {
		r.IDs = f.ids("ids", "Notification", ids)
	} else {
		r.IDs = make([]uuid.UUID, len(ids)) // too many, whatever they are
	}
	p := &model.MarkNotificationsReadPayload{UserErrors: []*model.UserError{}}
	err := error(nil)
	if len(f.wrong) > 0 {
		err = f.wrong
	} else {
		p.Marked, err = m.Inbox.MarkRead(ctx, access.FromContext(ctx), r)
	}
	if err != nil {
		p.UserErrors, err = userErrors(ctx, err)
	}
	return p, err
}

func (m mutation) SetNotificationPreferences(ctx context.Context, in model.SetNotificationPreferencesInput) (*model.NotificationPreferencesPayload, error) {
	email := in.Email.Value()
	err := error(domain.Errorf(domain.CodeBadUserInput, "say what is to change").In("sebutkan apa yang diubah").At("email"))
	if email != nil {
		err = m.Inbox.SetWantsEmail(ctx, access.FromContext(ctx), *email, in.IdempotencyKey.Value())
	}
	if err != nil {
		wrong, err := userErrors(ctx, err)
		return &model.NotificationPreferencesPayload{UserErrors: wrong}, err
	}
	wants, err := m.Inbox.WantsEmail(ctx, access.FromContext(ctx))
	return &model.NotificationPreferencesPayload{NotificationPreferences: &model.NotificationPreferences{Email: wants}, UserErrors: []*model.UserError{}}, err
}
