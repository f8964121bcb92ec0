-- Waivers, due dates that a programme plans for itself, definitions by region, and timers.

alter table programme_events
  drop constraint programme_events_kind_check,
  add constraint programme_events_kind_check check (kind in ('CREATED', 'MOVED', 'TRANSFERRED', 'RESCHEDULED',
    'WAIVER_REQUESTED', 'WAIVER_GRANTED', 'WAIVER_REFUSED', 'WAIVER_REVOKED'));

create table waivers (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  stage text not null check (stage in ('IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT')),
  rule_set text not null check (length(rule_set) between 1 and 200),
  rule text not null check (length(rule) between 1 and 100),
  waivable text not null check (waivable in ('OWNER', 'REGION')),
  rule_region text collate "C" not null references regions (code),
  reason text not null check (length(reason) between 1 and 10000),
  expires_on date not null,
  state text not null check (state in ('REQUESTED', 'GRANTED', 'REFUSED', 'REVOKED', 'ENDED')),
  requested_by text not null,
  decided_by text,
  decided_at timestamptz,
  decision_reason text check (length(decision_reason) between 1 and 10000),
  check (state <> 'GRANTED' or decided_by <> requested_by)
);
create index waivers_programme on waivers (programme_id, id);
create index waivers_rule_region on waivers (rule_region);
-- At most one waiver of a rule is on its way or in force for a programme.
create unique index waivers_open on waivers (programme_id, rule_set, rule) where state in ('REQUESTED', 'GRANTED');

create table stage_plans (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  stage text not null check (stage in ('IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT')),
  due_on date not null,
  unique (programme_id, stage)
);
create index stage_plans_programme on stage_plans (programme_id, id);

-- A definition is never changed: a new version takes its place.
create table definitions (
  id uuid primary key,
  created_at timestamptz not null,
  region_code text collate "C" not null references regions (code),
  version integer not null check (version >= 1),
  author text not null,
  note text check (length(note) between 1 and 10000),
  stages jsonb not null,
  unique (region_code, version)
);

create table timers (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  stage text not null check (stage in ('IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT')),
  kind text not null check (kind in ('CHECKPOINT', 'REMINDER', 'OVERDUE', 'ESCALATION')),
  offset_days integer not null check (offset_days between 0 and 3650),
  level text check (level in ('NATION', 'PROVINCE', 'REGENCY', 'DISTRICT', 'VILLAGE')),
  fires_at timestamptz not null,
  state text not null check (state in ('PENDING', 'HELD', 'FIRED', 'CANCELLED')),
  check ((level is not null) = (kind = 'ESCALATION'))
);
create index timers_programme on timers (programme_id, id);
create index timers_due on timers (fires_at, id) where state = 'PENDING';

-- That a timer went off is said once and never changed.
create table timer_events (
  id uuid primary key,
  position bigint generated always as identity,
  transaction_id xid8 not null default pg_current_xact_id(),
  timer_id uuid not null unique references timers (id),
  programme_id uuid not null references programmes (id),
  stage text not null,
  kind text not null,
  offset_days integer not null,
  level text,
  due_on date,
  fires_at timestamptz not null,
  fired_at timestamptz not null
);
create index timer_events_programme on timer_events (programme_id, id);
create index timer_events_feed on timer_events (transaction_id, position);
create trigger timer_events_append_only before update or delete or truncate on timer_events
  for each statement execute function refuse_change();
