package metrics

import (
	"context"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Store is what the figures of the database need of it.
type Store interface {
	// StageAges counts active programmes by stage and by how many days they have stood in it, in bands that end before the
	// given days.
	StageAges(ctx context.Context, at time.Time, days []int) ([]workflow.StageAge, error)
	// JobFigures counts unfinished and failed jobs by kind and state.
	JobFigures(ctx context.Context) ([]workflow.JobFigure, error)
	// HistoryHealth tells what the latest verifications of all histories found.
	HistoryHealth(ctx context.Context) (workflow.HistoryHealth, error)
}

// Bands of ages, in days, and how they are called. The stages of a default definition last from one to a few months.
var (
	ageBands = []int{7, 30, 90, 180, 365}
	bandName = []string{"under_7_days", "7_to_29_days", "30_to_89_days", "90_to_179_days", "180_to_364_days", "365_days_or_more"}
)

// ageFreshFor is longer than other figures stay: counting the programmes of a whole country takes a few tenths of a second, and
// ages in days do not change sooner.
const ageFreshFor = 5 * time.Minute

const (
	stageGauge = "berdaya_programmes_in_stage"
	jobsGauge  = "berdaya_jobs"
	lagGauge   = "berdaya_job_lag_seconds"

	brokenGauge   = "berdaya_histories_broken"
	verifiedGauge = "berdaya_histories_verified_timestamp_seconds"
)

// FromStore adds the figures of programmes, of jobs and of histories.
func (m *Metrics) FromStore(store Store, clock domain.Clock) {
	m.FromDatabase("programmes", ageFreshFor, func(ctx context.Context) ([]Reading, error) { return stageAges(ctx, store, clock.Now()) },
		Gauge{stageGauge, "Active programmes, by stage and by how long they have stood in it.", []string{"stage", "age"}})
	m.FromDatabase("jobs", FreshFor, func(ctx context.Context) ([]Reading, error) { return jobFigures(ctx, store) },
		Gauge{jobsGauge, "Jobs by kind and state, counted up to 100000 each; those that are done are not counted.", []string{"kind", "state"}},
		Gauge{lagGauge, "How long the job that has waited longest has been due, by kind.", []string{"kind"}})
	m.FromDatabase("histories", FreshFor, func(ctx context.Context) ([]Reading, error) { return histories(ctx, store) },
		Gauge{brokenGauge, "Programmes whose history the last verification found broken, or the one that goes on, if those are more.", nil},
		Gauge{verifiedGauge, "When the last verification of all histories was completed, in seconds since 1970; absent if none was.", nil})
}

func histories(ctx context.Context, store Store) ([]Reading, error) {
	health, err := store.HistoryHealth(ctx)
	if err != nil {
		return nil, err
	}
	readings := []Reading{{Gauge: brokenGauge, Value: float64(health.Broken)}}
	if health.FinishedAt != nil {
		readings = append(readings, Reading{Gauge: verifiedGauge, Value: float64(health.FinishedAt.UnixMilli()) / 1000})
	}
	return readings, nil
}

// stageAges gives every stage and band a value, so that none vanishes when it falls to zero.
func stageAges(ctx context.Context, store Store, at time.Time) ([]Reading, error) {
	counted, err := store.StageAges(ctx, at, ageBands)
	if err != nil {
		return nil, err
	}
	type place struct {
		stage domain.Stage
		band  int
	}
	counts := map[place]int64{}
	for _, c := range counted {
		counts[place{c.Stage, c.Band}] = c.Count
	}
	var readings []Reading
	for _, stage := range domain.Stages.Codes() {
		for band, name := range bandName {
			readings = append(readings, Reading{stageGauge, []string{stage, name}, float64(counts[place{domain.Stage(stage), band}])})
		}
	}
	return readings, nil
}

func jobFigures(ctx context.Context, store Store) ([]Reading, error) {
	figures, err := store.JobFigures(ctx)
	if err != nil {
		return nil, err
	}
	var readings []Reading
	lag := map[string]time.Duration{}
	for _, f := range figures {
		readings = append(readings, Reading{jobsGauge, []string{f.Kind, f.State}, float64(f.Count)})
		lag[f.Kind] = max(lag[f.Kind], f.Lag)
	}
	for kind, l := range lag {
		readings = append(readings, Reading{lagGauge, []string{kind}, l.Seconds()})
	}
	return readings, nil
}
