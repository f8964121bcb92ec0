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

// tempo keeps to that.
type tempo struct {
	since time.Time // when the window began
	bytes int       // in it
}

// wait waits for the next window where this one is used up, unless the process ends.
func (p *tempo) wait(ended <-chan struct{}) {
	if p.bytes < pacedBytes {
		return
	}
	select {
	case <-time.After(time.Until(p.since.Add(paceWindow))):
	case <-ended:
	}
}

// took notes that so many bytes were taken.
func (p *tempo) took(n int) {
	if now := time.Now(); now.Sub(p.since) >= paceWindow {
		p.since, p.bytes = now, 0
	}
	p.bytes += n
}

// paced reads no faster than that while the process lives, and what is left over at once when it has ended.
type paced struct {
	io.Reader
	ended <-chan struct{}
	tempo tempo
}

// Read waits for the next window before it reads beyond this one.
func (p *paced) Read(into []byte) (int, error) {
	p.tempo.wait(p.ended)
	n, err := p.Reader.Read(into)
	p.tempo.took(n)
	return n, err
}

// pacedOutput takes what a process sends by go-plugin's own stream of output, no faster than that.
type pacedOutput struct {
	process *process
	tempo   tempo
}

// Write waits for the next window before it takes more than this one allows. Meanwhile gRPC takes nothing from the process.
func (p *pacedOutput) Write(piece []byte) (int, error) {
	p.tempo.wait(p.process.runner.exited)
	p.tempo.took(len(piece))
	return p.process.output.Write(piece)
}
