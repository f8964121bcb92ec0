package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Standing is the store of where programmes stand still.
type Standing struct{ Commands }

// Standing gives the store of where programmes stand still.
func (d *DB) Standing() Standing { return Standing{d.Commands()} }

// DueChecks gives programmes whose rules are to be asked by now, the longest due first.
func (s Standing) DueChecks(ctx context.Context, now time.Time, most int) ([]workflow.CheckDue, error) {
	rows, err := s.DB.Pool.Query(ctx, `select programme_id, facts_version, checked_at from programme_checks where due_at <= $1 order by due_at, programme_id limit $2`, now, most)
	if err != nil {
		return nil, Coded(err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[workflow.CheckDue])
	return due, Coded(err)
}

// writeChecksQuery writes a page of checks. Everything hangs on "latched", which has the programmes whose facts are still those
// that were due before they were read: the change of facts writes the same row, so either waits for the other. Only where the
// rules could be asked, in "asked", does what stops the programme change.
const writeChecksQuery = `
with latched as (
	update programme_checks c set facts_version = n.judged, due_at = n.again, checked_at = coalesce(n.at, c.checked_at)
	from unnest(@ids::uuid[], @due::bigint[], @judged::bigint[], @ats::timestamptz[], @agains::timestamptz[]) as n (id, due, judged, at, again)
	where c.programme_id = n.id and c.facts_version = n.due
	returning n.id, n.at
), asked as (
	select id from latched where at is not null
), blocks as (
	select b.* from jsonb_to_recordset(@blocks) as b (id uuid, programme_id uuid, region_code text, stage text, rule_set text, rule text,
		rule_region text, waivable text, since timestamptz)
	join asked on asked.id = b.programme_id
), gone as (
	delete from programme_blocks b using asked
	where b.programme_id = asked.id and not exists (select from blocks n where n.programme_id = b.programme_id and n.rule_set = b.rule_set
		and n.rule = b.rule and n.rule_region = b.rule_region)
), titled as (
	insert into rule_titles (rule_set, rule, region_code, title_en, title_id)
	select rule_set, rule, region_code, title_en, title_id
	from jsonb_to_recordset(@titles) as t (rule_set text, rule text, region_code text, title_en text, title_id text)
	order by rule_set, rule, region_code
	on conflict (rule_set, rule, region_code) do update set title_en = excluded.title_en, title_id = excluded.title_id
		where (rule_titles.title_en, rule_titles.title_id) <> (excluded.title_en, excluded.title_id)
), stopped as (
	insert into programme_blocks (id, programme_id, region_code, stage, rule_set, rule, rule_region, waivable, since)
	select id, programme_id, region_code, stage, rule_set, rule, rule_region, waivable, since from blocks
	on conflict (programme_id, rule_set, rule, rule_region) do update set waivable = excluded.waivable where programme_blocks.waivable <> excluded.waivable
)
select count(*) from latched`

// WriteChecks writes checks, each if the programme's facts are still those that were due, and the titles of rules. It tells how
// many it wrote: none where others change the same programmes at the moment.
func (s Standing) WriteChecks(ctx context.Context, checks []workflow.Checked, titles []workflow.RuleTitle) (written int, err error) {
	ids, due, judged := make([]uuid.UUID, len(checks)), make([]int64, len(checks)), make([]int64, len(checks))
	ats, agains := make([]*time.Time, len(checks)), make([]*time.Time, len(checks))
	blocks, named := []map[string]any{}, []map[string]any{}
	for i, c := range checks {
		ids[i], due[i], judged[i], ats[i], agains[i] = c.ProgrammeID, c.Due, c.Judged, c.At, c.Again
		for _, b := range c.Blocks {
			blocks = append(blocks, map[string]any{"id": b.ID, "programme_id": b.ProgrammeID, "region_code": b.RegionCode, "stage": b.Stage,
				"rule_set": b.RuleSet, "rule": b.Rule, "rule_region": b.RuleRegion, "waivable": b.Waivable, "since": b.Since})
		}
	}
	for _, t := range titles {
		named = append(named, map[string]any{"rule_set": t.RuleSet, "rule": t.Rule, "region_code": t.Region, "title_en": t.Title.EN, "title_id": t.Title.ID})
	}
	stops, err := json.Marshal(blocks)
	if err != nil {
		return 0, err
	}
	words, err := json.Marshal(named)
	if err != nil {
		return 0, err
	}
	err = s.DB.Pool.QueryRow(ctx, writeChecksQuery, pgx.NamedArgs{"ids": ids, "due": due, "judged": judged, "ats": ats, "agains": agains,
		"blocks": string(stops), "titles": string(words)}).Scan(&written)
	if passing(err) {
		return 0, nil // all of them stay due
	}
	return written, Coded(err)
}

// CheckedRules gives which revisions of the rules the checks know, by region.
func (s Standing) CheckedRules(ctx context.Context) (map[string]workflow.CheckedRules, error) {
	rows, err := s.DB.Pool.Query(ctx, `select region_code, revision, reached from checked_rules`)
	if err != nil {
		return nil, Coded(err)
	}
	known := map[string]workflow.CheckedRules{}
	var region string
	var r workflow.CheckedRules
	_, err = pgx.ForEachRow(rows, []any{&region, &r.Revision, &r.Reached}, func() error {
		known[region], r = r, workflow.CheckedRules{}
		return nil
	})
	return known, Coded(err)
}

// BeginRules notes another revision of a region's rules, "" for none; nobody has been told of it yet.
func (s Standing) BeginRules(ctx context.Context, region, revision string) error {
	_, err := s.DB.Pool.Exec(ctx, `insert into checked_rules (region_code, revision, reached) values ($1, $2, '')
		on conflict (region_code) do update set revision = excluded.revision, reached = ''`, region, revision)
	return Coded(err)
}

// SpreadRules makes due the region's next programmes by code, and tells whether there may be more.
func (s Standing) SpreadRules(ctx context.Context, region string, most int, now time.Time) (more bool, err error) {
	in := ""
	if level, ok := domain.LevelOf(region); ok && level != domain.Nation {
		in = ancestors[level] + ` = r.region_code and`
	}
	err = s.DB.Pool.QueryRow(ctx, fmt.Sprintf(`
		with next as (
			select p.id, p.code from checked_rules r cross join lateral (
				select p.id, p.code from programmes p where %s p.code > r.reached order by p.code limit $2) p
			where r.region_code = $1 and r.reached is not null
		), due as (
			update programme_checks c set due_at = $3 from next where c.programme_id = next.id and c.due_at > $3
		), reached as (
			update checked_rules set reached = case when (select count(*) from next) = $2 then (select max(code) from next) end
			where region_code = $1 returning reached
		)
		select exists (select from reached where reached is not null)`, in), region, most, now).Scan(&more)
	return more, Coded(err)
}

// StageCounts counts the programmes of some regions, each with all below it, by stage and status. Late is what was due, or to
// be reviewed, before today.
func (s Standing) StageCounts(ctx context.Context, regions []string, exactly *string, today domain.Date) ([]workflow.StageCount, error) {
	where, values := within(regions)
	if where == "" {
		where = `true`
	}
	if exactly != nil {
		where += ` and p.region_code = ?`
		values = append(values, *exactly)
	}
	var counts []workflow.StageCount
	err := s.In(ctx).NewRaw(`select p.stage, p.status, count(*) as count,
		count(*) filter (where p.status = 'ACTIVE' and p.due_on < ? or p.status = 'ON_HOLD' and p.review_on < ?) as overdue
		from programmes p where `+where+` group by 1, 2`, append([]any{today, today}, values...)...).Scan(ctx, &counts)
	return counts, Coded(err)
}
