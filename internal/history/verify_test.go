package history_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/history"
	"github.com/berdaya/berdaya/workflow"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// archive is a database with two provinces and programmes that have a history.
type archive struct{ *db.DB }

func newArchive(t testing.TB) archive {
	t.Helper()
	a := archive{dbtest.New(t)}
	a.exec(t, `insert into regions (code, parent_code, level, name, valid_from) values
		('32', 'ID', 'PROVINCE', 'Jawa Barat', '1950-01-01'), ('32.73', '32', 'REGENCY', 'Kota Bandung', '1950-01-01'), ('33', 'ID', 'PROVINCE', 'Jawa Tengah', '1950-01-01')`)
	a.exec(t, `insert into members (id, created_at, updated_at, subject, name) values (gen_random_uuid(), now(), now(), 'coordinator', 'The coordinator')`)
	return a
}

func (a archive) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := a.Pool.Exec(context.Background(), query, args...); err != nil {
		t.Fatal(err)
	}
}

// tamper changes what nobody may change, as only whoever owns the database can.
func (a archive) tamper(t testing.TB, query string, args ...any) {
	t.Helper()
	a.exec(t, `alter table programme_events disable trigger programme_events_append_only`)
	a.exec(t, query, args...)
	a.exec(t, `alter table programme_events enable trigger programme_events_append_only`)
}

// add enters programmes, each created, held and resumed so often that it has this many events.
func (a archive) add(t testing.TB, region string, events int, codes ...string) {
	t.Helper()
	var programmes []domain.Programme
	var all []domain.ProgrammeEvent
	ids := domain.RandomIDs{}
	reason := "the river is high"
	for _, code := range codes {
		p := domain.Programme{Record: domain.Record{ID: ids.New(), CreatedAt: noon, UpdatedAt: noon}, RegionCode: region, Code: code, Title: "Air bersih",
			Goal: "Clean water", StartDate: "2026-01-01", EndDate: "2027-12-31", Coordinator: "coordinator", FactsVersion: 1}
		d := workflow.Created(workflow.Default, p.ID, region, "coordinator", noon)
		for version := 1; ; version++ {
			d.Seal(ids, func() string {
				if len(all) == 0 || version == 1 {
					return ""
				}
				return all[len(all)-1].Hash
			}())
			all = append(all, *d.Event)
			d.After.Apply(&p)
			if version == events {
				break
			}
			move := domain.Hold
			if d.After.Status == domain.OnHold {
				move = domain.Resume
			}
			d = workflow.Decide(workflow.Terms{Course: workflow.Default}, workflow.StateOf(&p, d.Event.Hash), nil, &workflow.Judgement{},
				workflow.Command{Actor: "coordinator", Move: move, Reason: &reason, At: noon.Add(time.Duration(version) * time.Hour)})
			if d.Err != nil {
				t.Fatal(d.Err)
			}
		}
		programmes = append(programmes, p)
	}
	if err := a.Demo().Load(context.Background(), programmes, all); err != nil {
		t.Fatal(err)
	}
}

// verify gives what is broken, by programme, and the sum.
func (a archive) verify(t testing.TB, scope workflow.HistoryScope) (map[string]string, history.Sum) {
	t.Helper()
	broken := map[string]string{}
	sum, err := history.Verifier{Store: a.Histories()}.All(context.Background(), scope, func(int, int) {}, func(b history.Broken) {
		if _, twice := broken[b.Code]; twice {
			t.Errorf("%s is named twice", b.Code)
		}
		broken[b.Code] = fmt.Sprintf("%d: %s", b.Version, b.Why)
	})
	if err != nil {
		t.Fatal(err)
	}
	return broken, sum
}

func numbered(prefix string, n int) []string {
	codes := make([]string, n)
	for i := range codes {
		codes[i] = fmt.Sprintf("%s-%04d", prefix, i)
	}
	return codes
}

