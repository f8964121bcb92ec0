-- The first schema. Region codes are compared byte by byte (collation C), so that a subtree is a range; what is listed by
-- region also carries the codes of its ancestors, so that a subtree at any level is an equality that an index serves.

create table regions (
  code text collate "C" primary key,
  parent_code text collate "C" references regions (code),
  level text not null check (level in ('NATION', 'PROVINCE', 'REGENCY', 'DISTRICT', 'VILLAGE')),
  name text not null check (length(name) between 1 and 200),
  valid_from date not null,
  valid_to date check (valid_to >= valid_from),
  check ((parent_code is null) = (code = 'ID'))
);
create index regions_children on regions (parent_code, code);
create index regions_by_level on regions (level, code);
create index regions_by_name on regions (lower(name) text_pattern_ops, code);
-- The nation is there from the start, so that a scope or a programme of the whole country has a region to name.
insert into regions (code, level, name, valid_from) values ('ID', 'NATION', 'Indonesia', '1945-08-17');

create table members (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  subject text not null unique check (length(subject) between 1 and 200),
  name text not null check (length(name) between 1 and 200),
  email text check (length(email) <= 320),
  locale text not null default 'id' check (locale in ('en', 'id'))
);
create table member_roles (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  subject text not null references members (subject),
  role text not null check (role in ('VIEWER', 'FACILITATOR', 'COORDINATOR', 'REGIONAL_ADMIN', 'NATIONAL_ADMIN', 'AUDITOR')),
  region_code text collate "C" not null references regions (code),
  unique (subject, role, region_code)
);
create index member_roles_region on member_roles (region_code);

create table communities (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  region_code text collate "C" not null references regions (code),
  province_code text collate "C" generated always as (case when region_code <> 'ID' then left(region_code, 2) end) stored,
  regency_code text collate "C" generated always as (case when length(region_code) >= 5 then left(region_code, 5) end) stored,
  district_code text collate "C" generated always as (case when length(region_code) >= 8 then left(region_code, 8) end) stored,
  kind text not null check (kind in ('VILLAGE', 'HAMLET', 'FARMERS_GROUP', 'WOMENS_GROUP', 'FISHERS_GROUP', 'YOUTH_GROUP', 'COOPERATIVE', 'INDIGENOUS', 'OTHER')),
  name text not null check (length(name) between 1 and 200),
  population integer not null check (population between 0 and 100000000),
  population_female integer not null check (population_female between 0 and 100000000),
  population_male integer not null check (population_male between 0 and 100000000),
  population_with_disability integer not null check (population_with_disability between 0 and 100000000),
  households integer not null check (households between 0 and 100000000),
  latitude double precision check (latitude between -90 and 90),
  longitude double precision check (longitude between -180 and 180)
);
create table stakeholders (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  region_code text collate "C" not null references regions (code),
  province_code text collate "C" generated always as (case when region_code <> 'ID' then left(region_code, 2) end) stored,
  regency_code text collate "C" generated always as (case when length(region_code) >= 5 then left(region_code, 5) end) stored,
  district_code text collate "C" generated always as (case when length(region_code) >= 8 then left(region_code, 8) end) stored,
  kind text not null check (kind in ('GOVERNMENT', 'BUSINESS', 'ACADEMIA', 'COMMUNITY', 'MEDIA', 'NGO', 'DONOR')),
  name text not null check (length(name) between 1 and 200),
  description text check (length(description) <= 10000),
  contact text check (length(contact) <= 1000)
);

