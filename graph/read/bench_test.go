package read_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/internal/access"
)

// BenchmarkShapes measures the five shapes that the design names, in this process and with its own PostgreSQL.
//
//	go test ./graph/read -run '^$' -bench Shapes -benchmem
func BenchmarkShapes(b *testing.B) {
	d := dbtest.New(b)
	national(b, d, 20_000)
	port := &counted{Port: d}
	s := serve(b, port)
	s.exec.SetQueryCache(graphql.MapCache[*ast.QueryDocument]{})
	var id string
	if err := d.Pool.QueryRow(b.Context(), "select id from programmes where region_code like '33.%' limit 1").Scan(&id); err != nil {
		b.Fatal(err)
	}
	who := actor("rina", "COORDINATOR 33")
	page := s.get(b, who, `{ programmes(first: 100) { pageInfo { endCursor } } }`, nil)
	const deep = `query($after: String) { programmes(first: 50, after: $after) { pageInfo { hasNextPage endCursor } nodes { id code title stage updatedAt } } }`
	for _, shape := range []struct {
		name, query string
		variables   map[string]any
	}{
		{"one by id", `query($id: ID!) { programme(id: $id) { id code title goal stage status version coordinator createdAt updatedAt region { code name } } }`, map[string]any{"id": globalID("Programme", id)}},
		{"50 of a province and stage", newestOfStage, map[string]any{"region": "33", "stage": "PLAN"}},
		{"50 with 10 stakeholders and 5 events", `query($region: String!) { programmes(filter: {region: {under: $region}}, first: 50) { nodes { id code title
			stakeholders(first: 10) { nodes { role stakeholder { id name kind } } } history(last: 5) { nodes { id fromStage toStage actor occurredAt } } } } }`, map[string]any{"region": "33"}},
		{"board", `query($region: String!) { board(region: {under: $region}) { stage status count } }`, map[string]any{"region": "33"}},
		{"deep page", deep, map[string]any{"after": at(page, "programmes.pageInfo.endCursor")}},
	} {
		b.Run(shape.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				answer(b, s, who, shape.query, shape.variables)
			}
		})
		b.Run(shape.name+", the rows alone", func(b *testing.B) {
			seen := &recorded{Port: d}
			serve(b, seen).get(b, who, shape.query, shape.variables)
			sql, params := seen.sql, seen.params // one after the other, where the answer pipelines them
			b.ReportAllocs()
			for b.Loop() {
				for i := range sql {
					if err := d.Rows(b.Context(), sql[i:i+1], params[i:i+1], func(int, [][]byte) {}); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func answer(b *testing.B, s *server, who access.Actor, query string, variables map[string]any) {
	ctx := graphql.StartOperationTrace(access.WithActor(context.Background(), who))
	oc, errs := s.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: variables})
	if errs != nil {
		b.Fatal(errs)
	}
	handler, ctx := s.exec.DispatchOperation(ctx, oc)
	if response := handler(ctx); response.Errors != nil || bytes.Equal(response.Data, []byte("null")) {
		b.Fatal(response.Errors)
	}
}
