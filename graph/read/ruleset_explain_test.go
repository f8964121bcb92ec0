package read_test

import (
	"strings"
	"testing"

	"github.com/berdaya/berdaya/db/dbtest"
)

// TestTheCatalogueIsReadFromIndexes explains what lists of rule sets ask where there are many: nothing looks at a whole table, and
// the number of statements does not grow with that of rule sets.
func TestTheCatalogueIsReadFromIndexes(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	dbtest.Regions(t, d, "32.73", "33.01")
	for _, sql := range []string{
		`insert into rule_set_artefacts (sha256, created_at, size) values (repeat('0', 64), now(), 1)`,
		`insert into rule_sets (id, created_at, updated_at, name, region_code, kind)
			select md5('r' || i)::uuid, now(), now(), 'set-' || i, (array['32', '32.73', '33', '33.01'])[1 + i % 4], 'RULE_FILE' from generate_series(1, 3000) i`,
		`insert into rule_set_versions (id, created_at, updated_at, rule_set_id, version, sha256, size, state, description, uploaded_by, checked_at)
			select md5('v' || i || ' ' || k)::uuid, now(), now(), md5('r' || i)::uuid, k::text, repeat('0', 64), 1, 'CHECKED', '{"title": {"en": "Rules"}}', 'ani', now()
			from generate_series(1, 3000) i, generate_series(1, 4) k`,
		`insert into rule_activations (id, created_at, updated_at, region_code, rule_set_id, revision, rule_set_version_id, mode, activated_by, activated_at, ended_at)
			select md5('a' || i || ' ' || k)::uuid, now(), now(), s.region_code, s.id, k, md5('v' || i || ' ' || k)::uuid, 'EVERYONE', 'ani', now() + k * interval '1 s',
				case when k < 4 then now() + interval '1 h' end
			from generate_series(1, 3000) i join rule_sets s on s.id = md5('r' || i)::uuid, generate_series(1, 4) k order by i, k`,
		`insert into rule_set_events (id, created_at, region_code, rule_set_id, action, actor)
			select md5('e' || i || ' ' || k)::uuid, now(), s.region_code, s.id, 'ACTIVATED', 'ani' from generate_series(1, 3000) i join rule_sets s on s.id = md5('r' || i)::uuid, generate_series(1, 8) k`,
		`vacuum analyze`,
	} {
		if _, err := d.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
	for _, c := range []struct {
		query, list string
		most        int // statements
	}{
		{`{ ruleSets(first: 50) { nodes { name title versions(last: 1) { nodes { state } } activations(last: 20) { nodes { regionCode version { version } } } } } }`, "ruleSets.nodes", 4},
		{`{ ruleSets(region: {under: "32.73"}, first: 50) { pageInfo { hasNextPage } nodes { name } } }`, "ruleSets.nodes", 1},
		{`{ ruleSet(name: "set-8") { title versions(last: 50) { nodes { version } } activations(last: 50) { nodes { revision } } events(last: 50) { nodes { actor version { version } } } } }`, "ruleSet.events.nodes", 5},
		{`{ rulesInForce(region: "32.73", first: 50) { nodes { regionCode ruleSet { name title } version { version } } } }`, "rulesInForce.nodes", 3},
		{`{ region(code: "32") { ruleSets(first: 20) { nodes { name } } ruleActivations(last: 20) { nodes { revision } } } }`, "region.ruleActivations.nodes", 3},
	} {
		port := &recorded{Port: d}
		data := serve(t, port).get(t, actor("rina", "REGIONAL_ADMIN 32"), c.query, nil)
		if n, _ := at(data, c.list).([]any); len(n) == 0 {
			t.Errorf("%s\nfinds nothing: %v", c.query, data)
		}
		if len(port.sql) > c.most {
			t.Errorf("%s\ntakes %d statements: %s", c.query, len(port.sql), strings.Join(port.sql, "\n"))
		}
		for i, sql := range port.sql {
			for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
				for _, node := range explain(t, d, mode, sql, port.params[i]) {
					if strings.HasPrefix(node, "Seq Scan on rule_") {
						t.Errorf("%s: %s\n%s", mode, node, sql)
					}
				}
			}
		}
	}
}
