package transport

import (
	"sync"
	"time"

	"github.com/berdaya/berdaya/domain"
)

// Streams are the streams that a server has open, and how many it may have.
type Streams struct {
	PerActor  int           // at most
	Most      int           // of all actors together
	KeepAlive time.Duration // between signs of life on a stream on which nothing happens

	mu      sync.Mutex
	byActor map[string]int
	open    int
	closing chan struct{}
	closed  bool
}

// NewStreams gives the bounds that are usual: twenty streams an actor, two thousand a server, and a sign of life every fifteen
// seconds, which is more often than proxies lose patience.
func NewStreams() *Streams {
	return &Streams{PerActor: 20, Most: 2000, KeepAlive: 15 * time.Second, byActor: map[string]int{}, closing: make(chan struct{})}
}

// Close ends all streams at once, and lets none begin any more. Their clients see the connection end without an event that says
// the stream is complete, so they come back, to a server that is there.
func (s *Streams) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.closing)
	}
}

// Open is how many streams are open.
func (s *Streams) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// begin counts a stream of an actor, until it is released. The error is TOO_LARGE or UNAVAILABLE.
func (s *Streams) begin(actor string) (release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, domain.Errorf(domain.CodeUnavailable, "the server is stopping: try again").In("server sedang berhenti: coba lagi")
	case s.open >= s.Most:
		return nil, domain.Errorf(domain.CodeUnavailable, "the server has as many streams open as it can: try again later").
			In("server sudah membuka aliran sebanyak yang sanggup dilayani: coba lagi nanti")
	case s.byActor[actor] >= s.PerActor:
		e := domain.Errorf(domain.CodeTooLarge, "you have %d streams open, which is the limit: close one first", s.PerActor).
			In("aliran yang Anda buka sudah mencapai batas: tutup salah satu dahulu")
		e.Params = map[string]any{"limit": s.PerActor, "of": "streams"}
		return nil, e
	}
	s.open++
	s.byActor[actor]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.open--
		if s.byActor[actor]--; s.byActor[actor] == 0 {
			delete(s.byActor, actor)
		}
	}, nil
}
