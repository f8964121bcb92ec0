-- Histories are never shortened, so it is refused where there is such an event.
alter table programme_events
  drop constraint programme_events_kind_check,
  add constraint programme_events_kind_check check (kind in ('CREATED', 'MOVED', 'TRANSFERRED', 'RESCHEDULED',
    'WAIVER_REQUESTED', 'WAIVER_GRANTED', 'WAIVER_REFUSED', 'WAIVER_REVOKED'));
