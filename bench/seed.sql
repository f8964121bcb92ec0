-- A portfolio that is the same every time: every value comes from hashes of numbers. :programmes is how many, and the rest
-- follows: a sixth as many communities, a tenth as many stakeholders; two roles and three events a programme, twelve and
-- thirteen for every tenth. The histories are lists of events of the right shape, not real ones: hashes are made up.
set local synchronous_commit = off;
set local work_mem = '256MB';
create function pg_temp.h(n bigint, seed bigint) returns bigint language sql immutable as
  $$ select hashint8extended(n, seed) & 4611686018427387903 $$;
-- Ids in the order of time, as version 7 of UUIDs is.
create function pg_temp.id(kind int, n bigint) returns uuid language sql immutable as
  $$ select (lpad(to_hex(1735689600000 + n * 17), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8' || substr(md5(n::text || ' ' || kind), 1, 15))::uuid $$;

create temp table place on commit drop as
  select row_number() over (order by md5(code)) - 1 as n, code from regions where level = 'VILLAGE' and valid_to is null;
create index on place (n);
analyze place;

insert into members (id, created_at, updated_at, subject, name, locale)
  select pg_temp.id(1, n), '2025-01-01Z', '2025-01-01Z', case n when 0 then :reader else 'bench-coordinator-' || n end,
    'Koordinator ' || n, 'en' from generate_series(0, 2000) n on conflict do nothing;
insert into member_roles (id, created_at, updated_at, subject, role, region_code)
  values (pg_temp.id(2, 0), '2025-01-01Z', '2025-01-01Z', :reader, 'VIEWER', 'ID') on conflict do nothing;

insert into communities (id, created_at, updated_at, region_code, kind, name, population, population_female, population_male, population_with_disability, households)
  select pg_temp.id(3, g.n), timestamptz '2024-01-01Z' + g.n * interval '1 minute', timestamptz '2024-01-01Z' + g.n * interval '1 minute', v.code, 'VILLAGE', 'Komunitas ' || g.n,
    1000 + pg_temp.h(g.n, 1) % 9000, 500, 500, 20, 50 + pg_temp.h(g.n, 2) % 900
  from generate_series(0, :programmes / 6) g(n) join place v on v.n = g.n % (select count(*) from place);
insert into stakeholders (id, created_at, updated_at, region_code, kind, name, description, contact)
  select pg_temp.id(4, g.n), timestamptz '2024-01-01Z' + g.n * interval '1 minute', timestamptz '2024-01-01Z' + g.n * interval '1 minute', v.code,
    (array['GOVERNMENT', 'BUSINESS', 'ACADEMIA', 'COMMUNITY', 'MEDIA', 'NGO', 'DONOR'])[1 + g.n % 7], 'Pemangku kepentingan ' || g.n, 'Mendukung warga.', 's' || g.n || '@contoh.example'
  from generate_series(0, :programmes / 10) g(n) join place v on v.n = g.n % (select count(*) from place);

create temp table made on commit drop as
  select p as n, pg_temp.id(5, p) as id, pg_temp.h(p, 3) % (:programmes / 6 + 1) as community,
    (array['IDENTIFY', 'IDENTIFY', 'IDENTIFY', 'PLAN', 'PLAN', 'TRAIN', 'TRAIN', 'MONITOR', 'MONITOR', 'REPORT'])[1 + pg_temp.h(p, 4) % 10] as stage,
    case when p % 10 = 3 then 13 else 3 end as events, 'bench-coordinator-' || (1 + pg_temp.h(p, 5) % 2000) as coordinator,
    timestamptz '2025-01-01Z' + p * interval '17 second' as created_at
  from generate_series(1, :programmes) p;
create index on made (n);
analyze made;
insert into programmes (id, created_at, updated_at, region_code, code, title, goal, start_date, end_date, coordinator, stage, status, stage_entered_at, version, facts_version)
  select m.id, m.created_at, timestamptz '2025-06-01Z' + (pg_temp.h(m.n, 6) % 40000000000000) * interval '1 microsecond', left(v.code, 5),
    'PRG-' || lpad(m.n::text, 8, '0'), (array['Pelatihan', 'Penguatan', 'Pendampingan', 'Pengembangan', 'Pemberdayaan'])[1 + m.n % 5] || ' kelompok ' || m.n,
    repeat('Warga mengelola sendiri usaha bersama. ', 4), '2025-02-01', '2026-12-31', m.coordinator, m.stage,
    (array['ACTIVE', 'ACTIVE', 'ACTIVE', 'ON_HOLD', 'COMPLETED'])[1 + pg_temp.h(m.n, 7) % 5], m.created_at, m.events, 1
  from made m join place v on v.n = m.community % (select count(*) from place) order by m.n;
insert into programme_communities (id, created_at, updated_at, programme_id, community_id, is_primary)
  select pg_temp.id(6, n), created_at, created_at, id, pg_temp.id(3, community), true from made order by n;
insert into programme_stakeholders (id, created_at, updated_at, programme_id, stakeholder_id, role, power, interest)
  select pg_temp.id(7, m.n * 16 + k), m.created_at, m.created_at, m.id, pg_temp.id(4, (pg_temp.h(m.n, 8) % 1000000 + k * 4729) % (:programmes / 10 + 1)),
    (array['Pemimpin', 'Pendana', 'Mitra', 'Penerima manfaat'])[1 + (m.n + k) % 4], 1 + (m.n + k) % 5, 1 + m.n % 5
  from made m cross join lateral generate_series(1, case when m.n % 10 = 0 then 12 else 2 end) k order by m.n, k
  on conflict do nothing;
insert into programme_events (id, programme_id, version, kind, move, from_stage, to_stage, from_status, to_status, actor, occurred_at, previous_hash, hash)
  select pg_temp.id(8, m.n * 16 + k), m.id, k, case k when 1 then 'CREATED' else 'MOVED' end, case when k > 1 then 'ADVANCE' end,
    case when k > 1 then (array['IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT'])[1 + (k - 2) % 5] end,
    (array['IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT'])[1 + (k - 1) % 5], case when k > 1 then 'ACTIVE' end, 'ACTIVE', m.coordinator,
    m.created_at + k * interval '3 day', case when k > 1 then md5((m.n * 16 + k - 1)::text) else '' end, md5((m.n * 16 + k)::text)
  from made m cross join lateral generate_series(1, m.events) k order by k, m.n;
