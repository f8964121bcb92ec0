package read_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/read"
)

func TestFieldsComeInTheOrderOfTheQuery(t *testing.T) {
	t.Parallel()
	s := serve(t, dbtest.New(t))
	for query, want := range map[string]string{
		`{ region(code: "ID") { name b: level code a: level } }`:                                                     `{"region":{"name":"Indonesia","b":"NATION","code":"ID","a":"NATION"}}`,
		`{ region(code: "ID") { ...F name ... on Node { id } } } fragment F on Region { code name }`:                 `{"region":{"code":"ID","name":"Indonesia","id":"UklE"}}`,
		`{ region(code: "ID") { children { totalCount } code children { nodes { code } totalCount } } }`:             `{"region":{"children":{"totalCount":0,"nodes":[]},"code":"ID"}}`,
		`{ region(code: "ID") { parent { name } name @skip(if: true) ... on Region @include(if: false) { code } } }`: `{"region":{"parent":null}}`,
		`{ region(code: "ID") { ... on Region @include(if: false) { code } } }`:                                      `{"region":{}}`,
		`{ n: node(id: "UklE") { ... on Programme { title } __typename } r: region(code: "ID") { validFrom } }`:      `{"n":{"__typename":"Region"},"r":{"validFrom":"1945-08-17"}}`,
	} {
		if data, errs := s.ask(t, actor("rina", "VIEWER ID"), query, nil); string(data) != want || errs != nil {
			t.Errorf("%s\n got %s %v\nwant %s", query, data, errs, want)
		}
	}
}

// manyfold hands out every row many times.
type manyfold struct{ read.Port }

func (m manyfold) Rows(ctx context.Context, sql []string, params [][][]byte, row func(int, [][]byte)) error {
	return m.Port.Rows(ctx, sql, params, func(statement int, values [][]byte) {
		for range 100_001 {
			row(statement, values)
		}
	})
}

func TestAnAnswerWithoutEndIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, manyfold{dbtest.New(t)})
	if data, errs := s.ask(t, actor("rina", "VIEWER ID"), `{ region(code: "ID") { name } }`, nil); code(errs) != string(domain.CodeTooLarge) {
		t.Errorf("%s %v", data, errs)
	}
}

func TestManyAreAnsweredAtOnceAsEachAlone(t *testing.T) {
	t.Parallel()
	d := portfolio(t, 16, 40)
	alone, together := serve(t, d), serve(t, d)
	r := rand.New(rand.NewPCG(1, 2))
	w := load(t, d)
	lists, _ := sentCursors(t, alone, w, readers[0])
	g := &generator{below: r.IntN, schema: servedSchema(), world: w, cursors: lists}
	var all errgroup.Group
	all.SetLimit(8)
	for range 60 {
		e, who := g.example(), readers[r.IntN(len(readers))]
		want, errs := alone.ask(t, who, e.query, e.variables)
		if errs != nil {
			t.Fatal(errs)
		}
		for range 4 {
			all.Go(func() error {
				if got, errs := together.ask(t, who, e.query, e.variables); errs != nil || !bytes.Equal(got, want) {
					t.Errorf("%s\n got %s %v\nwant %s", e.query, got, errs, want)
				}
				return nil
			})
		}
	}
	_ = all.Wait()
}
