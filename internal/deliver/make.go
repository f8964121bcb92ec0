package deliver

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Of making deliveries.
const (
	digestsAtOnce  = 500                // in one transaction
	noticesAtOnce  = 1000               // in one transaction
	noticesInOne   = 100                // of a delivery to a webhook
	oldest         = 7 * 24 * time.Hour // what is older than this when a digest is made is old news
	timersBound    = time.Hour          // how long digests wait for timers
	timersPause    = 10 * time.Second
	lateAfter      = 10 * time.Minute
	lateAtOnce     = 500
	revivedAtOnce  = 500
	revivedAtATime = 10_000
)

// MakeDigests does a DigestJob: it makes the digests of the day, once the timers of the day have gone off, at the latest an
// hour into it.
func (s *Deliveries) MakeDigests(ctx context.Context, _ workflow.JobRun) error {
	now := s.Clock.Now()
	if now.Sub(now.Truncate(24*time.Hour)) < timersBound {
		due, err := s.Store.TimersDue(ctx, now)
		if err != nil {
			return err
		}
		if due {
			return workflow.GoOnIn(timersPause)
		}
	}
	for after := ""; ; {
		last, err := s.makeDigests(ctx, now, after)
		if err != nil || last == "" {
			return err
		}
		after = last
	}
}

// makeDigests makes some of the digests, for members after a subject, and gives the last of them; "" where there are none.
func (s *Deliveries) makeDigests(ctx context.Context, now time.Time, after string) (last string, err error) {
	since, day := now.Add(-oldest), domain.DateOf(now)
	err = s.Store.Transact(ctx, func(ctx context.Context) error {
		whom, err := s.Store.Undelivered(ctx, since, day, after, digestsAtOnce)
		if last = ""; err != nil || len(whom) == 0 {
			return err
		}
		var digests []*domain.Delivery
		for _, m := range whom {
			digests = append(digests, &domain.Delivery{Record: s.record(now), RegionCode: common(m.Regions), Channel: domain.Email, Recipient: &m.Subject,
				DigestOn: &day, State: domain.DeliveryPending, NextAttemptAt: &now})
			last = m.Subject
		}
		ids, err := s.Store.AddDigests(ctx, digests, since)
		if err != nil {
			return err
		}
		return s.handOn(ctx, ids, now)
	})
	return last, err
}

// common gives the least region that contains all of some.
func common(regions []string) string {
	if len(regions) == 0 {
		return domain.NationCode
	}
	least := regions[0]
	for _, r := range regions[1:] {
		for !domain.Under(r, least) {
			least = domain.ParentOf(least)
		}
	}
	return least
}

// Publish does a PublishJob: it hands what has happened since it ran last to the webhooks that want it.
func (s *Deliveries) Publish(ctx context.Context, _ workflow.JobRun) error {
	for {
		taken, err := s.publish(ctx)
		if err != nil {
			return err
		}
		if taken < noticesAtOnce {
			return s.handOnLate(ctx)
		}
	}
}

func (s *Deliveries) publish(ctx context.Context) (taken int, err error) {
	now := s.Clock.Now()
	err = s.Store.Transact(ctx, func(ctx context.Context) error {
		var all []workflow.Publication
		if taken, all, err = s.Store.Unpublished(ctx, noticesAtOnce); err != nil {
			return err
		}
		last := map[uuid.UUID]int{} // of each webhook, the place of the delivery that is not full yet
		var deliveries []*domain.Delivery
		var contents [][]uuid.UUID
		for _, p := range all {
			i, ok := last[p.Webhook]
			if !ok || len(contents[i]) == noticesInOne {
				i = len(deliveries)
				last[p.Webhook] = i
				deliveries = append(deliveries, &domain.Delivery{Record: s.record(now), RegionCode: p.Region, Channel: domain.WebhookChannel,
					WebhookID: &p.Webhook, State: domain.DeliveryPending, NextAttemptAt: &now})
				contents = append(contents, nil)
			}
			contents[i] = append(contents[i], p.Notice)
		}
		if len(deliveries) == 0 {
			return nil
		}
		if err := s.Store.AddPublished(ctx, deliveries, contents); err != nil {
			return err
		}
		ids := make([]uuid.UUID, len(deliveries))
		for i, d := range deliveries {
			ids[i] = d.ID
		}
		return s.handOn(ctx, ids, now)
	})
	return taken, err
}

// handOnLate hands deliveries on again whose job must have been lost. Should it only be slow, the claim keeps the two apart.
func (s *Deliveries) handOnLate(ctx context.Context) error {
	now := s.Clock.Now()
	return s.Store.Transact(ctx, func(ctx context.Context) error {
		ids, err := s.Store.Late(ctx, now.Add(-lateAfter), now, lateAtOnce)
		if err != nil {
			return err
		}
		return s.handOn(ctx, ids, now)
	})
}

func (s *Deliveries) handOn(ctx context.Context, ids []uuid.UUID, at time.Time) error {
	all := make([]workflow.Job, len(ids))
	for i, id := range ids {
		all[i] = job(id, at)
	}
	return s.Store.EnqueueAll(ctx, all)
}

func (s *Deliveries) record(now time.Time) domain.Record {
	return domain.Record{ID: s.IDs.New(), CreatedAt: now, UpdatedAt: now}
}
