// Package expiring remembers things for a while, and never more than so many: what every request asks again, such as who a
// token stands for, is looked up once and not once a request.
package expiring

import (
	"sync"
	"time"
)

// Map remembers values by key until each expires. It is safe for use by many at once.
type Map[K comparable, V any] struct {
	most int

	mu    sync.Mutex
	known map[K]entry[V]
}

type entry[V any] struct {
	value V
	until time.Time
}

// New makes a map of at most so many values.
func New[K comparable, V any](most int) *Map[K, V] {
	return &Map[K, V]{most: most, known: map[K]entry[V]{}}
}

// Get gives what is remembered under a key and not expired yet.
func (m *Map[K, V]) Get(key K, now time.Time) (value V, ok bool) {
	m.mu.Lock()
	e, there := m.known[key]
	m.mu.Unlock()
	if !there || !now.Before(e.until) {
		return value, false
	}
	return e.value, true
}

// Put remembers a value. A full map makes room by forgetting what has expired, and everything if nothing has.
func (m *Map[K, V]) Put(key K, value V, until, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.known) >= m.most {
		for k, old := range m.known {
			if !now.Before(old.until) {
				delete(m.known, k)
			}
		}
		if len(m.known) >= m.most {
			clear(m.known)
		}
	}
	m.known[key] = entry[V]{value, until}
}

// Len is how many values are held, expired ones included.
func (m *Map[K, V]) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.known)
}
