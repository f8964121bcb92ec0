package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph"
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/read"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/bulk"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/programmes"
	"github.com/berdaya/berdaya/internal/registry"
	"github.com/berdaya/berdaya/workflow"
)

// TestABulkMoveFromItsDryRunToItsEnd goes the way of a front end: dry run, look at what is refused, run, follow, look at the
// history.
func TestABulkMoveFromItsDryRunToItsEnd(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	dbtest.Regions(t, d, "32.04")
	dbtest.Member(t, d, member)
	clock, ids := domain.SystemClock{}, domain.RandomIDs{}
	r := &graph.Resolver{
		Registry:   registry.Registry{Store: d.Registry(), Clock: clock, IDs: ids},
		Programmes: programmes.Programmes{Store: d.Programmes(), Clock: clock, IDs: ids, Courses: workflow.Default},
		Moves:      &moving.Moves{Store: d.Moving(), Courses: workflow.Default, Clock: clock, IDs: ids},
		BulkWatch:  &bulk.Watch{Progress: d.Bulk().Progress},
	}
	resolve := func(_ context.Context, subject string) (access.Actor, error) {
		return access.Actor{Subject: subject, Locale: domain.English, Grants: []access.Grant{{Role: domain.Coordinator, Region: "32"}}}, nil
	}
	r.Bulk = &bulk.Bulk{Store: d.Bulk(), Moves: r.Moves, Resolve: resolve, Clock: clock, IDs: ids, Log: slog.New(slog.DiscardHandler)}
	reader, err := read.New(d, read.Options{Schema: schema(), Key: []byte("0123456789abcdef"), Batches: r.Batches()})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, nil, func(c *graph.Config) {
		c.Resolve = resolve
		c.Schema = generated.NewExecutableSchema(generated.Config{Resolvers: r, Directives: generated.DirectiveRoot{Stored: reader.Stored}})
	})
	ask := func(query string, variables map[string]any, more ...map[string]string) map[string]any {
		t.Helper()
		a := s.ask(t, query, variables, more...)
		if len(a.errors) > 0 {
			t.Fatal(a.body)
		}
		return a.data
	}
	at := func(v any, path string) any {
		for _, p := range strings.Split(path, ".") {
			v = v.(map[string]any)[p]
		}
		return v
	}
	done := func(data map[string]any, field string) any {
		t.Helper()
		if wrong := at(data, field+".userErrors").([]any); len(wrong) > 0 {
			t.Fatal(wrong)
		}
		return at(data, field)
	}

	c := done(ask(`mutation { createCommunity(input: {regionCode: "32.04", kind: VILLAGE, name: "Desa", population: 10, populationFemale: 5, populationMale: 5, populationWithDisability: 0, households: 3}) { community { id } userErrors { message } } }`, nil), "createCommunity")
	var programmeIDs []string
	for n := range 3 {
		p := done(ask(`mutation($c: ID!, $code: String!) { createProgramme(input: {regionCode: "32.04", code: $code, title: "Air", goal: "", startDate: "2026-01-01", endDate: "2027-01-01", communityIds: [$c]}) { programme { id } userErrors { message } } }`,
			map[string]any{"c": at(c, "community.id"), "code": fmt.Sprintf("AIR-%d", n)}), "createProgramme")
		programmeIDs = append(programmeIDs, at(p, "programme.id").(string))
	}
	done(ask(`mutation($p: ID!) { moveProgramme(input: {programmeId: $p, move: HOLD, reason: "flood"}) { allowed userErrors { message } } }`, map[string]any{"p": programmeIDs[1]}), "moveProgramme")

	begun := done(ask(`mutation { moveProgrammes(input: {filter: {region: {under: "32"}, stage: {eq: IDENTIFY, in: [IDENTIFY, PLAN]}, coordinator: null}, move: HOLD, reason: "budget", reviewOn: null, idempotencyKey: "1"}) {
		bulkMove { id state stateLabel moveLabel total pending filter reason regionCode startedAt } userErrors { code } } }`, nil), "moveProgrammes")
	id := at(begun, "bulkMove.id")
	want := map[string]any{"id": id, "state": "CHECKING", "stateLabel": "Being checked", "moveLabel": "Hold", "total": 3.0, "pending": 3.0, "reason": "budget", "regionCode": "32.04", "startedAt": nil,
		"filter": map[string]any{"region": map[string]any{"under": "32"}, "stage": map[string]any{"eq": "IDENTIFY", "in": []any{"IDENTIFY", "PLAN"}}}}
	if diff := cmp.Diff(want, at(begun, "bulkMove")); diff != "" {
		t.Error(diff)
	}
	key, err := gid.UUID("BulkMove", id.(string))
	if err != nil {
		t.Fatal(err)
	}
	work := func() {
		for more := true; more; {
			if more, err = r.Bulk.Work(t.Context(), key); err != nil {
				t.Error(err)
			}
		}
	}
	work()
	refused := ask(`query($id: ID!) { node(id: $id) { ... on BulkMove { state allowed refused items(outcome: REFUSED) { totalCount nodes { position outcomeLabel code message programme { code } event { id } blocks { rule } } } } } }`,
		map[string]any{"id": id}, map[string]string{"Accept-Language": "id"})
	if n := at(refused, "node"); at(n, "state") != "CHECKED" || at(n, "allowed") != 2.0 || at(n, "items.totalCount") != 1.0 {
		t.Error(n)
	}
	item := at(refused, "node.items.nodes").([]any)[0]
	if at(item, "programme.code") != "AIR-1" || at(item, "code") != "MOVE_NOT_POSSIBLE" || at(item, "outcomeLabel") != "Ditolak" ||
		!strings.Contains(at(item, "message").(string), "tidak mungkin") || at(item, "event") != nil || at(item, "position") != 2.0 {
		t.Error(item)
	}

	web := httptest.NewServer(s)
	defer web.Close()
	following := (&live{url: web.URL + "/graphql", token: s.token}).subscribe(t,
		fmt.Sprintf(`subscription { bulkMoveProgress(id: %q) { bulkMove { state moved refused items(outcome: MOVED) { nodes { event { move reason } } } } } }`, id))
	following.want("next", `"state":"CHECKED"`)
	done(ask(`mutation($id: ID!) { runBulkMove(input: {id: $id, idempotencyKey: "2"}) { bulkMove { state pending } userErrors { message } } }`, map[string]any{"id": id}), "runBulkMove")
	work()
	var last string
	for name, data := following.next(); name == "next"; name, data = following.next() {
		last = data
	}
	var end struct{ Data any }
	if err := json.Unmarshal([]byte(last), &end); err != nil {
		t.Fatal(last, err)
	}
	moved := map[string]any{"event": map[string]any{"move": "HOLD", "reason": "budget"}}
	if diff := cmp.Diff(map[string]any{"state": "COMPLETED", "moved": 2.0, "refused": 1.0, "items": map[string]any{"nodes": []any{moved, moved}}}, at(end.Data, "bulkMoveProgress.bulkMove")); diff != "" {
		t.Error(diff)
	}
	list := ask(`{ bulkMoves { nodes { id state } } others: bulkMoves(mine: false) { totalCount } }`, nil)
	if n := at(list, "bulkMoves.nodes").([]any); len(n) != 1 || at(n[0], "id") != id || at(list, "others.totalCount") != 0.0 {
		t.Error(list)
	}
	wrong := at(ask(`mutation($id: ID!) { cancelBulkMove(input: {id: $id, idempotencyKey: "3"}) { bulkMove { id } userErrors { code path message } } }`, map[string]any{"id": id}), "cancelBulkMove.userErrors").([]any)
	if len(wrong) != 1 || at(wrong[0], "code") != "BULK_NOT_POSSIBLE" || fmt.Sprint(at(wrong[0], "path")) != "[input id]" {
		t.Error(wrong)
	}
	for _, x := range []struct{ id, code string }{{"nonsense", "BAD_USER_INPUT"}, {gid.New("BulkMove", ids.New()), "NOT_FOUND"}} {
		a := (&live{url: web.URL + "/graphql", token: s.token}).subscribe(t, fmt.Sprintf(`subscription { bulkMoveProgress(id: %q) { bulkMove { id } } }`, x.id))
		a.want("next", x.code)
		a.want("complete", "")
	}
}
