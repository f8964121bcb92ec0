-- Whoever entered their stage before a rule set was first at work in the region is bound by none of its activations for new
-- entries, also when the first of them has ended and is no longer looked at: each activation says since when its chain binds. The
-- database finds it out, so that it is always what the chain says.
alter table rule_activations add column binds_since timestamptz; -- null: an activation up to this one was for everyone

create or replace function follow_activation() returns trigger language plpgsql as $$
declare
  before rule_activations;
begin
  if new.revision <> 1 then
    select * into before from rule_activations a where a.region_code = new.region_code and a.rule_set_id = new.rule_set_id
      and a.revision = new.revision - 1 and a.activated_at < new.activated_at;
    if not found then
      raise exception 'revision % does not follow the one before', new.revision using errcode = 'check_violation';
    end if;
  end if;
  new.binds_since := case when new.mode = 'EVERYONE' then null when new.revision = 1 then new.activated_at else before.binds_since end;
  return new;
end $$;

alter table rule_activations disable trigger rule_activations_kept;
update rule_activations a set binds_since = first.activated_at from rule_activations first
  where first.region_code = a.region_code and first.rule_set_id = a.rule_set_id and first.revision = 1
    and not exists (select from rule_activations e where e.region_code = a.region_code and e.rule_set_id = a.rule_set_id
      and e.revision <= a.revision and e.mode = 'EVERYONE');
alter table rule_activations enable trigger rule_activations_kept;
