package host

import (
	"io"
	"time"
)

// The most that is read of what a process writes in each paceWindow. Whoever writes more waits, since its pipe fills up; reading it all,
// only to leave it out of the log, would take processor time from whoever is judged meanwhile.
const (
	pacedBytes = 1 << 20
	paceWindow = time.Second
)

// paced reads no faster than that while the process lives, and what is left over at once when it has ended.
type paced struct {
	io.Reader
	ended <-chan struct{}

	since time.Time // when the window began
	read  int       // bytes, in it
}

// Read waits for the next window before it reads beyond this one.
func (p *paced) Read(into []byte) (int, error) {
	if p.read >= pacedBytes {
		select {
		case <-time.After(time.Until(p.since.Add(paceWindow))):
		case <-p.ended:
		}
	}
	n, err := p.Reader.Read(into)
	if now := time.Now(); now.Sub(p.since) >= paceWindow {
		p.since, p.read = now, 0
	}
	p.read += n
	return n, err
}
