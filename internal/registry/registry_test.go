package registry_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/entry"
	"github.com/berdaya/berdaya/internal/registry"
)

func world(t *testing.T) (*db.DB, registry.Registry) {
	d := dbtest.New(t)
	dbtest.Regions(t, d, "32.04.05.2001", "33")
	return d, registry.Registry{Store: d.Registry(), Clock: domain.SystemClock{}, IDs: domain.RandomIDs{}}
}

func as(role domain.Role, region string) access.Actor {
	return access.Actor{Subject: "ani", Grants: []access.Grant{{Role: role, Region: region}}}
}

func village() *domain.Community {
	return &domain.Community{RegionCode: "32.04.05.2001", Kind: "VILLAGE", Name: "Sukamaju", Population: 900, PopulationFemale: 450, PopulationMale: 450}
}

func code(t *testing.T, err error, want domain.Code, path string) {
	t.Helper()
	if domain.CodeOf(err) != want {
		t.Fatalf("%v (%s), want %s", err, domain.CodeOf(err), want)
	}
	if e, ok := err.(domain.Problems); ok {
		err = e[0]
	}
	if e, ok := err.(*domain.Error); ok && strings.Join(e.Path, ".") != path {
		t.Fatalf("path %v, want %s", e.Path, path)
	}
}

func TestACommunityIsEnteredAndChangedByWhoMay(t *testing.T) {
	t.Parallel()
	d, r := world(t)
	ctx, coordinator := t.Context(), as(domain.Coordinator, "32.04")
	key := "one"
	id, err := r.Enter(ctx, coordinator, village(), entry.New{Command: "createCommunity", Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Enter(ctx, coordinator, village(), entry.New{Command: "createCommunity", Key: &key})
	if err != nil || again != id {
		t.Fatalf("the same key gave %s, %v", again, err)
	}
	other := village()
	other.Name = "Another"
	_, err = r.Enter(ctx, coordinator, other, entry.New{Command: "createCommunity", Key: &key})
	code(t, err, domain.CodeIdempotencyMismatch, "idempotencyKey")

	row := new(domain.Community)
	rename := entry.Change{Command: "updateCommunity", ID: id, Said: map[string]any{"name": "Sukamakmur"}, Apply: func() domain.Problems {
		row.Name = "Sukamakmur"
		return nil
	}}
	if _, err := r.Change(ctx, as(domain.RegionalAdmin, "32"), row, rename); err != nil {
		t.Fatal(err)
	}
	stored := new(domain.Community)
	if err := d.Bun.NewSelect().Model(stored).Where("id = ?", id).Scan(ctx); err != nil {
		t.Fatal(err)
	}
	if stored.Name != "Sukamakmur" || stored.Population != 900 || !stored.UpdatedAt.After(stored.CreatedAt) {
		t.Fatalf("%+v", stored)
	}

	_, err = r.Change(ctx, as(domain.Viewer, "32"), new(domain.Community), rename)
	code(t, err, domain.CodeForbidden, "id")
	_, err = r.Change(ctx, as(domain.NationalAdmin, "33"), new(domain.Community), rename)
	code(t, err, domain.CodeNotFound, "id")
	missing := rename
	missing.ID = uuid.Must(uuid.NewV7())
	_, absent := r.Change(ctx, as(domain.NationalAdmin, "33"), new(domain.Community), missing)
	if absent == nil || absent.Error() != err.Error() {
		t.Fatalf("what is not there (%v) and what may not be seen (%v) differ", absent, err)
	}
}

func TestACommunityNeedsAnOpenRegionInScope(t *testing.T) {
	t.Parallel()
	d, r := world(t)
	ctx := t.Context()
	_, err := r.Enter(ctx, as(domain.Coordinator, "33"), village(), entry.New{})
	code(t, err, domain.CodeForbidden, "regionCode")
	nowhere := village()
	nowhere.RegionCode = "99"
	_, err = r.Enter(ctx, as(domain.Coordinator, "ID"), nowhere, entry.New{})
	code(t, err, domain.CodeNotFound, "regionCode")
	if _, err := d.Bun.ExecContext(ctx, `update regions set valid_to = '2020-01-01' where code = '32.04.05.2001'`); err != nil {
		t.Fatal(err)
	}
	_, err = r.Enter(ctx, as(domain.Coordinator, "ID"), village(), entry.New{})
	code(t, err, domain.CodeBadUserInput, "regionCode")
	_, err = r.Enter(ctx, access.Actor{}, village(), entry.New{})
	code(t, err, domain.CodeUnauthenticated, "")
}

func TestAllThatIsWrongWithACommunityIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	_, r := world(t)
	bad := &domain.Community{RegionCode: "x", Kind: "PALACE", Name: " \t", Population: -1, Households: 100_000_001}
	_, err := r.Enter(t.Context(), as(domain.Coordinator, "ID"), bad, entry.New{})
	problems, ok := err.(domain.Problems)
	if !ok || len(problems) != 5 {
		t.Fatalf("%v", err)
	}
	for _, p := range problems {
		if p.Text.ID == "" || p.Text.EN == "" {
			t.Errorf("%v lacks a language", p)
		}
	}
}

func TestAStakeholderSeenInAProgrammeMayBeForbiddenButIsNotHidden(t *testing.T) {
	t.Parallel()
	d, r := world(t)
	dbtest.Member(t, d, "ani")
	ctx := t.Context()
	id, err := r.Enter(ctx, as(domain.NationalAdmin, "ID"), &domain.Stakeholder{RegionCode: "33", Kind: "DONOR", Name: "A fund"}, entry.New{})
	if err != nil {
		t.Fatal(err)
	}
	row := new(domain.Stakeholder)
	rename := entry.Change{ID: id, Apply: func() domain.Problems { row.Name = "The fund"; return nil }}
	_, err = r.Change(ctx, as(domain.Coordinator, "32"), row, rename)
	code(t, err, domain.CodeNotFound, "id")

	programme := uuid.Must(uuid.NewV7())
	for _, q := range []string{
		`insert into programmes (id, created_at, updated_at, region_code, code, title, goal, start_date, end_date, coordinator, stage, status, stage_entered_at, version, facts_version)
			values (?0, now(), now(), '32.04', 'P-1', 'P', '', '2026-01-01', '2026-12-31', 'ani', 'IDENTIFY', 'ACTIVE', now(), 1, 7)`,
		`insert into programme_stakeholders (id, created_at, updated_at, programme_id, stakeholder_id, role, power, interest)
			values (gen_random_uuid(), now(), now(), ?0, ?1, 'funds it', 5, 5)`,
	} {
		if _, err := d.Bun.ExecContext(ctx, q, programme, id); err != nil {
			t.Fatal(err)
		}
	}
	_, err = r.Change(ctx, as(domain.Coordinator, "32"), row, rename)
	code(t, err, domain.CodeForbidden, "id")
	if e, ok := err.(*domain.Error); !ok || strings.ContainsAny(e.Text.EN+e.Text.ID, "0123456789") || len(e.Params) > 0 {
		t.Errorf("the refusal tells where a stakeholder lives of which only name and kind are seen: %v", err)
	}

	if _, err := r.Change(ctx, as(domain.Coordinator, "33"), row, rename); err != nil {
		t.Fatal(err)
	}
	var facts int
	if err := d.Bun.NewRaw(`select facts_version from programmes where id = ?`, programme).Scan(ctx, &facts); err != nil || facts != 8 {
		t.Fatalf("the programme's facts version is %d, %v", facts, err)
	}
}
