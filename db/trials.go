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

// Trials is the store of trials of rule sets. What begins and ends them takes part in the transaction that travels; what works on
// them is by prepared statements, in trials_work.go.
type Trials struct{ Commands }

// Trials gives the store of trials.
func (d *DB) Trials() Trials { return Trials{d.Commands()} }

// AddTrial writes a new trial.
func (s Trials) AddTrial(ctx context.Context, t *domain.RuleTrial) error {
	_, err := s.In(ctx).NewInsert().Model(t).Value("reached", "''").Exec(ctx)
	return Coded(err)
}

// Trial gives a trial, nil where there is none, and lets nobody else change it until the transaction ends.
func (s Trials) Trial(ctx context.Context, id uuid.UUID) (*domain.RuleTrial, error) {
	row := new(domain.RuleTrial)
	there, err := found(s.In(ctx).NewSelect().Model(row).Where("id = ?", id).For("update").Scan(ctx))
	if !there {
		return nil, err
	}
	return row, nil
}

// HoldTrials lets nobody else begin a trial for a region until the transaction ends.
func (s Trials) HoldTrials(ctx context.Context, region string) error {
	_, err := s.In(ctx).ExecContext(ctx, `select pg_advisory_xact_lock(hashtext('rule_trials'), hashtext(?))`, region)
	return Coded(err)
}

// CountTrials counts what runs beside a trial of this rule set for this region.
func (s Trials) CountTrials(ctx context.Context, region string, ruleSet uuid.UUID) (n workflow.TrialsRunning, err error) {
	err = s.In(ctx).QueryRowContext(ctx, `select count(*) filter (where kind <> 'SHADOW' and region_code = ?),
		count(*) filter (where kind = 'SHADOW' and region_code = ? and rule_set_id = ?),
		count(*) filter (where kind = 'SHADOW' and left(region_code, 2) = left(?, 2)),
		count(*) filter (where kind = 'SHADOW') from rule_trials where state = 'RUNNING'`, region, region, ruleSet, region).
		Scan(&n.Here, &n.Same, &n.Near, &n.Shadows)
	return n, Coded(err)
}

// EndTrial ends a trial that runs.
func (s Trials) EndTrial(ctx context.Context, id uuid.UUID, state domain.TrialState, why *domain.Text, at time.Time) error {
	var en, in *string
	if why != nil {
		indonesian := why.In(domain.Indonesian)
		en, in = &why.EN, &indonesian
	}
	_, err := s.In(ctx).ExecContext(ctx, `update rule_trials set state = ?, last_error_en = ?, last_error_id = ?, finished_at = ?, updated_at = ?,
		revision = revision + 1 where id = ? and state = 'RUNNING'`, state, en, in, at, at, id)
	return Coded(err)
}

// RunningShadows gives all shadows that run, but those whose version was withdrawn, with their rule sets and versions without what
// is long.
func (s Trials) RunningShadows(ctx context.Context) ([]*domain.RuleTrial, error) {
	rows, err := s.DB.Pool.Query(ctx, `select t.id, t.region_code, t.parameters, t.until, r.name, r.kind, v.version, v.sha256, v.state, v.description
		from rule_trials t join rule_sets r on r.id = t.rule_set_id join rule_set_versions v on v.id = t.rule_set_version_id
		where t.kind = 'SHADOW' and t.state = 'RUNNING' and v.state <> 'WITHDRAWN' order by t.id limit $1`, domain.MaxShadows)
	if err != nil {
		return nil, Coded(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*domain.RuleTrial, error) {
		t := &domain.RuleTrial{Kind: domain.Shadow, State: domain.TrialRunning, RuleSet: new(domain.RuleSet), Version: new(domain.RuleSetVersion)}
		return t, row.Scan(&t.ID, &t.RegionCode, &t.Parameters, &t.Until, &t.RuleSet.Name, &t.RuleSet.Kind, &t.Version.Version, &t.Version.SHA256, &t.Version.State, &t.Version.Description)
	})
	return all, Coded(err)
}

