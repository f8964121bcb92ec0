drop trigger rule_activations_restore on rule_activations;
drop function restore_activation();
alter table rule_activations drop column restores;
