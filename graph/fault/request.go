package fault

import (
	"context"
	"crypto/rand"
	"sync/atomic"
)

// request is what is known of one request.
type request struct {
	id     string
	logged atomic.Int32 // faults written to the log so far
}

type requestKey struct{}

// WithRequest returns a context for a request. Its id is the one that the caller proposes, as long as that is 1 to 64 letters,
// digits, dots, hyphens and underscores, and a random one otherwise.
func WithRequest(ctx context.Context, proposed string) context.Context {
	if !sane(proposed) {
		proposed = rand.Text()
	}
	return context.WithValue(ctx, requestKey{}, &request{id: proposed})
}

// RequestID gives the id of the request; "" outside of one.
func RequestID(ctx context.Context) string { return of(ctx).id }

func of(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

func sane(id string) bool {
	if len(id) == 0 || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}
