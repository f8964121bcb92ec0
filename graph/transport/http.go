package transport

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/fault"
)

// errorsAtMost is how many errors one answer holds; the rest is left out.
const errorsAtMost = 20

// HTTP answers GraphQL requests. All fields must be set.
type HTTP struct {
	Exec      graphql.GraphExecutor
	Presenter fault.Presenter
	Limits    Limits
	Uploads   Uploads

	Streams *Streams
	// Lasting gives the context of a request that lasts: in it the actor is whoever the reader is at the time. It ends to be good
	// at the time that is given with it.
	Lasting func(context.Context) (context.Context, time.Time)

	// Cost gives the cost of the operation in the context and the limit on it, for those who send the header Berdaya-Cost.
	Cost func(context.Context) (cost, limit int)
}

// Limits bound one request.
type Limits struct {
	Body     int64         // bytes, before and after decompression
	Document int64         // bytes of the document alone; it is variables that may be long
	Timeout  time.Duration // for one operation

	// Longer are root fields whose operations have another time. They do in one request what otherwise takes hundreds.
	Longer map[string]time.Duration
}

// timeout gives the time that an operation has: the longest of its root fields.
func (l Limits) timeout(op *ast.OperationDefinition) time.Duration {
	longest := l.Timeout
	for _, s := range op.SelectionSet {
		if f, ok := s.(*ast.Field); ok {
			longest = max(longest, l.Longer[f.Name])
		}
	}
	return longest
}

// ServeHTTP answers one request.
func (h *HTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler {
				panic(v)
			}
			h.Refuse(w, r, h.Presenter.Recover(ctx, v))
		}
	}()
	params, file, refused := h.params(w, r)
	if refused != nil {
		unread(w, r)
		h.write(w, r, refused.status, &graphql.Response{Errors: gqlerror.List{h.Presenter.Present(ctx, refused.err)}})
		return
	}
	ctx = graphql.StartOperationTrace(ctx)
	params.Headers = r.Header
	op, errs := h.Exec.CreateOperationContext(ctx, params)
	if len(errs) > 0 {
		h.request(w, r, h.Exec.DispatchError(graphql.WithOperationContext(ctx, op), errs[:min(len(errs), errorsAtMost)]))
		return
	}
	if r.Method == http.MethodGet && op.Operation.Operation != ast.Query {
		w.Header().Set("Allow", http.MethodPost)
		refused := refuse(http.StatusMethodNotAllowed, domain.CodeBadUserInput, "only queries are answered to a GET: send a POST", "GET hanya untuk query: kirim dengan POST")
		h.write(w, r, refused.status, &graphql.Response{Errors: gqlerror.List{h.Presenter.Present(ctx, refused.err)}})
		return
	}
	if file != nil {
		content, refused := h.receive(ctx, file, op.Operation)
		if refused != nil {
			unread(w, r)
			h.write(w, r, refused.status, &graphql.Response{Errors: gqlerror.List{h.Presenter.Present(ctx, refused.err)}})
			return
		}
		defer content.Close()
	}
	if isStream(op) {
		h.stream(w, r, op)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, h.Limits.timeout(op.Operation))
	defer cancel()
	next, ctx := h.Exec.DispatchOperation(ctx, op)
	answer := next(ctx)
	if answer == nil { // what gqlgen gives when the context is done
		err := ctx.Err()
		if err == nil {
			err = context.Canceled
		}
		h.Refuse(w, r, err)
		return
	}
	if r.Header.Get("Berdaya-Cost") != "" {
		cost, limit := h.Cost(ctx)
		if answer.Extensions == nil {
			answer.Extensions = map[string]any{}
		}
		answer.Extensions["cost"] = map[string]int{"cost": cost, "limit": limit}
	}
	if answer.Data == nil {
		h.request(w, r, answer)
		return
	}
	h.write(w, r, http.StatusOK, answer)
}

