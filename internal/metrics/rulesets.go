package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// RuleSet is how a rule set fares on this server, for its gauges.
type RuleSet struct {
	Name, Version, Region string
	State                 string // such as READY or OPEN
	InFlight              int
	Restarts              int
	Memory                uint64 // bytes; 0 where it is not known
	CPU                   time.Duration
	Rules                 []Rule // by what a program says of itself
}

// Rule is what came of one rule of a rule set since its process began.
type Rule struct {
	Code                   string
	Passed, Failed, Broken uint64
	Seconds                float64 // that it took in all
}

// RuleSets counts calls to rule sets, by rule set, version and region. It is the Observer of plugins/host.
type RuleSets struct {
	calls *prometheus.CounterVec
	took  *prometheus.HistogramVec
	names seenRuleSets
	now   func() []RuleSet
	descs ruleSetGauges
}

type ruleSetGauges struct{ state, inFlight, restarts, memory, cpu, verdicts, seconds *prometheus.Desc }

var ruleSetLabels = []string{"rule_set", "version", "region"}

// RuleSets adds the figures of rule sets. What is given counts calls from then on; see its Watch for the gauges.
func (m *Metrics) RuleSets() *RuleSets {
	gauge := func(name, help string, more ...string) *prometheus.Desc {
		return prometheus.NewDesc("berdaya_rule_set_"+name, help, append(append([]string{}, ruleSetLabels...), more...), nil)
	}
	r := &RuleSets{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "berdaya_rule_set_calls_total",
			Help: "Calls of this server to rule sets, each with up to 500 questions, by what came of them: ok, late, busy, stopped, error, contract or given_up."},
			append(append([]string{}, ruleSetLabels...), "method", "outcome")),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "berdaya_rule_set_duration_seconds",
			Help: "How long calls to rule sets took, with waiting for room.", Buckets: []float64{.001, .005, .02, .1, .5, 2}}, ruleSetLabels),
		descs: ruleSetGauges{
			state:    gauge("state", "1 for the state that the rule set is in: STARTING, READY, BACKOFF, OPEN, HALF_OPEN, DRAINING or STOPPED.", "state"),
			inFlight: gauge("calls_in_flight", "Calls that are being answered."),
			restarts: gauge("restarts", "How often its process was started anew since it was put to work."),
			memory:   gauge("memory_bytes", "What its process has in memory; rule files share one process."),
			cpu:      gauge("cpu_seconds", "Processor time that its process has had; rule files share one process."),
			verdicts: gauge("verdicts_total", "Verdicts of each rule since its process began, as its program counts them: passed, failed or broken.", "rule", "verdict"),
			seconds:  gauge("rule_seconds_total", "How long each rule took since its process began, as its program counts it.", "rule"),
		},
	}
	m.Register(r.calls, r.took, r)
	return r
}

// Watch says where the gauges are read, when somebody asks for the metrics. It is called once, before that.
func (r *RuleSets) Watch(now func() []RuleSet) { r.now = now }

// Called counts one call.
func (r *RuleSets) Called(ruleSet, version, region, method string, took time.Duration, failure string) {
	n := r.names.counted(ruleSetName{ruleSet, version, region})
	if failure == "" {
		failure = "ok"
	}
	r.calls.WithLabelValues(n.set, n.version, n.region, method, failure).Inc()
	r.took.WithLabelValues(n.set, n.version, n.region).Observe(took.Seconds())
}

// Describe tells which gauges there may be.
func (r *RuleSets) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{r.descs.state, r.descs.inFlight, r.descs.restarts, r.descs.memory, r.descs.cpu, r.descs.verdicts, r.descs.seconds} {
		to <- d
	}
}

// Collect gives how the rule sets fare now. Those that are counted together, and revisions of the same version in the same region, are
// added up.
func (r *RuleSets) Collect(to chan<- prometheus.Metric) {
	if r.now == nil {
		return
	}
	type figures struct{ inFlight, restarts, memory, cpu float64 }
	sums, states, rules := map[ruleSetName]figures{}, map[ruleSetName]map[string]bool{}, map[ruleSetName]map[string]Rule{}
	for _, s := range r.now() {
		n := r.names.counted(ruleSetName{s.Name, s.Version, s.Region})
		f := sums[n]
		sums[n] = figures{f.inFlight + float64(s.InFlight), f.restarts + float64(s.Restarts), f.memory + float64(s.Memory), f.cpu + s.CPU.Seconds()}
		if states[n] == nil {
			states[n], rules[n] = map[string]bool{}, map[string]Rule{}
		}
		states[n][s.State] = true
		for _, one := range s.Rules {
			if n.set == other { // of so many, only what the rule sets do is counted
				break
			}
			sum := rules[n][one.Code]
			rules[n][one.Code] = Rule{one.Code, sum.Passed + one.Passed, sum.Failed + one.Failed, sum.Broken + one.Broken, sum.Seconds + one.Seconds}
		}
	}
	for n, f := range sums {
		labels := []string{n.set, n.version, n.region}
		for state := range states[n] {
			to <- prometheus.MustNewConstMetric(r.descs.state, prometheus.GaugeValue, 1, append(labels, state)...)
		}
		for d, v := range map[*prometheus.Desc]float64{r.descs.inFlight: f.inFlight, r.descs.restarts: f.restarts, r.descs.memory: f.memory, r.descs.cpu: f.cpu} {
			to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
		}
		for code, one := range rules[n] {
			of := append(labels, code)
			to <- prometheus.MustNewConstMetric(r.descs.seconds, prometheus.CounterValue, one.Seconds, of...)
			for verdict, count := range map[string]uint64{"passed": one.Passed, "failed": one.Failed, "broken": one.Broken} {
				to <- prometheus.MustNewConstMetric(r.descs.verdicts, prometheus.CounterValue, float64(count), append(of, verdict)...)
			}
		}
	}
}

// ruleSetsBound is how many versions in a region are counted by their own names.
const ruleSetsBound = 300

type ruleSetName struct{ set, version, region string }

// seenRuleSets are the versions in regions that are counted by their own names.
type seenRuleSets struct {
	mu   sync.Mutex
	seen map[ruleSetName]bool
}

// counted gives the name under which a version in a region is counted.
func (s *seenRuleSets) counted(n ruleSetName) ruleSetName {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.seen[n]:
		return n
	case len(s.seen) >= ruleSetsBound:
		return ruleSetName{other, other, other}
	case s.seen == nil:
		s.seen = map[ruleSetName]bool{}
	}
	s.seen[n] = true
	return n
}
