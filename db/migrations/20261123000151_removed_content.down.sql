-- What was removed does not come back by this.
alter table rule_set_artefacts drop column removed_at;
