-- Commands that were made without a line and could not be carried out, until a person settles them. "OPEN" sorts last, so that
-- an index read backwards gives open ones first, of each the newest first.
create table drafts (
  id uuid primary key,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  author text not null check (length(author) between 1 and 200),
  key text not null check (length(key) between 1 and 200),
  programme_id uuid references programmes (id),
  command text not null check (command ~ '^[a-z][A-Za-z]{2,59}$'),
  input jsonb check (octet_length(input::text) <= 2097152),
  input_hash text not null check (input_hash ~ '^[0-9a-f]{64}$'),
  personal boolean not null,
  expected_version bigint,
  found_version bigint,
  expected_updated_at timestamptz,
  code text not null check (length(code) between 1 and 50),
  problems jsonb not null,
  blocks jsonb not null,
  state text collate "C" not null check (state in ('OPEN', 'MERGED', 'DROPPED')),
  settled_by text check (length(settled_by) between 1 and 200),
  settled_at timestamptz,
  reason text check (length(reason) between 1 and 10000),
  made_id text check (length(made_id) between 1 and 64),
  unique (author, key),
  check ((state = 'OPEN') = (settled_at is null) and (settled_at is null) = (settled_by is null)),
  check (state = 'OPEN' or not personal or input is null)
);
create index drafts_author on drafts (author, state, id);
create index drafts_programme on drafts (programme_id, state, id);

-- What a command gave the first thing as its time of change: a later command of the same list expects it.
alter table idempotency_keys add column changed_at timestamptz;
-- When a programme's own words were changed last; NULL where never since it was entered. Its updated_at grows with everything
-- that is entered in it.
alter table programmes add column described_at timestamptz;
