-- Where programmes stand still. Every change of what rules judge makes facts_version grow, whatever part of the program makes
-- it; the triggers below note it where the checks are kept, so that whoever checks finds what has changed without a look at
-- the programmes. The note is also the latch: a result is only written while the facts version is the one that was judged.

create table programme_checks (
  programme_id uuid primary key references programmes (id),
  facts_version bigint not null, -- the programme's
  checked_at timestamptz, -- when its rules were last asked
  due_at timestamptz -- when they are to be asked next; null while nobody works on the programme
);
create index programme_checks_due on programme_checks (due_at, programme_id) where due_at is not null;

-- What stops a programme's next step, as it was when last checked. The region is the programme's own.
create table programme_blocks (
  id uuid primary key,
  programme_id uuid not null references programmes (id),
  region_code text collate "C" not null references regions (code),
  province_code text collate "C" generated always as (case when region_code <> 'ID' then left(region_code, 2) end) stored,
  regency_code text collate "C" generated always as (case when length(region_code) >= 5 then left(region_code, 5) end) stored,
  district_code text collate "C" generated always as (case when length(region_code) >= 8 then left(region_code, 8) end) stored,
  stage text not null check (stage in ('IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT')),
  rule_set text not null check (length(rule_set) between 1 and 200),
  rule text not null check (length(rule) between 1 and 100),
  rule_region text collate "C" not null,
  waivable text not null check (waivable in ('NO', 'OWNER', 'REGION')),
  since timestamptz not null,
  unique (programme_id, rule_set, rule, rule_region)
);
-- Those that one rule stops, the longest first; down to the regency, below which they are few.
create index programme_blocks_rule on programme_blocks (stage, rule_set, rule, since, id);
create index programme_blocks_province_rule on programme_blocks (province_code, stage, rule_set, rule, since, id);
create index programme_blocks_regency_rule on programme_blocks (regency_code, stage, rule_set, rule, since, id);
create index programme_blocks_district on programme_blocks (district_code);
create index programme_blocks_region on programme_blocks (region_code);

-- What rules that stop programmes ask for, in their own words.
create table rule_titles (
  rule_set text not null,
  rule text not null,
  region_code text collate "C" not null,
  title_en text not null,
  title_id text not null,
  primary key (rule_set, rule, region_code)
);

-- Which revision of the rules of a region the checks know. While a change of it is told to the checks, reached is the code of
-- the last programme that was told.
create table checked_rules (
  region_code text collate "C" primary key,
  revision text not null,
  reached text collate "C"
);

-- Counts by stage and status with ages and what is overdue, of a province and of the nation, come from this index alone.
create index programmes_standing on programmes (province_code, stage, status, stage_entered_at, due_on, review_on);

insert into programme_checks (programme_id, facts_version, due_at)
  select id, facts_version, case when status = 'ACTIVE' then now() end from programmes;

create function programme_to_check() returns trigger language plpgsql as $$
begin
  insert into programme_checks (programme_id, facts_version, due_at)
    select id, facts_version, case when status = 'ACTIVE' then updated_at end from added;
  return null;
end $$;
create trigger programme_to_check after insert on programmes referencing new table as added
  for each statement execute function programme_to_check();

-- A programme that leaves a stage, or rests, leaves what stopped it there behind.
create function programme_to_check_again() returns trigger language plpgsql as $$
begin
  update programme_checks set facts_version = new.facts_version,
    due_at = case when new.status = 'ACTIVE' then least(due_at, new.updated_at) end
    where programme_id = new.id;
  if new.stage_entered_at <> old.stage_entered_at or new.status <> old.status then
    delete from programme_blocks where programme_id = new.id;
  elsif new.region_code <> old.region_code then
    update programme_blocks set region_code = new.region_code where programme_id = new.id;
  end if;
  return null;
end $$;
create trigger programme_to_check_again after update of facts_version on programmes
  for each row when (new.facts_version <> old.facts_version) execute function programme_to_check_again();