create index communities_region_name on communities (region_code, name, id);
create index communities_region_updated on communities (region_code, updated_at desc, id desc);
create index communities_province_name on communities (province_code, name, id);
create index communities_province_updated on communities (province_code, updated_at desc, id desc);
create index communities_regency_name on communities (regency_code, name, id);
create index communities_regency_updated on communities (regency_code, updated_at desc, id desc);
create index communities_district_name on communities (district_code, name, id);
create index communities_district_updated on communities (district_code, updated_at desc, id desc);
create index communities_name on communities (name, id);
create index communities_updated on communities (updated_at desc, id desc);
create index stakeholders_region_name on stakeholders (region_code, name, id);
create index stakeholders_region_updated on stakeholders (region_code, updated_at desc, id desc);
create index stakeholders_province_name on stakeholders (province_code, name, id);
create index stakeholders_province_updated on stakeholders (province_code, updated_at desc, id desc);
create index stakeholders_regency_name on stakeholders (regency_code, name, id);
create index stakeholders_regency_updated on stakeholders (regency_code, updated_at desc, id desc);
create index stakeholders_district_name on stakeholders (district_code, name, id);
create index stakeholders_district_updated on stakeholders (district_code, updated_at desc, id desc);
create index stakeholders_name on stakeholders (name, id);
create index stakeholders_updated on stakeholders (updated_at desc, id desc);

create table programmes (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  region_code text collate "C" not null references regions (code),
  province_code text collate "C" generated always as (case when region_code <> 'ID' then left(region_code, 2) end) stored,
  regency_code text collate "C" generated always as (case when length(region_code) >= 5 then left(region_code, 5) end) stored,
  district_code text collate "C" generated always as (case when length(region_code) >= 8 then left(region_code, 8) end) stored,
  code text collate "C" not null unique check (code ~ '^[A-Z0-9][A-Z0-9.-]{2,39}$'),
  title text not null check (length(title) between 1 and 200),
  goal text not null check (length(goal) <= 10000),
  start_date date not null,
  end_date date not null check (end_date >= start_date),
  coordinator text not null references members (subject),
  stage text not null check (stage in ('IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT')),
  status text not null check (status in ('ACTIVE', 'ON_HOLD', 'COMPLETED', 'CANCELLED')),
  stage_entered_at timestamptz not null,
  due_on date,
  held_at timestamptz,
  review_on date,
  version bigint not null check (version >= 1),
  facts_version bigint not null check (facts_version >= 1)
);
create index programmes_coordinator on programmes (coordinator, id);
create index programmes_updated on programmes (updated_at desc, id desc);
create index programmes_stage_updated on programmes (stage, updated_at desc, id desc);
create index programmes_stage_code on programmes (stage, code, id);
create index programmes_region_updated on programmes (region_code, updated_at desc, id desc);
create index programmes_region_code on programmes (region_code, code, id);
create index programmes_region_stage_updated on programmes (region_code, stage, updated_at desc, id desc);
create index programmes_region_stage_code on programmes (region_code, stage, code, id);
create index programmes_province_updated on programmes (province_code, updated_at desc, id desc);
create index programmes_province_code on programmes (province_code, code, id);
create index programmes_province_stage_updated on programmes (province_code, stage, updated_at desc, id desc);
create index programmes_province_stage_code on programmes (province_code, stage, code, id);
create index programmes_regency_updated on programmes (regency_code, updated_at desc, id desc);
create index programmes_regency_code on programmes (regency_code, code, id);
create index programmes_regency_stage_updated on programmes (regency_code, stage, updated_at desc, id desc);
create index programmes_regency_stage_code on programmes (regency_code, stage, code, id);
create index programmes_district_updated on programmes (district_code, updated_at desc, id desc);
create index programmes_district_code on programmes (district_code, code, id);
create index programmes_district_stage_updated on programmes (district_code, stage, updated_at desc, id desc);
create index programmes_district_stage_code on programmes (district_code, stage, code, id);

create table programme_communities (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  community_id uuid not null references communities (id),
  is_primary boolean not null,
  unique (programme_id, community_id)
);
create index programme_communities_programme on programme_communities (programme_id, id);
create index programme_communities_community on programme_communities (community_id, id);
create unique index programme_communities_primary on programme_communities (programme_id) where is_primary;

create table programme_stakeholders (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  stakeholder_id uuid not null references stakeholders (id),
  role text not null check (length(role) between 1 and 200),
  power integer not null check (power between 1 and 5),
  interest integer not null check (interest between 1 and 5),
  unique (programme_id, stakeholder_id, role)
);
create index programme_stakeholders_programme on programme_stakeholders (programme_id, id);
create index programme_stakeholders_stakeholder on programme_stakeholders (stakeholder_id, id);

