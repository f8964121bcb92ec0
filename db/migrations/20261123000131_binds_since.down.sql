create or replace function follow_activation() returns trigger language plpgsql as $$
begin
  if new.revision <> 1 and not exists (select from rule_activations a where a.region_code = new.region_code and a.rule_set_id = new.rule_set_id
    and a.revision = new.revision - 1 and a.activated_at < new.activated_at) then
    raise exception 'revision % does not follow the one before', new.revision using errcode = 'check_violation';
  end if;
  return new;
end $$;
alter table rule_activations drop column binds_since;
