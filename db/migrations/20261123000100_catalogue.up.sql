-- The catalogue of rule sets: what offices uploaded, what of it is at work where, and who did what.

-- What was uploaded, by its content.
create table rule_set_artefacts (
  sha256 text collate "C" primary key check (sha256 ~ '^[0-9a-f]{64}$'),
  created_at timestamptz not null,
  size bigint not null check (size between 1 and 67108864)
);
create table rule_set_artefact_chunks (
  sha256 text collate "C" not null references rule_set_artefacts (sha256) on delete cascade,
  number integer not null check (number between 0 and 63),
  content bytea not null check (length(content) between 1 and 1048576),
  primary key (sha256, number)
);
alter table rule_set_artefact_chunks alter column content set storage external; -- it is compressed already

create table rule_sets (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  name text collate "C" not null unique check (name ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'),
  region_code text collate "C" not null references regions (code),
  province_code text collate "C" generated always as (case when region_code <> 'ID' then left(region_code, 2) end) stored,
  regency_code text collate "C" generated always as (case when length(region_code) >= 5 then left(region_code, 5) end) stored,
  district_code text collate "C" generated always as (case when length(region_code) >= 8 then left(region_code, 8) end) stored,
  kind text not null check (kind in ('RULE_FILE', 'PROGRAM'))
);
create index rule_sets_region on rule_sets (region_code, name);
create index rule_sets_province on rule_sets (province_code, name);
create index rule_sets_regency on rule_sets (regency_code, name);
create index rule_sets_district on rule_sets (district_code, name);

create table rule_set_versions (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  rule_set_id uuid not null references rule_sets (id),
  version text not null check (length(version) between 1 and 64),
  sha256 text collate "C" not null references rule_set_artefacts (sha256),
  size bigint not null,
  state text not null check (state in ('UPLOADED', 'CHECKED', 'FAILED', 'APPROVED', 'WITHDRAWN')),
  description jsonb,
  problems jsonb check (jsonb_typeof(problems) = 'array'),
  note text check (length(note) between 1 and 10000),
  uploaded_by text not null,
  checked_at timestamptz,
  approved_by text check (approved_by <> uploaded_by), -- two people
  approved_at timestamptz,
  unique (rule_set_id, version),
  unique (rule_set_id, id),
  check ((approved_by is null) = (approved_at is null)),
  check (state not in ('CHECKED', 'APPROVED') or description is not null and checked_at is not null),
  check (state <> 'FAILED' or problems is not null and checked_at is not null),
  check (state <> 'APPROVED' or approved_by is not null)
);
create index rule_set_versions_rule_set on rule_set_versions (rule_set_id, id);
create index rule_set_versions_sha256 on rule_set_versions (sha256);

-- What a version consists of is never changed, and what is withdrawn never comes back.
create function keep_version() returns trigger language plpgsql as $$
begin
  if (new.id, new.rule_set_id, new.version, new.sha256, new.size, new.uploaded_by) <> (old.id, old.rule_set_id, old.version, old.sha256, old.size, old.uploaded_by)
    or old.state = 'WITHDRAWN' and new.state <> 'WITHDRAWN' then
    raise exception 'a version of a rule set is never changed' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger rule_set_versions_kept before update on rule_set_versions for each row execute function keep_version();

create table rule_activations (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  region_code text collate "C" not null references regions (code),
  province_code text collate "C" generated always as (case when region_code <> 'ID' then left(region_code, 2) end) stored,
  regency_code text collate "C" generated always as (case when length(region_code) >= 5 then left(region_code, 5) end) stored,
  district_code text collate "C" generated always as (case when length(region_code) >= 8 then left(region_code, 8) end) stored,
  -- sorts regions from the nation downwards, which their codes do not
  place text collate "C" not null generated always as (case when region_code = 'ID' then '' else region_code end) stored,
  rule_set_id uuid not null references rule_sets (id),
  revision integer not null check (revision >= 1),
  rule_set_version_id uuid,
  parameters jsonb check (jsonb_typeof(parameters) = 'object'),
  mode text not null check (mode in ('NEW_ENTRIES', 'EVERYONE')),
  activated_by text not null,
  activated_at timestamptz not null,
  reason text check (length(reason) between 1 and 10000),
  ended_at timestamptz check (ended_at >= activated_at),
  unique (region_code, rule_set_id, revision),
  foreign key (rule_set_id, rule_set_version_id) references rule_set_versions (rule_set_id, id),
  check (rule_set_version_id is not null or parameters is null)
);
create index rule_activations_at_work on rule_activations (region_code, rule_set_id, revision) where ended_at is null;
create index rule_activations_version on rule_activations (rule_set_version_id) where ended_at is null;
create index rule_activations_rule_set on rule_activations (rule_set_id, id);
create index rule_activations_region on rule_activations (region_code, id);

-- Activations follow one another: whom one binds is found by their order and times, so neither may ever change.
create function follow_activation() returns trigger language plpgsql as $$
begin
  if new.revision <> 1 and not exists (select from rule_activations a where a.region_code = new.region_code and a.rule_set_id = new.rule_set_id
    and a.revision = new.revision - 1 and a.activated_at < new.activated_at) then
    raise exception 'revision % does not follow the one before', new.revision using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger rule_activations_follow before insert on rule_activations for each row execute function follow_activation();

create function keep_activation() returns trigger language plpgsql as $$
begin
  if old.ended_at is not null or to_jsonb(new) - 'ended_at' - 'updated_at' <> to_jsonb(old) - 'ended_at' - 'updated_at' then
    raise exception 'an activation is never changed' using errcode = 'restrict_violation';
  end if;
  return null;
end $$;
create trigger rule_activations_kept after update on rule_activations for each row execute function keep_activation(); -- generated columns are there by then
create trigger rule_activations_stay before delete or truncate on rule_activations for each statement execute function refuse_change();

-- Who did what, in the region that it was about: the activation's, or else the rule set's.
create table rule_set_events (
  id uuid primary key,
  created_at timestamptz not null,
  region_code text collate "C" not null references regions (code),
  province_code text collate "C" generated always as (case when region_code <> 'ID' then left(region_code, 2) end) stored,
  regency_code text collate "C" generated always as (case when length(region_code) >= 5 then left(region_code, 5) end) stored,
  district_code text collate "C" generated always as (case when length(region_code) >= 8 then left(region_code, 8) end) stored,
  rule_set_id uuid not null references rule_sets (id),
  rule_set_version_id uuid references rule_set_versions (id),
  rule_activation_id uuid references rule_activations (id),
  action text not null check (action in ('UPLOADED', 'CHECKED', 'FAILED', 'APPROVED', 'ACTIVATED', 'ROLLED_BACK', 'DEACTIVATED', 'WITHDRAWN')),
  actor text not null,
  reason text check (length(reason) between 1 and 10000)
);
create index rule_set_events_rule_set on rule_set_events (rule_set_id, id);
create trigger rule_set_events_append_only before update or delete or truncate on rule_set_events
  for each statement execute function refuse_change();