-- History is append-only: the trigger below refuses every change, also by hand. position and transaction_id let a reader follow
-- it without a gap: rows of transactions below pg_snapshot_xmin(pg_current_snapshot()) can no longer be overtaken.
create table programme_events (
  id uuid primary key,
  position bigint generated always as identity,
  transaction_id xid8 not null default pg_current_xact_id(),
  programme_id uuid not null references programmes (id),
  version bigint not null check (version >= 1),
  kind text not null check (kind in ('CREATED', 'MOVED')),
  move text check (move in ('ADVANCE', 'SEND_BACK', 'HOLD', 'RESUME', 'CANCEL', 'REOPEN')),
  from_stage text check (from_stage in ('IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT')),
  to_stage text not null check (to_stage in ('IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT')),
  from_status text check (from_status in ('ACTIVE', 'ON_HOLD', 'COMPLETED', 'CANCELLED')),
  to_status text not null check (to_status in ('ACTIVE', 'ON_HOLD', 'COMPLETED', 'CANCELLED')),
  actor text not null,
  reason text check (length(reason) between 1 and 10000),
  occurred_at timestamptz not null,
  due_on date,
  review_on date,
  rule_revisions jsonb not null default '[]',
  facts_hash text,
  decision jsonb,
  previous_hash text not null,
  hash text not null,
  unique (programme_id, version)
);
create index programme_events_feed on programme_events (transaction_id, position);
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'history is append-only: % on % is refused', tg_op, tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger programme_events_append_only before update or delete or truncate on programme_events
  for each statement execute function refuse_change();

create table stage_visits (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  stage text not null check (stage in ('IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT')),
  entered_at timestamptz not null,
  left_at timestamptz,
  due_on date,
  superseded_at timestamptz
);
create index stage_visits_programme on stage_visits (programme_id, id);
create unique index stage_visits_present on stage_visits (programme_id) where left_at is null and superseded_at is null;

create table checklist_items (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  stage text not null check (stage in ('IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT')),
  rule_set text not null check (length(rule_set) between 1 and 200),
  code text not null check (length(code) between 1 and 100),
  title_en text not null check (length(title_en) between 1 and 500),
  title_id text not null check (length(title_id) <= 500),
  done_at timestamptz,
  unique (programme_id, stage, rule_set, code)
);
create index checklist_items_programme on checklist_items (programme_id, id);

create table needs (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  title text not null check (length(title) between 1 and 200),
  sector text not null check (sector in ('HEALTH', 'EDUCATION', 'WATER_SANITATION', 'AGRICULTURE', 'FISHERIES', 'LIVELIHOODS', 'ENVIRONMENT', 'DISASTER_RISK', 'GOVERNANCE', 'SOCIAL_PROTECTION', 'INFRASTRUCTURE', 'OTHER')),
  severity integer not null check (severity between 1 and 5),
  urgency integer not null check (urgency between 1 and 5),
  people_affected integer not null check (people_affected between 0 and 100000000),
  votes integer not null check (votes between 0 and 100000000),
  evidence text check (length(evidence) <= 10000),
  score double precision check (score between 0 and 100),
  rank integer check (rank >= 1)
);
create index needs_programme on needs (programme_id, id);

create table problem_nodes (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  need_id uuid not null references needs (id),
  parent_id uuid references problem_nodes (id),
  kind text not null check (kind in ('CORE_PROBLEM', 'CAUSE', 'EFFECT')),
  statement text not null check (length(statement) between 1 and 1000),
  root_cause boolean not null,
  check (not root_cause or kind = 'CAUSE'),
  check ((parent_id is null) = (kind = 'CORE_PROBLEM'))
);
create index problem_nodes_programme on problem_nodes (programme_id, id);
create index problem_nodes_need on problem_nodes (need_id, id);
create index problem_nodes_parent on problem_nodes (parent_id, id);
create unique index problem_nodes_core on problem_nodes (need_id) where kind = 'CORE_PROBLEM';

