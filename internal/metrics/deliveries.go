package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/berdaya/berdaya/domain"
)

// Delivering is what the figures of deliveries need of the database.
type Delivering interface {
	// CountDead gives how many deliveries were given up, by channel.
	CountDead(ctx context.Context) (map[domain.Channel]int, error)
}

const deadGauge = "berdaya_dead_letters"

// FromDeliveries adds the figures of what goes out, and gives what is to be told of each attempt: sent, retried or dead.
func (m *Metrics) FromDeliveries(store Delivering) (observe func(c domain.Channel, outcome string)) {
	m.FromDatabase("deliveries", FreshFor, func(ctx context.Context) ([]Reading, error) {
		dead, err := store.CountDead(ctx)
		var all []Reading
		for _, c := range domain.Channels.Codes() {
			all = append(all, Reading{deadGauge, []string{c}, float64(dead[domain.Channel(c)])})
		}
		return all, err
	}, Gauge{deadGauge, "Deliveries that were given up and wait for somebody to have them sent again, by channel.", []string{"channel"}})
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "berdaya_deliveries_total",
		Help: "Attempts of this server to deliver, by channel and what came of them: sent, retried or dead."}, []string{"channel", "outcome"})
	m.Register(counter)
	for _, c := range domain.Channels.Codes() {
		for _, outcome := range []string{"sent", "retried", "dead"} {
			counter.WithLabelValues(c, outcome)
		}
	}
	return func(c domain.Channel, outcome string) { counter.WithLabelValues(string(c), outcome).Inc() }
}
