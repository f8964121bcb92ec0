-- That a later stage was planned, by whom and why, is an event of the history.
alter table programme_events
  drop constraint programme_events_kind_check,
  add constraint programme_events_kind_check check (kind in ('CREATED', 'MOVED', 'TRANSFERRED', 'RESCHEDULED', 'PLANNED',
    'WAIVER_REQUESTED', 'WAIVER_GRANTED', 'WAIVER_REFUSED', 'WAIVER_REVOKED'));