create table consultations (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  held_on date not null,
  kind text not null check (kind in ('VILLAGE_MEETING', 'HAMLET_MEETING', 'FOCUS_GROUP', 'HOUSEHOLD_VISIT', 'WOMENS_MEETING', 'OTHER')),
  place text not null check (length(place) between 1 and 200),
  female integer not null check (female between 0 and 1000000),
  male integer not null check (male between 0 and 1000000),
  youth integer not null check (youth between 0 and 1000000),
  elderly integer not null check (elderly between 0 and 1000000),
  with_disability integer not null check (with_disability between 0 and 1000000),
  summary text check (length(summary) <= 10000),
  check (youth <= female + male and elderly <= female + male and with_disability <= female + male)
);
create index consultations_programme on consultations (programme_id, id);

create table capacity_assessments (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  phase text not null check (phase in ('BASELINE', 'MIDLINE', 'ENDLINE')),
  assessed_on date not null,
  note text check (length(note) <= 10000)
);
create index capacity_assessments_programme on capacity_assessments (programme_id, id);

create table capacity_scores (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  capacity_assessment_id uuid not null references capacity_assessments (id),
  domain text not null check (domain in ('PARTICIPATION', 'LEADERSHIP', 'ORGANISATIONAL_STRUCTURES', 'PROBLEM_ASSESSMENT', 'RESOURCE_MOBILISATION', 'ASKING_WHY', 'LINKS_WITH_OTHERS', 'ROLE_OF_OUTSIDE_AGENTS', 'PROGRAMME_MANAGEMENT')),
  score integer not null check (score between 1 and 5),
  evidence text check (length(evidence) <= 10000),
  unique (capacity_assessment_id, domain)
);
create index capacity_scores_programme on capacity_scores (programme_id, id);
create index capacity_scores_capacity_assessment on capacity_scores (capacity_assessment_id, id);

create table objectives (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  parent_id uuid references objectives (id),
  level text not null check (level in ('GOAL', 'OUTCOME', 'OUTPUT')),
  statement text not null check (length(statement) between 1 and 1000),
  means_of_verification text check (length(means_of_verification) <= 10000),
  assumption text check (length(assumption) <= 10000)
);
create index objectives_programme on objectives (programme_id, id);
create index objectives_parent on objectives (parent_id, id);

create table activities (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  objective_id uuid references objectives (id),
  title text not null check (length(title) between 1 and 200),
  kind text not null check (kind in ('TRAINING', 'WORKSHOP', 'MENTORING', 'ORGANISING', 'NETWORKING', 'INFRASTRUCTURE', 'DIRECT_AID', 'OTHER')),
  builds_capacity boolean not null,
  planned_start date,
  planned_end date check (planned_end >= planned_start),
  actual_start date,
  actual_end date check (actual_end >= actual_start),
  responsible text check (length(responsible) <= 200),
  superseded_at timestamptz
);
create index activities_programme on activities (programme_id, id);
create index activities_objective on activities (objective_id, id);

create table budget_lines (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  activity_id uuid not null references activities (id),
  description text not null check (length(description) between 1 and 500),
  source_of_funds text not null check (length(source_of_funds) between 1 and 200),
  planned numeric(17, 2) not null check (planned >= 0),
  spent numeric(17, 2) not null check (spent >= 0),
  currency text not null check (currency ~ '^[A-Z]{3}$')
);
create index budget_lines_programme on budget_lines (programme_id, id);
create index budget_lines_activity on budget_lines (activity_id, id);

create table training_events (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  activity_id uuid references activities (id),
  title text not null check (length(title) between 1 and 200),
  venue text not null check (length(venue) between 1 and 200),
  facilitator text references members (subject),
  capacity integer not null check (capacity between 1 and 100000)
);
create index training_events_programme on training_events (programme_id, id);
create index training_events_activity on training_events (activity_id, id);
create index training_events_facilitator on training_events (facilitator, id);

