package graph_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/standstill"
)

type lateAt struct{ at time.Time }

func (o lateAt) Now() time.Time { return o.at }

func TestADiagramCountsWhatItsReaderSees(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	dbtest.Regions(t, d, "32.04.05.2001", "33.01")
	dbtest.Member(t, d, "ani")
	if _, err := d.Pool.Exec(t.Context(), `insert into programmes (id, created_at, updated_at, region_code, code, title, goal, start_date, end_date, coordinator, stage, status,
			stage_entered_at, due_on, review_on, version, facts_version)
		select gen_random_uuid(), now(), now(), region, 'P-' || n, 'Air', '', '2026-01-01', '2026-12-31', 'ani', stage, status, now(), due::date, review::date, 1, 1
		from (values (1, '32.04', 'PLAN', 'ACTIVE', '2026-02-28', null), (2, '32.04.05.2001', 'PLAN', 'ACTIVE', '2026-03-01', null), (3, '32.04', 'TRAIN', 'ON_HOLD', '2026-02-01', '2026-02-01'),
			(4, '33.01', 'PLAN', 'ACTIVE', '2026-01-01', null), (5, '32.04', 'REPORT', 'COMPLETED', null, null)) as p (n, region, stage, status, due, review)`); err != nil {
		t.Fatal(err)
	}
	q := (&graph.Resolver{Diagrams: standstill.Diagrams{Store: d.Standing(), Clock: lateAt{time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)}}}).Query()
	draw := func(region string, filter *model.RegionFilter) string {
		t.Helper()
		ctx := access.WithActor(context.Background(), access.Actor{Subject: "ani", Locale: domain.Indonesian, Grants: []access.Grant{{Role: domain.Viewer, Region: region}}})
		text, err := q.Diagram(ctx, filter)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	under := func(code string) *model.RegionFilter { return &model.RegionFilter{Under: graphql.OmittableOf(&code)} }
	is := func(code string) *model.RegionFilter { return &model.RegionFilter{Is: graphql.OmittableOf(&code)} }
	for _, c := range []struct {
		grant  string
		filter *model.RegionFilter
		want   []string
	}{
		{"ID", nil, []string{`PLAN["<b>Perencanaan</b><br/>3<br/>⚠ 2 lewat tenggat"]`, `COMPLETED(["<b>Selesai</b><br/>1"])`, `ON_HOLD(["<b>Ditunda</b><br/>1<br/>⚠ 1 lewat tinjauan"])`}},
		{"32", nil, []string{`PLAN["<b>Perencanaan</b><br/>2<br/>⚠ 1 lewat tenggat"]`}},
		{"32", under("ID"), []string{`PLAN["<b>Perencanaan</b><br/>2<br/>⚠ 1 lewat tenggat"]`}},
		{"ID", is("32.04"), []string{`PLAN["<b>Perencanaan</b><br/>1<br/>⚠ 1 lewat tenggat"]`}},
		{"32", under("33"), []string{`PLAN["<b>Perencanaan</b><br/>0"]`, `working["Aktif · 0"]`}},
		{"32", is("33.01"), []string{`PLAN["<b>Perencanaan</b><br/>0"]`, `working["Aktif · 0"]`}},
	} {
		text := draw(c.grant, c.filter)
		for _, line := range c.want {
			if !strings.Contains(text, line) {
				t.Errorf("%s: there is no %s in\n%s", c.grant, line, text)
			}
		}
	}
	if _, err := q.Diagram(context.Background(), nil); domain.CodeOf(err) != domain.CodeUnauthenticated {
		t.Error("nobody:", err)
	}
	for name, filter := range map[string]*model.RegionFilter{"no code": under("Bandung"), "an empty code": is(""), "neither": {}} {
		ctx := access.WithActor(context.Background(), access.Actor{Subject: "ani", Locale: domain.English})
		if _, err := q.Diagram(ctx, filter); domain.CodeOf(err) != domain.CodeBadUserInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}
