package db

import (
	"context"
	"fmt"

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

// snapshotQuery reads programmes with the hash of their last event ("" for one that has no such event), their own plan of due
// dates and the waivers in force.
var snapshotQuery = `select ` + columnsOf[domain.Programme]("p") + `, coalesce(e.hash, ''),
	(select json_object_agg(stage, due_on) from stage_plans s where s.programme_id = p.id),
	(select json_agg(json_build_object('id', id, 'ruleSet', rule_set, 'rule', rule, 'expiresOn', expires_on, 'waivable', waivable) order by id)
		from waivers w where w.programme_id = p.id and w.state = 'GRANTED')
	from programmes p left join programme_events e on e.programme_id = p.id and e.version = p.version where p.id = any($1)`

func readSnapshots(rows pgx.Rows) ([]*workflow.Snapshot, error) {
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*workflow.Snapshot, error) {
		s := new(workflow.Snapshot)
		return s, row.Scan(append(into(&s.Programme), &s.Hash, &s.Plan, &s.Waivers)...)
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
// programme has another version or facts version by now, nor where the draft that it settles is settled. ALREADY_EXISTS where the command's key is remembered already.
func (m Moving) Write(ctx context.Context, c workflow.Change) (bool, error) {
	e, after, f := c.Decision.Event, c.Decision.After, c.Decision.Effects
	remember, key := workflow.Remembered{IDs: []uuid.UUID{}}, (*string)(nil)
	if c.Remember != nil {
		remember, key = *c.Remember, &c.Remember.Key
	}
	args := pgx.NamedArgs{
		"id": e.ProgrammeID, "version": c.Version, "facts_version": c.FactsVersion,
		"stage": after.Stage, "status": after.Status, "stage_entered_at": after.StageEnteredAt, "due_on": after.DueOn,
		"held_at": after.HeldAt, "review_on": after.ReviewOn, "next_version": after.Version, "at": e.OccurredAt,

		"event": e.ID, "kind": e.Kind, "move": e.Move, "from_stage": e.FromStage, "to_stage": e.ToStage,
		"from_status": e.FromStatus, "to_status": e.ToStatus, "actor": e.Actor, "reason": e.Reason, "event_due_on": e.DueOn,
		"event_review_on": e.ReviewOn, "rule_revisions": e.RuleRevisions, "facts_hash": e.FactsHash, "decision": e.Decision,
		"previous_hash": e.PreviousHash, "hash": e.Hash,

		"ends": f.EndVisit, "superseded": f.Supersede, "shifts": f.ShiftVisit, "begins": f.BeginVisit != nil,
		"supersedes_activities": f.SupersedeActivities, "supersedes_reports": f.SupersedeReports,
		"ends_waivers": f.EndWaivers, "ends_waivers_before": f.EndWaiversBefore, "timers_before": f.TimersBefore, "timers_shift": f.ShiftTimers,

		"key": key, "command": remember.Command, "input_hash": remember.InputHash, "outcome": remember.Outcome,
		"ids": remember.IDs, "remembered_version": remember.Version,
	}
	args["draft"], args["made_id"] = nil, nil
	if c.Settles != nil {
		args["draft"], args["made_id"] = c.Settles.DraftID, c.Settles.MadeID
	}
	tells(args, f.Waiver)
	lists(args, "items", f.Checklist, func(i *domain.ChecklistItem) []any { return []any{i.ID, i.RuleSet, i.Code, i.TitleEN, i.TitleID} })
	lists(args, "timers", f.Timers, func(t *domain.Timer) []any { return []any{t.ID, t.Kind, t.OffsetDays, t.Level, t.FiresAt} })
	lists(args, "plans", some(f.StagePlan), func(p *domain.StagePlan) []any { return []any{p.ID, p.Stage, p.DueOn} })
	lists(args, "waivers", some(f.Waiver), func(w *domain.Waiver) []any {
		return []any{w.ID, w.Stage, w.RuleSet, w.Rule, w.Waivable, w.RuleRegion, w.Reason, w.ExpiresOn, w.State, w.RequestedBy, w.DecidedBy, w.DecidedAt, w.DecisionReason}
	})
	var done bool
	err := m.DB.Pool.QueryRow(ctx, writeQuery, args).Scan(&done)
	if passing(err) {
		return false, nil // as good as a programme that has changed: it is to be decided again
	}
	return done, Coded(err)
}

// tells says whom an event about a waiver is told: a request the admins nearest to the region that may grant it, a decision
// whoever asked and the coordinator.
func tells(args pgx.NamedArgs, w *domain.Waiver) {
	args["tells"], args["answering"], args["asked_by"] = w != nil, nil, nil
	if w == nil {
		return
	}
	args["asked_by"] = w.RequestedBy
	if w.Waivable == domain.WaivableOwner {
		args["answering"] = w.RuleRegion
	}
}

// lists puts rows into the arguments as one array for each column, name_0 and so on. No rows are empty
// arrays.
func lists[T any](args pgx.NamedArgs, name string, rows []T, columns func(*T) []any) {
	var none T
	for k := range columns(&none) {
		args[fmt.Sprintf("%s_%d", name, k)] = []any{}
	}
	for i := range rows {
		for k, v := range columns(&rows[i]) {
			key := fmt.Sprintf("%s_%d", name, k)
			args[key] = append(args[key].([]any), v)
		}
	}
}

// some gives a list of what there is.
func some[T any](v *T) []T {
	if v == nil {
		return nil
	}
	return []T{*v}
}
