-- That definitions are never changed is a promise of the database: histories name them by region and version.
create trigger definitions_append_only before update or delete or truncate on definitions
  for each statement execute function refuse_change();
