package definitions_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/definitions"
	"github.com/berdaya/berdaya/workflow"
)

// clock is the time by which answers age.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) goOn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// line is the way to the database, which counts what passes it and can break.
type line struct {
	db.Definitions
	asked  atomic.Int64
	broken atomic.Bool
}

func (l *line) InForce(ctx context.Context, known int) (map[string]workflow.Definition, int, error) {
	l.asked.Add(1)
	if l.broken.Load() {
		return nil, 0, errors.New("the line is broken")
	}
	return l.Definitions.InForce(ctx, known)
}

// server is what one server knows of the definitions.
type server struct {
	definitions.Definitions
	line  *line
	clock *clock
}

func newServer(d *db.DB) server {
	s := server{line: &line{Definitions: d.Definitions()}, clock: &clock{now: time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)}}
	s.Definitions = definitions.Definitions{Store: d.Definitions(), Courses: &definitions.Courses{Store: s.line, Now: s.clock.Now},
		Clock: s.clock, IDs: domain.RandomIDs{}}
	return s
}

func newOffice(t *testing.T) (*db.DB, server) {
	d := dbtest.New(t)
	dbtest.Regions(t, d, "32.73.05.1001", "33")
	return d, newServer(d)
}

func actor(role domain.Role, region string) access.Actor {
	return access.Actor{Subject: string(role) + " " + region, Grants: []access.Grant{{Role: role, Region: region}}}
}

var nation = actor(domain.NationalAdmin, domain.NationCode)

func train(days int) []definitions.Entry {
	return []definitions.Entry{{Stage: domain.Train, Schedule: workflow.Schedule{Days: &days, Reminders: []int{14, 3}}}}
}

