package db

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// Notices is the store of what members are told.
type Notices struct{ Commands }

// Notices gives the store of notices.
func (d *DB) Notices() Notices { return Notices{d.Commands()} }

// tellTimersQuery tells whom timers concern that they went off: the coordinator of the programme and, where it escalates, the
// admins nearest to the region that it escalates to. Ids are made from what they stand for, so that the same is told once.
const tellTimersQuery = `
with fired as (
	select e.id, e.fired_at, e.kind, e.programme_id, p.coordinator,
		case when e.kind = 'ESCALATION' then case e.level when 'NATION' then 'ID' when 'PROVINCE' then left(p.region_code, 2)
			when 'REGENCY' then left(p.region_code, 5) when 'DISTRICT' then left(p.region_code, 8) else p.region_code end end as answering
	from timer_events e join programmes p on p.id = e.programme_id
	where e.id = any(?::uuid[])
), noticed as (
	insert into notices (id, created_at, kind, programme_id, timer_event_id)
	select id, fired_at, kind, programme_id, id from fired
	on conflict (id) do nothing
), answering as (
	select f.answering as region, a.subject
	from (select distinct answering from fired where answering is not null) f cross join lateral nearest_admins(f.answering, null) a
)
insert into notifications (id, created_at, recipient, notice_id, kind, programme_id)
select md5(f.id::text || t.subject)::uuid, f.fired_at, t.subject, f.id, f.kind, f.programme_id
from fired f cross join lateral (
	select f.coordinator as subject
	union
	select a.subject from answering a where a.region = f.answering
) t
on conflict (notice_id, recipient) do nothing`

// TellTimers tells whom it concerns that timers went off, by the ids of their timer events, in the transaction that travels in
// the context. What was told before is not told again.
func (n Notices) TellTimers(ctx context.Context, timerEventIDs []uuid.UUID) error {
	if len(timerEventIDs) == 0 {
		return nil
	}
	_, err := n.In(ctx).ExecContext(ctx, tellTimersQuery, pgdialect.Array(timerEventIDs))
	return Coded(err)
}
