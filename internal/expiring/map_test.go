package expiring_test

import (
	"testing"
	"time"

	"github.com/berdaya/berdaya/internal/expiring"
)

func TestAFullMapForgetsWhatHasExpiredBeforeWhatHasNot(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	m := expiring.New[string, int](2)
	m.Put("short", 1, start.Add(time.Second), start)
	m.Put("long", 2, start.Add(time.Hour), start)
	if v, ok := m.Get("short", start); !ok || v != 1 {
		t.Error(v, ok)
	}
	later := start.Add(time.Second)
	if _, ok := m.Get("short", later); ok {
		t.Error("what expires at this moment is still given")
	}
	m.Put("new", 3, start.Add(time.Hour), later)
	if v, ok := m.Get("long", later); !ok || v != 2 || m.Len() != 2 {
		t.Error("what had not expired made room", v, ok, m.Len())
	}
	m.Put("one more", 4, start.Add(time.Hour), later)
	if m.Len() != 1 {
		t.Errorf("a map for two holds %d", m.Len())
	}
}
