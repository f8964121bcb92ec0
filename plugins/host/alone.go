package host

import (
	"context"
	"sync"
)

// A rule file that brings the process of all files down while it judges cannot be told from those that were asked at the same time. It
// can be told from the others, though: so whoever was being asked at two ends of the process gets a process of its own, the
// innocent too, whom it does no harm. If it ends that one as well, its region alone pays. What is known of a file in a region
// outlives its activations: putting it to work anew makes it no better.

const (
	mostAlone   = 16   // rule files with a process of their own, each some 20 MB; others stay in the process of all
	endsToAlone = 2    // of processes, while a file was being asked
	mostBlamed  = 1000 // files that are remembered
)

// blame counts the processes that ended while a rule file was being asked in a region.
type blame struct {
	mu      sync.Mutex
	last    *process // of those
	count   int
	waiting *process // that kept somebody waiting longer than it may
}

// blameOf gives what is known of a file in a region. Where very many are to blame, what was known of one is forgotten.
func (h *Host) blameOf(sum, region string) *blame {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := sum + " " + region
	b := h.blamed[key]
	if b != nil {
		return b
	}
	for other := range h.blamed {
		if len(h.blamed) < mostBlamed {
			break
		}
		delete(h.blamed, other)
	}
	b = &blame{}
	h.blamed[key] = b
	return b
}

// felled notes that a process ended in the middle of a call.
func (b *blame) felled(p *process) {
	if b == nil { // a trial is in a process of its own anyway
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note(p)
}

func (b *blame) note(p *process) {
	if b.last != p {
		b.last, b.count = p, b.count+1
	}
}

// keptWaiting notes that a process did not answer in time. The file is to blame for it if the process turns out to be frozen.
func (b *blame) keptWaiting(p *process) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = p
}

// ended notes the end of the process that a file was in, once the calls are over that it cut off.
func (b *blame) ended(p *process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting == p && p.frozen.Load() {
		b.note(p)
	}
}

func (b *blame) ends() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count
}

// quiet waits until no call is in flight. None begins while a process is down.
func (r *run) quiet(ctx context.Context) {
	for range cap(r.room) {
		select {
		case r.room <- struct{}{}:
			defer func() { <-r.room }()
		case <-ctx.Done():
			return
		}
	}
}

// setApart gives a rule file a process of its own if it is to blame for too many ends, and there is room for one.
func (r *run) setApart(ctx context.Context) {
	shared, ends := r.of.Load(), r.blame.ends()
	if shared.alone || ends < endsToAlone {
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
