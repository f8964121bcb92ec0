package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Deliveries is the store of what goes out.
type Deliveries struct{ Commands }

// Deliveries gives the store of deliveries.
func (d *DB) Deliveries() Deliveries { return Deliveries{d.Commands()} }

// Undelivered gives members who have notifications since an instant that they have neither read nor been sent, who want e-mail,
// have an address and no digest of the day yet: those after a subject, in the order of subjects.
func (s Deliveries) Undelivered(ctx context.Context, since time.Time, day domain.Date, after string, limit int) (whom []workflow.Undelivered, err error) {
	err = s.In(ctx).NewRaw(`
		select m.subject, array(select distinct r.region_code from member_roles r where r.subject = m.subject) as regions
		from members m
		where m.subject > ? and m.email <> ''
			and exists (select from notifications n where n.recipient = m.subject and n.created_at >= ? and n.read_at is null and n.delivery_id is null)
			and not exists (select from notification_preferences f where f.subject = m.subject and not f.email)
			and not exists (select from deliveries d where d.recipient = m.subject and d.digest_on = ?)
		order by m.subject limit ?`, after, since, day, limit).Scan(ctx, &whom)
	return whom, Coded(err)
}

// AddDigests writes new digests and puts what is undelivered since an instant into them. It gives the ids of those that it
// wrote: where a member has one of the day already it writes none.
func (s Deliveries) AddDigests(ctx context.Context, digests []*domain.Delivery, since time.Time) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	if err := s.In(ctx).NewInsert().Model(&digests).On("conflict (recipient, digest_on) do nothing").Returning("id").Scan(ctx, &ids); err != nil {
		return nil, Coded(err)
	}
	_, err := s.In(ctx).ExecContext(ctx, `update notifications n set delivery_id = d.id from deliveries d
		where d.id = any(?::uuid[]) and n.recipient = d.recipient and n.created_at >= ? and n.read_at is null and n.delivery_id is null`,
		pgdialect.Array(ids), since)
	return ids, Coded(err)
}

// TimersDue tells whether timers should have gone off by now that have not.
func (s Deliveries) TimersDue(ctx context.Context, now time.Time) (due bool, err error) {
	err = s.In(ctx).NewRaw(`select exists (select from timers where state = 'PENDING' and fires_at <= ?)`, now).Scan(ctx, &due)
	return due, Coded(err)
}

// unpublishedQuery takes notices that no other transaction has taken, and gives a row for each webhook that is to have one. A
// webhook gets what has happened since it was entered.
const unpublishedQuery = `
with taken as (
	select id, created_at, programme_id from notices where not published order by created_at, id limit ? for update skip locked
), done as (
	update notices set published = true from taken where notices.id = taken.id returning notices.id
)
select (select count(*) from done), t.id, w.id, w.region_code
from taken t join programmes p on p.id = t.programme_id
	left join webhooks w on w.active and w.created_at <= t.created_at
		and w.region_code in ('ID', p.province_code, p.regency_code, p.district_code, p.region_code)
order by t.created_at, t.id, w.id`

// Unpublished takes notices that have not been handed to webhooks yet, for this transaction alone, oldest first, and gives to
// which active webhooks they are to go. It gives the number of notices.
func (s Deliveries) Unpublished(ctx context.Context, limit int) (taken int, all []workflow.Publication, err error) {
	rows, err := s.In(ctx).QueryContext(ctx, unpublishedQuery, limit)
	if err != nil {
		return 0, nil, Coded(err)
	}
	defer rows.Close()
	for rows.Next() {
		var p workflow.Publication
		var webhook uuid.NullUUID
		var region sql.NullString
		if err := rows.Scan(&taken, &p.Notice, &webhook, &region); err != nil {
			return 0, nil, Coded(err)
		}
		if webhook.Valid {
			p.Webhook, p.Region = webhook.UUID, region.String
			all = append(all, p)
		}
	}
	return taken, all, Coded(rows.Err())
}

// AddPublished writes new deliveries to webhooks with what is in each.
func (s Deliveries) AddPublished(ctx context.Context, deliveries []*domain.Delivery, contents [][]uuid.UUID) error {
	if _, err := s.In(ctx).NewInsert().Model(&deliveries).Exec(ctx); err != nil {
		return Coded(err)
	}
	var webhook, notice, delivery []uuid.UUID
	for i, d := range deliveries {
		for _, id := range contents[i] {
			webhook, notice, delivery = append(webhook, *d.WebhookID), append(notice, id), append(delivery, d.ID)
		}
	}
	_, err := s.In(ctx).ExecContext(ctx, `insert into webhook_notices (webhook_id, notice_id, delivery_id)
		select * from unnest(?::uuid[], ?::uuid[], ?::uuid[])`, pgdialect.Array(webhook), pgdialect.Array(notice), pgdialect.Array(delivery))
	return Coded(err)
}

