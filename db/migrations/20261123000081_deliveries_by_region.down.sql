drop index deliveries_dead, deliveries_regency, deliveries_province, deliveries_region, deliveries_all;
alter table deliveries drop column district_code, drop column regency_code, drop column province_code, drop column region_code;