func (h *HTTP) params(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *upload, *refusal) {
	if negotiate(r.Header) == "" && (!acceptsEvents(r.Header) || r.Method != http.MethodPost) {
		return nil, nil, refuse(http.StatusNotAcceptable, domain.CodeBadUserInput,
			"accept "+graphqlResponse+" or "+plainJSON, "terimalah "+graphqlResponse+" atau "+plainJSON)
	}
	switch {
	case isMultipart(r):
		return h.uploaded(w, r)
	case r.Method == http.MethodPost:
		params, refused := posted(w, r, h.Limits)
		return params, nil, refused
	case r.Method == http.MethodGet:
		params, refused := asked(r, h.Limits)
		return params, nil, refused
	}
	w.Header().Set("Allow", "GET, POST")
	return nil, nil, refuse(http.StatusMethodNotAllowed, domain.CodeBadUserInput, "send a GET or a POST", "kirim dengan GET atau POST")
}

// Refuse answers a request with an error alone.
func (h *HTTP) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	h.request(w, r, &graphql.Response{Errors: gqlerror.List{h.Presenter.Present(r.Context(), err)}})
}

// request writes an answer to a request that was not carried out.
func (h *HTTP) request(w http.ResponseWriter, r *http.Request, answer *graphql.Response) {
	answer.Data = nil
	status := http.StatusBadRequest
	if negotiate(r.Header) != graphqlResponse {
		status = http.StatusOK
	}
	if len(answer.Errors) > 0 {
		switch answer.Errors[0].Extensions["code"] {
		case domain.CodeUnauthenticated:
			status = http.StatusUnauthorized
			w.Header().Set("WWW-Authenticate", "Bearer")
		case domain.CodeForbidden:
			status = http.StatusForbidden
		case domain.CodeInternal:
			status = http.StatusInternalServerError
		case domain.CodeUnavailable:
			status = http.StatusServiceUnavailable
		}
	}
	h.write(w, r, status, answer)
}

// buffers hold answers on their way out.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// pooled is the largest buffer that is kept for the next answer, in bytes.
const pooled = 1 << 20

// write writes the answer. It goes out in one piece: each piece more would be one system call more.
func (h *HTTP) write(w http.ResponseWriter, r *http.Request, status int, answer *graphql.Response) {
	buffer := buffers.Get().(*[]byte)
	b := h.append((*buffer)[:0], r, answer)
	defer func() {
		if *buffer = b; cap(b) <= pooled {
			buffers.Put(buffer)
		}
	}()
	if status == http.StatusOK && eventsOnly(r.Header) {
		single(w, b)
		return
	}
	media := negotiate(r.Header)
	if media == "" {
		media = plainJSON
	}
	header := w.Header()
	header.Set("Content-Type", media+"; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(b)))
	header.Set("Cache-Control", "no-store")
	header.Add("Vary", "Accept, Accept-Language, Authorization")
	w.WriteHeader(status)
	_, _ = w.Write(b) // an error is that the client is gone
}

// append writes the answer around the data, which is JSON already. No data, no entry for it.
func (h *HTTP) append(b []byte, r *http.Request, answer *graphql.Response) []byte {
	b = append(b, '{')
	if len(answer.Errors) > 0 {
		errs, err := json.Marshal(answer.Errors[:min(len(answer.Errors), errorsAtMost)])
		if err != nil { // a value in params that JSON cannot hold
			errs, _ = json.Marshal(gqlerror.List{h.Presenter.Present(r.Context(), err)})
		}
		b = append(append(b, `"errors":`...), errs...)
	}
	if answer.Data != nil {
		if len(answer.Errors) > 0 {
			b = append(b, ',')
		}
		b = append(append(b, `"data":`...), answer.Data...)
	}
	if len(answer.Extensions) > 0 {
		if extensions, err := json.Marshal(answer.Extensions); err == nil {
			b = append(append(b, `,"extensions":`...), extensions...)
		}
	}
	return append(b, '}')
}
