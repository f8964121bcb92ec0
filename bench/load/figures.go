package load

import (
	"math"
	"slices"
	"time"
)

// Median gives the middle of some figures, of an even number the mean of the two in the middle; NaN of none.
func Median(of []float64) float64 {
	if len(of) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(of))
	m := len(s) / 2
	if len(s)%2 == 1 {
		return s[m]
	}
	return (s[m-1] + s[m]) / 2
}

// Percentile gives the least of some durations that at least this part of them does not exceed; part is 0 to 1. 0 of none.
func Percentile(of []time.Duration, part float64) time.Duration {
	if len(of) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(of))
	return s[min(max(int(math.Ceil(part*float64(len(s))))-1, 0), len(s)-1)]
}

// Round is one measurement of one peer.
type Round struct {
	Peer, Shape string
	Round       int
	Answered    int
	Failed      int
	Seconds     float64
	P50, P99    float64            // milliseconds
	Server      float64            // CPU milliseconds a request
	Database    float64            // the same, of PostgreSQL
	Rules       map[string]float64 `json:",omitempty"` // the same, of each rule process; Server has none of it then
	Others      float64            // CPU seconds a second, of everything else on the machine but the load generator
	Bytes       int64              // of an answer, on average
}

// Work is the CPU time of one request in milliseconds, of server, rule processes and database.
func (r Round) Work() float64 {
	work := r.Server + r.Database
	for _, rules := range r.Rules {
		work += rules
	}
	return work
}

// Rate is how many requests were answered in a second.
func (r Round) Rate() float64 { return float64(r.Answered) / r.Seconds }

// Ratio is how much a peer answers for a CPU second, beside the yardstick.
type Ratio struct{ Median, Least, Most float64 }

// Beside compares a peer with the yardstick round by round, since both saw the same machine in a round: 1 is as much work for a
// CPU second, less is less. Rounds that one of them lacks do not count.
func Beside(peer, yardstick []Round) Ratio {
	return ratio(peer, yardstick, func(p, y Round) (float64, bool) { return y.Work() / p.Work(), p.Work() > 0 })
}

// Faster compares in the same way how many requests are answered in a second: 1 is as many.
func Faster(peer, yardstick []Round) Ratio {
	return ratio(peer, yardstick, func(p, y Round) (float64, bool) { return p.Rate() / y.Rate(), y.Rate() > 0 })
}

func ratio(peer, yardstick []Round, of func(p, y Round) (float64, bool)) Ratio {
	var all []float64
	for _, p := range peer {
		for _, y := range yardstick {
			if p.Round != y.Round || p.Shape != y.Shape {
				continue
			}
			if r, ok := of(p, y); ok {
				all = append(all, r)
			}
		}
	}
	if len(all) == 0 {
		return Ratio{math.NaN(), math.NaN(), math.NaN()}
	}
	return Ratio{Median(all), slices.Min(all), slices.Max(all)}
}
