-- Notices, whom they are told, and what goes out of them by e-mail and to webhooks.

-- What happened to a programme that somebody is told of, once for each event.
create table notices (
  id uuid primary key, -- that of the event
  created_at timestamptz not null,
  kind text not null check (kind in ('CHECKPOINT', 'REMINDER', 'OVERDUE', 'ESCALATION',
    'WAIVER_REQUESTED', 'WAIVER_GRANTED', 'WAIVER_REFUSED', 'WAIVER_REVOKED')),
  programme_id uuid not null references programmes (id),
  timer_event_id uuid unique references timer_events (id),
  programme_event_id uuid unique references programme_events (id),
  published boolean not null default false, -- whether it was handed to the webhooks that want it
  check (num_nonnulls(timer_event_id, programme_event_id) = 1),
  check (id = coalesce(timer_event_id, programme_event_id))
);
create index notices_programme on notices (programme_id, id);
create index notices_unpublished on notices (created_at, id) where not published;

create table webhooks (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  region_code text collate "C" not null references regions (code),
  province_code text collate "C" generated always as (case when region_code <> 'ID' then left(region_code, 2) end) stored,
  regency_code text collate "C" generated always as (case when length(region_code) >= 5 then left(region_code, 5) end) stored,
  district_code text collate "C" generated always as (case when length(region_code) >= 8 then left(region_code, 8) end) stored,
  url text not null check (length(url) between 1 and 2000),
  description text not null check (length(description) <= 1000),
  active boolean not null,
  secret bytea not null check (length(secret) between 1 and 1000), -- sealed
  created_by text not null
);
create index webhooks_region on webhooks (region_code, id);

-- One message to one receiver. Its id stays the same however often it is sent.
create table deliveries (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  channel text not null check (channel in ('EMAIL', 'WEBHOOK')),
  recipient text references members (subject),
  digest_on date,
  webhook_id uuid references webhooks (id) on delete cascade,
  state text not null check (state in ('PENDING', 'SENT', 'DEAD')),
  attempts integer not null check (attempts >= 0),
  last_error text check (length(last_error) <= 1000),
  next_attempt_at timestamptz,
  sent_at timestamptz,
  check ((channel = 'EMAIL') = (recipient is not null)),
  check ((channel = 'EMAIL') = (digest_on is not null)),
  check ((channel = 'WEBHOOK') = (webhook_id is not null)),
  check ((state = 'PENDING') = (next_attempt_at is not null)),
  check ((state = 'SENT') = (sent_at is not null)),
  unique (recipient, digest_on) -- at most one digest a day
);
create index deliveries_newest on deliveries (state, created_at desc, id desc);
create index deliveries_webhook on deliveries (webhook_id, created_at desc, id desc);
create index deliveries_due on deliveries (next_attempt_at, id) where state = 'PENDING';

-- Who is told of a notice. Kind and programme are the notice's.
create table notifications (
  id uuid primary key,
  created_at timestamptz not null,
  recipient text not null references members (subject),
  notice_id uuid not null references notices (id),
  kind text not null,
  programme_id uuid not null,
  read_at timestamptz,
  delivery_id uuid references deliveries (id), -- the digest that it went out with
  unique (notice_id, recipient)
);
create index notifications_newest on notifications (recipient, created_at desc, id desc);
create index notifications_unread on notifications (recipient, created_at desc, id desc) where read_at is null;
create index notifications_undelivered on notifications (created_at, recipient) where read_at is null and delivery_id is null;
create index notifications_delivery on notifications (delivery_id) where delivery_id is not null;

-- Which notices go to a webhook, each once.
create table webhook_notices (
  webhook_id uuid not null references webhooks (id) on delete cascade,
  notice_id uuid not null references notices (id),
  delivery_id uuid not null references deliveries (id) on delete cascade,
  primary key (webhook_id, notice_id)
);
create index webhook_notices_notice on webhook_notices (notice_id);
create index webhook_notices_delivery on webhook_notices (delivery_id, notice_id);

-- What members want. Who has no row gets e-mail.
create table notification_preferences (
  subject text primary key references members (subject),
  updated_at timestamptz not null,
  email boolean not null
);

-- The regional admins nearest to a region: its own, or those of the next region above that has any; where none has, the
-- national admins. One member can be left out.
create function nearest_admins(region text, besides text) returns table (subject text) language sql stable as $$
  with steps as (
    select 'ID' as code, 0 as depth
    union all
    select left(region, n), n from unnest(array[2, 5, 8, 13]) as n where region <> 'ID' and n <= length(region)
  ), regional as (
    select r.subject, s.depth from steps s join member_roles r on r.region_code = s.code
    where r.role = 'REGIONAL_ADMIN' and r.subject is distinct from besides
  )
  select r.subject from regional r where r.depth = (select max(depth) from regional)
  union
  select r.subject from steps s join member_roles r on r.region_code = s.code
  where r.role = 'NATIONAL_ADMIN' and r.subject is distinct from besides and not exists (select from regional)
$$;