func TestEveryWayOfTamperingIsNamedByTheFirstEventThatDoesNotFit(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.add(t, "32", 5, "SOUND-1", "REASON", "MISSING", "LAST", "FIRST", "NONE", "SWAPPED", "HASH", "ROW-STAGE", "ROW-VERSION", "ROW-REGION", "ACTOR", "SOUND-2")
	if broken, sum := a.verify(t, workflow.HistoryScope{}); len(broken) > 0 || sum != (history.Sum{Histories: 13, Events: 65}) {
		t.Fatal(broken, sum)
	}
	const of = ` programme_id = (select id from programmes where code = $1)`
	a.tamper(t, `update programme_events set reason = 'nobody was there' where version = 4 and`+of, "REASON")
	a.tamper(t, `update programme_events set actor = 'somebody else' where version = 1 and`+of, "ACTOR")
	a.tamper(t, `delete from programme_events where version = 3 and`+of, "MISSING")
	a.tamper(t, `delete from programme_events where version = 5 and`+of, "LAST")
	a.tamper(t, `delete from programme_events where version = 1 and`+of, "FIRST")
	a.tamper(t, `delete from programme_events where`+of, "NONE")
	a.tamper(t, `update programme_events e set hash = o.hash from programme_events o where o.programme_id = e.programme_id and e.version in (2, 3) and o.version = 5 - e.version and e.`+of[1:], "SWAPPED")
	a.tamper(t, `update programme_events set hash = md5(hash) where version = 5 and`+of, "HASH")
	a.exec(t, `update programmes set stage = 'MONITOR' where code = 'ROW-STAGE'`)
	a.exec(t, `update programmes set version = 4 where code = 'ROW-VERSION'`)
	a.exec(t, `update programmes set region_code = '33' where code = 'ROW-REGION'`)
	broken, sum := a.verify(t, workflow.HistoryScope{})
	if diff := cmp.Diff(map[string]string{
		"REASON":      "4: its content does not fit its hash",
		"ACTOR":       "1: its content does not fit its hash",
		"MISSING":     "4: version 3 should follow, so an event is missing or doubled",
		"LAST":        "5: it is missing, while the programme's row has come further",
		"FIRST":       "2: version 1 should follow, so an event is missing or doubled",
		"NONE":        "0: there is no event at all",
		"SWAPPED":     "2: its content does not fit its hash",
		"HASH":        "5: its content does not fit its hash",
		"ROW-STAGE":   "5: the programme's row is not what the history comes to",
		"ROW-VERSION": "5: the programme's row is not what the history comes to",
		"ROW-REGION":  "5: the programme's row is not what the history comes to",
	}, broken); diff != "" {
		t.Error(diff)
	}
	if sum != (history.Sum{Histories: 13, Events: 65 - 3 - 5, Broken: 11}) {
		t.Errorf("%+v", sum)
	}
}

func TestAScopeIsARegionWithAllBelowItOrOneProgramme(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.add(t, "32", 2, "WEST")
	a.add(t, "32.73", 2, "CITY")
	a.add(t, "33", 2, "MIDDLE")
	for scope, want := range map[workflow.HistoryScope]int64{
		{}: 3, {Region: "ID"}: 3, {Region: "32"}: 2, {Region: "32.73"}: 1, {Region: "33"}: 1, {Programme: "CITY"}: 1, {Programme: "CITY", Region: "32"}: 1,
	} {
		if _, sum := a.verify(t, scope); sum.Histories != want || sum.Events != 2*want {
			t.Errorf("%+v: %+v", scope, sum)
		}
	}
	for _, scope := range []workflow.HistoryScope{{Region: "99"}, {Region: "nowhere"}, {Programme: "NONE"}, {Programme: "MIDDLE", Region: "32"}} {
		_, err := history.Verifier{Store: a.Histories()}.All(t.Context(), scope, func(int, int) {}, func(history.Broken) {})
		if domain.CodeOf(err) != domain.CodeNotFound {
			t.Errorf("%+v: %v", scope, err)
		}
	}
}

func TestManyHistoriesAreReadPageByPage(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.add(t, "32", 1, numbered("MANY", 1250)...)
	a.exec(t, `update programmes set status = 'CANCELLED' where code in ('MANY-0000', 'MANY-0499', 'MANY-0500', 'MANY-1249')`)
	var done []int
	var broken []string
	sum, err := history.Verifier{Store: a.Histories()}.All(t.Context(), workflow.HistoryScope{},
		func(n, total int) { done = append(done, n, total) }, func(b history.Broken) { broken = append(broken, b.Code) })
	if err != nil || sum != (history.Sum{Histories: 1250, Events: 1250, Broken: 4}) {
		t.Fatal(sum, err)
	}
	slices.Sort(broken)
	if got := strings.Join(broken, " "); got != "MANY-0000 MANY-0499 MANY-0500 MANY-1249" {
		t.Errorf("broken: %s", got)
	}
	if diff := cmp.Diff([]int{0, 1250, 500, 1250, 1000, 1250}, done); diff != "" {
		t.Error(diff)
	}
}

