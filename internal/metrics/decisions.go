package metrics

import "github.com/prometheus/client_golang/prometheus"

// FromDecisions adds how many decisions went into the decision log of this server, and how many did not, and gives what counts
// them.
func (m *Metrics) FromDecisions() (count func(written, lost int)) {
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "berdaya_decisions_total",
		Help: "Decisions of this server on moves that asked rules, by what became of them in the decision log: written, or lost because the queue was full or the database did not take them."},
		[]string{"outcome"})
	m.Register(counter)
	done, gone := counter.WithLabelValues("written"), counter.WithLabelValues("lost")
	return func(written, lost int) {
		done.Add(float64(written))
		gone.Add(float64(lost))
	}
}
