package read_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/graph/read"
)

// recorded keeps the statements that pass.
type recorded struct {
	read.Port
	mu     sync.Mutex
	sql    []string
	params [][][]byte
}

func (r *recorded) Rows(ctx context.Context, sql []string, params [][][]byte, row func(int, [][]byte)) error {
	r.mu.Lock()
	for i := range sql {
		r.sql = append(r.sql, sql[i])
		kept := make([][]byte, len(params[i]))
		for k, p := range params[i] {
			kept[k] = slices.Clone(p) // the caller's memory is used again
		}
		r.params = append(r.params, kept)
	}
	r.mu.Unlock()
	return r.Port.Rows(ctx, sql, params, row)
}

// national makes a portfolio of so many programmes in 33 provinces, each with a community, roles and history.
func national(t testing.TB, d *db.DB, programmes int) {
	t.Helper()
	c, err := d.Pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	for _, sql := range []string{
		`insert into members (id, created_at, updated_at, subject, name) values (gen_random_uuid(), now(), now(), 'citra', 'Citra')`,
		`insert into regions (code, parent_code, level, name, valid_from) select p::text, 'ID', 'PROVINCE', 'Province ' || p, '2025-01-01' from generate_series(11, 43) p`,
		`insert into regions (code, parent_code, level, name, valid_from) select p || '.' || r, p::text, 'REGENCY', 'Regency ' || r, '2025-01-01' from generate_series(11, 43) p, generate_series(10, 39) r`,
		`insert into regions (code, parent_code, level, name, valid_from) select p || '.' || r || '.' || d, p || '.' || r, 'DISTRICT', 'District ' || d, '2025-01-01'
			from generate_series(11, 43) p, generate_series(10, 39) r, generate_series(10, 24) d`,
		`create temp table villages as select code, row_number() over (order by md5(code)) - 1 as n from regions where level = 'DISTRICT'`,
		`insert into communities (id, created_at, updated_at, region_code, kind, name, population, population_female, population_male, population_with_disability, households)
			select md5('c' || i)::uuid, now(), now() - i * interval '1 s', v.code, 'VILLAGE', 'Desa ' || i, 1000, 500, 500, 20, 250
			from generate_series(1, %[1]d) i join villages v on v.n = i %% (select count(*) from villages)`,
		`insert into stakeholders (id, created_at, updated_at, region_code, kind, name, contact) select md5('s' || i)::uuid, now(), now(), v.code, 'NGO', 'Yayasan ' || i, '08' || i
			from generate_series(1, %[1]d / 5) i join villages v on v.n = i %% (select count(*) from villages)`,
		`insert into programmes (id, created_at, updated_at, region_code, code, title, goal, start_date, end_date, coordinator, stage, status, stage_entered_at, version, facts_version)
			select md5('p' || i)::uuid, now(), now() - i * interval '1 s', v.code, 'P-' || i, 'Air bersih ' || i, 'Clean water for all', '2026-01-01', '2026-12-31', 'citra',
			(array['IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT'])[1 + i %% 5], 'ACTIVE', now(), 5, 1
			from generate_series(1, %[1]d) i join villages v on v.n = i %% (select count(*) from villages)`,
		`insert into programme_communities (id, created_at, updated_at, programme_id, community_id, is_primary)
			select md5('pc' || i)::uuid, now(), now(), md5('p' || i)::uuid, md5('c' || i)::uuid, true from generate_series(1, %[1]d) i`,
		`insert into programme_stakeholders (id, created_at, updated_at, programme_id, stakeholder_id, role, power, interest)
			select md5('ps' || i || ' ' || k)::uuid, now(), now(), md5('p' || i)::uuid, md5('s' || 1 + (i * 7 + k * 13) %% (%[1]d / 5))::uuid, 'funds the workshops', 3, 4 from generate_series(1, %[1]d) i, generate_series(1, 10) k`,
		`insert into programme_events (id, programme_id, version, kind, move, from_stage, to_stage, from_status, to_status, actor, occurred_at, previous_hash, hash)
			select md5('e' || i || ' ' || v)::uuid, md5('p' || i)::uuid, v, 'MOVED', 'ADVANCE', 'IDENTIFY', 'PLAN', 'ACTIVE', 'ACTIVE', 'citra', now(), md5('x'), md5('y') from generate_series(1, %[1]d) i, generate_series(1, 5) v`,
		`insert into programme_blocks (id, programme_id, region_code, stage, rule_set, rule, rule_region, waivable, since)
			select md5('b' || p.id || k)::uuid, p.id, p.region_code, p.stage, 'national', 'RULE_' || k, 'ID', 'NO', now() - random() * interval '300 days'
			from programmes p, generate_series(1, 2) k`,
	} {
		if strings.Contains(sql, "%[1]d") {
			sql = fmt.Sprintf(sql, programmes)
		}
		if _, err := c.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
	if _, err := c.Exec(t.Context(), "vacuum analyze"); err != nil {
		t.Fatal(err)
	}
}

// nodesOf gives the kinds of nodes in a plan, with the table where there is one.
func nodesOf(plan map[string]any) []string {
	kind := fmt.Sprint(plan["Node Type"])
	if table, ok := plan["Relation Name"]; ok {
		kind += " on " + fmt.Sprint(table)
	}
	all := []string{kind}
	below, _ := plan["Plans"].([]any)
	for _, p := range below {
		all = append(all, nodesOf(p.(map[string]any))...)
	}
	return all
}

// textOf writes a parameter as a literal: a text, a day, a uuid, or an array of uuids or texts.
func textOf(t testing.TB, p []byte) string {
	if len(p) == 16 && !utf8.Valid(p) {
		return uuid.UUID(p).String()
	}
	if !slices.Contains(p, 0) {
		return string(p)
	}
	if len(p) == 4 {
		return time.Date(2000, 1, 1+int(binary.BigEndian.Uint32(p)), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
	if len(p) >= 12 && binary.BigEndian.Uint32(p[8:]) == pgtype.TextOID {
		var texts []string
		if err := pgtype.NewMap().Scan(pgtype.TextArrayOID, pgtype.BinaryFormatCode, p, &texts); err != nil {
			t.Fatal(err)
		}
		return `{"` + strings.Join(texts, `","`) + `"}`
	}
	var keys []pgtype.UUID
	if err := pgtype.NewMap().Scan(pgtype.UUIDArrayOID, pgtype.BinaryFormatCode, p, &keys); err != nil {
		t.Fatal(err)
	}
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = k.String()
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// explain gives the plan of a prepared statement whose parameters are texts or arrays of uuids.
func explain(t testing.TB, d *db.DB, mode, sql string, params [][]byte) []string {
	t.Helper()
	c, err := d.Pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	args := make([]string, len(params))
	for i, p := range params {
		args[i] = "'" + textOf(t, p) + "'"
	}
	call := "execute plan"
	if len(args) > 0 {
		call += "(" + strings.Join(args, ", ") + ")"
	}
	for _, s := range []string{"set plan_cache_mode = " + mode, "prepare plan as " + sql} {
		if _, err := c.Exec(t.Context(), s); err != nil {
			t.Fatalf("%v\n%s", err, s)
		}
	}
	var raw []byte
	if err := c.QueryRow(t.Context(), "explain (format json) "+call).Scan(&raw); err != nil {
		t.Fatalf("%v\n%s", err, call)
	}
	if _, err := c.Exec(t.Context(), "deallocate plan; reset plan_cache_mode"); err != nil {
		t.Fatal(err)
	}
	var plans []struct{ Plan map[string]any }
	if err := json.Unmarshal(raw, &plans); err != nil {
		t.Fatal(err)
	}
	return nodesOf(plans[0].Plan)
}
