-- What is kept for a time is removed oldest first.
create index bulk_moves_checked on bulk_moves (updated_at) where state = 'CHECKED';
create index bulk_moves_finished on bulk_moves (finished_at) where finished_at is not null;
create index drafts_settled on drafts (settled_at) where settled_at is not null;
create index deliveries_sent on deliveries (sent_at) where state = 'SENT';
create index notifications_read on notifications (read_at) where read_at is not null;
create index notifications_oldest on notifications (created_at);
create index notices_oldest on notices (created_at);

-- A notification may be kept for longer than the digest that it went out with.
alter table notifications drop constraint notifications_delivery_id_fkey,
  add constraint notifications_delivery_id_fkey foreign key (delivery_id) references deliveries (id) on delete set null;