// EndShadows ends shadows whose time is over, and fails those whose version was withdrawn, saying so.
func (s Trials) EndShadows(ctx context.Context, at time.Time, withdrawn domain.Text) error {
	if _, err := s.DB.Pool.Exec(ctx, `update rule_trials set state = 'COMPLETED', finished_at = $1, updated_at = $1, revision = revision + 1
		where kind = 'SHADOW' and state = 'RUNNING' and until <= $1`, at); err != nil {
		return Coded(err)
	}
	_, err := s.DB.Pool.Exec(ctx, `update rule_trials t set state = 'FAILED', last_error_en = $2, last_error_id = $3, finished_at = $1, updated_at = $1, revision = t.revision + 1
		from rule_set_versions v where v.id = t.rule_set_version_id and v.state = 'WITHDRAWN' and t.kind = 'SHADOW' and t.state = 'RUNNING'`, at, withdrawn.EN, withdrawn.In(domain.Indonesian))
	return Coded(err)
}

// ForgetTrials deletes one trial that ended before then, with its differences, and tells whether there was one.
func (s Trials) ForgetTrials(ctx context.Context, before time.Time) (bool, error) {
	gone, err := s.DB.Pool.Exec(ctx, `delete from rule_trials where id = (select id from rule_trials where finished_at < $1 order by finished_at limit 1)`, before)
	return gone.RowsAffected() > 0, Coded(err)
}

// activeIn gives, for each level of region, the active programmes p in $1 and below by code, all from one index.
var activeIn = map[domain.Level]string{
	domain.Nation: `$1::text is not null`, domain.Province: `p.province_code = $1`, domain.Regency: `p.regency_code = $1`,
	domain.District: `p.regency_code = left($1, 5) and p.district_code = $1`, domain.Village: `p.region_code = $1`,
}

// inTrial is the condition that a row lies in a trial's region.
func inTrial(of map[domain.Level]string, region string) (string, error) {
	level, ok := domain.LevelOf(region)
	if !ok {
		return "", fmt.Errorf("%q is no region's code", region)
	}
	return of[level], nil
}

// CountActive counts the active programmes in a region and below.
func (s Trials) CountActive(ctx context.Context, region string) (n int, err error) {
	where, err := inTrial(activeIn, region)
	if err == nil {
		err = Coded(s.DB.Pool.QueryRow(ctx, `select count(*) from programmes p where p.status = 'ACTIVE' and `+where, region).Scan(&n))
	}
	return n, err
}

// NextActive gives the next active programmes in a region and below, by code, after one, at most so many.
func (s Trials) NextActive(ctx context.Context, region, after string, most int) ([]workflow.TrialTurn, error) {
	where, err := inTrial(activeIn, region)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Pool.Query(ctx, `select p.id, p.code, p.region_code from programmes p where p.status = 'ACTIVE' and `+where+
		` and p.code > $2 order by p.code limit $3`, region, after, most)
	if err != nil {
		return nil, Coded(err)
	}
	turns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[workflow.TrialTurn])
	return turns, Coded(err)
}

// decidedIn is the condition that a decision was made in $1 or below.
var decidedIn = map[domain.Level]string{
	domain.Nation: `$1::text is not null`, domain.Province: `d.province_code = $1`, domain.Regency: `d.regency_code = $1`,
	domain.District: `d.district_code = $1`, domain.Village: `d.region_code = $1`,
}

// CountDecisions counts the decisions in a region and below from one instant and before another.
func (s Trials) CountDecisions(ctx context.Context, region string, since, until time.Time) (n int, err error) {
	where, err := inTrial(decidedIn, region)
	if err == nil {
		err = Coded(s.DB.Pool.QueryRow(ctx, `select count(*) from decisions d where `+where+` and d.decided_at >= $2 and d.decided_at < $3`, region, since, until).Scan(&n))
	}
	return n, err
}

// NextDecisions gives the next decisions of a region and below by time, with their facts, from an instant, or after the decision
// with that time and id, and before another, at most so many.
func (s Trials) NextDecisions(ctx context.Context, region string, since time.Time, after uuid.UUID, until time.Time, most int) ([]workflow.LoggedDecision, error) {
	where, err := inTrial(decidedIn, region)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Pool.Query(ctx, `select `+columnsOf[domain.Decision]("d")+`, f.content, coalesce(f.masked, '{}')
		from decisions d left join decision_facts f on f.hash = d.facts_hash
		where `+where+` and (d.decided_at, d.id) > ($2, $3) and d.decided_at < $4 order by d.decided_at, d.id limit $5`, region, since, after, until, most)
	if err != nil {
		return nil, Coded(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d workflow.LoggedDecision, err error) {
		err = row.Scan(append(into(&d.Decision), &d.Content, &d.Masked)...)
		return d, err
	})
	return all, Coded(err)
}
