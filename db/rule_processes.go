package db

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/domain"
)

// TellProcesses writes how the rule sets of a server fare, in the place of what it said before, and removes what other servers
// said before an instant.
func (c Catalogue) TellProcesses(ctx context.Context, server string, all []domain.RuleProcess, at, stale time.Time) error {
	rows, err := json.Marshal(append([]domain.RuleProcess{}, all...))
	if err != nil {
		return err
	}
	_, err = c.DB.Pool.Exec(ctx, `with gone as (delete from rule_processes where server <> $1 and seen_at < $4 or server = $1 and position >= $5)
		insert into rule_processes (server, position, seen_at, rule_set, region_code, version, revision, waiting, state, since, restarts, last_error, failures, calls, in_flight, memory, cpu_seconds, lines)
		select $1, n - 1, $3, rule_set, region_code, version, revision, waiting, state, since, restarts, last_error, coalesce(failures, '[]'), calls, in_flight, memory, cpu_seconds, coalesce(lines, '[]')
		from rows from (jsonb_to_recordset($2) as (rule_set text, region_code text, version text, revision integer, waiting boolean, state text, since timestamptz, restarts integer,
			last_error text, failures jsonb, calls bigint, in_flight integer, memory bigint, cpu_seconds double precision, lines jsonb)) with ordinality as p
			(rule_set, region_code, version, revision, waiting, state, since, restarts, last_error, failures, calls, in_flight, memory, cpu_seconds, lines, n)
		on conflict (server, position) do update set (seen_at, rule_set, region_code, version, revision, waiting, state, since, restarts, last_error, failures, calls, in_flight, memory, cpu_seconds, lines) =
			(excluded.seen_at, excluded.rule_set, excluded.region_code, excluded.version, excluded.revision, excluded.waiting, excluded.state, excluded.since, excluded.restarts,
			excluded.last_error, excluded.failures, excluded.calls, excluded.in_flight, excluded.memory, excluded.cpu_seconds, excluded.lines)`, server, string(rows), at, stale, len(all))
	return Coded(err)
}

// Processes gives how rule sets fare in regions and below, as servers said since an instant, by region, rule set, revision and
// server, at most so many.
func (c Catalogue) Processes(ctx context.Context, regions []string, since time.Time, most int) ([]domain.RuleProcess, error) {
	rows, err := c.DB.Pool.Query(ctx, `select server, seen_at, rule_set, region_code, version, revision, waiting, state, since, restarts, last_error, failures, calls, in_flight, memory, cpu_seconds, lines
		from rule_processes where seen_at >= $2 and ('ID' = any($1) or region_code = any($1) or province_code = any($1) or regency_code = any($1) or district_code = any($1))
		order by case when region_code = 'ID' then '' else region_code end, rule_set, revision, server limit $3`, regions, since, most)
	if err != nil {
		return nil, Coded(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p domain.RuleProcess, err error) {
		return p, row.Scan(&p.Server, &p.SeenAt, &p.RuleSet, &p.RegionCode, &p.Version, &p.Revision, &p.Waiting, &p.State, &p.Since, &p.Restarts, &p.LastError,
			&p.Failures, &p.Calls, &p.InFlight, &p.Memory, &p.CPUSeconds, &p.Lines)
	})
	return all, Coded(err)
}
