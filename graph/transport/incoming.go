package transport

import (
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/berdaya/berdaya/domain"
)

// Of a request with a file.
const (
	headSlack = 64 << 10 // bytes that may be read ahead of the file
	pieceSize = 32 << 10 // bytes of the file that have to come within a time: some 1,000 a second of the usual one
	afterFile = 2 * time.Minute
)

// incoming is the body of a request with a file. What comes before the file is bounded by itself. The file has to keep a pace and
// come to an end, so that nobody holds the room for it without filling it.
type incoming struct {
	io.ReadCloser
	control *http.ResponseController
	head    int64 // bytes that may still come before the file

	pace  time.Duration // in which each piece has to come
	until time.Time     // when all of it has to be there; zero before the file
	left  int64         // of the present piece
}

func (in *incoming) Read(b []byte) (int, error) {
	n, err := in.ReadCloser.Read(b)
	if in.until.IsZero() {
		if in.head -= int64(n); in.head < 0 && err == nil {
			err = &http.MaxBytesError{}
		}
		return n, err
	}
	if in.left -= int64(n); in.left <= 0 {
		in.next()
	}
	return n, err
}

// begin lets the file come.
func (in *incoming) begin(pace, most time.Duration) {
	in.pace, in.until = pace, time.Now().Add(most)
	in.next()
	// Without deadlines of their own, as behind a recorder, the server's hold.
	_ = in.control.SetWriteDeadline(in.until.Add(afterFile))
}

func (in *incoming) next() {
	by := time.Now().Add(in.pace)
	if by.After(in.until) {
		by = in.until
	}
	in.left = pieceSize
	_ = in.control.SetReadDeadline(by)
}

// end leaves time for what is done with the file: the server takes a connection that can no longer be read for one that is gone.
func (in *incoming) end() {
	_ = in.control.SetReadDeadline(time.Now().Add(afterFile))
}

// Turns are who has a file on its way in or being stored, or on its way out: each one at a time, and so many in all.
type Turns struct {
	Most int

	mu    sync.Mutex
	taken map[string]bool // by subject
}

// take takes a turn, until it is released.
func (t *Turns) take(subject string) (release func(), refused *refusal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.taken[subject]:
		return nil, refuse(http.StatusServiceUnavailable, domain.CodeUnavailable, "another file of yours is on its way: go on when it is there", "berkas Anda yang lain sedang dalam perjalanan: lanjutkan setelah selesai")
	case len(t.taken) >= t.Most:
		return nil, refuse(http.StatusServiceUnavailable, domain.CodeUnavailable, "files of others are on their way at the moment: try again in a minute", "berkas pihak lain sedang dalam perjalanan: coba lagi sebentar lagi")
	}
	if t.taken == nil {
		t.taken = map[string]bool{}
	}
	t.taken[subject] = true
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.taken, subject)
	}, nil
}

// received is a file that was received. It is gone, and its turn over, when it is closed.
type received struct {
	io.Closer
	release func()
}

func (r *received) Close() error {
	defer r.release()
	return r.Closer.Close()
}