func (s server) publish(t *testing.T, region string, stages []definitions.Entry) definitions.View {
	t.Helper()
	v, err := s.Publish(t.Context(), nation, definitions.Publication{RegionCode: region, Stages: stages})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// days gives for how long the training stage of a region is, as the server knows it.
func (s server) days(t *testing.T, region string) int {
	t.Helper()
	course, err := s.Courses.Course(t.Context(), region)
	if err != nil {
		t.Fatal(err)
	}
	return *course[domain.Train].Days
}

func TestADefinitionHoldsForItsRegionAndBelowUntilTheNextVersion(t *testing.T) {
	t.Parallel()
	_, s := newOffice(t)
	built := *workflow.Built.Stages[domain.Train].Days
	for _, step := range []struct {
		region  string
		stages  []definitions.Entry
		version int
		want    map[string]int
	}{
		{"32", train(100), 1, map[string]int{"ID": built, "33": built, "32": 100, "32.73": 100, "32.73.05.1001": 100}},
		{"32.73.05", train(50), 1, map[string]int{"32": 100, "32.73": 100, "32.73.05": 50, "32.73.05.1001": 50}},
		{"ID", train(200), 2, map[string]int{"ID": 200, "33": 200, "32": 100, "32.73.05.1001": 50}}, // the one that comes with the program is the first
		{"32", train(90), 2, map[string]int{"32": 90, "32.73": 90, "32.73.05.1001": 50}},
		{"32.73.05", nil, 2, map[string]int{"32.73.05.1001": 90}}, // taken back
	} {
		v := s.publish(t, step.region, step.stages)
		if v.Version != step.version || *v.Course[domain.Train].Days != step.want[step.region] && step.want[step.region] != 0 {
			t.Errorf("%s: version %d with %d days", step.region, v.Version, *v.Course[domain.Train].Days)
		}
		for region, want := range step.want {
			if got := s.days(t, region); got != want {
				t.Errorf("after version %d of %s, %s has %d days and not %d", step.version, step.region, region, got, want)
			}
		}
	}
	versions, err := s.Versions(t.Context(), actor(domain.Viewer, "33"), "32", 10)
	if err != nil || len(versions) != 2 || versions[0].Version != 2 || versions[1].Author != nation.Subject || *versions[1].Stages[domain.Train].Days != 100 {
		t.Error(versions, err)
	}
	if diff := cmp.Diff([]int{3, 14}, versions[0].Stages[domain.Train].Reminders); diff != "" {
		t.Error("lists are kept in ascending order:", diff)
	}
}

func TestEveryServerAppliesANewVersionWithinASecondAndAsksOnce(t *testing.T) {
	t.Parallel()
	d, one := newOffice(t)
	other := newServer(d)
	before := other.days(t, "32")
	one.publish(t, "32", train(77))
	if got := one.days(t, "32"); got != 77 {
		t.Error("the server that published does not know:", got)
	}
	if got := other.days(t, "32"); got != before || other.line.asked.Load() != 1 {
		t.Error("it asks although its answer is fresh", got)
	}
	other.clock.goOn(definitions.Fresh)
	var all errgroup.Group
	for range 50 {
		all.Go(func() error {
			course, err := other.Courses.Course(context.Background(), "32.73")
			if err == nil && *course[domain.Train].Days != 77 {
				return errors.New("it does not know the new version")
			}
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
	if n := other.line.asked.Load(); n != 2 {
		t.Errorf("the database was asked %d times", n)
	}
}

func TestTheLastAnswerHoldsWhileTheDatabaseIsAwayButNotForEver(t *testing.T) {
	t.Parallel()
	d, s := newOffice(t)
	s.publish(t, "32", train(77))
	s.line.broken.Store(true)
	for range 10 {
		s.clock.goOn(definitions.Stale / 10)
		if got := s.days(t, "32"); got != 77 {
			t.Error(got)
		}
	}
	s.clock.goOn(definitions.Fresh)
	if _, err := s.Courses.Course(t.Context(), "32"); domain.CodeOf(err) != domain.CodeUnavailable {
		t.Error("after minutes it still holds:", err)
	}
	s.line.broken.Store(false)
	if got := s.days(t, "32"); got != 77 {
		t.Error(got)
	}
	fresh := newServer(d)
	fresh.line.broken.Store(true)
	if _, err := fresh.Courses.Course(t.Context(), "32"); domain.CodeOf(err) != domain.CodeUnavailable {
		t.Error("it knows without having asked:", err)
	}
}

func TestADryRunSaysWhatWouldHoldAndPublishesNothing(t *testing.T) {
	t.Parallel()
	_, s := newOffice(t)
	v, err := s.Publish(t.Context(), nation, definitions.Publication{RegionCode: "32", Stages: train(77), DryRun: true})
	if err != nil || v.Version != 1 || *v.Course[domain.Train].Days != 77 || v.Course[domain.Train].Region != "32" {
		t.Error(v, err)
	}
	if got := s.days(t, "32"); got == 77 {
		t.Error("it was published")
	}
}

func TestPublishingIsForTheNationsAdminsAndSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	_, s := newOffice(t)
	bad := []definitions.Entry{{Stage: "DREAM"}, {Stage: domain.Train, Schedule: workflow.Schedule{Days: of(0)}}}
	for name, c := range map[string]struct {
		actor access.Actor
		p     definitions.Publication
		want  domain.Code
		path  string
	}{
		"a regional admin":   {actor(domain.RegionalAdmin, "32"), definitions.Publication{RegionCode: "32", Stages: train(1)}, domain.CodeForbidden, ""},
		"an auditor":         {actor(domain.Auditor, "ID"), definitions.Publication{RegionCode: "32", Stages: train(1)}, domain.CodeForbidden, ""},
		"nobody":             {access.Actor{}, definitions.Publication{RegionCode: "32", Stages: train(1)}, domain.CodeUnauthenticated, ""},
		"no such region":     {nation, definitions.Publication{RegionCode: "34", Stages: train(1)}, domain.CodeNotFound, "regionCode"},
		"no code":            {nation, definitions.Publication{RegionCode: "Bandung", Stages: train(1)}, domain.CodeNotFound, "regionCode"},
		"another version":    {nation, definitions.Publication{RegionCode: "32", Stages: train(1), ExpectedVersion: of(int64(3))}, domain.CodeConflict, "expectedVersion"},
		"an unknown stage":   {nation, definitions.Publication{RegionCode: "32", Stages: bad}, domain.CodeBadUserInput, "stages 0 stage"},
		"the same, dry":      {nation, definitions.Publication{RegionCode: "32", Stages: bad, DryRun: true}, domain.CodeBadUserInput, "stages 0 stage"},
		"a conflict, dry":    {nation, definitions.Publication{RegionCode: "32", Stages: train(1), ExpectedVersion: of(int64(3)), DryRun: true}, domain.CodeConflict, "expectedVersion"},
		"an unprintable one": {nation, definitions.Publication{RegionCode: "32", Note: of("a\x00b")}, domain.CodeBadUserInput, "note"},
	} {
		_, err := s.Publish(t.Context(), c.actor, c.p)
		e, ok := errors.AsType[*domain.Error](err)
		if !ok || e.Code != c.want || join(e.Path) != c.path {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := s.Publish(t.Context(), nation, definitions.Publication{RegionCode: "32", Stages: bad})
	if problems, _ := errors.AsType[domain.Problems](err); len(problems) != 2 {
		t.Error("not all is said at once:", err)
	}
}

func join(path []string) (s string) {
	for i, p := range path {
		if i > 0 {
			s += " "
		}
		s += p
	}
	return s
}

func TestACommandWithAKeyPublishesOnceAndManyAtOnceGetVersionsOfTheirOwn(t *testing.T) {
	t.Parallel()
	d, s := newOffice(t)
	p := definitions.Publication{RegionCode: "32", Stages: train(7), Key: of("k")}
	for range 2 {
		if v, err := s.Publish(t.Context(), nation, p); err != nil || v.Version != 1 {
			t.Error(v, err)
		}
	}
	p.Stages = train(8)
	if _, err := s.Publish(t.Context(), nation, p); domain.CodeOf(err) != domain.CodeIdempotencyMismatch {
		t.Error(err)
	}
	var all errgroup.Group
	for i := range 8 {
		all.Go(func() error {
			_, err := newServer(d).Publish(context.Background(), nation, definitions.Publication{RegionCode: "32", Stages: train(10 + i)})
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
	versions, err := s.Versions(t.Context(), nation, "32", 100)
	if err != nil || len(versions) != 9 {
		t.Error(len(versions), err)
	}
}

func TestTheSameDefinitionAgainIsNoNewVersionAndAnOlderOneIs(t *testing.T) {
	t.Parallel()
	_, s := newOffice(t)
	reminded := func(days ...int) []definitions.Entry {
		all := train(30)
		all[0].Reminders = days
		return all
	}
	for i, c := range []struct {
		stages  []definitions.Entry
		region  string
		version int
		same    bool
	}{
		{reminded(7, 1), "32", 1, false}, {reminded(1, 7), "32", 1, true}, {train(30), "32", 2, false}, {reminded(7, 1), "32", 3, false}, {reminded(7, 1), "32", 3, true},
		{definitions.Ordered(workflow.Built.Stages), "ID", workflow.Built.Version, true}, {train(30), "ID", workflow.Built.Version + 1, false},
	} {
		p := definitions.Publication{RegionCode: c.region, Stages: c.stages, DryRun: true}
		tried, err := s.Publish(t.Context(), nation, p)
		if err != nil || tried.Version != c.version || tried.Same != c.same {
			t.Errorf("%d, dry run: %+v %v", i, tried, err)
		}
		p.DryRun = false
		v, err := s.Publish(t.Context(), nation, p)
		if err != nil || v.Version != c.version || v.Same != c.same {
			t.Errorf("%d: %+v %v", i, v, err)
		}
	}
}

func TestADefinitionIsNeverChanged(t *testing.T) {
	t.Parallel()
	d, s := newOffice(t)
	s.publish(t, "32", train(7))
	for _, statement := range []string{`update definitions set author = 'x'`, `delete from definitions`, `truncate definitions`} {
		if _, err := d.Pool.Exec(t.Context(), statement); err == nil {
			t.Errorf("%s is done", statement)
		}
	}
}
