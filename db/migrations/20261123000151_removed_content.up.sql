-- Content that nobody needs any more is removed; that it was there stays, with its SHA-256 and size. Null: it is there.
alter table rule_set_artefacts add column removed_at timestamptz;
-- After a step back and forth again, what has no chunks was removed before.
update rule_set_artefacts a set removed_at = now() where not exists (select from rule_set_artefact_chunks c where c.sha256 = a.sha256);
