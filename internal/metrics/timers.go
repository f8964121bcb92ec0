package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/berdaya/berdaya/domain"
)

// Lagging is what the figures of timers need of the database.
type Lagging interface {
	// TimerLag gives for how long the longest due timer has not gone off; 0 where none is due.
	TimerLag(ctx context.Context, at time.Time) (time.Duration, error)
}

const timerLagGauge = "berdaya_timer_lag_seconds"

// FromTimers adds the figures of timers, and gives what is to be told of those that went off.
func (m *Metrics) FromTimers(store Lagging, clock domain.Clock) (fired func([]domain.TimerEvent)) {
	m.FromDatabase("timers", FreshFor, func(ctx context.Context) ([]Reading, error) {
		lag, err := store.TimerLag(ctx, clock.Now())
		return []Reading{{timerLagGauge, nil, lag.Seconds()}}, err
	}, Gauge{timerLagGauge, "For how long the longest due timer has not gone off.", nil})
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "berdaya_timers_fired_total",
		Help: "Timers that this server had go off, by kind."}, []string{"kind"})
	m.Register(counter)
	for _, kind := range domain.TimerKinds.Codes() {
		counter.WithLabelValues(kind)
	}
	return func(events []domain.TimerEvent) {
		for _, e := range events {
			counter.WithLabelValues(string(e.Kind)).Inc()
		}
	}
}
