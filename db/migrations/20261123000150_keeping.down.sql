alter table notifications drop constraint notifications_delivery_id_fkey,
  add constraint notifications_delivery_id_fkey foreign key (delivery_id) references deliveries (id);
drop index bulk_moves_checked, bulk_moves_finished, drafts_settled, deliveries_sent, notifications_read, notifications_oldest, notices_oldest;
