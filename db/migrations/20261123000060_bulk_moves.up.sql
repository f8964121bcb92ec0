-- One move of many programmes. The items are captured, with the version that each programme had, in the transaction that
-- begins the bulk move; what comes of each is written into its row once, together with the counts.
create table bulk_moves (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  actor text not null references members (subject),
  -- the least region that holds all the programmes that the actor saw; NULL where they saw none
  region_code text collate "C" references regions (code),
  province_code text collate "C" generated always as (case when region_code <> 'ID' then left(region_code, 2) end) stored,
  regency_code text collate "C" generated always as (case when length(region_code) >= 5 then left(region_code, 5) end) stored,
  district_code text collate "C" generated always as (case when length(region_code) >= 8 then left(region_code, 8) end) stored,
  move text not null check (move in ('ADVANCE', 'SEND_BACK', 'HOLD', 'RESUME', 'CANCEL', 'REOPEN')),
  to_stage text check (to_stage in ('IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT')),
  reason text check (length(reason) between 1 and 10000),
  review_on date,
  shift_due_dates boolean not null,
  filter jsonb,
  state text not null check (state in ('CHECKING', 'CHECKED', 'RUNNING', 'PAUSED', 'CANCELLED', 'COMPLETED')),
  total integer not null check (total between 1 and 10000),
  pending integer not null check (pending >= 0),
  allowed integer not null check (allowed >= 0),
  refused integer not null check (refused >= 0),
  moved integer not null check (moved >= 0),
  skipped integer not null check (skipped >= 0),
  started_at timestamptz,
  finished_at timestamptz,
  last_error_en text,
  last_error_id text,
  revision bigint not null check (revision >= 1),
  -- which slice of work holds it, and until when
  worker uuid,
  leased_until timestamptz,
  check (total = pending + allowed + refused + moved + skipped)
);
create index bulk_moves_actor on bulk_moves (actor, id desc);
create index bulk_moves_region on bulk_moves (region_code, id desc);
create index bulk_moves_province on bulk_moves (province_code, id desc);
create index bulk_moves_regency on bulk_moves (regency_code, id desc);
create index bulk_moves_district on bulk_moves (district_code, id desc);
create index bulk_moves_to_work_on on bulk_moves (leased_until) where state in ('CHECKING', 'RUNNING') or state = 'CANCELLED' and finished_at is null;

create table bulk_move_items (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  bulk_move_id uuid not null references bulk_moves (id),
  position integer not null check (position >= 1),
  programme_id uuid references programmes (id), -- NULL where the actor did not see one
  version bigint check (version >= 1),
  outcome text not null check (outcome in ('PENDING', 'ALLOWED', 'REFUSED', 'MOVED', 'SKIPPED')),
  code text,
  message_en text,
  message_id text,
  blocks jsonb not null default '[]',
  event_id uuid references programme_events (id),
  unique (bulk_move_id, position),
  check ((programme_id is null) = (version is null)),
  check (outcome <> 'MOVED' or event_id is not null)
);
create index bulk_move_items_outcome on bulk_move_items (bulk_move_id, outcome, position);
create index bulk_move_items_programme on bulk_move_items (programme_id);
create index bulk_move_items_event on bulk_move_items (event_id);
