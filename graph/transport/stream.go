package transport

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

const eventStream = "text/event-stream"

// slowest is how long one event may take to be sent. Whoever reads slower is cut off, and comes back.
const slowest = 10 * time.Second

// acceptsEvents tells whether the client names event streams among what it accepts.
func acceptsEvents(header http.Header) bool {
	for _, part := range strings.Split(strings.Join(header.Values("Accept"), ","), ",") {
		media, parameters, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(media), eventStream) && strings.ReplaceAll(parameters, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

// eventsOnly tells whether the client accepts event streams and nothing else of ours.
func eventsOnly(header http.Header) bool { return negotiate(header) == "" && acceptsEvents(header) }

// stream answers a subscription until it is complete, the client has gone, its token has expired, or the server stops.
func (h *HTTP) stream(w http.ResponseWriter, r *http.Request, op *graphql.OperationContext) {
	if !acceptsEvents(r.Header) {
		refused := refuse(http.StatusNotAcceptable, domain.CodeBadUserInput, "a subscription is answered as "+eventStream+": accept that",
			"subscription dijawab sebagai "+eventStream+": terimalah itu")
		h.write(w, r, refused.status, &graphql.Response{Errors: gqlerror.List{h.Presenter.Present(r.Context(), refused.err)}})
		return
	}
	ctx, until := h.Lasting(graphql.StartOperationTrace(r.Context()))
	ctx, cancel := context.WithCancel(ctx)
	actor := access.FromContext(ctx)
	err := access.MayAct(actor)
	if err == nil && !streams(op) {
		err = domain.Errorf(domain.CodeBadUserInput, "a subscription has one field").In("sebuah subscription memiliki satu field")
	}
	if err != nil {
		cancel()
		h.Refuse(w, r, err)
		return
	}
	release, err := h.Streams.begin(actor.Subject)
	if err != nil {
		cancel()
		h.Refuse(w, r, err)
		return
	}
	defer release()
	s := &sender{w: w, to: http.NewResponseController(w)}
	answers := make(chan told)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()
	beside.Go(func() { h.tell(ctx, r, op, answers) })
	if s.begin() {
		h.send(ctx, r, s, answers, until)
	}
}

// streams tells whether a subscription asks for one stream: gqlgen knows nothing to do with __typename there.
func streams(op *graphql.OperationContext) bool {
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"})
	return len(fields) == 1 && !strings.HasPrefix(fields[0].Name, "__")
}

// told is one answer on its way out.
type told struct {
	json []byte
	ends bool // nothing comes after it
}

// tell writes answers as JSON, one by one as they come, until the last. Each is a copy: the executor uses its memory again.
func (h *HTTP) tell(ctx context.Context, r *http.Request, op *graphql.OperationContext, to chan<- told) {
	defer close(to)
	say := func(a *graphql.Response) bool {
		one := told{h.append(nil, r.WithContext(ctx), a), ends(a)}
		select {
		case to <- one:
			return !one.ends
		case <-ctx.Done():
			return false
		}
	}
	defer func() {
		if v := recover(); v != nil {
			say(&graphql.Response{Errors: gqlerror.List{h.Presenter.Present(ctx, h.Presenter.Recover(ctx, v))}})
		}
	}()
	next, inner := h.Exec.DispatchOperation(ctx, op)
	for a := next(inner); a != nil && ctx.Err() == nil; a = next(inner) {
		if !say(a) {
			return
		}
	}
}

// ends tells whether a stream has no more to say to its reader: it could not begin, or the reader may not see it any more.
func ends(a *graphql.Response) bool {
	if a.Data == nil {
		return true
	}
	for _, e := range a.Errors {
		switch e.Extensions["code"] {
		case domain.CodeNotFound, domain.CodeForbidden, domain.CodeUnauthenticated:
			return true
		}
	}
	return false
}

// send sends answers until there are no more.
func (h *HTTP) send(ctx context.Context, r *http.Request, s *sender, answers <-chan told, until time.Time) {
	alive := time.NewTicker(h.Streams.KeepAlive)
	defer alive.Stop()
	expired := time.NewTimer(time.Until(until))
	defer expired.Stop()
	over := func() {
		err := domain.Errorf(domain.CodeUnauthenticated, "your token is no longer good: sign in again").In("token Anda tidak berlaku lagi: masuklah kembali")
		s.next(h.append(nil, r, &graphql.Response{Errors: gqlerror.List{h.Presenter.Present(ctx, err)}}))
		s.complete()
	}
	for {
		select {
		case one, more := <-answers:
			if !more {
				if ctx.Err() == nil {
					s.complete()
				}
				return
			}
			if !s.next(one.json) {
				return
			}
			if one.ends {
				s.complete()
				return
			}
		case <-alive.C:
			if access.MayAct(access.FromContext(ctx)) != nil {
				over()
				return
			}
			if !s.write(":\n\n") {
				return
			}
		case <-expired.C:
			over()
			return
		case <-h.Streams.closing:
			return
		case <-ctx.Done():
			return
		}
	}
}

// single answers a query or a mutation as a stream of one event, for clients that accept nothing else.
func single(w http.ResponseWriter, answer []byte) {
	s := &sender{w: w, to: http.NewResponseController(w)}
	_ = s.begin() && s.next(answer) && s.complete()
}

// sender writes events. Every method tells whether the client is still there.
type sender struct {
	w  http.ResponseWriter
	to *http.ResponseController
}

// begin sends the head and a sign of life, so that the client knows that it is heard. The server's bounds on how long a request
// may be read and answered are not for streams.
func (s *sender) begin() bool {
	_ = s.to.SetReadDeadline(time.Time{}) // what does not know deadlines has none
	header := s.w.Header()
	header.Set("Content-Type", eventStream+"; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // proxies would keep events until there are enough of them
	header.Add("Vary", "Accept, Accept-Language, Authorization")
	s.w.WriteHeader(http.StatusOK)
	return s.write(":\n\n")
}

// next sends an answer; JSON as we write it has no line breaks.
func (s *sender) next(answer []byte) bool {
	return s.write("event: next\ndata: " + string(answer) + "\n\n")
}

// complete says that no more comes. Without data a browser would not hand the event on.
func (s *sender) complete() bool { return s.write("event: complete\ndata: \n\n") }

func (s *sender) write(text string) bool {
	_ = s.to.SetWriteDeadline(time.Now().Add(slowest))
	if _, err := s.w.Write([]byte(text)); err != nil {
		return false
	}
	return s.to.Flush() == nil
}

// isStream tells whether an operation is a subscription.
func isStream(op *graphql.OperationContext) bool { return op.Operation.Operation == ast.Subscription }
