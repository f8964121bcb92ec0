// Package shapes names the five ways of reading that the benchmark measures, and what each is asked with.
//
// A shape is one GraphQL document and many sets of variables, drawn evenly from what is in the database, so that no server
// answers from the same few rows. The same request goes to every peer; a cursor alone is each peer's own.
package shapes

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/berdaya/berdaya/graph/gid"
)

// Shape is one way of reading.
type Shape struct {
	Name  string // the operation's name, by which the limit server knows it
	Title string // for people
	Query string
}

// All are the shapes, in the order of the tables.
var All = []Shape{
	{"One", "one by id", `query One($id: ID!) { programme(id: $id) { id code title stage status version coordinator startDate endDate createdAt updatedAt ` +
		`region { code name } communities(first: 1) { nodes { community { id name households } } } ` +
		`stakeholders(first: 5) { nodes { role stakeholder { id name kind } } } } }`},
	{"Fifty", "50 of a province and stage", `query Fifty($province: String!, $stage: Stage!) { ` +
		`programmes(filter: {region: {under: $province}, stage: {eq: $stage}}, first: 50) { ` +
		`nodes { id code title stage status updatedAt region { name } communities(first: 1) { nodes { community { name } } } } ` +
		`pageInfo { hasNextPage endCursor } } }`},
	{"Nested", "50 × (10 stakeholders + 5 events)", `query Nested($province: String!, $stage: Stage!) { ` +
		`programmes(filter: {region: {under: $province}, stage: {eq: $stage}}, first: 50) { nodes { id code title stage ` +
		`stakeholders(first: 10) { nodes { role stakeholder { id name } } } ` +
		`history(last: 5) { nodes { id version fromStage toStage actor occurredAt } } } } }`},
	{"Board", "board counts of a province", `query Board($province: String!) { board(region: {under: $province}) { stage status count } }`},
	{"Deep", "a page of 50, deep", `query Deep($after: String!) { programmes(first: 50, after: $after) { ` +
		`nodes { id code title stage updatedAt } pageInfo { hasNextPage endCursor } } }`},
}

// Place is where a deep page begins: after this programme, the last changed first.
type Place struct {
	ID        uuid.UUID
	UpdatedAt time.Time
	Region    string
}

// Draw is what the shapes are asked with.
type Draw struct {
	ids    []uuid.UUID
	pairs  [][2]string // province and stage
	places []Place
}

// Of draws: how many of each at most.
const (
	manyIDs    = 2000
	manyPlaces = 100
)

// Pick draws from a database; the same seed draws the same from the same rows. It fails where there is nothing to draw from.
func Pick(ctx context.Context, pool *pgxpool.Pool, seed uint64) (*Draw, error) {
	order := rand.New(rand.NewPCG(seed, 0))
	var d Draw
	rows, err := pool.Query(ctx, `select id, updated_at, region_code, row_number() over (order by updated_at desc, id desc) from programmes order by id`)
	if err != nil {
		return nil, err
	}
	type row struct {
		Place
		rank int
	}
	var all []row
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.ID, &r.UpdatedAt, &r.Region, &r.rank); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(all) < 2 {
		return nil, fmt.Errorf("the database holds %d programmes; the shapes need two or more", len(all))
	}
	order.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, r := range all {
		if len(d.ids) < manyIDs {
			d.ids = append(d.ids, r.ID)
		}
		if len(d.places) < manyPlaces && r.rank > len(all)/5 && r.rank < len(all) { // a fifth of the way and deeper, never the very last
			d.places = append(d.places, r.Place)
		}
	}
	if rows, err = pool.Query(ctx, `select distinct province_code, stage from programmes where province_code is not null order by 1, 2`); err != nil {
		return nil, err
	}
	for rows.Next() {
		var p [2]string
		if err := rows.Scan(&p[0], &p[1]); err != nil {
			return nil, err
		}
		d.pairs = append(d.pairs, p)
	}
	order.Shuffle(len(d.pairs), func(i, j int) { d.pairs[i], d.pairs[j] = d.pairs[j], d.pairs[i] })
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(d.pairs) == 0 || len(d.places) == 0 {
		return nil, fmt.Errorf("the database holds no programme below a province to draw from")
	}
	return &d, nil
}

// Places are those at which deep pages begin.
func (d *Draw) Places() []Place { return d.places }

// Bodies gives the requests of a shape. cursors are the peer's own for the draw's places, in their order.
func (d *Draw) Bodies(s Shape, cursors []string) ([][]byte, error) {
	var all []map[string]string
	switch s.Name {
	case "One":
		for _, id := range d.ids {
			all = append(all, map[string]string{"id": gid.New("Programme", id)})
		}
	case "Fifty", "Nested":
		for _, p := range d.pairs {
			all = append(all, map[string]string{"province": p[0], "stage": p[1]})
		}
	case "Board":
		seen := map[string]bool{}
		for _, p := range d.pairs {
			if !seen[p[0]] {
				seen[p[0]] = true
				all = append(all, map[string]string{"province": p[0]})
			}
		}
	case "Deep":
		for _, c := range cursors {
			all = append(all, map[string]string{"after": c})
		}
	}
	bodies := make([][]byte, len(all))
	for i, variables := range all {
		var err error
		if bodies[i], err = json.Marshal(map[string]any{"operationName": s.Name, "query": s.Query, "variables": variables}); err != nil {
			return nil, err
		}
	}
	return bodies, nil
}
