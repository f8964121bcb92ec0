package read_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/graph/read"
	"github.com/berdaya/berdaya/internal/access"
)

func TestActorsOfTwoProvincesSeeOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	d := portfolio(t, 5, 60)
	w := load(t, d)
	s := serve(t, d)
	for _, province := range []string{"32", "33"} {
		who := actor("rina", "REGIONAL_ADMIN "+province)
		data := s.get(t, who, `{
			programmes(first: 100) { totalCount nodes { regionCode } } communities(first: 100) { totalCount nodes { regionCode } }
			stakeholders(first: 100) { totalCount nodes { regionCode } } regions(first: 100) { totalCount nodes { communities(first: 100) { nodes { regionCode } } programmes(first: 100) { nodes { regionCode } } } }
		}`, nil)
		for list, typeName := range map[string]string{"programmes": "Programme", "communities": "Community", "stakeholders": "Stakeholder"} {
			own := 0
			for _, r := range w.rows[typeName] {
				if below(r["region_code"].(string), province) {
					own++
				}
			}
			nodes := at(data, list+".nodes").([]any)
			if own == 0 || len(nodes) != own || fmt.Sprint(at(data, list+".totalCount")) != fmt.Sprint(own) {
				t.Errorf("%s of %s: %d, total %v, want %d", list, province, len(nodes), at(data, list+".totalCount"), own)
			}
			for _, n := range nodes {
				if c := at(n, "regionCode").(string); !below(c, province) {
					t.Errorf("%s: %s shows one of %s", province, list, c)
				}
			}
		}
		for _, r := range at(data, "regions.nodes").([]any) {
			for _, list := range []string{"communities.nodes", "programmes.nodes"} {
				for _, n := range at(r, list).([]any) {
					if c := at(n, "regionCode").(string); !below(c, province) {
						t.Errorf("%s: a region's %s shows one of %s", province, list, c)
					}
				}
			}
		}
		for _, typeName := range []string{"Programme", "Need", "Community", "Participant", "ProgrammeEvent", "BudgetLine"} {
			for _, r := range w.rows[typeName] {
				region := r["region_code"]
				if p := w.programmeOf(typeName, r); p != nil {
					region = p["region_code"]
				}
				id := globalID(typeName, key(typeName, r))
				found := s.get(t, who, `query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": id})["node"] != nil
				if found != below(region.(string), province) {
					t.Errorf("%s of %s: node is found %v by an admin of %s", typeName, region, found, province)
				}
			}
		}
	}
}

func TestCountsOfAnotherRegionAreNeverInABoard(t *testing.T) {
	t.Parallel()
	d := portfolio(t, 11, 80)
	w := load(t, d)
	s := serve(t, d)
	const query = `{ board { count overdue maxDays } stuck { programmes rule } elsewhere: board(region: {under: "33"}) { count } still: stuck(region: {is: "33"}) { programmes }
		blockedProgrammes(filter: {stage: PLAN, ruleSet: "national", rule: "R0", region: {under: "ID"}}, first: 100) { totalCount nodes { programme { regionCode } } } }`
	before := s.get(t, actor("rina", "VIEWER 32"), query, nil)
	programmes, stops := 0, 0
	for _, r := range w.rows["Programme"] {
		if below(r["region_code"].(string), "32") {
			programmes++
		}
	}
	for _, r := range w.rows["ProgrammeBlock"] {
		if below(r["region_code"].(string), "32") {
			stops++
		}
	}
	total := func(rows any, field, but string) (n int64) {
		for _, r := range rows.([]any) {
			if rule, _ := at(r, "rule").(string); but == "" || !strings.Contains(but, rule) {
				n += number(at(r, field))
			}
		}
		return n
	}
	if n := total(before["board"], "count", ""); n != int64(programmes) || n == 0 {
		t.Errorf("%d programmes are counted, %d are seen", n, programmes)
	}
	if n := total(before["stuck"], "programmes", "OVERDUE HOLD_REVIEW_PASSED"); n != int64(stops) || n == 0 {
		t.Errorf("%d are said to be stopped, %d are seen", n, stops)
	}
	for _, part := range []string{"elsewhere", "still"} {
		if rows := before[part].([]any); len(rows) > 0 {
			t.Errorf("%s: %v", part, rows)
		}
	}
	if _, err := d.Pool.Exec(t.Context(), `delete from programme_blocks where region_code not in ('32') and region_code not like '32.%'`); err != nil {
		t.Fatal(err)
	}
	if after := s.get(t, actor("rina", "VIEWER 32"), query, nil); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("what lies elsewhere makes a difference:\n%v\n%v", before, after)
	}
}

func TestAStakeholderElsewhereShowsItsNameAndKindOnly(t *testing.T) {
	t.Parallel()
	d := portfolio(t, 6, 60)
	w := load(t, d)
	s := serve(t, d)
	who := actor("citra", "REGIONAL_ADMIN 33")
	linked, hidden := 0, 0
	for _, r := range w.rows["Stakeholder"] {
		if below(r["region_code"].(string), "33") {
			continue
		}
		data := s.get(t, who, `query($id: ID!) { stakeholder(id: $id) { id name kind kindLabel regionCode region { code } description contact createdAt programmes { totalCount nodes { id } } } }`,
			map[string]any{"id": globalID("Stakeholder", r["id"].(string))})
		if !w.sees(who, "Stakeholder", r) {
			hidden++
			if data["stakeholder"] != nil {
				t.Errorf("one that nothing visible links to is seen: %v", data)
			}
			continue
		}
		linked++
		shown := data["stakeholder"].(map[string]any)
		if shown["name"] != r["name"] || shown["kind"] != r["kind"] || shown["kindLabel"] == nil {
			t.Errorf("name and kind are not shown: %v", shown)
		}
		for _, f := range []string{"regionCode", "region", "description", "contact", "createdAt"} {
			if shown[f] != nil {
				t.Errorf("%s is shown: %v", f, shown[f])
			}
		}
		if n := at(shown, "programmes.nodes").([]any); len(n) > 0 || fmt.Sprint(at(shown, "programmes.totalCount")) != "0" {
			t.Errorf("programmes are shown: %v", shown)
		}
	}
	if linked == 0 || hidden == 0 {
		t.Errorf("%d linked, %d hidden: the portfolio tests nothing", linked, hidden)
	}
}

func TestPersonalDataIsMasked(t *testing.T) {
	t.Parallel()
	d := portfolio(t, 8, 60)
	w := load(t, d)
	s := serve(t, d)
	names := func(who access.Actor) map[string]int {
		all := map[string]int{}
		data := s.get(t, who, `{ programmes(first: 100) { nodes { trainingEvents(first: 100) { nodes { facilitator programme { coordinator } participants(first: 100) { nodes { name } } } } } } }`, nil)
		for _, p := range at(data, "programmes.nodes").([]any) {
			for _, e := range at(p, "trainingEvents.nodes").([]any) {
				for _, n := range at(e, "participants.nodes").([]any) {
					if at(n, "name") != nil {
						all[fmt.Sprint(at(e, "facilitator"), " of ", at(e, "programme.coordinator"))]++
					}
				}
			}
		}
		return all
	}
	stored := 0
	for _, r := range w.rows["Participant"] {
		if r["name"] != nil {
			stored++
		}
	}
	sum := func(m map[string]int) (n int) {
		for _, k := range m {
			n += k
		}
		return n
	}
	if n := sum(names(actor("nadia", "AUDITOR ID"))); n != stored || stored == 0 {
		t.Errorf("an auditor sees %d names of %d", n, stored)
	}
	if n := sum(names(actor("citra", "VIEWER ID"))); n != 0 {
		t.Errorf("a viewer sees %d names", n)
	}
	seen := names(actor("fajar", "FACILITATOR ID"))
	for whose := range seen {
		if !strings.HasPrefix(whose, "fajar of ") {
			t.Errorf("a facilitator sees participants of %s", whose)
		}
	}
	own := names(actor("citra", "COORDINATOR ID"))
	for whose := range own {
		if !strings.HasPrefix(whose, "citra of ") && !strings.HasSuffix(whose, " of citra") {
			t.Errorf("a coordinator sees participants of %s", whose)
		}
	}
	if len(seen) == 0 || len(own) == 0 {
		t.Error("nobody sees their own")
	}
}

func TestNobodyIsAskedToSignIn(t *testing.T) {
	t.Parallel()
	s := serve(t, portfolio(t, 9, 1))
	data, errs := s.ask(t, access.Actor{}, `{ region(code: "ID") { name } }`, nil)
	if code(errs) != string(domain.CodeUnauthenticated) || string(data) != `{"region":null}` {
		t.Errorf("%s %v", data, errs)
	}
}

func TestWitnessesOfPayloadsAndOfTheViewerAreAnswered(t *testing.T) {
	t.Parallel()
	d := portfolio(t, 10, 20)
	w := load(t, d)
	s := serve(t, d)
	need := w.rows["Need"][0]
	region := w.programmeOf("Need", need)["region_code"].(string)
	id := globalID("Need", need["id"].(string))
	const update = `mutation($id: ID!, $title: String) { updateNeed(input: {id: $id, title: $title}) { need { id title programme { regionCode } problemTree { totalCount } } userErrors { code } } }`
	data := s.get(t, actor("citra", "COORDINATOR "+region), update, map[string]any{"id": id})
	if at(data, "updateNeed.need.title") != need["title"] || at(data, "updateNeed.need.programme.regionCode") != region {
		t.Errorf("%v", data)
	}
	for name, answer := range map[string]map[string]any{
		"a witness that is nil":  s.get(t, actor("citra", "COORDINATOR "+region), update, map[string]any{"id": id, "title": "x"}),
		"a witness of elsewhere": s.get(t, actor("citra", "COORDINATOR 33.01.01.2001"), update, map[string]any{"id": globalID("Need", w.hiddenNeed(t))}),
	} {
		if at(answer, "updateNeed.need") != nil {
			t.Errorf("%s is answered: %v", name, answer)
		}
	}
	data = s.get(t, actor("citra", "VIEWER 32.73", "VIEWER 33"), `{ viewer { roles { regionCode region { code name parent { code } } } } }`, nil)
	if at(data, "viewer.roles.0.region.code") != "32.73" || at(data, "viewer.roles.1.region.parent.code") != "ID" {
		t.Errorf("%v", data)
	}
}

// hiddenNeed gives a need outside 33.01.01.2001.
func (w *world) hiddenNeed(t *testing.T) string {
	for _, r := range w.rows["Need"] {
		if w.programmeOf("Need", r)["region_code"] != "33.01.01.2001" {
			return r["id"].(string)
		}
	}
	t.Fatal("no need elsewhere")
	return ""
}

// failing is a database that is not there.
type failing struct{ err error }

func (f failing) Rows(context.Context, []string, [][][]byte, func(int, [][]byte)) error { return f.err }

func TestAnErrorOfTheDatabaseIsOneErrorAndNull(t *testing.T) {
	t.Parallel()
	for want, err := range map[domain.Code]error{
		domain.CodeUnavailable: domain.Errorf(domain.CodeUnavailable, "the database cannot be reached: try again"),
		domain.CodeInternal:    errors.New("a fault of ours"),
	} {
		s := serve(t, failing{err})
		data, errs := s.ask(t, actor("rina", "VIEWER ID"), `{ region(code: "ID") { name } }`, nil)
		if len(errs) != 1 || code(errs) != string(want) || errs[0].Path.String() != "region" || string(data) != `{"region":null}` {
			t.Errorf("%s %v", data, errs)
		}
		// A list is never null, so nothing is left of the whole.
		data, errs = s.ask(t, actor("rina", "VIEWER ID"), `{ l: programmes { nodes { id } } }`, nil)
		if len(errs) != 1 || errs[0].Path.String() != "l" || string(data) != "null" {
			t.Errorf("%s %v", data, errs)
		}
	}
}

func TestNullSpreadsToTheFirstPlaceThatMayBeNull(t *testing.T) {
	t.Parallel()
	d := portfolio(t, 12, 20)
	reader, err := read.New(d, read.Options{Schema: servedSchema(), Key: cursorKey, Batches: []read.Batch{
		{Type: "Programme", Field: "availableMoves", Func: func(context.Context, []uuid.UUID) ([]any, error) {
			return nil, domain.Errorf(domain.CodeRulesUnavailable, "the rules could not be asked")
		}},
		{Type: "Notification", Field: "message", Func: messages}, {Type: "Programme", Field: "rules", Func: bindings}, {Type: "Decision", Field: "facts", Func: factsOfDecisions},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{exec: executor.New(generated.NewExecutableSchema(generated.Config{Resolvers: resolvers{}, Directives: generated.DirectiveRoot{Stored: reader.Stored}}))}
	id := globalID("Programme", load(t, d).rows["Programme"][0]["id"].(string))
	q := `query($id: ID!) { nodes(ids: [$id, "none"]) { ... on Programme { code availableMoves { move } } } region(code: "ID") { code } }`
	data, errs := s.ask(t, actor("rina", "VIEWER ID"), q, map[string]any{"id": id})
	if string(data) != `{"nodes":[null,null],"region":{"code":"ID"}}` || len(errs) != 1 || errs[0].Path.String() != "nodes[0].availableMoves" {
		t.Errorf("%s %v", data, errs)
	}
	// Below a list, where nothing may be null, all of it goes.
	data, errs = s.ask(t, actor("rina", "VIEWER ID"), `{ programmes(first: 2) { edges { node { m: availableMoves { move } } } } }`, nil)
	if string(data) != "null" || len(errs) != 1 || errs[0].Path.String() != "programmes.edges[0].node.m" {
		t.Errorf("%s %v", data, errs)
	}
}
