package read_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/internal/access"
)

// log fills the decision log: forty decisions on each of 2,000 programmes, one in fifty held up by a rule.
func log(t testing.TB, d *db.DB) {
	t.Helper()
	national(t, d, 2000)
	if _, err := d.Pool.Exec(t.Context(), `insert into decisions (id, decided_at, last_at, count, actor, programme_id, region_code, stage, entered_at, move, to_stage, outcome, facts_hash,
			kinds, revisions, blocks, unavailable, waivers, took, rules, repeats)
		select gen_random_uuid(), now() - n * interval '1 min', now(), 1, 'citra', p.id, p.region_code, 'PLAN', now(), 'ADVANCE', 'TRAIN', 'BLOCKED', repeat('a', 64), '[]', '[]', '[]', '[]', '[]', 5,
			case when (n * 31 + length(p.code)) % 50 = 0 then array['water', 'water/RARE'] else array['water', 'water/OFTEN'] end, sha256((p.id || n::text)::bytea)
		from programmes p, generate_series(1, 40) n`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Pool.Exec(t.Context(), "vacuum analyze decisions"); err != nil {
		t.Fatal(err)
	}
}

func TestListsOfDecisionsAreReadFromIndexes(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	log(t, d)
	r := &recorded{Port: d}
	s := serve(t, r)
	var programme string
	if err := d.Pool.QueryRow(t.Context(), `select id::text from programmes limit 1`).Scan(&programme); err != nil {
		t.Fatal(err)
	}
	const page = "{ nodes { id decidedAt outcome } pageInfo { hasNextPage endCursor } }"
	for name, c := range map[string]struct {
		who  access.Actor
		args string
	}{
		"all":              {actor("rina", "NATIONAL_ADMIN ID"), ""},
		"of a province":    {actor("rina", "REGIONAL_ADMIN 32"), ""},
		"of a regency":     {actor("rina", "AUDITOR ID"), `(region: {under: "32.10"})`},
		"of a district":    {actor("rina", "AUDITOR ID"), `(region: {is: "32.10.10"})`},
		"of a programme":   {actor("rina", "REGIONAL_ADMIN ID"), `(programme: "` + globalID("Programme", programme) + `")`},
		"of a rare rule":   {actor("rina", "AUDITOR ID"), `(ruleSet: "water", rule: "RARE")`},
		"of a silent rule": {actor("rina", "AUDITOR ID"), `(ruleSet: "water", rule: "NEVER")`},
		"of a code":        {actor("rina", "REGIONAL_ADMIN ID"), `(programmeCode: "P-7")`},
		"of a frequent":    {actor("rina", "REGIONAL_ADMIN 32"), `(ruleSet: "water", rule: "OFTEN", outcome: BLOCKED)`},
		"of some time":     {actor("rina", "REGIONAL_ADMIN 32"), `(from: "2020-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z")`},
		"of a coordinator": {actor("citra", "COORDINATOR 32"), `(programme: "` + globalID("Programme", programme) + `", mine: true)`},
	} {
		r.sql, r.params = nil, nil
		s.get(t, c.who, "{ decisions"+c.args+" "+page+" }", nil)
		for i, sql := range r.sql {
			nodes := explain(t, d, "force_custom_plan", sql, r.params[i])
			if slices.ContainsFunc(nodes, func(n string) bool { return strings.HasPrefix(n, "Seq Scan on decisions") }) {
				t.Errorf("%s: %s\n%s", name, strings.Join(nodes, ", "), sql)
			}
			if bitmap := slices.Contains(nodes, "Bitmap Index Scan"); name == "of a silent rule" && !bitmap {
				t.Errorf("the log is walked for what is not in it: %s", strings.Join(nodes, ", "))
			}
			if slices.Contains(nodes, "Sort") && name != "of a rare rule" && name != "of a silent rule" && name != "of a coordinator" {
				t.Errorf("%s is sorted: %s\n%s", name, strings.Join(nodes, ", "), sql)
			}
		}
	}
}
