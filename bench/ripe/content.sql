-- What the programmes in the temporary table ripe hold: 5 needs with their problem trees, 10 activities with their money, a
-- training of 32 people in 3 sessions, 4 indicators with their measurements, and what else a programme has that is ready to go
-- from identifying to planning. Every id ends in its programme's number.

create function pg_temp.id(kind int, row_of_it int, n bigint) returns uuid language sql immutable
return (lpad((kind * 100000 + row_of_it)::text, 8, '0') || '-0000-7000-8000-' || n::text)::uuid;

insert into needs (id, created_at, updated_at, programme_id, title, sector, severity, urgency, people_affected, votes, evidence, score, rank)
select pg_temp.id(1, j, n), at, at, programme,
  (array['Air bersih tidak mengalir pada musim kemarau', 'Hasil panen dijual murah kepada tengkulak', 'Anak balita kurang gizi',
    'Jalan ke kebun longsor setiap musim hujan', 'Pemuda tidak mempunyai keterampilan kerja'])[j],
  (array['WATER_SANITATION', 'AGRICULTURE', 'HEALTH', 'INFRASTRUCTURE', 'EDUCATION'])[j],
  6 - j, 1 + (n + j) % 5, 1200 - 150 * j, 90 - 12 * j, 'Catatan musyawarah dusun dan kunjungan ke 40 rumah tangga.', 92.5 - 11 * j, j
from ripe, generate_series(1, 5) j order by n, j;

insert into problem_nodes (id, created_at, updated_at, programme_id, need_id, parent_id, kind, statement, root_cause)
select pg_temp.id(2, j * 10 + k, n), at, at, programme, pg_temp.id(1, j, n), case when k > 1 then pg_temp.id(2, j * 10 + case k when 3 then 2 when 4 then 3 else 1 end, n) end,
  (array['CORE_PROBLEM', 'CAUSE', 'CAUSE', 'CAUSE', 'EFFECT'])[k],
  (array['Warga tidak mendapat yang mereka perlukan', 'Sarana yang ada tidak dirawat', 'Tidak ada kelompok yang mengurusnya',
    'Warga belum pernah diajak merencanakan bersama', 'Pengeluaran rumah tangga naik dan anak sering sakit'])[k], k = 4
from ripe, generate_series(1, 5) j, generate_series(1, 5) k order by n, j, k;

insert into consultations (id, created_at, updated_at, programme_id, held_on, kind, place, female, male, youth, elderly, with_disability, summary)
select pg_temp.id(3, j, n), at, at, programme, at::date + j, (array['VILLAGE_MEETING', 'WOMENS_MEETING'])[j], 'Balai desa', 20 + (n % 15)::int, 18, 9, 6, 2,
  'Warga menyepakati urutan kebutuhan dan siapa yang mewakili mereka.'
from ripe, generate_series(1, 2) j order by n, j;

insert into capacity_assessments (id, created_at, updated_at, programme_id, phase, assessed_on, note)
select pg_temp.id(4, 1, n), at, at, programme, 'BASELINE', at::date + 2, null from ripe order by n;

insert into capacity_scores (id, created_at, updated_at, programme_id, capacity_assessment_id, domain, score, evidence)
select pg_temp.id(5, j, n), at, at, programme, pg_temp.id(4, 1, n),
  (array['PARTICIPATION', 'LEADERSHIP', 'ORGANISATIONAL_STRUCTURES', 'PROBLEM_ASSESSMENT', 'RESOURCE_MOBILISATION', 'ASKING_WHY', 'LINKS_WITH_OTHERS',
    'ROLE_OF_OUTSIDE_AGENTS', 'PROGRAMME_MANAGEMENT'])[j], 1 + (n + j) % 4, 'Penilaian warga sendiri.'
from ripe, generate_series(1, 9) j order by n, j;

insert into objectives (id, created_at, updated_at, programme_id, parent_id, level, statement, means_of_verification, assumption)
select pg_temp.id(6, j, n), at, at, programme, case when j > 1 then pg_temp.id(6, j - 1, n) end, (array['GOAL', 'OUTCOME', 'OUTPUT'])[j],
  (array['Warga mengurus air bersihnya sendiri', 'Kelompok pengelola air bekerja', 'Pengurus terlatih merawat jaringan'])[j], 'Buku kelompok', 'Debit mata air tetap'
from ripe, generate_series(1, 3) j order by n, j;

