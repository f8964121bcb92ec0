package db

// writeQuery is a change as one statement, so that it is one round trip and its own transaction. Everything hangs on "moved",
// which is empty where the programme is no longer what was decided on. The visit that begins waits for the count of those
// that have ended, because only one may be present, and a waiver for those of its rule. A draft that it merges is held first, so
// that of all who settle it at the same time one does.
const writeQuery = `
with draft as (
	select id from drafts where id = @draft and state = 'OPEN' for no key update
), moved as (
	update programmes set stage = @stage, status = @status, stage_entered_at = @stage_entered_at, due_on = @due_on, held_at = @held_at,
		review_on = @review_on, version = @next_version, facts_version = facts_version + 1, updated_at = @at
	where id = @id and version = @version and facts_version = @facts_version and (@draft::uuid is null or exists (select from draft))
	returning id, region_code, coordinator
), merged as (
	update drafts d set state = 'MERGED', settled_by = @actor, settled_at = @at, updated_at = @at, made_id = @made_id,
		input = case when d.personal then null else d.input end
	from moved, draft where d.id = draft.id
), event as (
	insert into programme_events (id, programme_id, version, kind, move, from_stage, to_stage, from_status, to_status, actor, reason,
		occurred_at, due_on, review_on, rule_revisions, facts_hash, decision, previous_hash, hash)
	select @event::uuid, moved.id, @next_version, @kind, @move, @from_stage, @to_stage, @from_status, @to_status, @actor, @reason,
		@at, @event_due_on::date, @event_review_on::date, @rule_revisions::jsonb, @facts_hash, @decision::jsonb, @previous_hash, @hash
	from moved
), ended as (
	update stage_visits v set updated_at = @at,
		left_at = case when v.left_at is null and @ends then @at else v.left_at end,
		due_on = case when v.left_at is null and @shifts then @due_on else v.due_on end,
		superseded_at = case when v.stage = any(@superseded::text[]) then @at else v.superseded_at end
	from moved
	where v.programme_id = moved.id and v.superseded_at is null
		and (v.left_at is null and (@ends or @shifts) or v.stage = any(@superseded::text[]))
	returning v.id
), begun as (
	insert into stage_visits (id, created_at, updated_at, programme_id, stage, entered_at, due_on)
	select @event::uuid, @at, @at, moved.id, @to_stage, @at, @event_due_on::date
	from moved, (select count(*) from ended) as all_that_ended where @begins
), activities_undone as (
	update activities a set superseded_at = @at, updated_at = @at from moved
	where @supersedes_activities and a.programme_id = moved.id and a.superseded_at is null and a.actual_start is null and a.actual_end is null
), reports_undone as (
	update reports r set superseded_at = @at, updated_at = @at from moved
	where @supersedes_reports and r.programme_id = moved.id and r.superseded_at is null and r.published_at is not null
), items as (
	insert into checklist_items (id, created_at, updated_at, programme_id, stage, rule_set, code, title_en, title_id)
	select i.id, @at, @at, moved.id, @to_stage, i.rule_set, i.code, i.title_en, i.title_id
	from moved, unnest(@items_0::uuid[], @items_1::text[], @items_2::text[], @items_3::text[], @items_4::text[])
		as i (id, rule_set, code, title_en, title_id)
	on conflict (programme_id, stage, rule_set, code) do nothing
), waivers_ended as (
	update waivers w set state = 'ENDED', updated_at = @at from moved
	where (@ends_waivers or w.expires_on < @ends_waivers_before::date) and w.programme_id = moved.id and w.state in ('REQUESTED', 'GRANTED')
	returning w.id
), waiver as (
	insert into waivers (id, created_at, updated_at, programme_id, stage, rule_set, rule, waivable, rule_region, reason, expires_on, state,
		requested_by, decided_by, decided_at, decision_reason)
	select w.id, @at, @at, moved.id, w.stage, w.rule_set, w.rule, w.waivable, w.rule_region, w.reason, w.expires_on, w.state,
		w.requested_by, w.decided_by, w.decided_at, w.decision_reason
	from moved, (select count(*) from waivers_ended) as all_that_ended, unnest(@waivers_0::uuid[], @waivers_1::text[], @waivers_2::text[], @waivers_3::text[], @waivers_4::text[], @waivers_5::text[],
		@waivers_6::text[], @waivers_7::date[], @waivers_8::text[], @waivers_9::text[], @waivers_10::text[], @waivers_11::timestamptz[], @waivers_12::text[])
		as w (id, stage, rule_set, rule, waivable, rule_region, reason, expires_on, state, requested_by, decided_by, decided_at, decision_reason)
	on conflict (id) do update set updated_at = excluded.updated_at, state = excluded.state, decided_by = excluded.decided_by,
		decided_at = excluded.decided_at, decision_reason = excluded.decision_reason
), plan as (
	insert into stage_plans (id, created_at, updated_at, programme_id, stage, due_on)
	select s.id, @at, @at, moved.id, s.stage, s.due_on
	from moved, unnest(@plans_0::uuid[], @plans_1::text[], @plans_2::date[]) as s (id, stage, due_on)
	on conflict (programme_id, stage) do update set due_on = excluded.due_on, updated_at = excluded.updated_at
), timers_before as (
	update timers t set updated_at = @at,
		state = case @timers_before when 'HOLD' then 'HELD' when 'RELEASE' then 'PENDING' else 'CANCELLED' end,
		fires_at = t.fires_at + make_interval(days => @timers_shift)
	from moved
	where t.programme_id = moved.id and case @timers_before
		when 'END' then t.state in ('PENDING', 'HELD')
		when 'END_DUE' then t.state = 'PENDING' and t.kind <> 'CHECKPOINT'
		when 'HOLD' then t.state = 'PENDING'
		when 'RELEASE' then t.state = 'HELD'
		else false end
), timers_begun as (
	insert into timers (id, created_at, updated_at, programme_id, stage, kind, offset_days, level, fires_at, state)
	select t.id, @at, @at, moved.id, @to_stage, t.kind, t.offset_days, t.level, t.fires_at, 'PENDING'
	from moved, unnest(@timers_0::uuid[], @timers_1::text[], @timers_2::int[], @timers_3::text[], @timers_4::timestamptz[])
		as t (id, kind, offset_days, level, fires_at)
), noticed as (
	insert into notices (id, created_at, kind, programme_id, programme_event_id)
	select @event::uuid, @at, @kind, moved.id, @event::uuid from moved where @tells
), told as (
	insert into notifications (id, created_at, recipient, notice_id, kind, programme_id)
	select md5(@event::text || t.subject)::uuid, @at, t.subject, @event::uuid, @kind, moved.id
	from moved cross join lateral (
		select a.subject from nearest_admins(coalesce(@answering::text, moved.region_code), @actor::text) a where @kind = 'WAIVER_REQUESTED'
		union
		select m.subject from members m
		where @kind <> 'WAIVER_REQUESTED' and m.subject in (@asked_by::text, moved.coordinator) and m.subject <> @actor::text
	) t where @tells
), remembered as (
	insert into idempotency_keys (actor, key, command, input_hash, outcome, ids, version, created_at)
	select @actor, @key::text, @command, @input_hash::bytea, @outcome, @ids::uuid[], @remembered_version::bigint, now()
	from moved where @key::text is not null
)
select exists (select from moved)`
