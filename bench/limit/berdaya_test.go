package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/berdaya/berdaya/bench/shapes"
	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph"
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/graph/read"
	"github.com/berdaya/berdaya/internal/access"
)

// A yardstick that answers something else measures nothing.
func TestTheLimitServerAnswersAsBerdayaDoes(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	portfolio(t, d)
	theirs := ask(t, berdayaHandler(t, d))
	ours := ask(t, server{pool: connected(t, d), shapes: berdaya})
	draw, err := shapes.Pick(t.Context(), d.Pool, 1)
	if err != nil {
		t.Fatal(err)
	}
	var open, sealed []string
	for _, p := range draw.Places() {
		open = append(open, shapes.OpenCursor(p))
		cursor, err := shapes.SealedCursor(theirs, p)
		if err != nil {
			t.Fatal(err)
		}
		sealed = append(sealed, cursor)
	}
	for _, s := range shapes.All {
		wanted, err := draw.Bodies(s, sealed)
		if err != nil {
			t.Fatal(err)
		}
		sent, err := draw.Bodies(s, open)
		if err != nil {
			t.Fatal(err)
		}
		if len(wanted) == 0 || len(wanted) != len(sent) {
			t.Fatalf("%s: %d and %d requests", s.Name, len(wanted), len(sent))
		}
		for i := range wanted {
			want, err := theirs(wanted[i])
			if err != nil {
				t.Fatal(s.Name, err)
			}
			got, err := ours(sent[i])
			if err != nil {
				t.Fatal(s.Name, err)
			}
			if strings.Contains(string(want), `"errors"`) || len(want) < 40 {
				t.Fatalf("%s: %s", s.Name, want)
			}
			if difference := shapes.Difference(want, got); difference != "" {
				t.Fatalf("%s %s: %s", s.Name, sent[i], difference)
			}
		}
	}
}

func TestTheLimitServerAnswersNothingElse(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	ours := ask(t, server{pool: connected(t, d), shapes: berdaya})
	for _, body := range []string{`{"operationName":"Else"}`, `{"operationName":"One","variables":{"id":"x"}}`, `{"operationName":"Deep","variables":{"after":"x"}}`, `[`, ``} {
		if got, err := ours([]byte(body)); err == nil {
			t.Errorf("%s: %s", body, got)
		}
	}
	got, err := ours([]byte(`{"operationName":"Fifty","variables":{"province":"99","stage":"PLAN"}}`))
	if err != nil || string(got) != `{"data":{"programmes":{"nodes":[],"pageInfo":{"hasNextPage":false,"endCursor":null}}}}` {
		t.Errorf("%s %v", got, err)
	}
}

// portfolio puts programmes into a database: in two provinces and all stages, with none to twelve roles and one to seven events
// each, text that JSON must escape, and some without a community.
func portfolio(t *testing.T, d *db.DB) {
	t.Helper()
	dbtest.Regions(t, d, "32.73.05.1001", "33.01.01.2001")
	dbtest.Member(t, d, "rina")
	const sql = `
create function pg_temp.id(kind int, n bigint) returns uuid language sql as
  $$ select (lpad(to_hex(1735689600000 + n), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8' || substr(md5(n || ' ' || kind), 1, 15))::uuid $$;
insert into communities (id, created_at, updated_at, region_code, kind, name, population, population_female, population_male, population_with_disability, households)
  select pg_temp.id(1, n), now(), now(), '32.73.05.1001', 'VILLAGE', E'Warga "' || n || E'"\n\\ \t é', 10, 5, 5, 0, n from generate_series(0, 5) n;
insert into stakeholders (id, created_at, updated_at, region_code, kind, name)
  select pg_temp.id(2, n), now(), now(), '33', 'NGO', 'Lembaga ' || n || E' \u0001' from generate_series(0, 20) n;
insert into programmes (id, created_at, updated_at, region_code, code, title, goal, start_date, end_date, coordinator, stage, status, stage_entered_at, version, facts_version)
  select pg_temp.id(3, n), '2025-01-01Z', timestamptz '2025-06-01Z' + (n % 97) * interval '1.000001 second', (array['32.73', '33.01'])[1 + n % 2], 'PRG-' || n,
    'Program ' || n, '', '1999-12-31', '2031-02-28', 'rina', (array['IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT'])[1 + n % 3],
    (array['ACTIVE', 'ON_HOLD', 'COMPLETED', 'CANCELLED'])[1 + n % 4], now(), 1 + n % 7, 1 from generate_series(1, 700) n;
insert into programme_communities (id, created_at, updated_at, programme_id, community_id, is_primary)
  select pg_temp.id(4, n * 4 + k), now(), now(), pg_temp.id(3, n), pg_temp.id(1, (n + k) % 6), k = 1 from generate_series(1, 700) n, generate_series(1, n % 4) k;
insert into programme_stakeholders (id, created_at, updated_at, programme_id, stakeholder_id, role, power, interest)
  select pg_temp.id(5, n * 16 + k), now(), now(), pg_temp.id(3, n), pg_temp.id(2, (n * 5 + k) % 21), 'Mitra', 3, 3 from generate_series(1, 700) n, generate_series(1, n % 13) k;
insert into programme_events (id, programme_id, version, kind, move, from_stage, to_stage, from_status, to_status, actor, occurred_at, previous_hash, hash)
  select pg_temp.id(6, n * 16 + k), pg_temp.id(3, n), k, 'CREATED', null, case when k > 1 then 'PLAN' end, 'PLAN', null, 'ACTIVE', 'rina',
    timestamptz '1999-06-01Z' + k * interval '1 day', '', '' from generate_series(1, 700) n, generate_series(1, 1 + n % 7) k`
	c, err := d.Pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	if _, err := c.Conn().PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatal(err)
	}
}

func connected(t *testing.T, d *db.DB) *pgxpool.Pool {
	t.Helper()
	pool, err := open(t.Context(), d.Pool.Config().ConnString(), 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// berdayaHandler is Berdaya's own way from a request to its answer, but for the token.
func berdayaHandler(t *testing.T, d *db.DB) http.Handler {
	t.Helper()
	resolvers := graph.Resolver{}
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	reader, err := read.New(d, read.Options{Schema: schema, Key: []byte("a key for cursors of these tests"), Batches: resolvers.Batches()})
	if err != nil {
		t.Fatal(err)
	}
	return graph.NewHandler(graph.Config{
		Schema: generated.NewExecutableSchema(generated.Config{Resolvers: &resolvers, Directives: generated.DirectiveRoot{Stored: reader.Stored}}),
		Verify: func(string) (string, time.Time, error) { return "reader", time.Now().Add(time.Hour), nil },
		Resolve: func(context.Context, string) (access.Actor, error) {
			return access.Actor{Subject: "reader", Locale: domain.English, Grants: []access.Grant{{Role: domain.Viewer, Region: domain.NationCode}}}, nil
		},
		Health: func(context.Context) error { return nil },
		Log:    slog.New(slog.DiscardHandler),
	})
}

// ask gives what a handler answers; a status that is not 200 is an error.
func ask(t *testing.T, h http.Handler) shapes.Ask {
	t.Helper()
	return func(body []byte) ([]byte, error) {
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(string(body)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer x")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		answer, err := io.ReadAll(w.Body)
		if w.Code != http.StatusOK {
			return nil, &refused{w.Code, string(answer)}
		}
		return answer, err
	}
}

type refused struct {
	status int
	said   string
}

func (r *refused) Error() string { return http.StatusText(r.status) + ": " + r.said }
