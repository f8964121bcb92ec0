package read_test

import (
	"strings"
	"testing"

	"github.com/berdaya/berdaya/db/dbtest"
)

const newestOfStage = `query($region: String!, $stage: Stage!) {
	programmes(filter: {region: {under: $region}, stage: {eq: $stage}}, first: 50) {
		pageInfo { hasNextPage endCursor }
		nodes { id code title stage updatedAt region { name } communities(first: 1) { nodes { community { name region { name } } } } }
	}
}`

func TestTheNewestOfAProvinceAndStageAreReadFromAnIndex(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	national(t, d, 10_000)
	var district string
	if err := d.Pool.QueryRow(t.Context(), "select max(region_code) from programmes where stage = 'PLAN'").Scan(&district); err != nil {
		t.Fatal(err)
	}
	regency, province := district[:5], district[:2]
	for _, c := range []struct{ grant, region string }{
		{"NATIONAL_ADMIN ID", province}, {"NATIONAL_ADMIN ID", "ID"}, {"VIEWER " + province, "ID"}, {"VIEWER " + province, regency},
		{"COORDINATOR " + regency, province}, {"VIEWER " + district, province},
	} {
		port := &recorded{Port: d}
		s := serve(t, port)
		who := actor("rina", c.grant)
		data := s.get(t, who, newestOfStage, map[string]any{"region": c.region, "stage": "PLAN"})
		if n, _ := at(data, "programmes.nodes").([]any); len(n) == 0 {
			t.Fatal("nothing to explain")
		}
		if after, ok := at(data, "programmes.pageInfo.endCursor").(string); ok {
			s.get(t, who, strings.Replace(newestOfStage, "first: 50", `first: 50, after: "`+after+`"`, 1), map[string]any{"region": c.region, "stage": "PLAN"})
		}
		for i, sql := range port.sql {
			if strings.Contains(sql, "(t.updated_at, t.id) < ") {
				continue // its parameters are binary; the plan is the first page's with a lower start
			}
			for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
				for _, node := range explain(t, d, mode, sql, port.params[i]) {
					if strings.HasPrefix(node, "Seq Scan") || strings.Contains(node, "Sort") || strings.HasPrefix(node, "Bitmap") {
						t.Errorf("%s, region %s, %s: %s\n%s", c.grant, c.region, mode, node, sql)
					}
				}
			}
		}
	}
}

func TestDraftsAreReadFromAnIndexOpenOnesFirst(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	national(t, d, 200)
	if _, err := d.Pool.Exec(t.Context(), `insert into drafts (id, created_at, updated_at, author, key, programme_id, command, input, input_hash, personal, code, problems, blocks, state, settled_by, settled_at)
		select md5('d' || i)::uuid, now(), now(), 'author ' || i % 50, i, md5('p' || 1 + i % 200)::uuid, 'createNeed', '{}', repeat('a', 64), false, 'CONFLICT', '[]', '[]',
		case when i % 3 = 0 then 'OPEN' else 'DROPPED' end, case when i % 3 > 0 then 'x' end, case when i % 3 > 0 then now() end from generate_series(1, 20000) i`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Pool.Exec(t.Context(), "analyze drafts"); err != nil {
		t.Fatal(err)
	}
	port := &recorded{Port: d}
	s := serve(t, port)
	data := s.get(t, actor("author 7", "COORDINATOR ID"), `{ viewer { drafts(first: 10) { pageInfo { hasNextPage } nodes { id state } } }
		programmes(first: 5) { nodes { drafts(first: 10) { nodes { id state } } } } }`, nil)
	if at(data, "viewer.drafts.nodes.0.state") != "OPEN" || at(data, "programmes.nodes.0.drafts.nodes.0.state") != "OPEN" {
		t.Fatal(data)
	}
	seen := 0
	for i, sql := range port.sql {
		if !strings.Contains(sql, "from drafts") {
			continue
		}
		seen++
		for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
			for _, node := range explain(t, d, mode, sql, port.params[i]) {
				if node == "Seq Scan on drafts" || strings.Contains(node, "Sort") {
					t.Errorf("%s: %s\n%s", mode, node, sql)
				}
			}
		}
	}
	if seen != 2 {
		t.Errorf("%d statements about drafts", seen)
	}
}

const blockedOfStage = `query($region: String!, $stage: Stage!) {
	blockedProgrammes(filter: {region: {under: $region}, stage: $stage, ruleSet: "national", rule: "RULE_1"}, first: 50) {
		pageInfo { hasNextPage endCursor }
		nodes { since programme { code title region { name } } }
	}
}`

