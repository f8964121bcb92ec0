alter table programmes drop column described_at;
alter table idempotency_keys drop column changed_at;
drop table drafts;