create table sessions (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  training_event_id uuid not null references training_events (id),
  topic text not null check (length(topic) between 1 and 200),
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  status text not null check (status in ('PLANNED', 'HELD', 'CANCELLED'))
);
create index sessions_programme on sessions (programme_id, id);
create index sessions_training_event on sessions (training_event_id, id);

create table participants (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  training_event_id uuid not null references training_events (id),
  name text check (length(name) <= 200),
  sex text not null check (sex in ('FEMALE', 'MALE')),
  birth_year integer check (birth_year between 1900 and 2200),
  with_disability boolean not null,
  pre_test double precision check (pre_test between 0 and 100),
  post_test double precision check (post_test between 0 and 100)
);
create index participants_programme on participants (programme_id, id);
create index participants_training_event on participants (training_event_id, id);

create table attendances (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  session_id uuid not null references sessions (id),
  participant_id uuid not null references participants (id),
  present boolean not null,
  unique (session_id, participant_id)
);
create index attendances_programme on attendances (programme_id, id);
create index attendances_session on attendances (session_id, id);
create index attendances_participant on attendances (participant_id, id);

create table indicators (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  objective_id uuid references objectives (id),
  name text not null check (length(name) between 1 and 200),
  unit text not null check (length(unit) between 1 and 50),
  direction text not null check (direction in ('INCREASE', 'DECREASE')),
  baseline numeric(21, 6),
  baseline_on date,
  target numeric(21, 6),
  target_on date,
  cumulative boolean not null
);
create index indicators_programme on indicators (programme_id, id);
create index indicators_objective on indicators (objective_id, id);

create table measurements (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  indicator_id uuid not null references indicators (id),
  measured_on date not null,
  value numeric(21, 6) not null,
  source text not null check (length(source) between 1 and 500),
  evidence text check (length(evidence) <= 10000),
  sex text check (sex in ('FEMALE', 'MALE')),
  age_band text check (length(age_band) <= 20),
  with_disability boolean
);
create index measurements_programme on measurements (programme_id, id);
create index measurements_indicator on measurements (indicator_id, id);

create table findings (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  found_on date not null,
  title text not null check (length(title) between 1 and 200),
  severity text not null check (severity in ('MINOR', 'MODERATE', 'SEVERE')),
  status text not null check (status in ('OPEN', 'CLOSED')),
  action text check (length(action) <= 10000),
  owner text check (length(owner) <= 200),
  due_on date,
  closed_at timestamptz,
  check ((closed_at is not null) = (status = 'CLOSED'))
);
create index findings_programme on findings (programme_id, id);

create table reports (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  kind text not null check (kind in ('PROGRESS', 'FINAL', 'IMPACT')),
  audience text not null check (length(audience) between 1 and 200),
  period_start date not null,
  period_end date not null check (period_end >= period_start),
  narrative text not null check (length(narrative) <= 100000),
  figures jsonb,
  edition integer not null check (edition >= 0),
  published_at timestamptz,
  superseded_at timestamptz,
  check ((published_at is null) = (edition = 0))
);
create index reports_programme on reports (programme_id, id);

create table distributions (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  programme_id uuid not null references programmes (id),
  report_id uuid not null references reports (id),
  stakeholder_id uuid not null references stakeholders (id),
  sent_at timestamptz not null,
  acknowledged_at timestamptz,
  feedback text check (length(feedback) <= 10000),
  unique (report_id, stakeholder_id)
);
create index distributions_programme on distributions (programme_id, id);
create index distributions_report on distributions (report_id, id);
create index distributions_stakeholder on distributions (stakeholder_id, id);

-- The outcome of every committed command, by the actor's own key: asked again, the same command gives the same outcome.
create table idempotency_keys (
  actor text not null,
  key text not null check (length(key) between 1 and 200),
  command text not null,
  input_hash bytea not null,
  outcome text not null,
  ids uuid[] not null,
  version bigint,
  created_at timestamptz not null,
  primary key (actor, key)
);
create index idempotency_keys_created on idempotency_keys (created_at);
