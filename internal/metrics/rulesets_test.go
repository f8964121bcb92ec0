package metrics_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/berdaya/berdaya/internal/metrics"
)

func TestRuleSetsAreCountedByVersionAndRegion(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	r := m.RuleSets()
	r.Called("barat", "1.0", "32", "evaluate", 30*time.Millisecond, "")
	r.Called("barat", "1.0", "32", "evaluate", 3*time.Second, "late")
	r.Called("barat", "1.0", "32", "plan", time.Millisecond, "")
	has(t, ask(t, m), `berdaya_rule_set_calls_total{method="evaluate",outcome="late",region="32",rule_set="barat",version="1.0"} 1`)
	r.Watch(func() []metrics.RuleSet {
		return []metrics.RuleSet{
			{Name: "barat", Version: "1.0", Region: "32", State: "READY", InFlight: 2, Restarts: 1, Memory: 1000, CPU: 1500 * time.Millisecond,
				Rules: []metrics.Rule{{Code: "WOMEN_HEARD", Passed: 3, Failed: 2, Seconds: 0.25}}},
			{Name: "barat", Version: "1.0", Region: "32", State: "OPEN", InFlight: 1, Rules: []metrics.Rule{{Code: "WOMEN_HEARD", Passed: 1, Broken: 1, Seconds: 0.5}}}, // with other parameters
		}
	})
	has(t, ask(t, m),
		`berdaya_rule_set_calls_total{method="evaluate",outcome="ok",region="32",rule_set="barat",version="1.0"} 1`,
		`berdaya_rule_set_duration_seconds_count{region="32",rule_set="barat",version="1.0"} 3`,
		`berdaya_rule_set_state{region="32",rule_set="barat",state="READY",version="1.0"} 1`,
		`berdaya_rule_set_state{region="32",rule_set="barat",state="OPEN",version="1.0"} 1`,
		`berdaya_rule_set_calls_in_flight{region="32",rule_set="barat",version="1.0"} 3`,
		`berdaya_rule_set_restarts{region="32",rule_set="barat",version="1.0"} 1`,
		`berdaya_rule_set_memory_bytes{region="32",rule_set="barat",version="1.0"} 1000`,
		`berdaya_rule_set_cpu_seconds{region="32",rule_set="barat",version="1.0"} 1.5`,
		`berdaya_rule_set_verdicts_total{region="32",rule="WOMEN_HEARD",rule_set="barat",verdict="passed",version="1.0"} 4`,
		`berdaya_rule_set_verdicts_total{region="32",rule="WOMEN_HEARD",rule_set="barat",verdict="failed",version="1.0"} 2`,
		`berdaya_rule_set_verdicts_total{region="32",rule="WOMEN_HEARD",rule_set="barat",verdict="broken",version="1.0"} 1`,
		`berdaya_rule_set_rule_seconds_total{region="32",rule="WOMEN_HEARD",rule_set="barat",version="1.0"} 0.75`,
	)
}

func TestVersionsWithoutEndAreCountedTogether(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	r := m.RuleSets()
	var all []metrics.RuleSet
	for i := range 400 {
		all = append(all, metrics.RuleSet{Name: "barat", Version: fmt.Sprint(i), Region: "32", State: "READY", InFlight: 1})
		r.Called("barat", fmt.Sprint(i), "32", "evaluate", time.Millisecond, "")
	}
	r.Watch(func() []metrics.RuleSet { return all })
	text := ask(t, m)
	if n := strings.Count(text, "\nberdaya_rule_set_calls_total{"); n != 301 {
		t.Errorf("%d series of calls", n)
	}
	has(t, text, `berdaya_rule_set_calls_in_flight{region="other",rule_set="other",version="other"} 100`)
}
