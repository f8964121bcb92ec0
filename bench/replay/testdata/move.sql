\if :step = 0
PREPARE s1 AS select p.id, p.created_at, p.updated_at, p.region_code, p.code, p.title, p.goal, p.start_date, p.end_date, p.coordinator, p.stage, p.status, p.stage_entered_at, p.due_on, p.held_at, p.review_on, p.version, p.facts_version, coalesce(e.hash, ''),
	(select json_object_agg(stage, due_on) from stage_plans s where s.programme_id = p.id),
	(select json_agg(json_build_object('id', id, 'ruleSet', rule_set, 'rule', rule, 'expiresOn', expires_on) order by id)
		from waivers w where w.programme_id = p.id and w.state = 'GRANTED')
	from programmes p left join programme_events e on e.programme_id = p.id and e.version = p.version where p.id = any($1);
PREPARE s2 AS select r.code, r.parent_code, r.level, r.name, r.valid_from, r.valid_to from regions r
		where code in (select region_code from programmes where id = any($1));
PREPARE s3 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.community_id, t.is_primary from programme_communities t where programme_id = any($1) order by id;
PREPARE s4 AS select c.id, c.created_at, c.updated_at, c.region_code, c.kind, c.name, c.population, c.population_female, c.population_male, c.population_with_disability, c.households, c.latitude, c.longitude from communities c
		where id in (select community_id from programme_communities where programme_id = any($1));
