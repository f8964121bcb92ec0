package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/bulk"
)

// subscription begins streams. An event is a witness of what has changed: the read path reads it anew (@stored), for whoever the
// reader is by then.
type subscription struct{ *Resolver }

// Subscription gives the resolvers of streams.
func (r *Resolver) Subscription() generated.SubscriptionResolver { return subscription{r} }

// BulkMoveProgress tells how a bulk move goes.
func (s subscription) BulkMoveProgress(ctx context.Context, id string) (<-chan *model.BulkMoveProgress, error) {
	key, err := gid.UUID("BulkMove", id)
	if err != nil {
		if nobody := access.MayAct(access.FromContext(ctx)); nobody != nil {
			return nil, nobody
		}
		return nil, domain.Errorf(domain.CodeBadUserInput, "this is not the id of a BulkMove").In("ini bukan id BulkMove").At("id")
	}
	if err := s.Bulk.See(ctx, access.FromContext(ctx), key); err != nil {
		return nil, err
	}
	return follow(ctx, s.BulkWatch, key, func() *model.BulkMoveProgress {
		return &model.BulkMoveProgress{BulkMove: &model.BulkMove{ID: gid.New("BulkMove", key)}}
	})
}

// follow makes an event of every change. It ends with the context, so nothing of it stays when the client is gone.
func follow[T any](ctx context.Context, watch *bulk.Watch, id uuid.UUID, event func() T) (<-chan T, error) {
	changes, err := watch.Follow(ctx, id)
	if err != nil {
		return nil, err
	}
	events := make(chan T)
	go func() {
		defer close(events)
		for range changes {
			select {
			case events <- event():
			case <-ctx.Done():
				return
			}
		}
	}()
	return events, nil
}