insert into activities (id, created_at, updated_at, programme_id, objective_id, title, kind, builds_capacity, planned_start, planned_end, responsible)
select pg_temp.id(7, j, n), at, at, programme, pg_temp.id(6, 3, n), 'Kegiatan ' || j || ' bersama kelompok warga',
  (array['TRAINING', 'WORKSHOP', 'MENTORING', 'ORGANISING', 'NETWORKING', 'INFRASTRUCTURE', 'TRAINING', 'MENTORING', 'DIRECT_AID', 'OTHER'])[j],
  j not in (6, 9, 10), at::date + 30 + 7 * j, at::date + 60 + 7 * j, null
from ripe, generate_series(1, 10) j order by n, j;

insert into budget_lines (id, created_at, updated_at, programme_id, activity_id, description, source_of_funds, planned, spent, currency)
select pg_temp.id(8, j * 10 + k, n), at, at, programme, pg_temp.id(7, j, n), (array['Bahan dan alat', 'Konsumsi dan perjalanan'])[k],
  (array['Dana Desa', 'Swadaya warga'])[k], 1500000 * j + 250000 * k, 0, 'IDR'
from ripe, generate_series(1, 10) j, generate_series(1, 2) k order by n, j, k;

insert into training_events (id, created_at, updated_at, programme_id, activity_id, title, venue, facilitator, capacity)
select pg_temp.id(9, 1, n), at, at, programme, pg_temp.id(7, 1, n), 'Pelatihan pengurus kelompok', 'Balai desa', null, 40 from ripe order by n;

insert into sessions (id, created_at, updated_at, programme_id, training_event_id, topic, starts_at, ends_at, status)
select pg_temp.id(10, j, n), at, at, programme, pg_temp.id(9, 1, n), (array['Merawat jaringan pipa', 'Mencatat iuran', 'Memimpin musyawarah'])[j],
  at + make_interval(days => j), at + make_interval(days => j, hours => 3), 'HELD'
from ripe, generate_series(1, 3) j order by n, j;

insert into participants (id, created_at, updated_at, programme_id, training_event_id, name, sex, birth_year, with_disability, pre_test, post_test)
select pg_temp.id(11, j, n), at, at, programme, pg_temp.id(9, 1, n), null, case when j % 2 = 0 then 'FEMALE' else 'MALE' end, null, j = 7, 40 + j, 60 + j
from ripe, generate_series(1, 32) j order by n, j;

insert into attendances (id, created_at, updated_at, programme_id, session_id, participant_id, present)
select pg_temp.id(12, j * 100 + k, n), at, at, programme, pg_temp.id(10, j, n), pg_temp.id(11, k, n), (j + k) % 6 > 0
from ripe, generate_series(1, 3) j, generate_series(1, 32) k order by n, j, k;

insert into indicators (id, created_at, updated_at, programme_id, objective_id, name, unit, direction, baseline, baseline_on, target, target_on, cumulative)
select pg_temp.id(13, j, n), at, at, programme, pg_temp.id(6, 1 + j % 3, n),
  (array['Rumah tangga dengan air bersih', 'Pengurus terlatih', 'Iuran terkumpul', 'Kejadian diare balita'])[j], (array['rumah tangga', 'orang', 'rupiah', 'kejadian'])[j],
  case j when 4 then 'DECREASE' else 'INCREASE' end, 20 * j, at::date, 200 * j, at::date + 365, j = 2
from ripe, generate_series(1, 4) j order by n, j;

insert into measurements (id, created_at, updated_at, programme_id, indicator_id, measured_on, value, source, evidence, sex, age_band, with_disability)
select pg_temp.id(14, j * 10 + k, n), at, at, programme, pg_temp.id(13, j, n), at::date + k, 20 * j + 5 * k, 'Buku kelompok', null, (array['FEMALE', 'MALE', null])[k], null, null
from ripe, generate_series(1, 4) j, generate_series(1, 3) k order by n, j, k;

insert into findings (id, created_at, updated_at, programme_id, found_on, title, severity, status, action, owner, due_on, closed_at)
select pg_temp.id(15, j, n), at, at, programme, at::date + 3, (array['Pipa bocor di dua titik', 'Buku kas belum diisi'])[j], (array['MODERATE', 'MINOR'])[j], 'OPEN',
  'Kelompok memperbaiki bersama.', null, at::date + 40, null
from ripe, generate_series(1, 2) j order by n, j;
