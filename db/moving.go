package db

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Moving is the store of the use case that moves programmes. It reads and writes by prepared statements of pgx, and each of
// its methods is one round trip.
type Moving struct{ Commands }

// Moving gives the store of moves.
func (d *DB) Moving() Moving { return Moving{d.Commands()} }

// snapshotQuery reads programmes with the hash of their last event; "" for one that has no such event.
var snapshotQuery = `select ` + columnsOf[domain.Programme]("p") + `, coalesce(e.hash, '')
	from programmes p left join programme_events e on e.programme_id = p.id and e.version = p.version where p.id = any($1)`

func readSnapshots(rows pgx.Rows) ([]*workflow.Snapshot, error) {
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*workflow.Snapshot, error) {
		s := new(workflow.Snapshot)
		return s, row.Scan(append(into(&s.Programme), &s.Hash)...)
	})
}

// Snapshots reads programmes by id, in no order; it leaves out those that are not there.
func (m Moving) Snapshots(ctx context.Context, ids []uuid.UUID) ([]*workflow.Snapshot, error) {
	rows, err := m.DB.Pool.Query(ctx, snapshotQuery, ids)
	if err != nil {
		return nil, Coded(err)
	}
	found, err := readSnapshots(rows)
	return found, Coded(err)
}

// Write carries out a change, all of it or nothing, by one statement. It tells whether it did: it does not where the
// programme has another version or facts version by now. ALREADY_EXISTS where the command's key is remembered already.
func (m Moving) Write(ctx context.Context, c workflow.Change) (bool, error) {
	e, after, f := c.Decision.Event, c.Decision.After, c.Decision.Effects
	checklist := make([][]any, 5)
	for i := range f.Checklist {
		item := &f.Checklist[i]
		for k, v := range []any{item.ID, item.RuleSet, item.Code, item.TitleEN, item.TitleID} {
			checklist[k] = append(checklist[k], v)
		}
	}
	remember, key := workflow.Remembered{IDs: []uuid.UUID{}}, (*string)(nil)
	if c.Remember != nil {
		remember, key = *c.Remember, &c.Remember.Key
	}
	var done bool
	err := m.DB.Pool.QueryRow(ctx, writeQuery, pgx.NamedArgs{
		"id": e.ProgrammeID, "version": c.Version, "facts_version": c.FactsVersion,
		"stage": after.Stage, "status": after.Status, "stage_entered_at": after.StageEnteredAt, "due_on": after.DueOn,
		"held_at": after.HeldAt, "review_on": after.ReviewOn, "next_version": after.Version, "at": e.OccurredAt,

		"event": e.ID, "kind": e.Kind, "move": e.Move, "from_stage": e.FromStage, "to_stage": e.ToStage,
		"from_status": e.FromStatus, "to_status": e.ToStatus, "actor": e.Actor, "reason": e.Reason, "event_due_on": e.DueOn,
		"event_review_on": e.ReviewOn, "rule_revisions": e.RuleRevisions, "facts_hash": e.FactsHash, "decision": e.Decision,
		"previous_hash": e.PreviousHash, "hash": e.Hash,

		"ends": f.EndVisit, "superseded": f.Supersede, "shifts": f.ShiftVisit, "begins": f.BeginVisit != nil,
		"supersedes_activities": f.SupersedeActivities, "supersedes_reports": f.SupersedeReports,
		"item_ids": checklist[0], "item_sets": checklist[1], "item_codes": checklist[2], "item_en": checklist[3], "item_id": checklist[4],

		"key": key, "command": remember.Command, "input_hash": remember.InputHash, "outcome": remember.Outcome,
		"ids": remember.IDs, "remembered_version": remember.Version,
	}).Scan(&done)
	if passing(err) {
		return false, nil // as good as a programme that has changed: it is to be decided again
	}
	return done, Coded(err)
}

// writeQuery is a change as one statement, so that it is one round trip and its own transaction. Everything hangs on "moved",
// which is empty where the programme is no longer what was decided on. The visit that begins waits for the count of those
// that have ended, because only one may be present.
const writeQuery = `
with moved as (
	update programmes set stage = @stage, status = @status, stage_entered_at = @stage_entered_at, due_on = @due_on, held_at = @held_at,
		review_on = @review_on, version = @next_version, facts_version = facts_version + 1, updated_at = @at
	where id = @id and version = @version and facts_version = @facts_version
	returning id
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
	from moved, unnest(@item_ids::uuid[], @item_sets::text[], @item_codes::text[], @item_en::text[], @item_id::text[])
		as i (id, rule_set, code, title_en, title_id)
	on conflict (programme_id, stage, rule_set, code) do nothing
), remembered as (
	insert into idempotency_keys (actor, key, command, input_hash, outcome, ids, version, created_at)
	select @actor, @key::text, @command, @input_hash::bytea, @outcome, @ids::uuid[], @remembered_version::bigint, @at
	from moved where @key::text is not null
)
select exists (select from moved)`
