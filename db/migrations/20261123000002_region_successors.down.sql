alter table programme_events
  drop constraint programme_events_regions_check,
  drop constraint programme_events_kind_check,
  add constraint programme_events_kind_check check (kind in ('CREATED', 'MOVED')),
  drop column from_region,
  drop column to_region;
drop table region_successors;
