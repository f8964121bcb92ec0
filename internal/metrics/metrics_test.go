package metrics_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/metrics"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/workflow"
)

var update = flag.Bool("update", false, "write the golden files anew")

// ask gets the metrics over HTTP, as a Prometheus does.
func ask(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func has(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !slices.Contains(strings.Split(text, "\n"), line) {
			t.Errorf("there is no line %s", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func blocks(set string, rules ...string) []domain.Block {
	all := []domain.Block{{RuleSet: set, Rule: "NICE_TO_HAVE", Severity: domain.SeverityWarn}}
	for _, r := range rules {
		all = append(all, domain.Block{RuleSet: set, Rule: r, Severity: domain.SeverityBlock})
	}
	return all
}

func TestMovesAreCountedByWhatCameOfThem(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	coded := func(c domain.Code) error { return domain.Errorf(c, "no") }
	for _, o := range []moving.Observed{
		{Move: domain.Advance, Stage: domain.Plan},
		{Move: domain.Advance, Stage: domain.Plan},
		{Move: domain.Advance, Repeated: true},
		{Move: domain.Advance, Stage: domain.Plan, DryRun: true, Err: coded(domain.CodeBlocked), Blocks: blocks("national", "BUDGET")},
		{Move: domain.Advance, Stage: domain.Plan, Err: coded(domain.CodeBlocked), Blocks: blocks("national", "BUDGET", "OBJECTIVES")},
		{Move: domain.Advance, Stage: domain.Train, Err: coded(domain.CodeBlocked), Blocks: blocks("national", "BUDGET")},
		{Move: domain.Advance, Stage: domain.Train, Err: coded(domain.CodeRulesUnavailable), Blocks: blocks("32", "RULES_UNAVAILABLE")},
		{Move: domain.Hold, Stage: domain.Train, Err: coded(domain.CodeConflict)},
		{Move: domain.Hold, Stage: domain.Train, Err: coded(domain.CodeForbidden)},
		{Move: domain.Hold, Err: errors.New("the disk is full")},
		{Move: "SURPRISE", Stage: "ELSEWHERE", Err: coded(domain.CodeBadUserInput)},
	} {
		o.Took = 30 * time.Millisecond
		m.Moved(o)
	}
	m.AskedRules(3 * time.Millisecond)
	has(t, ask(t, m),
		`berdaya_moves_total{move="ADVANCE",outcome="moved",stage="PLAN"} 2`,
		`berdaya_moves_total{move="ADVANCE",outcome="repeated",stage="none"} 1`,
		`berdaya_moves_total{move="ADVANCE",outcome="dry_run",stage="PLAN"} 1`,
		`berdaya_moves_total{move="ADVANCE",outcome="blocked",stage="PLAN"} 1`,
		`berdaya_moves_total{move="ADVANCE",outcome="rules_unavailable",stage="TRAIN"} 1`,
		`berdaya_moves_total{move="HOLD",outcome="conflict",stage="TRAIN"} 1`,
		`berdaya_moves_total{move="HOLD",outcome="refused",stage="TRAIN"} 1`,
		`berdaya_moves_total{move="HOLD",outcome="failed",stage="none"} 1`,
		`berdaya_moves_total{move="other",outcome="refused",stage="none"} 1`,
		`berdaya_move_blocks_total{rule="BUDGET",rule_set="national"} 2`,
		`berdaya_move_blocks_total{rule="OBJECTIVES",rule_set="national"} 1`,
		`berdaya_move_blocks_total{rule="RULES_UNAVAILABLE",rule_set="32"} 1`,
		`berdaya_move_duration_seconds_count{move="ADVANCE"} 7`,
		`berdaya_move_duration_seconds_bucket{move="ADVANCE",le="0.02"} 0`,
		`berdaya_move_duration_seconds_bucket{move="ADVANCE",le="0.05"} 7`,
		`berdaya_rules_duration_seconds_count 1`,
	)
}

func TestRulesWithoutEndAreCountedTogether(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	for i := range 700 {
		for range 2 {
			m.Moved(moving.Observed{Move: domain.Advance, Stage: domain.Plan, Err: domain.Errorf(domain.CodeBlocked, "no"),
				Blocks: blocks("32", fmt.Sprintf("RULE_%d", i))})
		}
	}
	text := ask(t, m)
	if n := strings.Count(text, "\nberdaya_move_blocks_total{"); n != 501 {
		t.Errorf("%d series of rules", n)
	}
	has(t, text, `berdaya_move_blocks_total{rule="RULE_0",rule_set="32"} 2`, `berdaya_move_blocks_total{rule="other",rule_set="other"} 400`)
}

func TestFiguresOfTheDatabaseAreReadAtMostTwiceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := metrics.New()
		reads := 0
		var fails error
		m.FromDatabase("letters", time.Second, func(context.Context) ([]metrics.Reading, error) {
			reads++
			return []metrics.Reading{{Gauge: "berdaya_letters", Labels: []string{"dead"}, Value: float64(reads)}}, fails
		}, metrics.Gauge{Name: "berdaya_letters", Help: "Letters.", Labels: []string{"state"}})
		for range 5 {
			has(t, ask(t, m), `berdaya_letters{state="dead"} 1`, `berdaya_metrics_failures_total{source="letters"} 0`)
		}
		time.Sleep(metrics.FreshFor)
		has(t, ask(t, m), `berdaya_letters{state="dead"} 2`)
		time.Sleep(metrics.FreshFor)
		fails = errors.New("the database is away")
		for range 2 {
			text := ask(t, m)
			if strings.Contains(text, "berdaya_letters") {
				t.Error("old figures are given out for new")
			}
		}
		has(t, ask(t, m), `berdaya_metrics_failures_total{source="letters"} 1`)
		time.Sleep(metrics.FreshFor)
		fails = nil
		has(t, ask(t, m), `berdaya_letters{state="dead"} 4`)
	})
}

func TestOnlyTheMetricsAreThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(metrics.New().Handler())
	defer server.Close()
	for path, want := range map[string]int{"/metrics": 200, "/": 404, "/graphql": 404, "/debug/pprof/": 404} {
		res, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if res, err := http.Post(server.URL+"/metrics", "text/plain", nil); err != nil || res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %v, %v", res, err)
	}
}

