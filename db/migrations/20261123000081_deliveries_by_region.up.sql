-- Deliveries belong to a region, so that its admins see them: that of the webhook, or the least that has all of a member's roles.

alter table deliveries
  add column region_code text collate "C" not null references regions (code),
  add column province_code text collate "C" generated always as (case when region_code <> 'ID' then left(region_code, 2) end) stored,
  add column regency_code text collate "C" generated always as (case when length(region_code) >= 5 then left(region_code, 5) end) stored,
  add column district_code text collate "C" generated always as (case when length(region_code) >= 8 then left(region_code, 8) end) stored;
create index deliveries_all on deliveries (created_at desc, id desc);
create index deliveries_region on deliveries (region_code, created_at desc, id desc);
create index deliveries_province on deliveries (province_code, created_at desc, id desc);
create index deliveries_regency on deliveries (regency_code, created_at desc, id desc);
create index deliveries_dead on deliveries (created_at desc, id desc) where state = 'DEAD';
