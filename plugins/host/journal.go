package host

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The limits on what is remembered of a rule set.
const (
	linesKept    = 200
	longestKept  = 1000 // characters of a line
	failuresKept = 20
)

// Line is a line that a rule set's process wrote.
type Line struct {
	At   time.Time
	Text string // at most 1,000 characters
}

// journal keeps the last lines of a program, over its restarts.
type journal struct {
	mu    sync.Mutex
	lines []Line // a ring once it is full
	next  int
}

func (j *journal) add(text string) {
	l := Line{At: time.Now(), Text: clip(text, longestKept)}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.lines) < linesKept {
		j.lines = append(j.lines, l)
		return
	}
	j.lines[j.next] = l
	j.next = (j.next + 1) % linesKept
}

// of gives the lines that name a revision, oldest first; all for "".
func (j *journal) of(revision string) []Line {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := slices.Concat(j.lines[j.next:], j.lines[:j.next])
	return slices.DeleteFunc(lines, func(l Line) bool { return !strings.Contains(l.Text, revision) })
}

// Failure is something that went wrong with a rule set: its process ended, a call was not answered, an answer did not keep the
// contract. The same again is counted.
type Failure struct {
	First, Last time.Time
	Count       int
	Error       string // at most 500 characters
}

// record is what is remembered of a run.
type record struct {
	calls atomic.Uint64 // questions asked of it, in batches

	mu       sync.Mutex
	failures []Failure // the one that came last is last
}

func (r *record) failed(at time.Time, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := Failure{First: at, Error: clip(err.Error(), 500)}
	if i := slices.IndexFunc(r.failures, func(known Failure) bool { return known.Error == f.Error }); i >= 0 {
		f = r.failures[i]
		r.failures = slices.Delete(r.failures, i, i+1)
	} else if len(r.failures) == failuresKept {
		r.failures = slices.Delete(r.failures, 0, 1)
	}
	f.Last, f.Count = at, f.Count+1
	r.failures = append(r.failures, f)
}

func (r *record) recent() []Failure {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.failures)
}