// What the metrics are called is what dashboards and alarms are built on. A new one is added with -update.
func TestTheNamesStay(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	if err := d.Commands().Enqueue(t.Context(), workflow.Job{Kind: "remind"}); err != nil {
		t.Fatal(err)
	}
	m := metrics.New()
	m.FromStore(d.Figures(), domain.SystemClock{})
	m.FromTimers(d.Timers(), domain.SystemClock{})
	m.FromDeliveries(d.Deliveries())
	m.FromDecisions()(0, 0)
	sets := m.RuleSets()
	sets.Watch(func() []metrics.RuleSet {
		return []metrics.RuleSet{{Name: "barat", Version: "1", Region: "32", State: "READY"}}
	})
	sets.Called("barat", "1", "32", "evaluate", time.Millisecond, "")
	m.Moved(moving.Observed{Move: domain.Advance, Err: domain.Errorf(domain.CodeBlocked, "no"), Blocks: blocks("national", "BUDGET")})
	var lines []string
	text := ask(t, m)
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "# HELP berdaya_") || strings.HasPrefix(line, "# TYPE berdaya_") {
			lines = append(lines, strings.TrimPrefix(line, "# "))
		}
	}
	got := strings.Join(lines, "\n") + "\n"
	const golden = "testdata/names.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("run go test ./internal/metrics -update if this is meant:\n%s", diff)
	}
	has(t, text, `berdaya_programmes_in_stage{age="under_7_days",stage="IDENTIFY"} 0`, `berdaya_jobs{kind="remind",state="available"} 1`)
	if !strings.Contains(text, `berdaya_job_lag_seconds{kind="remind"} `) {
		t.Error("the lag is missing")
	}
	for _, line := range lines {
		name := strings.Fields(line)[1]
		if documented, err := os.ReadFile("../../docs/operators.md"); err != nil || !strings.Contains(string(documented), "`"+name) {
			t.Errorf("docs/operators.md does not explain %s (%v)", name, err)
		}
	}
}
