package read_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
)

// walk reads a list page by page and gives the ids in order.
func walk(t *testing.T, s *server, order string, forward bool) []string {
	t.Helper()
	var ids []string
	cursor := ""
	for {
		args := "first: 7"
		if !forward {
			args = "last: 7"
		}
		if cursor != "" {
			args += map[bool]string{true: `, after: "`, false: `, before: "`}[forward] + cursor + `"`
		}
		data := s.get(t, actor("rina", "VIEWER 32"), fmt.Sprintf(`{ programmes(orderBy: %s, %s) { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`, order, args), nil)
		var page []string
		for _, n := range at(data, "programmes.nodes").([]any) {
			page = append(page, at(n, "id").(string))
		}
		info := at(data, "programmes.pageInfo").(map[string]any)
		if forward {
			ids = append(ids, page...)
			if info["hasPreviousPage"] != (cursor != "") {
				t.Errorf("hasPreviousPage is %v after %q", info["hasPreviousPage"], cursor)
			}
			if info["hasNextPage"] == false {
				return ids
			}
			cursor = info["endCursor"].(string)
		} else {
			ids = append(page, ids...)
			if info["hasNextPage"] != (cursor != "") {
				t.Errorf("hasNextPage is %v before %q", info["hasNextPage"], cursor)
			}
			if info["hasPreviousPage"] == false {
				return ids
			}
			cursor = info["startCursor"].(string)
		}
	}
}

func TestPagesForwardsAndBackwardsGiveTheSameList(t *testing.T) {
	t.Parallel()
	d := portfolio(t, 13, 80)
	w := load(t, d)
	s := serve(t, d)
	for _, order := range []string{"CODE", "UPDATED_AT_DESC"} {
		forward, backward := walk(t, s, order, true), walk(t, s, order, false)
		if !slices.Equal(forward, backward) {
			t.Errorf("%s: forwards %v, backwards %v", order, forward, backward)
		}
		want := 0
		for _, r := range w.rows["Programme"] {
			if below(r["region_code"].(string), "32") {
				want++
			}
		}
		if slices.Sort(forward); len(slices.Compact(forward)) != want || want < 20 {
			t.Errorf("%s: %d of %d", order, len(forward), want)
		}
	}
}

func TestACursorSurvivesItsRow(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	m := &maker{nil, t, d}
	m.threeCommunities()
	s := serve(t, d)
	const q = `query($after: String) { communities(first: 1, after: $after) { nodes { name } pageInfo { endCursor hasPreviousPage } } }`
	who := actor("rina", "VIEWER ID")
	cursor := at(s.get(t, who, q, nil), "communities.pageInfo.endCursor")
	if _, err := d.Pool.Exec(t.Context(), "delete from communities where name = 'A'"); err != nil {
		t.Fatal(err)
	}
	data := s.get(t, who, q, map[string]any{"after": cursor})
	if at(data, "communities.nodes.0.name") != "B" || at(data, "communities.pageInfo.hasPreviousPage") != false {
		t.Errorf("%v", data)
	}
}

// threeCommunities makes three communities, A to C.
func (m *maker) threeCommunities() {
	for _, name := range []string{"A", "B", "C"} {
		m.insert(&domain.Community{Record: domain.Record{ID: uuid.New()}, RegionCode: "ID", Kind: "VILLAGE", Name: name})
	}
}

func TestACursorIsGoodForItsOwnListAndOrderOnly(t *testing.T) {
	t.Parallel()
	d := portfolio(t, 14, 10)
	s := serve(t, d)
	who := actor("rina", "VIEWER ID")
	data := s.get(t, who, `{ programmes(first: 1, orderBy: CODE) { pageInfo { endCursor } } communities(first: 1) { pageInfo { endCursor } } }`, nil)
	own := at(data, "programmes.pageInfo.endCursor").(string)
	other := at(data, "communities.pageInfo.endCursor").(string)
	changed := []byte(own)
	changed[len(changed)-3] ^= 1
	for name, arg := range map[string]string{
		"another list": other, "changed": string(changed), "cut": own[:len(own)-4], "empty": "", "made up": "bm90IG91cnM", "no base64": "!!", "long": strings.Repeat("A", 5000),
	} {
		for _, q := range []string{
			`query($c: String) { programmes(orderBy: CODE, after: $c) { nodes { id } } }`,
			`query($c: String) { programmes(orderBy: CODE, before: $c) { totalCount } }`,
		} {
			if _, errs := s.ask(t, who, q, map[string]any{"c": arg}); code(errs) != string(domain.CodeBadUserInput) {
				t.Errorf("%s: %v", name, errs)
			}
		}
	}
	if _, errs := s.ask(t, who, `query($c: String) { programmes(orderBy: UPDATED_AT_DESC, after: $c) { nodes { id } } }`, map[string]any{"c": own}); code(errs) != string(domain.CodeBadUserInput) {
		t.Errorf("another order: %v", errs)
	}
	s.get(t, who, `query($c: String) { programmes(orderBy: CODE, after: $c) { nodes { id } } }`, map[string]any{"c": own})
}

func TestWrongArgumentsAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, portfolio(t, 15, 2))
	for q, path := range map[string]string{
		`{ programmes(first: 0) { totalCount } }`:                                  "first",
		`{ programmes(first: 101) { totalCount } }`:                                "first",
		`{ programmes(last: -1) { totalCount } }`:                                  "last",
		`{ programmes(first: 1, last: 1) { totalCount } }`:                         "last",
		`{ region(code: "ID") { children(first: 0) { totalCount } } }`:             "children.first",
		`{ region(code: "3") { name } }`:                                           "code",
		`{ region(code: "32.73.05.1001.1") { name } }`:                             "code",
		`{ programmes(filter: {region: {}}) { totalCount } }`:                      "filter.region",
		`{ programmes(filter: {region: {under: "32", is: "32"}}) { totalCount } }`: "filter.region",
		`{ programmes(filter: {region: {under: "32' or 1=1"}}) { totalCount } }`:   "filter.region.under",
		`{ board(region: {is: "x"}) { count } }`:                                   "region.is",
		`{ regions(filter: {nameStartsWith: "a"}) { totalCount } }`:                "filter.nameStartsWith",
		`{ programme(id: "UjMy") { code } }`:                                       "id",
		`{ nodes(ids: [` + strings.Repeat(`"x", `, 101) + `]) { id } }`:            "ids",
	} {
		_, errs := s.ask(t, actor("rina", "VIEWER ID"), q, nil)
		e, ok := errorOf(errs)
		if !ok || e.Code != domain.CodeBadUserInput || strings.Join(e.Path, ".") != path || e.Text.ID == "" {
			t.Errorf("%s: %v", q, errs)
		}
	}
	for _, q := range []string{`{ region(code: "99") { name } }`, `{ node(id: "none") { id } }`, `{ node(id: "UjMyLjczLjA") { id } }`, `{ node(id: "UDk5") { id } }`} {
		if data, errs := s.ask(t, actor("rina", "VIEWER ID"), q, nil); errs != nil || !strings.HasSuffix(string(data), ":null}") {
			t.Errorf("%s: %s %v", q, data, errs)
		}
	}
}