// TestWhereProgrammesStandStillIsReadFromIndexes explains the list of what a rule stops, and the counts of boards: those of a
// part of the nation look at no more of the tables than that part has.
func TestWhereProgrammesStandStillIsReadFromIndexes(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	national(t, d, 10_000)
	var regency string
	if err := d.Pool.QueryRow(t.Context(), "select max(regency_code) from programmes where stage = 'PLAN'").Scan(&regency); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ query, grant, region, list, whole string }{
		{blockedOfStage, "NATIONAL_ADMIN ID", regency[:2], "blockedProgrammes.nodes", "Seq Scan, Sort, Bitmap"},
		{blockedOfStage, "NATIONAL_ADMIN ID", "ID", "blockedProgrammes.nodes", "Seq Scan, Sort, Bitmap"},
		{blockedOfStage, "VIEWER " + regency, regency[:2], "blockedProgrammes.nodes", "Seq Scan, Sort, Bitmap"},
		{`query($region: String!) { stuck(region: {under: $region}) { stageLabel rule programmes p90Days } }`, "NATIONAL_ADMIN ID", regency[:2], "stuck", "Seq Scan on programme"},
		{`query($region: String!) { stuck(region: {under: $region}) { stageLabel rule programmes } }`, "VIEWER " + regency, "ID", "stuck", "Seq Scan on programme"},
		{`query($region: String!) { board(region: {under: $region}) { stage count overdue medianDays } }`, "NATIONAL_ADMIN ID", regency[:2], "board", "Seq Scan on programme"},
		{`query($region: String!) { board(region: {under: $region}) { stage count } }`, "VIEWER " + regency, "ID", "board", "Seq Scan on programme"},
	} {
		port := &recorded{Port: d}
		variables := map[string]any{"region": c.region}
		if c.query == blockedOfStage {
			variables["stage"] = "PLAN"
		}
		data := serve(t, port).get(t, actor("rina", c.grant), c.query, variables)
		if n, _ := at(data, c.list).([]any); len(n) == 0 {
			t.Fatalf("%s of %s: nothing to explain", c.list, c.region)
		}
		for i, sql := range port.sql {
			for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
				for _, node := range explain(t, d, mode, sql, port.params[i]) {
					for _, bad := range strings.Split(c.whole, ", ") {
						if strings.HasPrefix(node, bad) {
							t.Errorf("%s, region %s, %s: %s\n%s", c.grant, c.region, mode, node, sql)
						}
					}
				}
			}
		}
	}
}

func TestRoundTripsGrowWithDepthAndNotWithRows(t *testing.T) {
	t.Parallel()
	d := portfolio(t, 3, 60)
	for _, c := range []struct {
		name, query       string
		trips, statements int64
	}{
		{"fifty programmes with roles and history", `{ programmes(first: 50) { nodes { title region { name parent { name } }
			stakeholders(first: 10) { totalCount nodes { role stakeholder { name region { name } } } } history(last: 5) { nodes { version actor } } } } }`, 2, 4},
		{"lists in lists in lists", `{ programmes(first: 50) { nodes { activities { nodes { trainingEvents { nodes { sessions { nodes { attendances { nodes { participant { name } } } } } } } } } } } }`, 5, 5},
		{"one by id with its lists", `query($id: ID!) { programme(id: $id) { title region { name } needs { totalCount nodes { title } } history { nodes { version } } } }`, 1, 4},
		{"many kinds at once", `query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Programme { code } ... on Need { programme { code } } ... on Region { name } } }`, 1, 2},
	} {
		port := &counted{Port: d}
		s := serve(t, port)
		w := load(t, d)
		id := globalID("Programme", w.rows["Programme"][0]["id"].(string))
		variables := map[string]any{}
		if strings.Contains(c.query, "$ids") {
			variables["ids"] = []string{id, globalID("Region", "33"), id, "nothing"}
		} else if strings.Contains(c.query, "$id") {
			variables["id"] = id
		}
		s.get(t, actor("rina", "COORDINATOR ID"), c.query, variables)
		if got := port.trips.Load(); got != c.trips {
			t.Errorf("%s: %d round trips, want %d", c.name, got, c.trips)
		}
		if got := port.statements.Load(); got != c.statements {
			t.Errorf("%s: %d statements, want %d", c.name, got, c.statements)
		}
	}
}

func TestABatchIsAskedOnceForAllRows(t *testing.T) {
	t.Parallel()
	d := portfolio(t, 4, 30)
	s := serve(t, d)
	s.get(t, actor("rina", "VIEWER ID"), `{ programmes { nodes { availableMoves { move } again: availableMoves { allowed } } } }`, nil)
	if got := s.calls.Load(); got != 1 {
		t.Errorf("asked %d times, want once", got)
	}
}
