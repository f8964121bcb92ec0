package regions_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/history/historytest"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/regions"
	"github.com/berdaya/berdaya/workflow"
)

// noRules lets every move pass.
type noRules struct{}

func (noRules) Needs(context.Context, string) ([]workflow.FactKind, error) { return nil, nil }

func (noRules) Judge(_ context.Context, questions []workflow.Question) []workflow.Judgement {
	return make([]workflow.Judgement, len(questions))
}

// land is a database with the regions of two releases: in the second one district of the first is closed, and two are new.
type land struct {
	*db.DB
	moves *moving.Moves
	over  regions.Over
}

// district makes a release of these districts of 32.73, each with one village.
func district(codes ...string) files {
	f := files{"provinces.csv": one()["provinces.csv"], "regencies.csv": one()["regencies.csv"],
		"districts.csv": {{"code", "regency_code", "name"}}, "villages.csv": {{"code", "district_code", "name"}}}
	for _, c := range codes {
		f["districts.csv"] = append(f["districts.csv"], []string{c, "32.73", "District " + c[6:]})
		f["villages.csv"] = append(f["villages.csv"], []string{c + ".1001", c, "Village " + c[6:]})
	}
	return f
}

const closed, first, second = "32.73.05", "32.73.31", "32.73.32"

func newLand(t testing.TB) *land {
	t.Helper()
	d := dbtest.New(t)
	l := &land{DB: d,
		moves: &moving.Moves{Store: d.Moving(), Rules: noRules{}, Courses: workflow.Default, Clock: clock{}, IDs: domain.RandomIDs{}},
		over:  regions.Over{Store: d.Regions(), Clock: clock{}, IDs: domain.RandomIDs{}}}
	mustImport(t, d, district(closed).fs(t), regions.Options{Effective: "2026-01-01"})
	dbtest.Member(t, d, "ani")
	return l
}

