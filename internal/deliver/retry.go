package deliver

import (
	"context"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
)

// Retry has a dead delivery sent again, under the same id, with all its attempts before it. Errors: UNAUTHENTICATED, NOT_FOUND
// for what is not there or may not be seen, FORBIDDEN, CONFLICT for a delivery that is not dead, those of idempotency.
func (s *Deliveries) Retry(ctx context.Context, actor access.Actor, id uuid.UUID, key *string) error {
	if err := access.MayAct(actor); err != nil {
		return err
	}
	_, err := command.Run(ctx, s.Store, command.Command{Actor: actor.Subject, Key: key, Name: "retryDelivery", Input: id},
		func(ctx context.Context) (command.Outcome, error) {
			d, err := s.Store.Delivery(ctx, id)
			switch {
			case err != nil:
				return command.Outcome{}, err
			case d == nil:
				return command.Outcome{}, access.NotFound()
			}
			if err := access.MayTell(actor, d.RegionCode); err != nil {
				return command.Outcome{}, err
			}
			return command.Outcome{Code: command.Done, IDs: []uuid.UUID{id}}, s.revive(ctx, id)
		})
	return err
}

// RetryOne is Retry for whoever runs the server.
func (s *Deliveries) RetryOne(ctx context.Context, id uuid.UUID) error {
	return s.Store.Transact(ctx, func(ctx context.Context) error { return s.revive(ctx, id) })
}

// RetryAll has all dead deliveries sent again, up to 10,000, and gives how many.
func (s *Deliveries) RetryAll(ctx context.Context) (revived int, err error) {
	for revived < revivedAtATime {
		batch := 0
		err := s.Store.Transact(ctx, func(ctx context.Context) error {
			ids, err := s.Store.Dead(ctx, revivedAtOnce)
			if err != nil {
				return err
			}
			batch = len(ids)
			for _, id := range ids {
				if err := s.revive(ctx, id); err != nil && domain.CodeOf(err) != domain.CodeConflict {
					return err
				}
			}
			return nil
		})
		if err != nil || batch == 0 {
			return revived, err
		}
		revived += batch
	}
	return revived, nil
}

func (s *Deliveries) revive(ctx context.Context, id uuid.UUID) error {
	now := s.Clock.Now()
	done, err := s.Store.Revive(ctx, id, now)
	if err != nil {
		return err
	}
	if !done {
		return domain.Errorf(domain.CodeConflict, "only a delivery that was given up can be sent again; read it anew").
			In("hanya pengiriman yang gagal yang dapat dikirim ulang; baca kembali").At("id")
	}
	return s.handOn(ctx, []uuid.UUID{id}, now)
}
