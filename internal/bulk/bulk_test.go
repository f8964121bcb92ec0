package bulk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/bulk"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/workflow"
)

func TestTheDryRunMovesNothingAndTheRunDoesWhatItSaid(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := append(o.programmes(t, "32.04", 20), o.programmes(t, "32.73", 10)...)
	o.rules.says = refusing(func(p *domain.Programme) bool { return p.Code[len(p.Code)-1]%3 == 0 })
	hold := moving.Command{ProgrammeID: ids[4], Move: domain.Hold, Reason: of("flood")}
	if _, err := o.moves.Move(t.Context(), ani, hold); err != nil {
		t.Fatal(err)
	}
	o.bulk.Batch = 7
	id := o.begin(t, ani, bulk.Command{ProgrammeIDs: ids, Move: domain.Advance, DryRun: true})
	if row := o.get(t, id); row.State != domain.BulkChecking || row.Pending != 30 || *row.RegionCode != "32" {
		t.Fatalf("%+v", row)
	}
	o.finish(t, id)
	o.sound(t, id)
	checked, said := o.get(t, id), o.items(t, id)
	if checked.State != domain.BulkChecked || checked.Allowed == 0 || checked.Refused == 0 || checked.FinishedAt != nil || checked.StartedAt != nil {
		t.Fatalf("%+v", checked)
	}
	if n := o.count(t, "select count(*) from programme_events where move = 'ADVANCE'"); n != 0 {
		t.Fatalf("the dry run moved %d programmes", n)
	}
	if err := o.direct(t, o.bulk.Run, id); err != nil {
		t.Fatal(err)
	}
	o.finish(t, id)
	o.sound(t, id)
	for k, i := range o.items(t, id) {
		want := said[k].Outcome
		if want == domain.BulkAllowed {
			want = domain.BulkMoved
		}
		if i.Outcome != want || !cmp.Equal(i.Code, said[k].Code) || !cmp.Equal(i.MessageID, said[k].MessageID) || !cmp.Equal(i.Blocks, said[k].Blocks) {
			t.Errorf("the dry run said %+v, the run %+v", said[k], i)
		}
		one, err := o.moves.DryRun(t.Context(), ani, moving.Command{ProgrammeID: ids[k], Move: domain.Advance, ExpectedVersion: said[k].Version})
		if want == domain.BulkRefused && domain.CodeOf(err) != *i.Code {
			t.Errorf("alone it says %v %v, in the bulk move %s", one, err, *i.Code)
		}
	}
	if done := o.get(t, id); done.State != domain.BulkCompleted || done.Moved != checked.Allowed || done.FinishedAt == nil {
		t.Errorf("%+v", done)
	}
}

func TestAProgrammeThatSomebodyMovedSinceIsAConflictAndNotMovedFurther(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := o.programmes(t, "32.04", 3)
	id := o.begin(t, ani, bulk.Command{ProgrammeIDs: ids, Move: domain.Advance, DryRun: true})
	o.finish(t, id)
	if _, err := o.moves.Move(t.Context(), budi, moving.Command{ProgrammeID: ids[1], Move: domain.Advance}); err != nil {
		t.Fatal(err)
	}
	if err := o.direct(t, o.bulk.Run, id); err != nil {
		t.Fatal(err)
	}
	o.finish(t, id)
	o.sound(t, id)
	items := o.items(t, id)
	if items[0].Outcome != domain.BulkMoved || items[1].Outcome != domain.BulkRefused || *items[1].Code != domain.CodeConflict || items[2].Outcome != domain.BulkMoved {
		t.Errorf("%+v", items)
	}
	if n := o.count(t, "select count(*) from programmes where stage = 'PLAN'"); n != 3 {
		t.Errorf("%d programmes are in PLAN", n)
	}
}

