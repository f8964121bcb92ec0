-- A rollback says which activation it went back to, so that the next goes on from there, further back, and not to what was left.
alter table rule_activations add column restores integer check (restores between 1 and revision - 1); -- null: it is no rollback

create function restore_activation() returns trigger language plpgsql as $$
begin
  if new.restores is not null and not exists (select from rule_activations a where a.region_code = new.region_code and a.rule_set_id = new.rule_set_id
    and a.revision = new.restores and a.restores is null and a.rule_set_version_id is not distinct from new.rule_set_version_id
    and a.parameters is not distinct from new.parameters) then
    raise exception 'revision % is not what was at work with revision %', new.revision, new.restores using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger rule_activations_restore before insert on rule_activations for each row execute function restore_activation();

-- What was rolled back before this was kept went to the newest that is the same, as far as anybody can tell.
alter table rule_activations disable trigger rule_activations_kept;
update rule_activations a set restores = (select max(b.revision) from rule_activations b
    where b.region_code = a.region_code and b.rule_set_id = a.rule_set_id and b.revision < a.revision
      and b.rule_set_version_id is not distinct from a.rule_set_version_id and b.parameters is not distinct from a.parameters
      and not exists (select from rule_set_events e where e.rule_set_id = b.rule_set_id and e.rule_activation_id = b.id and e.action = 'ROLLED_BACK'))
  where exists (select from rule_set_events e where e.rule_set_id = a.rule_set_id and e.rule_activation_id = a.id and e.action = 'ROLLED_BACK');
alter table rule_activations enable trigger rule_activations_kept;
