package db

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/berdaya/berdaya/domain"
)

// noticeColumns and noticeTables are what there is to tell of notices.
const (
	noticeColumns = `n.id, n.created_at, n.kind, p.id, p.code, p.title, p.region_code, r.name, coalesce(t.stage, e.to_stage), coalesce(t.offset_days, 0), t.level,
		t.due_on::text, e.decision->'waiver'->>'ruleSet', e.decision->'waiver'->>'rule', e.decision->'waiver'->>'expiresOn'`
	noticeTables = `notices n join programmes p on p.id = n.programme_id join regions r on r.code = p.region_code
		left join timer_events t on t.id = n.timer_event_id left join programme_events e on e.id = n.programme_event_id`
)

func intoNotice(n *domain.Notice) []any {
	return []any{&n.ID, &n.CreatedAt, &n.Kind, &n.Programme, &n.Code, &n.Title, &n.Region, &n.RegionName, &n.Stage, &n.OffsetDays, &n.Level,
		&n.DueOn, &n.RuleSet, &n.Rule, &n.ExpiresOn}
}

// notices reads notices by a query.
func (d *DB) notices(ctx context.Context, query string, args ...any) ([]domain.Notice, error) {
	rows, err := d.Pool.Query(ctx, query, args...)
	if err != nil {
		return nil, Coded(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n domain.Notice, err error) { return n, row.Scan(intoNotice(&n)...) })
	return all, Coded(err)
}

// InDigest gives the notices of a digest, the newest first.
func (n Notices) InDigest(ctx context.Context, d *domain.Delivery, limit int) ([]domain.Notice, error) {
	return n.DB.notices(ctx, `select `+noticeColumns+` from notifications m join (`+noticeTables+
		`) on n.id = m.notice_id where m.delivery_id = $1 order by n.created_at desc, n.id desc limit $2`, d.ID, limit)
}

// InMessage gives the notices of a delivery to a webhook, oldest first.
func (w Webhooks) InMessage(ctx context.Context, delivery uuid.UUID, limit int) ([]domain.Notice, error) {
	return w.DB.notices(ctx, `select `+noticeColumns+` from webhook_notices m join (`+noticeTables+
		`) on n.id = m.notice_id where m.delivery_id = $1 order by n.created_at, n.id limit $2`, delivery, limit)
}

// Told gives the notices of some of a member's notifications, by the notification's id.
func (n Notices) Told(ctx context.Context, recipient string, ids []uuid.UUID) (map[uuid.UUID]domain.Notice, error) {
	rows, err := n.DB.Pool.Query(ctx, `select m.id, `+noticeColumns+` from notifications m join (`+noticeTables+
		`) on n.id = m.notice_id where m.id = any($1) and m.recipient = $2`, ids, recipient)
	if err != nil {
		return nil, Coded(err)
	}
	told := map[uuid.UUID]domain.Notice{}
	var id uuid.UUID
	var one domain.Notice
	_, err = pgx.ForEachRow(rows, append([]any{&id}, intoNotice(&one)...), func() error {
		told[id] = one
		return nil
	})
	return told, Coded(err)
}

// Unread gives how many notifications a member has not read.
func (n Notices) Unread(ctx context.Context, recipient string) (count int, err error) {
	err = n.DB.Pool.QueryRow(ctx, `select count(*) from notifications where recipient = $1 and read_at is null`, recipient).Scan(&count)
	return count, Coded(err)
}

// MarkRead marks those of a member's notifications that are not read: some, or all up to an instant.
func (n Notices) MarkRead(ctx context.Context, recipient string, ids []uuid.UUID, upTo *time.Time, at time.Time) (int, error) {
	q := n.In(ctx).NewUpdate().Model((*domain.Notification)(nil)).Set("read_at = ?", at).Where("recipient = ?", recipient).Where("read_at is null")
	if upTo != nil {
		q = q.Where("created_at <= ?", *upTo)
	} else {
		q = q.Where("id = any(?::uuid[])", pgdialect.Array(ids))
	}
	r, err := q.Exec(ctx)
	if err != nil {
		return 0, Coded(err)
	}
	marked, err := r.RowsAffected()
	return int(marked), Coded(err)
}

// WantsEmail tells whether a member wants e-mail; who has said nothing does.
func (n Notices) WantsEmail(ctx context.Context, subject string) (wants bool, err error) {
	err = n.In(ctx).NewRaw(`select not exists (select from notification_preferences where subject = ? and not email)`, subject).Scan(ctx, &wants)
	return wants, Coded(err)
}

// SetWantsEmail says whether a member wants e-mail.
func (n Notices) SetWantsEmail(ctx context.Context, subject string, wants bool, at time.Time) error {
	_, err := n.In(ctx).ExecContext(ctx, `insert into notification_preferences (subject, updated_at, email) values (?, ?, ?)
		on conflict (subject) do update set email = excluded.email, updated_at = excluded.updated_at`, subject, at, wants)
	return Coded(err)
}

// Member gives the member with this subject and their roles; nil where there is none.
func (n Notices) Member(ctx context.Context, subject string) (*domain.Member, error) {
	return n.DB.Member(ctx, subject)
}
