package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph"
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/graph/read"
	"github.com/berdaya/berdaya/internal/access"
)

// explaining keeps the statements that pass, to be explained afterwards.
type explaining struct {
	*db.DB
	sql    []string
	params [][][]byte
}

func (e *explaining) Rows(ctx context.Context, sql []string, params [][][]byte, row func(int, [][]byte)) error {
	for i := range sql {
		e.sql = append(e.sql, sql[i])
		var kept [][]byte
		for _, p := range params[i] {
			kept = append(kept, slices.Clone(p))
		}
		e.params = append(e.params, kept)
	}
	return e.DB.Rows(ctx, sql, params, row)
}

// cost is what answering took: pages of tables and indexes looked at, and everything that is more than following an index.
type cost struct {
	pages int
	worse []string
}

// node is a node of a plan of PostgreSQL.
type node struct {
	Type     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Rows     float64 `json:"Actual Rows"`
	Hit      int     `json:"Shared Hit Blocks"`
	Read     int     `json:"Shared Read Blocks"`
	Plans    []node
}

// few is how many rows may be gathered and sorted, about what a district has in one stage: of so short a list, reading
// it in order saves little, and the bound on pages holds all the same.
const few = 250

// worse gives the nodes that do more than follow an index, but for those that gather and sort few rows.
func (n node) worse() (all []string) {
	rows := n.Rows
	for _, p := range n.Plans {
		rows = max(rows, p.Rows)
	}
	short := rows <= few && n.Type != "Seq Scan"
	for _, bad := range []string{"Seq Scan", "Sort", "Bitmap", "Hash"} {
		if strings.Contains(n.Type, bad) && !short {
			all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s of %.0f rows", n.Type, n.Relation, rows)))
		}
	}
	for _, p := range n.Plans {
		all = append(all, p.worse()...)
	}
	return all
}

// explain runs the statements that passed once more and gives what they cost; as prepared statements have it, with a plan for
// these parameters and with one for any.
func (e *explaining) explain(t testing.TB, mode string) (c cost) {
	t.Helper()
	conn, err := e.Pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	exec := func(sql string) {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
	exec("set plan_cache_mode = " + mode)
	defer exec("reset plan_cache_mode")
	types := pgtype.NewMap()
	for i, sql := range e.sql {
		exec("prepare explained as " + sql)
		var oids []uint32
		if err := conn.QueryRow(t.Context(), "select parameter_types::oid[] from pg_prepared_statements where name = 'explained'").Scan(&oids); err != nil {
			t.Fatal(err)
		}
		args := make([]string, len(oids))
		for k, oid := range oids {
			args[k] = literal(t, types, oid, e.params[i][k])
		}
		call := "execute explained"
		if len(args) > 0 {
			call += "(" + strings.Join(args, ", ") + ")"
		}
		var raw []byte
		if err := conn.QueryRow(t.Context(), "explain (analyze, buffers, timing off, format json) "+call, pgx.QueryExecModeSimpleProtocol).Scan(&raw); err != nil {
			t.Fatalf("%v\n%s", err, call)
		}
		exec("deallocate explained")
		var plans []struct{ Plan node }
		if err := json.Unmarshal(raw, &plans); err != nil {
			t.Fatal(err)
		}
		c.pages += plans[0].Plan.Hit + plans[0].Plan.Read
		c.worse = append(c.worse, plans[0].Plan.worse()...)
	}
	return c
}

// literal writes a binary parameter in SQL.
func literal(t testing.TB, types *pgtype.Map, oid uint32, value []byte) string {
	t.Helper()
	if value == nil {
		return "null"
	}
	of, ok := types.TypeForOID(oid)
	if !ok {
		t.Fatalf("no type %d", oid)
	}
	v, err := of.Codec.DecodeValue(types, oid, pgtype.BinaryFormatCode, value)
	if err != nil {
		t.Fatal(err)
	}
	text, err := types.Encode(oid, pgtype.TextFormatCode, v, nil)
	if err != nil {
		t.Fatal(err)
	}
	return "'" + strings.ReplaceAll(string(text), "'", "''") + "'"
}

// asking answers queries over HTTP as the server does, in the name of actors whose token is "ROLE REGION".
func asking(t testing.TB, port read.Port) func(who, query string) map[string]any {
	t.Helper()
	config := generated.Config{Resolvers: &graph.Resolver{}}
	reader, err := read.New(port, read.Options{Schema: generated.NewExecutableSchema(config).Schema(), Key: []byte("the key of cursors in this test"),
		Batches: (&graph.Resolver{}).Batches()})
	if err != nil {
		t.Fatal(err)
	}
	config.Directives = generated.DirectiveRoot{Stored: reader.Stored}
	handler := graph.NewHandler(graph.Config{
		Schema: generated.NewExecutableSchema(config), Log: slog.New(slog.DiscardHandler), Timeout: time.Minute,
		Verify: func(token string) (string, time.Time, error) { return token, time.Now().Add(time.Hour), nil },
		Resolve: func(_ context.Context, subject string) (access.Actor, error) {
			role, region, ok := strings.Cut(subject, ".in.")
			if !ok {
				return access.Actor{}, errors.New("no such subject")
			}
			return access.Actor{Subject: "dev-coordinator-" + region, Grants: []access.Grant{{Role: domain.Role(role), Region: region}}}, nil
		},
		Health: func(context.Context) error { return nil },
	})
	return func(who, query string) map[string]any {
		t.Helper()
		body, err := json.Marshal(map[string]any{"query": query})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", bytes.NewReader(body))
		r.Host = "127.0.0.1"
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+who)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		text, err := io.ReadAll(w.Result().Body)
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			Data   map[string]any
			Errors []any
		}
		if err := json.Unmarshal(text, &answer); err != nil || len(answer.Errors) > 0 {
			t.Fatalf("%v %s\n%s", err, text, query)
		}
		return answer.Data
	}
}