// release takes in the second release with these rows of successors.
func (l *land) release(t testing.TB, successors ...string) regions.Outcome {
	t.Helper()
	f := district(first, second)
	f["successors.csv"] = [][]string{{"old", "new", "date"}}
	for _, s := range successors {
		f["successors.csv"] = append(f["successors.csv"], strings.Split(s, ","))
	}
	out, err := regions.Import(t.Context(), l, f.fs(t), regions.Options{Effective: "2026-05-01", AllowClosing: true, Clock: clock{}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// programme begins a programme in a region with a community and a stakeholder of the region.
func (l *land) programme(t testing.TB, region, communityRegion string) uuid.UUID {
	t.Helper()
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	record := func() domain.Record {
		return domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: at, UpdatedAt: at}
	}
	p := &domain.Programme{Record: record(), RegionCode: region, Title: "Water", StartDate: "2026-01-01", EndDate: "2026-12-31", Coordinator: "ani", FactsVersion: 1}
	p.Code = "P-" + strings.ToUpper(p.ID.String())
	d := workflow.Created(workflow.Default, p.ID, region, "ani", at)
	d.Seal(domain.RandomIDs{}, "")
	d.After.Apply(p)
	m := &domain.Community{Record: record(), RegionCode: communityRegion, Kind: "VILLAGE", Name: "Sukamaju"}
	s := &domain.Stakeholder{Record: record(), RegionCode: communityRegion, Kind: "NGO", Name: "Water for all"}
	if err := l.Commands().Transact(t.Context(), func(ctx context.Context) error {
		for _, row := range []any{p, d.Event, d.Effects.BeginVisit, m, s,
			&domain.ProgrammeCommunity{Record: record(), ProgrammeID: p.ID, CommunityID: m.ID, Primary: true},
			&domain.ProgrammeStakeholder{Record: record(), ProgrammeID: p.ID, StakeholderID: s.ID, Role: "funds", Power: 3, Interest: 3}} {
			if _, err := l.Commands().In(ctx).NewInsert().Model(row).Exec(ctx); err != nil {
				return fmt.Errorf("%T: %w", row, err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return p.ID
}

// counts gives how many programmes, communities and stakeholders are registered in a region.
func (l *land) counts(t testing.TB, region string) (n [3]int) {
	t.Helper()
	for i, table := range []string{"programmes", "communities", "stakeholders"} {
		if err := l.Pool.QueryRow(t.Context(), "select count(*) from "+table+" where region_code = $1", region).Scan(&n[i]); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// get gives a programme after checking that its history is whole and comes to it.
func (l *land) get(t testing.TB, id uuid.UUID) domain.Programme {
	t.Helper()
	historytest.Verify(t, l.Histories())
	found, err := l.moves.Store.Snapshots(context.Background(), []uuid.UUID{id})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	return found[0].Programme
}

func (l *land) move(t testing.TB) regions.Moved {
	t.Helper()
	m, err := l.over.Move(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func inside(role domain.Role, codes ...string) access.Actor {
	a := access.Actor{Subject: "ani", Locale: domain.English}
	for _, c := range codes {
		a.Grants = append(a.Grants, access.Grant{Role: role, Region: c})
	}
	return a
}

func TestEverythingFollowsTheOnlySuccessorOnce(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	inDistrict := l.programme(t, closed, closed+".1001")
	inVillage := l.programme(t, closed+".1001", closed+".1001")
	above := l.programme(t, "32.73", "32.73")
	hold := moving.Command{ProgrammeID: inVillage, Move: domain.Hold, Reason: ptr("flood"), ReviewOn: ptr(domain.Date("2026-06-01"))}
	if _, err := l.moves.Move(t.Context(), inside(domain.Coordinator, closed), hold); err != nil {
		t.Fatal(err)
	}
	if m := l.move(t); m != (regions.Moved{}) {
		t.Error("moved without a successor:", m)
	}
	if out := l.release(t, closed+","+first+",2026-05-01", closed+".1001,"+first+".1001,2026-05-04"); out.Successors != 2 {
		t.Error(out)
	}
	if m := l.move(t); m != (regions.Moved{Programmes: 2, Communities: 2, Stakeholders: 2}) {
		t.Error(m)
	}
	if m := l.move(t); m != (regions.Moved{}) {
		t.Error("moved twice:", m)
	}
	for id, want := range map[uuid.UUID]struct {
		region  string
		version int64
	}{inDistrict: {first, 2}, inVillage: {first + ".1001", 3}, above: {"32.73", 1}} {
		if p := l.get(t, id); p.RegionCode != want.region || p.Version != want.version {
			t.Errorf("%s at version %d, want %v", p.RegionCode, p.Version, want)
		}
	}
	held := l.get(t, inVillage)
	if held.Status != domain.OnHold || held.HeldAt == nil || *held.ReviewOn != "2026-06-01" {
		t.Errorf("the hold did not come along: %+v", held)
	}
	events := dbtest.History(t, l.DB, inVillage)
	if len(events) != 3 {
		t.Fatal(len(events))
	}
	if e := events[2]; e.Kind != domain.EventTransferred || *e.FromRegion != closed+".1001" || *e.ToRegion != first+".1001" || e.Actor != regions.Actor ||
		*e.Reason != "region 32.73.05.1001 has closed and 32.73.31.1001 took its place" {
		t.Errorf("%+v", e)
	}
	resume := moving.Command{ProgrammeID: inVillage, Move: domain.Resume, Reason: ptr("dry"), ShiftDueDates: true}
	if _, err := l.moves.Move(t.Context(), inside(domain.Coordinator, closed), resume); domain.CodeOf(err) != domain.CodeNotFound {
		t.Error("whoever is of the closed region still sees it:", err)
	}
	if _, err := l.moves.Move(t.Context(), inside(domain.Coordinator, first), resume); err != nil {
		t.Error(err)
	}
	l.get(t, inVillage)
	if n := l.counts(t, first+".1001"); n != [3]int{1, 2, 2} {
		t.Error(n)
	}
}

func ptr[T any](v T) *T { return &v }

func TestASplitWaitsUntilAnAdminChooses(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	id := l.programme(t, closed, closed)
	stays := l.programme(t, closed, closed+".1001")
	l.release(t, closed+","+first+",2026-05-01", closed+","+second+",2026-05-01", closed+".1001,"+second+".1001,2026-05-01")
	if m := l.move(t); m != (regions.Moved{Communities: 1, Stakeholders: 1}) {
		t.Error(m)
	}
	waiting, err := l.over.Wait(t.Context())
	if err != nil || len(waiting) != 1 || waiting[0].RegionCode != closed || waiting[0].Programmes != 2 || !slices.Equal(waiting[0].Successors, []string{first, second}) {
		t.Error(waiting, err)
	}
	if _, err := l.moves.Move(t.Context(), inside(domain.Coordinator, "32.73"), moving.Command{ProgrammeID: id, Move: domain.Advance}); err != nil {
		t.Error("a programme that waits does not move on:", err)
	}

	transfers := regions.Transfers{Store: l.Regions(), Clock: clock{}, IDs: domain.RandomIDs{}}
	choose := regions.Command{ProgrammeID: id, RegionCode: first, Reason: " Its people live there. ", ExpectedVersion: ptr(int64(2)), Key: ptr("k")}
	admin := inside(domain.RegionalAdmin, "32.73")
	for name, c := range map[string]struct {
		actor  access.Actor
		change func(c *regions.Command)
		code   domain.Code
		path   string
	}{
		"nobody":                      {access.Actor{}, func(*regions.Command) {}, domain.CodeUnauthenticated, ""},
		"somebody elsewhere":          {inside(domain.RegionalAdmin, "33"), func(*regions.Command) {}, domain.CodeNotFound, "programmeId"},
		"a coordinator":               {inside(domain.Coordinator, "32"), func(*regions.Command) {}, domain.CodeForbidden, "programmeId"},
		"an admin of the old alone":   {inside(domain.RegionalAdmin, closed), func(*regions.Command) {}, domain.CodeForbidden, "regionCode"},
		"an admin of both but not 2":  {inside(domain.RegionalAdmin, closed, first), func(c *regions.Command) { c.RegionCode = second }, domain.CodeForbidden, "regionCode"},
		"another version":             {admin, func(c *regions.Command) { c.ExpectedVersion = ptr(int64(1)) }, domain.CodeConflict, "expectedVersion"},
		"no region":                   {admin, func(c *regions.Command) { c.RegionCode = "" }, domain.CodeBadUserInput, "regionCode"},
		"an unknown region":           {admin, func(c *regions.Command) { c.RegionCode = "32.73.99" }, domain.CodeNotFound, "regionCode"},
		"the closed region":           {admin, func(c *regions.Command) { c.RegionCode = closed }, domain.CodeBadUserInput, "regionCode"},
		"no reason":                   {admin, func(c *regions.Command) { c.Reason = " " }, domain.CodeReasonRequired, "reason"},
		"a long reason":               {admin, func(c *regions.Command) { c.Reason = strings.Repeat("x", 10_001) }, domain.CodeBadUserInput, "reason"},
		"a community lives elsewhere": {admin, func(c *regions.Command) { c.ProgrammeID, c.ExpectedVersion = stays, nil }, domain.CodeBadUserInput, "regionCode"},
	} {
		wrong := choose
		wrong.Key = nil
		c.change(&wrong)
		_, err := transfers.Transfer(t.Context(), c.actor, wrong)
		e, _ := errors.AsType[*domain.Error](err)
		if domain.CodeOf(err) != c.code || c.path != "" && (len(e.Path) != 1 || e.Path[0] != c.path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	out, err := transfers.Transfer(t.Context(), admin, choose)
	if err != nil || out.Version != 3 || out.Repeated {
		t.Fatal(out, err)
	}
	again, err := transfers.Transfer(t.Context(), admin, choose)
	if err != nil || !again.Repeated || again.EventID != out.EventID {
		t.Error(again, err)
	}
	p := l.get(t, id)
	if p.RegionCode != first || p.Version != 3 || p.Stage != domain.Plan {
		t.Errorf("%+v", p)
	}
	if n := l.counts(t, first); n != [3]int{1, 1, 0} {
		t.Error("its community did not come along:", n)
	}
	wide := regions.Command{ProgrammeID: stays, RegionCode: "32.73", Reason: "It serves both."}
	if _, err := transfers.Transfer(t.Context(), inside(domain.NationalAdmin, domain.NationCode), wide); err != nil {
		t.Error(err)
	}
	l.get(t, stays)
}

func TestASuccessionOfALaterDayWaitsForIt(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	id := l.programme(t, closed, closed)
	f := district(first)
	f["successors.csv"] = [][]string{{"old", "new", "date"}, {closed, first, "2026-07-01"}}
	if _, err := regions.Import(t.Context(), l, f.fs(t), regions.Options{Effective: "2026-07-01", AllowClosing: true, Clock: clock{}}); err != nil {
		t.Fatal(err)
	}
	if m := l.move(t); m != (regions.Moved{}) {
		t.Error("moved before the day:", m)
	}
	l.over.Clock = later{}
	if m := l.move(t); m.Programmes != 1 {
		t.Error(m)
	}
	l.get(t, id)
}

type later struct{}

func (later) Now() time.Time { return time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC) }

func TestManyProgrammesFollowOnceThoughCutOffAndMovedMeanwhile(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	var ids []uuid.UUID
	for range 1_200 {
		ids = append(ids, l.programme(t, closed, closed+".1001"))
	}
	l.release(t, closed+","+first+",2026-05-01")
	ctx, cancel := context.WithCancel(t.Context())
	cut := l.over
	cut.Progress = func(int, int) { cancel() }
	if _, err := cut.Move(ctx); !errors.Is(err, context.Canceled) {
		t.Error("it was not cut off:", err)
	}
	if n := l.counts(t, first)[0]; n == 0 || n == len(ids) {
		t.Error(n, "moved before the end")
	}
	admin := inside(domain.Coordinator, "32.73")
	var all sync.WaitGroup
	var held sync.Map
	for range 3 {
		all.Go(func() {
			if _, err := l.over.Move(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	for worker := range 4 {
		all.Go(func() {
			for i := worker; i < len(ids); i += 16 {
				id := ids[len(ids)-1-i]
				for { // whoever is told that the programme has changed looks again
					_, err := l.moves.Move(t.Context(), admin, moving.Command{ProgrammeID: id, Move: domain.Hold, Reason: ptr("flood")})
					if err == nil {
						held.Store(id, true)
						break
					}
					if domain.CodeOf(err) != domain.CodeConflict {
						t.Error(err)
						break
					}
				}
			}
		})
	}
	all.Wait()
	if m := l.move(t); m != (regions.Moved{}) {
		t.Error(m, "left over")
	}
	var wrong int
	if err := l.Pool.QueryRow(t.Context(), `select count(*) from programmes p where region_code <> $1 or
		(select count(*) from programme_events e where e.programme_id = p.id and kind = 'TRANSFERRED') <> 1`, first).Scan(&wrong); err != nil || wrong != 0 {
		t.Error(wrong, err)
	}
	for i, id := range ids {
		_, moved := held.Load(id)
		if !moved && i%100 != 0 {
			continue
		}
		if p := l.get(t, id); moved && (p.Version != 3 || p.Status != domain.OnHold) {
			t.Errorf("%s at version %d", p.Status, p.Version)
		}
	}
}
