-- Verifications of all histories, as far as they have come. Each belongs to a job; after is the last programme verified.
create table history_checks (
  job_id bigint primary key,
  started_at timestamptz not null,
  finished_at timestamptz,
  after uuid not null,
  histories bigint not null default 0 check (histories >= 0),
  events bigint not null default 0 check (events >= 0),
  broken bigint not null default 0 check (broken >= 0)
);