// shape is a list as somebody may ask for it.
type shape struct {
	what, list, filter, order, nodes string
	who                              string // NATIONAL_ADMIN in ID where nothing is said
}

const (
	programmeNodes   = `id code title stage updatedAt region { name } communities(first: 1) { nodes { community { name region { name } } } }`
	communityNodes   = `id name population region { name parent { name } }`
	stakeholderNodes = `id name kind region { name }`
)

func (s shape) query(after string) string {
	args := []string{"first: 50"}
	if s.filter != "" {
		args = append(args, "filter: {"+s.filter+"}")
	}
	if s.order != "" {
		args = append(args, "orderBy: "+s.order)
	}
	if after != "" {
		args = append(args, fmt.Sprintf("after: %q", after))
	}
	return fmt.Sprintf("{ %s(%s) { nodes { %s } pageInfo { hasNextPage endCursor } } }", s.list, strings.Join(args, ", "), s.nodes)
}

// shapes are all lists with every order and filter that the schema offers, at each level of region.
func shapes() (all []shape) {
	levels := []string{"", `region: {under: "32"}`, `region: {under: "32.04"}`, `region: {under: "32.04.12"}`, `region: {under: "32.04.12.2003"}`, `region: {is: "32.04"}`}
	for _, region := range levels {
		for _, order := range []string{"UPDATED_AT_DESC", "CODE"} {
			for _, rest := range []string{"", "stage: {eq: TRAIN}", "status: {eq: ON_HOLD}", "stage: {eq: TRAIN}, status: {eq: ACTIVE}", "stage: {in: [PLAN, TRAIN]}",
				`coordinator: "dev-coordinator-32.04"`} {
				filter := strings.Trim(region+", "+rest, ", ")
				all = append(all, shape{what: filter, list: "programmes", filter: filter, order: order, nodes: programmeNodes})
			}
		}
		for _, order := range []string{"NAME", "UPDATED_AT_DESC"} {
			all = append(all, shape{what: region, list: "communities", filter: region, order: order, nodes: communityNodes},
				shape{what: region, list: "stakeholders", filter: region, order: order, nodes: stakeholderNodes})
		}
	}
	return all
}

// measure asks for a list's first page and, where there is one, the next, and gives what the dearer of them costs in either mode.
func measure(t testing.TB, d *db.DB, s shape) (dearest cost) {
	t.Helper()
	port := &explaining{DB: d}
	ask := asking(t, port)
	who := s.who
	if who == "" {
		who = "NATIONAL_ADMIN.in.ID"
	}
	after := ""
	for range 2 {
		port.sql, port.params = nil, nil
		page := ask(who, s.query(after))[s.list].(map[string]any)
		for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
			c := port.explain(t, mode)
			dearest.pages = max(dearest.pages, c.pages)
			for _, w := range c.worse {
				if !slices.Contains(dearest.worse, w) {
					dearest.worse = append(dearest.worse, w)
				}
			}
		}
		info := page["pageInfo"].(map[string]any)
		if info["hasNextPage"] != true {
			break
		}
		after = info["endCursor"].(string)
	}
	return dearest
}