// Late gives pending deliveries that have been due since before an instant, and makes them due now.
func (s Deliveries) Late(ctx context.Context, before, now time.Time, limit int) (ids []uuid.UUID, err error) {
	err = s.In(ctx).NewRaw(`update deliveries set next_attempt_at = ? where id in (select id from deliveries
		where state = 'PENDING' and next_attempt_at < ? order by next_attempt_at, id limit ? for update skip locked) returning id`, now, before, limit).Scan(ctx, &ids)
	return ids, Coded(err)
}

// Delivery gives a delivery; nil where there is none.
func (s Deliveries) Delivery(ctx context.Context, id uuid.UUID) (*domain.Delivery, error) {
	d := new(domain.Delivery)
	err := s.In(ctx).NewSelect().Model(d).Where("id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return d, Coded(err)
}

// Claim counts an attempt of a pending delivery that is due and leaves it alone until an instant. It tells whether it did.
func (s Deliveries) Claim(ctx context.Context, id uuid.UUID, now, until time.Time) (bool, error) {
	return s.one(ctx, `update deliveries set attempts = attempts + 1, next_attempt_at = ?, updated_at = ?
		where id = ? and state = 'PENDING' and next_attempt_at <= ?`, until, now, id, now)
}

// Settle writes what became of the attempt that the delivery counts last. Another attempt that has begun since is left alone,
// unless this one arrived.
func (s Deliveries) Settle(ctx context.Context, d *domain.Delivery) error {
	_, err := s.one(ctx, `update deliveries set state = ?, last_error = ?, next_attempt_at = ?, sent_at = ?, updated_at = ?
		where id = ? and state <> 'SENT' and (? or state = 'PENDING' and attempts = ?)`,
		d.State, d.LastError, d.NextAttemptAt, d.SentAt, d.UpdatedAt, d.ID, d.State == domain.DeliverySent, d.Attempts)
	return err
}

// Revive makes a dead delivery pending again. It tells whether it did.
func (s Deliveries) Revive(ctx context.Context, id uuid.UUID, now time.Time) (bool, error) {
	return s.one(ctx, `update deliveries set state = 'PENDING', attempts = 0, next_attempt_at = ?, updated_at = ? where id = ? and state = 'DEAD'`, now, now, id)
}

// one runs a statement that changes one row and tells whether it did.
func (s Deliveries) one(ctx context.Context, query string, args ...any) (bool, error) {
	r, err := s.In(ctx).ExecContext(ctx, query, args...)
	if err != nil {
		return false, Coded(err)
	}
	n, err := r.RowsAffected()
	return n == 1, Coded(err)
}

// Dead gives the ids of dead deliveries, oldest first.
func (s Deliveries) Dead(ctx context.Context, limit int) (ids []uuid.UUID, err error) {
	err = s.In(ctx).NewRaw(`select id from deliveries where state = 'DEAD' order by created_at, id limit ?`, limit).Scan(ctx, &ids)
	return ids, Coded(err)
}

// CountDead gives how many deliveries were given up, by channel.
func (s Deliveries) CountDead(ctx context.Context) (map[domain.Channel]int, error) {
	var found []struct {
		Channel domain.Channel
		Count   int
	}
	err := s.In(ctx).NewRaw(`select channel, count(*) as count from deliveries where state = 'DEAD' group by channel`).Scan(ctx, &found)
	dead := map[domain.Channel]int{}
	for _, f := range found {
		dead[f.Channel] = f.Count
	}
	return dead, Coded(err)
}

// List gives deliveries, the newest first: of one state, or of all where none is said.
func (s Deliveries) List(ctx context.Context, state domain.DeliveryState, limit int) ([]domain.Delivery, error) {
	var found []domain.Delivery
	q := s.In(ctx).NewSelect().Model(&found).Relation("Webhook").Order("delivery.created_at desc", "delivery.id desc").Limit(int64(limit))
	if state != "" {
		q = q.Where("delivery.state = ?", state)
	}
	return found, Coded(q.Scan(ctx))
}
