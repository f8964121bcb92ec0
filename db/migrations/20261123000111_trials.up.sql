-- Trials: what a version of a rule set would change, said before it is put to work.
create table rule_trials (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  kind text not null check (kind in ('SIMULATION', 'REPLAY', 'SHADOW')),
  region_code text collate "C" not null references regions (code),
  province_code text collate "C" generated always as (case when region_code <> 'ID' then left(region_code, 2) end) stored,
  regency_code text collate "C" generated always as (case when length(region_code) >= 5 then left(region_code, 5) end) stored,
  district_code text collate "C" generated always as (case when length(region_code) >= 8 then left(region_code, 8) end) stored,
  rule_set_id uuid not null references rule_sets (id),
  rule_set_version_id uuid not null,
  parameters jsonb check (jsonb_typeof(parameters) = 'object'),
  started_by text not null references members (subject),
  state text not null check (state in ('RUNNING', 'COMPLETED', 'CANCELLED', 'FAILED')),
  since timestamptz,
  until timestamptz,
  total integer not null check (total >= 0),
  done integer not null check (done >= 0),
  newly_blocked integer not null check (newly_blocked >= 0),
  freed integer not null check (freed >= 0),
  unchanged integer not null check (unchanged >= 0),
  not_judged integer not null check (not_judged >= 0),
  masked integer not null check (masked >= 0),
  missed integer not null check (missed >= 0),
  rules jsonb not null check (jsonb_typeof(rules) = 'array'),
  listed integer not null check (listed between 0 and 100000),
  more boolean not null,
  last_error_en text,
  last_error_id text,
  finished_at timestamptz,
  revision bigint not null check (revision >= 1),
  -- after which programme or decision the work goes on
  reached text collate "C" not null,
  -- which slice of work holds it, and until when
  worker uuid,
  leased_until timestamptz,
  foreign key (rule_set_id, rule_set_version_id) references rule_set_versions (rule_set_id, id),
  check (done = newly_blocked + freed + unchanged + not_judged),
  check ((state = 'RUNNING') = (finished_at is null)),
  check ((kind = 'REPLAY') = (since is not null)),
  check ((kind = 'SIMULATION') = (until is null))
);
create unique index rule_trials_one_shadow on rule_trials (rule_set_id, region_code) where kind = 'SHADOW' and state = 'RUNNING';
create index rule_trials_running on rule_trials (kind, region_code) where state = 'RUNNING';
create index rule_trials_newest on rule_trials (id desc);
create index rule_trials_region on rule_trials (region_code, id desc);
create index rule_trials_province on rule_trials (province_code, id desc);
create index rule_trials_regency on rule_trials (regency_code, id desc);
create index rule_trials_district on rule_trials (district_code, id desc);
create index rule_trials_rule_set on rule_trials (rule_set_id, id desc);
create index rule_trials_finished on rule_trials (finished_at) where finished_at is not null;

create table rule_trial_differences (
  id uuid primary key,
  rule_trial_id uuid not null references rule_trials (id) on delete cascade,
  programme_id uuid not null references programmes (id),
  decided_at timestamptz not null,
  change text not null check (change in ('NEWLY_BLOCKED', 'FREED', 'UNCHANGED', 'NOT_JUDGED')),
  effect text not null check (effect in ('BLOCKS', 'FREES', 'REMARKS', 'REMARKS_GONE', 'UNANSWERED')),
  rule text not null,
  message_en text not null,
  message_id text not null,
  masked boolean not null
);
create index rule_trial_differences_trial on rule_trial_differences (rule_trial_id, id);
create index rule_trial_differences_rule on rule_trial_differences (rule_trial_id, rule, effect, id);
create index rule_trial_differences_effect on rule_trial_differences (rule_trial_id, effect, id);
create index rule_trial_differences_change on rule_trial_differences (rule_trial_id, change, id);
