package host

import (
	"context"
	"sync"
)

// A rule file that brings the process of all files down while it judges cannot be told from those that were asked at the same time. It
// can be told from the others, though: so whoever was being asked at two ends of the process gets a process of its own, the
// innocent too, whom it does no harm. If it ends that one as well, its region alone pays.

const (
	mostAlone   = 16 // rule files with a process of their own, each some 20 MB; others stay in the process of all
	endsToAlone = 2  // of the process of all, while a file was being asked
)

// blame counts the processes that ended while a rule file was being asked.
type blame struct {
	mu      sync.Mutex
	last    *process // of those
	count   int
	waiting *process // that kept somebody waiting longer than it may
}

// felled notes that a process ended in the middle of a call.
func (b *blame) felled(p *process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.last != p {
		b.last, b.count = p, b.count+1
	}
}

// keptWaiting notes that a process did not answer in time. It is to blame for it if the process turns out to be frozen.
func (b *blame) keptWaiting(p *process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = p
}

// ends gives how many ended, with one that has just done so.
func (b *blame) ends(p *process) int {
	b.mu.Lock()
	waited := b.waiting == p
	b.mu.Unlock()
	if waited && p.frozen.Load() {
		b.felled(p)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count
}

// afterEnd looks at who was to blame for the end of the process that a rule file was in.
func (r *run) afterEnd(ctx context.Context, p *process) {
	shared := r.of.Load()
	if shared.alone {
		return
	}
	for range cap(r.room) { // calls that it cut off are told of first; none begins while it is down
		select {
		case r.room <- struct{}{}:
			defer func() { <-r.room }()
		case <-ctx.Done():
			return
		}
	}
	ends := r.blame.ends(p)
	if ends < endsToAlone {
		return
	}
	h := shared.host
	select {
	case h.alone <- struct{}{}:
	default:
		r.log.Warn("the process of all rule files ended while this one was asked, and there is no room for another of its own", "ends", ends)
		return
	}
	r.log.Error("the process of all rule files ended while this one was asked; it has one of its own from now on", "ends", ends)
	own := h.newSupervised(shared.name, r.log, h.stockProgram)
	own.alone, own.turns, own.files.all = true, h.starting, []*run{r}
	shared.forget(r)
	r.of.Store(own)
	go own.supervise(ctx)
}

// endAlone waits until nothing is left of a process of its own.
func (r *run) endAlone() {
	if s := r.of.Load(); s.alone {
		<-s.stopped
		<-s.host.alone
	}
}