PREPARE s5 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.title, t.sector, t.severity, t.urgency, t.people_affected, t.votes, t.evidence, t.score, t.rank from needs t where programme_id = any($1) order by id;
PREPARE s6 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.need_id, t.parent_id, t.kind, t.statement, t.root_cause from problem_nodes t where programme_id = any($1) order by id;
PREPARE s7 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.held_on, t.kind, t.place, t.female, t.male, t.youth, t.elderly, t.with_disability, t.summary from consultations t where programme_id = any($1) order by id;
PREPARE s8 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.parent_id, t.level, t.statement, t.means_of_verification, t.assumption from objectives t where programme_id = any($1) order by id;
PREPARE s9 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.objective_id, t.title, t.kind, t.builds_capacity, t.planned_start, t.planned_end, t.actual_start, t.actual_end, t.superseded_at from activities t where programme_id = any($1) and superseded_at is null order by id;
PREPARE s10 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.activity_id, t.description, t.source_of_funds, t.planned, t.spent, t.currency from budget_lines t where programme_id = any($1) order by id;
PREPARE s11 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.activity_id, t.title, t.venue, t.facilitator, t.capacity from training_events t where programme_id = any($1) order by id;
PREPARE s12 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.training_event_id, t.topic, t.starts_at, t.ends_at, t.status from sessions t where programme_id = any($1) order by id;
PREPARE s13 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.training_event_id, t.sex, t.with_disability, t.pre_test, t.post_test from participants t where programme_id = any($1) order by id;
PREPARE s14 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.session_id, t.participant_id, t.present from attendances t where programme_id = any($1) order by id;
PREPARE s15 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.objective_id, t.name, t.unit, t.direction, t.baseline, t.baseline_on, t.target, t.target_on, t.cumulative from indicators t where programme_id = any($1) order by id;
PREPARE s16 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.indicator_id, t.measured_on, t.value, t.source, t.evidence, t.sex, t.age_band, t.with_disability from measurements t where programme_id = any($1) order by id;
PREPARE s17 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.found_on, t.title, t.severity, t.status, t.action, t.due_on, t.closed_at from findings t where programme_id = any($1) order by id;
PREPARE s18 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.kind, t.audience, t.period_start, t.period_end, t.narrative, t.figures, t.edition, t.published_at, t.superseded_at from reports t where programme_id = any($1) and superseded_at is null order by id;
PREPARE s19 AS select t.id, t.created_at, t.updated_at, t.programme_id, t.report_id, t.stakeholder_id, t.sent_at, t.acknowledged_at, t.feedback from distributions t where programme_id = any($1) order by id;
PREPARE s20 AS with moved as (
	update programmes set stage = $1, status = $2, stage_entered_at = $3, due_on = $4, held_at = $5,
		review_on = $6, version = $7, facts_version = facts_version + 1, updated_at = $8
	where id = $9 and version = $10 and facts_version = $11
	returning id, region_code, coordinator
), event as (
	insert into programme_events (id, programme_id, version, kind, move, from_stage, to_stage, from_status, to_status, actor, reason,
		occurred_at, due_on, review_on, rule_revisions, facts_hash, decision, previous_hash, hash)
	select $12::uuid, moved.id, $7, $13, $14, $15, $16, $17, $18, $19, $20,
		$8, $21::date, $22::date, $23::jsonb, $24, $25::jsonb, $26, $27
	from moved
), ended as (
	update stage_visits v set updated_at = $8,
		left_at = case when v.left_at is null and $28 then $8 else v.left_at end,
		due_on = case when v.left_at is null and $29 then $4 else v.due_on end,
		superseded_at = case when v.stage = any($30::text[]) then $8 else v.superseded_at end
	from moved
	where v.programme_id = moved.id and v.superseded_at is null
		and (v.left_at is null and ($28 or $29) or v.stage = any($30::text[]))
	returning v.id
), begun as (
	insert into stage_visits (id, created_at, updated_at, programme_id, stage, entered_at, due_on)
	select $12::uuid, $8, $8, moved.id, $16, $8, $21::date
	from moved, (select count(*) from ended) as all_that_ended where $31
), activities_undone as (
	update activities a set superseded_at = $8, updated_at = $8 from moved
	where $32 and a.programme_id = moved.id and a.superseded_at is null and a.actual_start is null and a.actual_end is null
), reports_undone as (
	update reports r set superseded_at = $8, updated_at = $8 from moved
	where $33 and r.programme_id = moved.id and r.superseded_at is null and r.published_at is not null
), items as (
	insert into checklist_items (id, created_at, updated_at, programme_id, stage, rule_set, code, title_en, title_id)
	select i.id, $8, $8, moved.id, $16, i.rule_set, i.code, i.title_en, i.title_id
	from moved, unnest($34::uuid[], $35::text[], $36::text[], $37::text[], $38::text[])
		as i (id, rule_set, code, title_en, title_id)
	on conflict (programme_id, stage, rule_set, code) do nothing
), waivers_ended as (
	update waivers w set state = 'ENDED', updated_at = $8 from moved
	where $39 and w.programme_id = moved.id and w.state in ('REQUESTED', 'GRANTED')
), waiver as (
	insert into waivers (id, created_at, updated_at, programme_id, stage, rule_set, rule, waivable, rule_region, reason, expires_on, state,
		requested_by, decided_by, decided_at, decision_reason)
	select w.id, $8, $8, moved.id, w.stage, w.rule_set, w.rule, w.waivable, w.rule_region, w.reason, w.expires_on, w.state,
		w.requested_by, w.decided_by, w.decided_at, w.decision_reason
	from moved, unnest($40::uuid[], $41::text[], $42::text[], $43::text[], $44::text[], $45::text[],
		$46::text[], $47::date[], $48::text[], $49::text[], $50::text[], $51::timestamptz[], $52::text[])
		as w (id, stage, rule_set, rule, waivable, rule_region, reason, expires_on, state, requested_by, decided_by, decided_at, decision_reason)
	on conflict (id) do update set updated_at = excluded.updated_at, state = excluded.state, decided_by = excluded.decided_by,
		decided_at = excluded.decided_at, decision_reason = excluded.decision_reason
), plan as (
	insert into stage_plans (id, created_at, updated_at, programme_id, stage, due_on)
	select s.id, $8, $8, moved.id, s.stage, s.due_on
	from moved, unnest($53::uuid[], $54::text[], $55::date[]) as s (id, stage, due_on)
	on conflict (programme_id, stage) do update set due_on = excluded.due_on, updated_at = excluded.updated_at
), timers_before as (
	update timers t set updated_at = $8,
		state = case $56 when 'HOLD' then 'HELD' when 'RELEASE' then 'PENDING' else 'CANCELLED' end,
		fires_at = t.fires_at + make_interval(days => $57)
	from moved
	where t.programme_id = moved.id and case $56
		when 'END' then t.state in ('PENDING', 'HELD')
		when 'END_DUE' then t.state = 'PENDING' and t.kind <> 'CHECKPOINT'
		when 'HOLD' then t.state = 'PENDING'
		when 'RELEASE' then t.state = 'HELD'
		else false end
), timers_begun as (
	insert into timers (id, created_at, updated_at, programme_id, stage, kind, offset_days, level, fires_at, state)
	select t.id, $8, $8, moved.id, $16, t.kind, t.offset_days, t.level, t.fires_at, 'PENDING'
	from moved, unnest($58::uuid[], $59::text[], $60::int[], $61::text[], $62::timestamptz[])
		as t (id, kind, offset_days, level, fires_at)
), noticed as (
	insert into notices (id, created_at, kind, programme_id, programme_event_id)
	select $12::uuid, $8, $13, moved.id, $12::uuid from moved where $63
), told as (
	insert into notifications (id, created_at, recipient, notice_id, kind, programme_id)
	select md5($12::text || t.subject)::uuid, $8, t.subject, $12::uuid, $13, moved.id
	from moved cross join lateral (
		select a.subject from nearest_admins(coalesce($64::text, moved.region_code), $19::text) a where $13 = 'WAIVER_REQUESTED'
		union
		select m.subject from members m
		where $13 <> 'WAIVER_REQUESTED' and m.subject in ($65::text, moved.coordinator) and m.subject <> $19::text
	) t where $63
), remembered as (
	insert into idempotency_keys (actor, key, command, input_hash, outcome, ids, version, created_at)
	select $19, $66::text, $67, $68::bytea, $69, $70::uuid[], $71::bigint, $8
	from moved where $66::text is not null
)
select exists (select from moved);
PREPARE s21 AS select t.id, t.stage, t.status, t.version, t.due_on from programmes t where t.id = $1 and t.province_code = $2;
PREPARE s22 AS select t.id, t.to_stage from programme_events t where t.id = $1 and exists (select from programmes v where v.id = t.programme_id and v.province_code = $2);
\endif
\if :step = :warm
select pg_advisory_lock_shared(4711);
\else
\set programme :first + :client_id * :moves + :step
select command, input_hash, outcome, ids, version from idempotency_keys where actor = 'dev-coordinator-32' and key = 'move-:programme';
EXECUTE s1('{00000000-0000-7000-8000-:programme}');
begin isolation level repeatable read read only \;
EXECUTE s1('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s2('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s3('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s4('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s5('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s6('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s7('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s8('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s9('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s10('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s11('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s12('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s13('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s14('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s15('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s16('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s17('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s18('{00000000-0000-7000-8000-:programme}') \;
EXECUTE s19('{00000000-0000-7000-8000-:programme}') \;
commit;
EXECUTE s20('PLAN', 'ACTIVE', '2026-11-23 15:14:01.778647+00', '2027-01-02', NULL, NULL, '2', '2026-11-23 15:14:01.778647+00', '00000000-0000-7000-8000-:programme', '1', '1', '00000001-0000-7000-9000-:programme', 'MOVED', 'ADVANCE', 'IDENTIFY', 'PLAN', 'ACTIVE', 'ACTIVE', 'dev-coordinator-32', NULL, '2027-01-02', NULL, '[{"ruleSet": "national", "version": "1.1.0"}, {"ruleSet": "jawa-barat", "version": "1.0.0"}]', '6f9b1a8676059f15e83361037224b8a2b2b4f5e3f2dae2b12fbe20119f11f0a0', '{"definition": 1}', '1fcb13de46eb3d82595f9cc64be181eec6ec1e74d753b9b258d08473c678c81a', '0b1388507919557d8bb79ef406c65d89319fcc51aa9166bdb9ab612bf8147384', 't', 'f', NULL, 't', 'f', 'f', '{00000002-0000-7000-9000-:programme,00000003-0000-7000-9000-:programme,00000004-0000-7000-9000-:programme,00000005-0000-7000-9000-:programme}', '{national,national,national,jawa-barat}', '{OBJECTIVE_MEASURABLE,ACTIVITY_DATED_AND_BUDGETED,HALF_BUILDS_CAPACITY,VILLAGE_BUDGET}', '{"Set an objective with an indicator","Plan activities with dates and budget","Let half of the activities or more build capacity","Take the plan into the village''s budget"}', '{"Tetapkan tujuan beserta indikatornya","Rencanakan kegiatan beserta jadwal dan anggarannya","Pastikan separuh kegiatan atau lebih membangun kapasitas","Masukkan rencana ke anggaran desa"}', 't', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 'END', '0', '{00000006-0000-7000-9000-:programme,00000007-0000-7000-9000-:programme,00000008-0000-7000-9000-:programme,00000009-0000-7000-9000-:programme,00000010-0000-7000-9000-:programme,00000011-0000-7000-9000-:programme,00000012-0000-7000-9000-:programme,00000013-0000-7000-9000-:programme}', '{REMINDER,REMINDER,OVERDUE,OVERDUE,OVERDUE,ESCALATION,ESCALATION,ESCALATION}', '{3,14,1,7,14,14,30,60}', '{NULL,NULL,NULL,NULL,NULL,REGENCY,PROVINCE,NATION}', '{"2026-12-30 00:00:00+00","2026-12-19 00:00:00+00","2027-01-03 00:00:00+00","2027-01-09 00:00:00+00","2027-01-16 00:00:00+00","2027-01-16 00:00:00+00","2027-02-01 00:00:00+00","2027-03-03 00:00:00+00"}', 'f', NULL, NULL, 'move-:programme', 'moveProgramme', '\x6d4ba22f311bd82a6dc19de43e86e99a0b545dacc26aa9e42e9e77ab6272029b', 'DONE', '{00000000-0000-7000-8000-:programme,00000001-0000-7000-9000-:programme}', '2');
EXECUTE s21('00000000-0000-7000-8000-:programme', '32');
EXECUTE s22('00000001-0000-7000-9000-:programme', '32');
\endif
\set step :step + 1
