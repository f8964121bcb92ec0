package db

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Histories is the store of the use case that verifies histories.
type Histories struct{ db *DB }

// Histories gives the store of histories.
func (d *DB) Histories() Histories { return Histories{d} }

// regionColumns are the columns by which the programmes of a region and all below it are found.
var regionColumns = map[domain.Level]string{
	domain.Province: "province_code", domain.Regency: "regency_code", domain.District: "district_code", domain.Village: "region_code",
}

// inScope gives the condition of a scope, of which the region is $1 and the programme $2, both text.
func inScope(s workflow.HistoryScope) string {
	condition := "$1::text is not null and $2::text is not null"
	if level, ok := domain.LevelOf(s.Region); ok && level != domain.Nation {
		condition += " and " + regionColumns[level] + " = $1"
	}
	if s.Programme != "" {
		condition += " and code = $2"
	}
	return condition
}

// Histories hands out, in one snapshot, the next programmes of a scope after an id, in the order of ids and at most so many,
// each with its events by version: a call an event, one without an event for a programme that has none.
func (h Histories) Histories(ctx context.Context, scope workflow.HistoryScope, after uuid.UUID, atMost int, each func(workflow.HistoryRow)) error {
	rows, err := h.db.Pool.Query(ctx, `
		select p.code, p.id, p.region_code, p.stage, p.status, p.stage_entered_at, p.due_on, p.held_at, p.review_on, p.version, `+
		columnsOf[domain.ProgrammeEvent]("e")+`
		from (select * from programmes where id > $3 and `+inScope(scope)+` order by id limit $4) p
		left join programme_events e on e.programme_id = p.id order by p.id, e.version`, scope.Region, scope.Programme, after, atMost)
	if err != nil {
		return Coded(err)
	}
	defer rows.Close()
	for rows.Next() {
		r, e := workflow.HistoryRow{}, new(domain.ProgrammeEvent)
		s := &r.Row
		to := []any{&r.Code, &s.ProgrammeID, &s.Region, &s.Stage, &s.Status, &s.StageEnteredAt, &s.DueOn, &s.HeldAt, &s.ReviewOn, &s.Version}
		if event := into(e); rows.RawValues()[len(to)] != nil {
			to, r.Event = append(to, event...), e
		} else {
			to = append(to, make([]any, len(event))...) // pgx passes over what goes nowhere
		}
		if err := rows.Scan(to...); err != nil {
			return err
		}
		each(r)
	}
	return Coded(rows.Err())
}

// CountProgrammes counts the programmes of a scope. NOT_FOUND for a region or programme that is not there.
func (h Histories) CountProgrammes(ctx context.Context, scope workflow.HistoryScope) (n int, err error) {
	var region bool
	err = h.db.Pool.QueryRow(ctx, `select (select count(*) from programmes where `+inScope(scope)+`), $1 = '' or exists (select from regions where code = $1)`,
		scope.Region, scope.Programme).Scan(&n, &region)
	switch {
	case err != nil:
		return 0, Coded(err)
	case !region:
		return 0, domain.Errorf(domain.CodeNotFound, "there is no region %q", scope.Region).In(fmt.Sprintf("tidak ada wilayah %q", scope.Region))
	case n == 0 && scope.Programme != "":
		return 0, domain.Errorf(domain.CodeNotFound, "there is no programme %q there", scope.Programme).In(fmt.Sprintf("tidak ada program %q di sana", scope.Programme))
	}
	return n, nil
}

// keepChecks is how long verifications are kept.
const keepChecks = "90 days"

// checkColumns are those of a workflow.HistoryCheck in the order of its fields.
const checkColumns = `job_id, started_at, finished_at, after, histories, events, broken`

// BeginCheck gives the verification of a job, begun at a time unless it has been begun before. Old ones are removed.
func (h Histories) BeginCheck(ctx context.Context, jobID int64, at time.Time) (c workflow.HistoryCheck, err error) {
	rows, err := h.db.Pool.Query(ctx, `with gone as (delete from history_checks where started_at < $2::timestamptz - interval '`+keepChecks+`' and job_id <> $1)
		insert into history_checks (job_id, started_at, after) values ($1, $2, $3)
		on conflict (job_id) do update set job_id = excluded.job_id returning `+checkColumns, jobID, at, uuid.Nil)
	if err != nil {
		return c, Coded(err)
	}
	c, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[workflow.HistoryCheck])
	return c, Coded(err)
}

// AdvanceCheck notes how far a verification has come, and tells whether it did: not where another run of the job has advanced
// it since.
func (h Histories) AdvanceCheck(ctx context.Context, from, to workflow.HistoryCheck) (bool, error) {
	done, err := h.db.Pool.Exec(ctx, `update history_checks set finished_at = $3, after = $4, histories = $5, events = $6, broken = $7
		where job_id = $1 and after = $2 and finished_at is null`, from.JobID, from.After, to.FinishedAt, to.After, to.Histories, to.Events, to.Broken)
	return done.RowsAffected() == 1, Coded(err)
}

// HistoryHealth tells what the latest verifications found.
func (f Figures) HistoryHealth(ctx context.Context) (h workflow.HistoryHealth, err error) {
	err = f.db.Pool.QueryRow(ctx, `with last as (select finished_at, started_at, broken from history_checks where finished_at is not null order by finished_at desc limit 1)
		select (select finished_at from last), greatest(0, (select broken from last), (select max(broken) from history_checks
			where finished_at is null and started_at >= coalesce((select started_at from last), '-infinity')))`).Scan(&h.FinishedAt, &h.Broken)
	return h, Coded(err)
}
