-- What a member has not been sent is looked for by member.

drop index notifications_undelivered;
create index notifications_undelivered on notifications (recipient, created_at) where read_at is null and delivery_id is null;
