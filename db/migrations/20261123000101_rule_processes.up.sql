-- How the processes of rule sets fare on each server, as each says about itself every few seconds. It is of the moment, so it need
-- not survive a crash of the database; what is old is left out by whoever reads, and removed by whoever writes next.
create unlogged table rule_processes (
  server text not null check (length(server) between 1 and 200),
  position integer not null,
  seen_at timestamptz not null,
  rule_set text not null,
  region_code text collate "C" not null,
  province_code text collate "C" generated always as (case when region_code <> 'ID' then left(region_code, 2) end) stored,
  regency_code text collate "C" generated always as (case when length(region_code) >= 5 then left(region_code, 5) end) stored,
  district_code text collate "C" generated always as (case when length(region_code) >= 8 then left(region_code, 8) end) stored,
  version text not null,
  revision integer not null,
  waiting boolean not null,
  state text not null check (state in ('STARTING', 'READY', 'BACKOFF', 'OPEN', 'HALF_OPEN', 'DRAINING', 'STOPPED')),
  since timestamptz not null,
  restarts integer not null,
  last_error text not null,
  failures jsonb not null,
  calls bigint not null,
  in_flight integer not null,
  memory bigint not null,
  cpu_seconds double precision not null,
  lines jsonb not null, -- that it logged last
  primary key (server, position)
);
create index rule_processes_region on rule_processes (region_code);
