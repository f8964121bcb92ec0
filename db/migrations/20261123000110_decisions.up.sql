-- The decision log: every decision on a command that asked rules, what they said, and the facts that they saw.

-- Facts, once for each hash, in the contract's words, compressed, and masked before they came here.
create table decision_facts (
  hash text collate "C" primary key check (hash ~ '^[0-9a-f]{64}$'),
  last_used date not null, -- the day, in UTC, of the last decision that rests on them
  content bytea not null check (length(content) >= 1),
  masked text[] not null -- which fields' texts were replaced
);
alter table decision_facts alter column content set storage external; -- it is compressed already
create index decision_facts_last_used on decision_facts (last_used, hash);

-- Programmes and events are never deleted, and what is written here comes after them.
create table decisions (
  id uuid primary key,
  decided_at timestamptz not null,
  last_at timestamptz not null check (last_at >= decided_at),
  count integer not null check (count >= 1),
  actor text not null,
  programme_id uuid not null references programmes (id),
  region_code text collate "C" not null references regions (code),
  province_code text collate "C" generated always as (case when region_code <> 'ID' then left(region_code, 2) end) stored,
  regency_code text collate "C" generated always as (case when length(region_code) >= 5 then left(region_code, 5) end) stored,
  district_code text collate "C" generated always as (case when length(region_code) >= 8 then left(region_code, 8) end) stored,
  stage text not null check (stage in ('IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT')),
  entered_at timestamptz not null,
  move text not null check (move in ('ADVANCE', 'REOPEN')),
  to_stage text not null check (to_stage in ('IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT')),
  outcome text not null check (outcome in ('MOVED', 'BLOCKED', 'RULES_UNAVAILABLE')),
  facts_hash text collate "C" not null,
  kinds jsonb not null check (jsonb_typeof(kinds) = 'array'),
  revisions jsonb not null check (jsonb_typeof(revisions) = 'array'),
  blocks jsonb not null check (jsonb_typeof(blocks) = 'array'),
  unavailable jsonb not null check (jsonb_typeof(unavailable) = 'array'),
  waivers jsonb not null check (jsonb_typeof(waivers) = 'array'),
  took bigint not null check (took >= 0), -- microseconds
  programme_event_id uuid references programme_events (id),
  -- who spoke up, so that it is found by rule: "water" and "water/WELL_DUG"
  rules text[] not null,
  -- equal for what is the same again; NULL for what was carried out
  repeats bytea unique check (length(repeats) = 32),
  check ((outcome = 'MOVED') = (programme_event_id is not null)),
  check ((outcome = 'MOVED') = (repeats is null)),
  check (outcome <> 'MOVED' or count = 1)
);
create index decisions_newest on decisions (decided_at desc, id desc);
create index decisions_province on decisions (province_code, decided_at desc, id desc);
create index decisions_regency on decisions (regency_code, decided_at desc, id desc);
create index decisions_district on decisions (district_code, decided_at desc, id desc);
create index decisions_region on decisions (region_code, decided_at desc, id desc);
create index decisions_programme on decisions (programme_id, decided_at desc, id desc);
create index decisions_rules on decisions using gin (rules);
create index decisions_last on decisions (last_at, id);
create index decisions_event on decisions (programme_event_id) where programme_event_id is not null;
