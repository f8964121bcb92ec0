drop index notifications_undelivered;
create index notifications_undelivered on notifications (created_at, recipient) where read_at is null and delivery_id is null;
