package programmes_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/entry"
	"github.com/berdaya/berdaya/internal/programmes"
	"github.com/berdaya/berdaya/internal/registry"
	"github.com/berdaya/berdaya/workflow"
)

type world struct {
	*db.DB
	programmes.Programmes
	here, there uuid.UUID // communities within 32.04 and within 33
}

func begin(t *testing.T) world {
	d := dbtest.New(t)
	dbtest.Regions(t, d, "32.04.05.2001", "33.01.01.2001")
	dbtest.Member(t, d, "ani")
	r := registry.Registry{Store: d.Registry(), Clock: domain.SystemClock{}, IDs: domain.RandomIDs{}}
	w := world{DB: d, Programmes: programmes.Programmes{Store: d.Programmes(), Clock: domain.SystemClock{}, IDs: domain.RandomIDs{}, Courses: workflow.Default}}
	for region, id := range map[string]*uuid.UUID{"32.04.05.2001": &w.here, "33.01.01.2001": &w.there} {
		var err error
		if *id, err = r.Enter(t.Context(), as(domain.NationalAdmin, "ID"), &domain.Community{RegionCode: region, Kind: "VILLAGE", Name: region}, entry.New{}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func as(role domain.Role, region string) access.Actor {
	return access.Actor{Subject: "ani", Grants: []access.Grant{{Role: role, Region: region}}}
}

func programme() *domain.Programme {
	return &domain.Programme{RegionCode: "32.04", Code: "WATER-1", Title: "Clean water", StartDate: "2026-01-01", EndDate: "2026-12-31"}
}

// path gives code and path of each problem, as CODE at.path.
func paths(err error) string {
	problems, many := err.(domain.Problems)
	if e, one := err.(*domain.Error); one {
		problems, many = domain.Problems{e}, true
	}
	if !many {
		return "no problem: " + err.Error()
	}
	var all []string
	for _, p := range problems {
		all = append(all, string(p.Code)+" "+strings.Join(p.Path, "."))
	}
	return strings.Join(all, ", ")
}

func TestAProgrammeBeginsWithItsHistory(t *testing.T) {
	t.Parallel()
	w := begin(t)
	ctx := t.Context()
	key := "once"
	id, err := w.Enter(ctx, as(domain.Coordinator, "32"), programme(), []uuid.UUID{w.here}, entry.New{Command: "createProgramme", Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := w.Enter(ctx, as(domain.Coordinator, "32"), programme(), []uuid.UUID{w.here}, entry.New{Command: "createProgramme", Key: &key}); err != nil || again != id {
		t.Fatalf("the same key gave %s, %v", again, err)
	}
	_, err = w.Enter(ctx, as(domain.Coordinator, "32"), programme(), []uuid.UUID{w.here}, entry.New{Command: "createProgramme"})
	if paths(err) != "ALREADY_EXISTS code" {
		t.Fatal(err)
	}

	p, err := w.DB.Programmes().Programme(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	history := dbtest.History(t, w.DB, id)
	state, err := workflow.Fold(history)
	if err != nil {
		t.Fatal(err)
	}
	if !state.Equal(workflow.StateOf(p, history[0].Hash)) || p.Stage != domain.Identify || p.Status != domain.Active {
		t.Fatalf("the history comes to %+v, the row says %+v", state, p)
	}
	if due := domain.DateOf(p.CreatedAt).AddDays(*workflow.Default[domain.Identify].Days); p.DueOn == nil || *p.DueOn != due {
		t.Errorf("due on %v, want %s", p.DueOn, due)
	}
	if p.Coordinator != "ani" || p.FactsVersion != 1 {
		t.Errorf("%+v", p)
	}
	var visits, primary int
	if err := w.Bun.NewRaw(`select count(*) from stage_visits where programme_id = ? and left_at is null`, id).Scan(ctx, &visits); err != nil || visits != 1 {
		t.Errorf("%d visits, %v", visits, err)
	}
	if err := w.Bun.NewRaw(`select count(*) from programme_communities where programme_id = ? and is_primary`, id).Scan(ctx, &primary); err != nil || primary != 1 {
		t.Errorf("%d primary communities, %v", primary, err)
	}
}

func TestWhatCannotBeAProgrammeIsRefusedWithEveryReason(t *testing.T) {
	t.Parallel()
	w := begin(t)
	nation, regional := as(domain.NationalAdmin, "ID"), as(domain.Coordinator, "32")
	with := func(change func(*domain.Programme)) *domain.Programme {
		p := programme()
		change(p)
		return p
	}
	here := []uuid.UUID{w.here}
	for name, c := range map[string]struct {
		actor access.Actor
		row   *domain.Programme
		in    []uuid.UUID
		want  string
	}{
		"nobody":                  {access.Actor{}, programme(), here, "UNAUTHENTICATED "},
		"a viewer":                {as(domain.Viewer, "32"), programme(), here, "FORBIDDEN regionCode"},
		"another region's":        {as(domain.Coordinator, "33"), programme(), here, "FORBIDDEN regionCode"},
		"a region that is not":    {nation, with(func(p *domain.Programme) { p.RegionCode = "98" }), here, "NOT_FOUND regionCode"},
		"no community":            {nation, programme(), nil, "BAD_USER_INPUT communityIds"},
		"a community elsewhere":   {nation, programme(), []uuid.UUID{w.here, w.there}, "BAD_USER_INPUT communityIds.1"},
		"a community unseen":      {regional, programme(), []uuid.UUID{w.there}, "NOT_FOUND communityIds.0"},
		"a community that is not": {nation, programme(), []uuid.UUID{uuid.Must(uuid.NewV7())}, "NOT_FOUND communityIds.0"},
		"a community twice":       {nation, programme(), []uuid.UUID{w.here, w.here}, "BAD_USER_INPUT communityIds.1"},
		"an unknown coordinator":  {nation, with(func(p *domain.Programme) { p.Coordinator = "nobody" }), here, "NOT_FOUND coordinator"},
		"all at once": {nation, with(func(p *domain.Programme) {
			p.RegionCode, p.Code, p.Title, p.EndDate, p.Coordinator = "32_04", "a b", "\x00", "2025-01-01", "nobody"
		}), nil,
			"BAD_USER_INPUT regionCode, BAD_USER_INPUT code, BAD_USER_INPUT title, BAD_USER_INPUT endDate, NOT_FOUND coordinator, BAD_USER_INPUT communityIds"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Enter(t.Context(), c.actor, c.row, c.in, entry.New{Command: "createProgramme"})
			if err == nil || paths(err) != c.want {
				t.Fatalf("got %v, want %s", err, c.want)
			}
		})
	}
	if n, err := w.Bun.NewSelect().Model((*domain.Programme)(nil)).Count(t.Context()); err != nil || n != 0 {
		t.Fatalf("%d programmes were left behind, %v", n, err)
	}
}

func TestAClosedRegionTakesNoNewProgramme(t *testing.T) {
	t.Parallel()
	w := begin(t)
	if _, err := w.Bun.ExecContext(t.Context(), `update regions set valid_to = '2020-01-01' where code = '32.04'`); err != nil {
		t.Fatal(err)
	}
	_, err := w.Enter(t.Context(), as(domain.Coordinator, "32"), programme(), []uuid.UUID{w.here}, entry.New{})
	if err == nil || paths(err) != "BAD_USER_INPUT regionCode" {
		t.Fatal(err)
	}
}

func TestAProgrammeIsChangedByWhoMayWhileItIsActive(t *testing.T) {
	t.Parallel()
	w := begin(t)
	ctx := t.Context()
	id, err := w.Enter(ctx, as(domain.Coordinator, "32"), programme(), []uuid.UUID{w.here}, entry.New{})
	if err != nil {
		t.Fatal(err)
	}
	change := func(ctx context.Context, a access.Actor, id uuid.UUID, end domain.Date) error {
		p := new(domain.Programme)
		_, err := w.Change(ctx, a, p, entry.Change{ID: id, Apply: func() domain.Problems { p.EndDate = end; return nil }})
		return err
	}
	if err := change(ctx, as(domain.RegionalAdmin, "32.04"), id, "2027-01-31"); err != nil {
		t.Fatal(err)
	}
	p, err := w.DB.Programmes().Programme(ctx, id)
	if err != nil || p.EndDate != "2027-01-31" || p.FactsVersion != 2 || p.Version != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	if err := change(ctx, as(domain.Coordinator, "32"), id, "2025-12-31"); err == nil || paths(err) != "BAD_USER_INPUT endDate" {
		t.Fatal(err)
	}
	if err := change(ctx, as(domain.Facilitator, "32"), id, "2027-02-01"); err == nil || paths(err) != "FORBIDDEN id" {
		t.Fatal(err)
	}
	unseen := change(ctx, as(domain.NationalAdmin, "33"), id, "2027-02-01")
	missing := change(ctx, as(domain.NationalAdmin, "33"), uuid.Must(uuid.NewV7()), "2027-02-01")
	if unseen == nil || missing == nil || paths(unseen) != "NOT_FOUND id" || unseen.Error() != missing.Error() {
		t.Fatalf("unseen: %v; missing: %v", unseen, missing)
	}
	if _, err := w.Bun.ExecContext(ctx, `update programmes set status = 'ON_HOLD', held_at = now()`); err != nil {
		t.Fatal(err)
	}
	if err := change(ctx, as(domain.Coordinator, "32"), id, "2027-02-01"); err == nil || paths(err) != "MOVE_NOT_POSSIBLE id" {
		t.Fatal(err)
	}
}