func TestAFilterTakesWhatTheListWouldShowTheActor(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, b, c := o.programmes(t, "32.04", 3), o.programmes(t, "32.73", 2), o.programmes(t, "33.01", 4)
	if _, err := o.moves.Move(t.Context(), ani, moving.Command{ProgrammeID: a[0], Move: domain.Advance}); err != nil {
		t.Fatal(err)
	}
	stages := func(s ...domain.Stage) *[]domain.Stage { return &s }
	both := actor("ani", domain.Coordinator, "32.73")
	both.Grants = append(both.Grants, access.Grant{Role: domain.Viewer, Region: "33"})
	for name, x := range map[string]struct {
		who    access.Actor
		filter workflow.BulkFilter
		want   []uuid.UUID
		region string
	}{
		"all in sight":        {ani, workflow.BulkFilter{}, slices.Concat(a, b), "32"},
		"a region under":      {ani, workflow.BulkFilter{Within: []string{"32.04"}}, a, "32.04"},
		"the nation":          {ani, workflow.BulkFilter{Within: []string{"ID"}}, slices.Concat(a, b), "32"},
		"exactly a region":    {ani, workflow.BulkFilter{Exactly: of("32.73")}, b, "32.73"},
		"a stage":             {ani, workflow.BulkFilter{Stages: stages(domain.Plan)}, a[:1], "32.04"},
		"a status":            {ani, workflow.BulkFilter{Statuses: &[]domain.Status{domain.Active}, Within: []string{"32.73"}}, b, "32.73"},
		"of a coordinator":    {dewi, workflow.BulkFilter{Coordinator: of("ani")}, c, "33.01"},
		"in several regions":  {both, workflow.BulkFilter{}, slices.Concat(b, c), "ID"},
		"an admin everywhere": {actor("budi", domain.NationalAdmin, "ID"), workflow.BulkFilter{}, slices.Concat(a, b, c), "ID"},
	} {
		id := o.begin(t, x.who, bulk.Command{Filter: &x.filter, Move: domain.Advance, DryRun: true})
		var got []uuid.UUID
		for _, i := range o.items(t, id) {
			got = append(got, *i.ProgrammeID)
		}
		if row := o.get(t, id); !slices.Equal(got, x.want) || *row.RegionCode != x.region {
			t.Errorf("%s: %d in %s, want %d in %s", name, len(got), *row.RegionCode, len(x.want), x.region)
		}
	}
	for name, filter := range map[string]workflow.BulkFilter{
		"another's region": {Within: []string{"33"}}, "exactly another's": {Exactly: of("33.01")}, "no stage at all": {Stages: stages()},
		"nobody": {Coordinator: of("x' or true --")}, "no region": {Within: []string{}},
	} {
		_, err := o.bulk.Begin(t.Context(), ani, bulk.Command{Filter: &filter, Move: domain.Advance, DryRun: true, Key: name})
		if domain.CodeOf(err) != domain.CodeBulkEmpty {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsNotSeenLooksLikeWhatIsNotThere(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	mine, theirs := o.programmes(t, "32.04", 1), o.programmes(t, "33.01", 1)
	id := o.begin(t, ani, bulk.Command{ProgrammeIDs: []uuid.UUID{theirs[0], mine[0], uuid.New()}, Move: domain.Advance})
	if n := o.count(t, "select count(*) from bulk_move_items where programme_id = ?", theirs[0]); n != 0 {
		t.Error("what the actor does not see is kept")
	}
	o.finish(t, id)
	o.sound(t, id)
	items := o.items(t, id)
	hidden, unknown := items[0], items[2]
	if *hidden.Code != domain.CodeNotFound || hidden.Outcome != domain.BulkRefused || items[1].Outcome != domain.BulkMoved {
		t.Fatalf("%+v", items)
	}
	hidden.ID, hidden.Position = unknown.ID, unknown.Position
	if diff := cmp.Diff(unknown, hidden); diff != "" {
		t.Error(diff)
	}
	none := o.begin(t, ani, bulk.Command{ProgrammeIDs: theirs, Move: domain.Advance, DryRun: true})
	if err := o.direct(t, o.bulk.Run, none); err != nil {
		t.Fatal(err)
	}
	if row := o.get(t, none); row.State != domain.BulkCompleted || row.FinishedAt == nil || row.Refused != 1 || row.RegionCode != nil {
		t.Errorf("one of nothing but hidden programmes: %+v", row)
	}
	o.sound(t, none)
}

func TestBadInputIsRefusedWithACodeAndNothingIsBegun(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := o.programmes(t, "32.04", 12)
	filter := &workflow.BulkFilter{Within: []string{"32.04"}}
	many := make([]uuid.UUID, domain.MaxBulk+1)
	for i := range many {
		many[i] = uuid.New()
	}
	good := func(change func(c *bulk.Command)) bulk.Command {
		c := bulk.Command{ProgrammeIDs: ids, Move: domain.Advance, DryRun: true, Key: "k"}
		change(&c)
		return c
	}
	for name, x := range map[string]struct {
		who  access.Actor
		c    bulk.Command
		code domain.Code
		path string
	}{
		"nobody":                     {access.Actor{}, good(func(*bulk.Command) {}), domain.CodeUnauthenticated, ""},
		"a viewer":                   {citra, good(func(*bulk.Command) {}), domain.CodeForbidden, ""},
		"a coordinator who reopens":  {ani, good(func(c *bulk.Command) { c.Move, c.Reason = domain.Reopen, of("x") }), domain.CodeForbidden, ""},
		"neither list nor filter":    {ani, good(func(c *bulk.Command) { c.ProgrammeIDs = nil }), domain.CodeBadUserInput, "programmeIds"},
		"both":                       {ani, good(func(c *bulk.Command) { c.Filter = filter }), domain.CodeBadUserInput, "programmeIds"},
		"an empty list":              {ani, good(func(c *bulk.Command) { c.ProgrammeIDs = []uuid.UUID{} }), domain.CodeBulkEmpty, "programmeIds"},
		"too many":                   {ani, good(func(c *bulk.Command) { c.ProgrammeIDs = many }), domain.CodeTooLarge, "programmeIds"},
		"one twice":                  {ani, good(func(c *bulk.Command) { c.ProgrammeIDs = append(slices.Clone(ids), ids[3]) }), domain.CodeBadUserInput, "programmeIds.12"},
		"no move":                    {ani, good(func(c *bulk.Command) { c.Move, c.Reason = "LEAP", of("x") }), domain.CodeBadUserInput, "move"},
		"no reason":                  {ani, good(func(c *bulk.Command) { c.Move = domain.Hold }), domain.CodeReasonRequired, "reason"},
		"a reason of blanks":         {ani, good(func(c *bulk.Command) { c.Move, c.Reason = domain.Hold, of(" \n") }), domain.CodeReasonRequired, "reason"},
		"back to nowhere":            {ani, good(func(c *bulk.Command) { c.Move, c.Reason = domain.SendBack, of("x") }), domain.CodeBadUserInput, "toStage"},
		"no key":                     {ani, good(func(c *bulk.Command) { c.Key = "" }), domain.CodeBadUserInput, "idempotencyKey"},
		"a filter without a count":   {ani, good(func(c *bulk.Command) { c.ProgrammeIDs, c.Filter, c.DryRun = nil, filter, false }), domain.CodeBadUserInput, "expectedCount"},
		"a negative count":           {ani, good(func(c *bulk.Command) { c.ProgrammeIDs, c.Filter, c.ExpectedCount = nil, filter, of(-1) }), domain.CodeBadUserInput, "expectedCount"},
		"far more than expected":     {ani, good(func(c *bulk.Command) { c.ProgrammeIDs, c.Filter, c.DryRun, c.ExpectedCount = nil, filter, false, of(3) }), domain.CodeBulkCountMismatch, "expectedCount"},
		"far fewer than expected":    {ani, good(func(c *bulk.Command) { c.ProgrammeIDs, c.Filter, c.ExpectedCount = nil, filter, of(100) }), domain.CodeBulkCountMismatch, "expectedCount"},
		"a filter that takes nobody": {ani, good(func(c *bulk.Command) { c.ProgrammeIDs, c.Filter = nil, &workflow.BulkFilter{Exactly: of("33.01")} }), domain.CodeBulkEmpty, "filter"},
	} {
		_, err := o.bulk.Begin(t.Context(), x.who, x.c)
		e, _ := err.(*domain.Error)
		if domain.CodeOf(err) != x.code || e == nil || strings.Join(e.Path, ".") != x.path || e.Text.ID == "" {
			t.Errorf("%s: %v (%s)", name, err, domain.CodeOf(err))
		}
	}
	if n := o.count(t, "select (select count(*) from bulk_moves) + (select count(*) from bulk_move_items) + (select count(*) from jobs.river_job)"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	_, err := o.bulk.Begin(t.Context(), ani, good(func(c *bulk.Command) { c.ProgrammeIDs, c.Filter, c.DryRun, c.ExpectedCount = nil, filter, false, of(3) }))
	if e := err.(*domain.Error); fmt.Sprint(e.Params) != "map[expected:3 matched:12]" || !strings.Contains(e.Message, "matches 12") {
		t.Error(e, e.Params)
	}
	for _, near := range []int{11, 12, 13} { // within a tenth
		if _, err := o.bulk.Begin(t.Context(), ani, good(func(c *bulk.Command) {
			c.ProgrammeIDs, c.Filter, c.ExpectedCount, c.Key = nil, filter, &near, fmt.Sprint(near)
		})); err != nil {
			t.Error(near, err)
		}
	}
}

func TestAFilterThatMatchesMoreThanABulkMoveTakesIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.exec(t, `insert into programmes (id, created_at, updated_at, region_code, code, title, goal, start_date, end_date, coordinator, stage, status, stage_entered_at, version, facts_version)
		select gen_random_uuid(), now(), now(), '32.04', 'X-' || i, 'x', 'x', '2026-01-01', '2026-12-31', 'ani', 'PLAN', 'ACTIVE', now(), 1, 1 from generate_series(1, ?) i`, domain.MaxBulk+1)
	c := bulk.Command{Filter: &workflow.BulkFilter{}, Move: domain.Advance, DryRun: true, Key: "k"}
	if _, err := o.bulk.Begin(t.Context(), ani, c); domain.CodeOf(err) != domain.CodeTooLarge || !strings.Contains(err.Error(), "narrow it") {
		t.Error(err)
	}
	o.exec(t, "update programmes set region_code = '33.01' where code = 'X-1'")
	id, err := o.bulk.Begin(t.Context(), ani, c)
	if err != nil {
		t.Fatal(err)
	}
	if row := o.get(t, id); row.Total != domain.MaxBulk || row.Pending != domain.MaxBulk {
		t.Errorf("%+v", row)
	}
}

func TestTheSameKeyBeginsOneBulkMoveAndWithAnotherInputNone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := o.programmes(t, "32.04", 4)
	c := bulk.Command{ProgrammeIDs: ids, Move: domain.Hold, Reason: of("flood"), DryRun: true, Key: "same"}
	first := o.begin(t, ani, c)
	c.Reason = of("  flood ")
	if again := o.begin(t, ani, c); again != first {
		t.Errorf("%s began another", again)
	}
	if again := o.begin(t, access.Actor{Subject: ani.Subject, Locale: ani.Locale}, c); again != first {
		t.Errorf("%s began another, without a role", again)
	}
	for name, change := range map[string]func(c *bulk.Command){
		"other programmes": func(c *bulk.Command) { c.ProgrammeIDs = ids[:3] }, "another order": func(c *bulk.Command) { c.ProgrammeIDs = []uuid.UUID{ids[1], ids[0], ids[2], ids[3]} },
		"another reason": func(c *bulk.Command) { c.Reason = of("drought") }, "moving at once": func(c *bulk.Command) { c.DryRun = false },
		"a filter": func(c *bulk.Command) { c.ProgrammeIDs, c.Filter = nil, &workflow.BulkFilter{} },
	} {
		other := c
		change(&other)
		if _, err := o.bulk.Begin(t.Context(), ani, other); domain.CodeOf(err) != domain.CodeIdempotencyMismatch {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := o.count(t, "select count(*) from bulk_moves"); n != 1 {
		t.Errorf("%d bulk moves", n)
	}
	if other := o.begin(t, budi, c); other == first {
		t.Error("two people share a key")
	}
}