type stored struct{ db.Histories }

// cutOff is a database that goes away after so many pages.
type cutOff struct {
	stored
	pages int
	read  []uuid.UUID // after which programmes
}

var errAway = errors.New("the database is away")

func (c *cutOff) Histories(ctx context.Context, scope workflow.HistoryScope, after uuid.UUID, atMost int, each func(workflow.HistoryRow)) error {
	if c.pages--; c.pages < 0 {
		return errAway
	}
	c.read = append(c.read, after)
	return c.stored.Histories.Histories(ctx, scope, after, atMost, each)
}

func TestTheJobGoesOnWhereItStoppedAndTellsWhatItFound(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.add(t, "32", 2, numbered("MANY", 1010)...)
	a.exec(t, `update programmes set status = 'CANCELLED' where code in ('MANY-0001', 'MANY-0900')`)
	var log strings.Builder
	away := &cutOff{stored: stored{a.Histories()}, pages: 1}
	checks := history.Checks{Store: away, Clock: domain.SystemClock{}, Log: slog.New(slog.NewTextHandler(&log, nil))}
	health := func() workflow.HistoryHealth {
		h, err := a.Figures().HistoryHealth(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	if h := health(); h.FinishedAt != nil || h.Broken != 0 {
		t.Errorf("before the first: %+v", h)
	}
	run := workflow.JobRun{ID: 7}
	if err := checks.Run(t.Context(), run); !errors.Is(err, errAway) {
		t.Fatal(err)
	}
	if h := health(); h.FinishedAt != nil || h.Broken != 1 {
		t.Errorf("after the first page: %+v", h)
	}
	away.pages = 10
	for range 2 { // the second finds it done
		if err := checks.Run(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	if len(away.read) != 3 || slices.Contains(away.read[1:], away.read[0]) {
		t.Errorf("pages were read after %v", away.read)
	}
	if h := health(); h.FinishedAt == nil || h.Broken != 2 {
		t.Errorf("at the end: %+v", h)
	}
	for _, says := range []string{
		`level=ERROR msg="a history is broken" programme=MANY-0001 event=2 why="the programme's row is not what the history comes to"`,
		`level=ERROR msg="a history is broken" programme=MANY-0900`,
		`level=ERROR msg="histories are verified" histories=1010 events=2020 broken=2`,
	} {
		if strings.Count(log.String(), says) != 1 {
			t.Errorf("the log does not say once %s:\n%s", says, log.String())
		}
	}
	a.exec(t, `update programmes set status = 'ON_HOLD' where code in ('MANY-0001', 'MANY-0900')`)
	if err := checks.Run(t.Context(), workflow.JobRun{ID: 8}); err != nil {
		t.Fatal(err)
	}
	if h := health(); h.Broken != 0 {
		t.Errorf("after it is mended: %+v", h)
	}
}

func TestOfTwoRunsOfOneJobOneGivesWay(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.add(t, "32", 1, "ONE")
	s := a.Histories()
	begun, err := s.BeginCheck(t.Context(), 1, noon)
	if err != nil {
		t.Fatal(err)
	}
	next := begun
	next.After, next.Histories = uuid.Must(uuid.NewV7()), 500
	for i, want := range []bool{true, false} {
		if advanced, err := s.AdvanceCheck(t.Context(), begun, next); err != nil || advanced != want {
			t.Errorf("run %d: %t, %v", i+1, advanced, err)
		}
	}
	if again, err := s.BeginCheck(t.Context(), 1, noon.Add(time.Hour)); err != nil || again.Histories != 500 || !again.StartedAt.Equal(noon) || again.After != next.After {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := s.BeginCheck(t.Context(), 2, noon.AddDate(0, 0, 91)); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := a.Pool.QueryRow(t.Context(), `select count(*) from history_checks`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d verifications are kept, %v", n, err)
	}
}

func BenchmarkVerify(b *testing.B) {
	a := newArchive(b)
	for i := range 4 {
		a.add(b, "32", 5, numbered(fmt.Sprintf("BENCH%d", i), 5000)...)
	}
	a.exec(b, `analyze`)
	for b.Loop() {
		began := time.Now()
		if broken, sum := a.verify(b, workflow.HistoryScope{}); len(broken) > 0 || sum.Histories != 20000 {
			b.Fatal(sum)
		}
		b.ReportMetric(20000/time.Since(began).Seconds(), "histories/s")
	}
}
