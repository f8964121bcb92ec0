package db_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

func TestAgesInAStageAreCountedByWholeDays(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	if _, err := d.Pool.Exec(t.Context(), `insert into members (id, created_at, updated_at, subject, name) values (gen_random_uuid(), now(), now(), 'siti', 'Siti')`); err != nil {
		t.Fatal(err)
	}
	for i, p := range []struct {
		stage, status string
		age           time.Duration
	}{
		{"PLAN", "ACTIVE", 0}, {"PLAN", "ACTIVE", 7*day - time.Microsecond}, {"PLAN", "ACTIVE", 7 * day}, {"PLAN", "ACTIVE", 30*day - time.Microsecond},
		{"PLAN", "ACTIVE", 30 * day}, {"TRAIN", "ACTIVE", 900 * day}, {"TRAIN", "COMPLETED", day}, {"TRAIN", "ON_HOLD", day},
	} {
		if _, err := d.Pool.Exec(t.Context(), `insert into programmes (id, created_at, updated_at, region_code, code, title, goal, start_date, end_date,
			coordinator, stage, status, stage_entered_at, version, facts_version)
			values (gen_random_uuid(), now(), now(), 'ID', $1, 'A title', '', '2026-01-01', '2026-12-31', 'siti', $2, $3, $4, 1, 1)`,
			fmt.Sprintf("P-%d", i), p.stage, p.status, at.Add(-p.age)); err != nil {
			t.Fatal(err)
		}
	}
	ages, err := d.Figures().StageAges(t.Context(), at, []int{7, 30})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, a := range ages {
		got[fmt.Sprint(a.Stage, " ", a.Band)] = a.Count
	}
	if diff := cmp.Diff(map[string]int64{"PLAN 0": 2, "PLAN 1": 2, "PLAN 2": 1, "TRAIN 2": 1}, got); diff != "" {
		t.Error(diff)
	}
	if ages[0].Stage != domain.Plan && ages[0].Stage != domain.Train {
		t.Errorf("%+v", ages[0])
	}
}

func TestJobsAreCountedByKindAndStateWithHowLongTheyHaveWaited(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	if _, err := d.Pool.Exec(t.Context(), `insert into jobs.river_job (kind, queue, args, max_attempts, priority, state, scheduled_at, finalized_at)
		select kind, kind, '{}', 25, priority, state::jobs.river_job_state, now() - ago::interval, case when state in ('completed', 'discarded') then now() end from (values
			('digest', 1, 'available', '1 minute'), ('digest', 4, 'available', '1 hour'), ('digest', 1, 'running', '2 hours'), ('digest', 1, 'completed', '1 day'),
			('letter', 1, 'scheduled', '-1 hour'), ('letter', 2, 'scheduled', '-2 hours'), ('letter', 1, 'discarded', '1 day'),
			('timer', 1, 'scheduled', '10 minutes'), ('timer', 1, 'retryable', '-5 seconds')) j (kind, priority, state, ago)`); err != nil {
		t.Fatal(err)
	}
	figures, err := d.Figures().JobFigures(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range figures {
		got[f.Kind+" "+f.State] = fmt.Sprint(f.Count, " ", f.Lag.Round(time.Minute))
	}
	if diff := cmp.Diff(map[string]string{
		"digest available": "2 1h0m0s", "digest running": "1 0s",
		"letter scheduled": "2 0s", "letter discarded": "1 0s",
		"timer scheduled": "1 10m0s", "timer retryable": "1 0s",
	}, got); diff != "" {
		t.Error(diff)
	}
}

func TestJobsAreCountedWithinTheirIndex(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	if _, err := d.Pool.Exec(t.Context(), `insert into jobs.river_job (kind, queue, args, max_attempts, state, scheduled_at)
		select 'k' || i % 3, 'k' || i % 3, '{}', 25, 'scheduled', now() + interval '1 day' from generate_series(1, $1::int) i`, 30000); err != nil {
		t.Fatal(err)
	}
	figures, err := d.Figures().JobFigures(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]workflow.JobFigure{{Kind: "k0", State: "scheduled", Count: 10000}, {Kind: "k1", State: "scheduled", Count: 10000},
		{Kind: "k2", State: "scheduled", Count: 10000}}, figures); diff != "" {
		t.Error(diff)
	}
}
