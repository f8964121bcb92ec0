package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// FreshFor is how long figures that were read from the database are given out again, at least.
const FreshFor = 30 * time.Second

// readBound is how long reading them may take.
const readBound = 5 * time.Second

// Gauge is a figure of the database.
type Gauge struct {
	Name, Help string
	Labels     []string
}

// Reading is one value of a gauge.
type Reading struct {
	Gauge  string   // its name
	Labels []string // their values, in the gauge's order
	Value  float64
}

// FromDatabase adds gauges that one function reads: when somebody asks, by one caller at a time, and not again before they
// have been fresh for so long, FreshFor or more. The function must be cheap for how often that is, whatever the size of the
// database, and return few readings. The source names it where it fails.
func (m *Metrics) FromDatabase(source string, freshFor time.Duration, read func(context.Context) ([]Reading, error), gauges ...Gauge) {
	s := &stored{read: read, freshFor: max(freshFor, FreshFor), failures: m.failures.WithLabelValues(source), descs: map[string]*prometheus.Desc{}}
	for _, g := range gauges {
		s.descs[g.Name] = prometheus.NewDesc(g.Name, g.Help, g.Labels, nil)
	}
	m.Register(s)
}

// stored is the collector of one source.
type stored struct {
	read     func(context.Context) ([]Reading, error)
	failures prometheus.Counter
	descs    map[string]*prometheus.Desc
	freshFor time.Duration

	mu   sync.Mutex
	at   time.Time // of the last reading, whether or not it succeeded
	last []prometheus.Metric
}

// Describe tells which gauges there may be.
func (s *stored) Describe(to chan<- *prometheus.Desc) {
	for _, d := range s.descs {
		to <- d
	}
}

// Collect gives the values, read anew if they are old.
func (s *stored) Collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.IsZero() || time.Since(s.at) >= s.freshFor {
		s.at = time.Now()
		s.last = s.values()
	}
	for _, v := range s.last {
		to <- v
	}
}

func (s *stored) values() []prometheus.Metric {
	ctx, cancel := context.WithTimeout(context.Background(), readBound)
	defer cancel()
	readings, err := s.read(ctx)
	if err != nil {
		s.failures.Inc()
		return nil
	}
	values := make([]prometheus.Metric, 0, len(readings))
	for _, r := range readings {
		v, err := prometheus.NewConstMetric(s.descs[r.Gauge], prometheus.GaugeValue, r.Value, r.Labels...)
		if err != nil {
			v = prometheus.NewInvalidMetric(s.descs[r.Gauge], err)
		}
		values = append(values, v)
	}
	return values
}
