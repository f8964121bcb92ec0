-- What took the place of a region that closed: one region, or several where it was split. A region that opens again has none.
create table region_successors (
  id uuid primary key,
  old_code text collate "C" not null references regions (code),
  new_code text collate "C" not null references regions (code),
  effective_on date not null,
  unique (old_code, new_code),
  check (old_code <> new_code)
);
create index region_successors_old on region_successors (old_code, id);
create index region_successors_new on region_successors (new_code, id);

-- A programme that another region governs from some day on keeps both in its history. The first event names the first region;
-- those written before these columns were there do not, and their hashes hold all the same.
alter table programme_events
  add column from_region text collate "C",
  add column to_region text collate "C",
  drop constraint programme_events_kind_check,
  add constraint programme_events_kind_check check (kind in ('CREATED', 'MOVED', 'TRANSFERRED')),
  add constraint programme_events_regions_check check (
    case kind when 'TRANSFERRED' then from_region <> to_region and from_region is not null and to_region is not null
      when 'CREATED' then from_region is null
      else from_region is null and to_region is null end);
