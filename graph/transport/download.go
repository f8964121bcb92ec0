package transport

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

// Downloads gives files away, each to those who may have it. All fields must be set.
type Downloads struct {
	// Find gives the file that a request names. Its error is NOT_FOUND for whoever may not have it, as for what is not there.
	Find   func(*http.Request) (*File, error)
	Turns  *Turns
	Time   time.Duration // for one file to go out
	Pace   time.Duration // in which each 32 KiB of it have to go
	Answer *HTTP         // says what is wrong
}

// File is a file that is given away.
type File struct {
	Name   string // for whoever keeps it
	Media  string
	SHA256 string // in small hexadecimal digits; its ETag
	Size   int64
	Write  func(ctx context.Context, to io.Writer) error
}

// ServeHTTP answers a GET or HEAD with a file. It never has more of it in memory than Write gives at once.
func (d *Downloads) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		d.refuse(w, r, http.StatusMethodNotAllowed, domain.Errorf(domain.CodeBadUserInput, "send a GET").In("kirim dengan GET"))
		return
	}
	f, err := d.Find(r)
	if err != nil {
		d.refuse(w, r, statusOf(err), err)
		return
	}
	h := w.Header()
	tag := `"` + f.SHA256 + `"`
	h.Set("ETag", tag)
	h.Set("Cache-Control", "private, no-cache") // whether somebody may still have it is asked each time
	h.Add("Vary", "Authorization")
	if matches(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if r.Method == http.MethodHead {
		f.announce(h)
		return
	}
	release, refused := d.Turns.take(access.FromContext(r.Context()).Subject)
	if refused != nil {
		d.refuse(w, r, refused.status, refused.err)
		return
	}
	defer release()
	d.send(w, r, f)
}

// send writes a file. Where that fails after some of it has gone, the connection is cut, so that nobody takes a part for all.
func (d *Downloads) send(w http.ResponseWriter, r *http.Request, f *File) {
	ctx, cancel := context.WithTimeout(r.Context(), d.Time)
	defer cancel()
	out := &outgoing{file: f, to: w, control: http.NewResponseController(w), pace: d.Pace, until: time.Now().Add(d.Time)}
	_ = out.control.SetReadDeadline(out.until) // without it the server would take the connection for gone
	err := f.Write(ctx, out)
	switch {
	case err == nil && out.sent == f.Size:
	case out.sent > 0 || err == nil:
		panic(http.ErrAbortHandler)
	default:
		d.refuse(w, r, statusOf(err), err)
	}
}

// announce says what comes.
func (f *File) announce(h http.Header) {
	h.Set("Content-Type", f.Media)
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
}

// refuse answers with an error alone, as GraphQL does, but with the status of any HTTP request.
func (d *Downloads) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	w.Header().Del("ETag")
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	d.Answer.write(w, r, status, &graphql.Response{Errors: gqlerror.List{d.Answer.Presenter.Present(r.Context(), err)}})
}

func statusOf(err error) int {
	switch code := domain.CodeOf(err); {
	case code == domain.CodeUnauthenticated:
		return http.StatusUnauthorized
	case code == domain.CodeForbidden:
		return http.StatusForbidden
	case code == domain.CodeNotFound:
		return http.StatusNotFound
	case code == domain.CodeUnavailable || errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// matches tells whether If-None-Match names a tag.
func matches(given []string, tag string) bool {
	for _, one := range strings.Split(strings.Join(given, ","), ",") {
		if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}

// outgoing is a file on its way out. It has to keep a pace and come to an end, as one that comes in does; the server's own bound on an
// answer would be too short for a bad line.
type outgoing struct {
	file    *File
	to      http.ResponseWriter
	control *http.ResponseController
	pace    time.Duration
	until   time.Time
	sent    int64
}

func (out *outgoing) Write(b []byte) (n int, err error) {
	if out.sent == 0 {
		out.file.announce(out.to.Header())
	}
	for len(b) > 0 && err == nil {
		by := time.Now().Add(out.pace)
		if by.After(out.until) {
			by = out.until
		}
		_ = out.control.SetWriteDeadline(by)
		var some int
		some, err = out.to.Write(b[:min(len(b), pieceSize)])
		n, b = n+some, b[some:]
		out.sent += int64(some)
	}
	return n, err
}
