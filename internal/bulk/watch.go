package bulk

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/workflow"
)

// watchEvery is how often a server looks at the bulk moves that somebody watches.
const watchEvery = 500 * time.Millisecond

// Watch tells those who watch bulk moves when these change. However many watch, it is one query each half second, and none
// where nobody does. Its zero value with Progress set is ready.
type Watch struct {
	// Progress gives where bulk moves stand, by id; it leaves out those that are not there.
	Progress func(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]workflow.Progress, error)

	mu       sync.Mutex
	watchers map[*watcher]struct{}
	watching bool // whether the loop runs
}

type watcher struct {
	id   uuid.UUID
	seen int64
	to   chan workflow.Progress // holds the newest only
}

// Follow gives where a bulk move stands now, and then whenever that has changed, at most twice a second; whoever reads slowly
// gets the newest. The channel is closed once the bulk move is finished, after its last state, and when the context ends.
func (w *Watch) Follow(ctx context.Context, id uuid.UUID) (<-chan workflow.Progress, error) {
	now, err := w.Progress(ctx, []uuid.UUID{id})
	if err != nil {
		return nil, err
	}
	one := &watcher{id: id, to: make(chan workflow.Progress, 1)}
	p, there := now[id]
	if !there {
		close(one.to)
		return one.to, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watchers == nil {
		w.watchers = map[*watcher]struct{}{}
	}
	w.watchers[one] = struct{}{}
	if w.tell(one, p); p.Finished {
		return one.to, nil
	}
	context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.leave(one)
	})
	if !w.watching {
		w.watching = true
		go w.watch()
	}
	return one.to, nil
}

// watch looks until nobody watches any more.
func (w *Watch) watch() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for range tick.C {
		ids := w.watched()
		if ids == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		now, err := w.Progress(ctx, ids)
		cancel()
		if err != nil {
			continue // the database is away: it is asked again
		}
		w.mu.Lock()
		for one := range w.watchers {
			if p, there := now[one.id]; there && p.Revision > one.seen {
				w.tell(one, p)
			}
		}
		w.mu.Unlock()
	}
}

// watched gives what is watched; nil, after which the loop ends, where nothing is.
func (w *Watch) watched() []uuid.UUID {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.watchers) == 0 {
		w.watching = false
		return nil
	}
	seen := map[uuid.UUID]bool{}
	var ids []uuid.UUID
	for one := range w.watchers {
		if !seen[one.id] {
			seen[one.id] = true
			ids = append(ids, one.id)
		}
	}
	return ids
}

// tell gives a watcher the newest state in place of one it has not read yet.
func (w *Watch) tell(one *watcher, p workflow.Progress) {
	one.seen = p.Revision
	select {
	case <-one.to:
	default:
	}
	one.to <- p
	if p.Finished {
		w.leave(one)
	}
}

// leave lets go of a watcher, once.
func (w *Watch) leave(one *watcher) {
	if _, there := w.watchers[one]; there {
		delete(w.watchers, one)
		close(one.to)
	}
}
