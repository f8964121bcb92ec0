package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Of one request for the metrics.
const (
	atOnce      = 4
	answerBound = 10 * time.Second
)

// Metrics are the figures of one server.
type Metrics struct {
	registry *prometheus.Registry
	moves    *prometheus.CounterVec
	blocks   *prometheus.CounterVec
	moveTime *prometheus.HistogramVec
	ruleTime prometheus.Histogram
	failures *prometheus.CounterVec
	rules    seenRules
}

// New gives metrics that have counted nothing yet, with those of the process and of the Go runtime.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		moves: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "berdaya_moves_total",
			Help: "Moves that were asked of this server, by move, the stage the programme stood in, and what came of it."}, []string{"move", "stage", "outcome"}),
		blocks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "berdaya_move_blocks_total",
			Help: "What kept moves from being made, by rule set and rule; a move that lacks three things counts three times. Dry runs are not counted."},
			[]string{"rule_set", "rule"}),
		moveTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "berdaya_move_duration_seconds",
			Help:    "How long moves and their dry runs took, with asking the rules and writing.",
			Buckets: []float64{.002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}}, []string{"move"}),
		ruleTime: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "berdaya_rules_duration_seconds",
			Help:    "How long the rules took to answer one batch of questions: a move asks one, a list of programmes up to 500.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5}}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "berdaya_metrics_failures_total",
			Help: "How often figures could not be read from the database, by what was read."}, []string{"source"}),
	}
	m.Register(m.moves, m.blocks, m.moveTime, m.ruleTime, m.failures,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Register adds what counts by itself. A name that is there already is a mistake in the program, and panics.
func (m *Metrics) Register(all ...prometheus.Collector) { m.registry.MustRegister(all...) }

// Handler answers GET /metrics.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: atOnce, Timeout: answerBound,
	}))
	return mux
}
