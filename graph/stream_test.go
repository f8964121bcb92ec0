package graph_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph"
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/graph/transport"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/token"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

const progress = `subscription { bulkMoveProgress(id: "x") { bulkMove { total } } }`

// feed is a stream whose events a test makes; its end closes it.
type feed struct {
	events chan *model.BulkMoveProgress
	ended  chan struct{} // closed when the stream's context has ended
	fail   error
}

func (f *feed) BulkMoveProgress(ctx context.Context, _ string) (<-chan *model.BulkMoveProgress, error) {
	context.AfterFunc(ctx, func() { close(f.ended) })
	return f.events, f.fail
}

// RuleTrialProgress is what no test of streams asks for.
func (f *feed) RuleTrialProgress(context.Context, string) (<-chan *model.RuleTrialProgress, error) {
	return nil, f.fail
}

func event(total int) *model.BulkMoveProgress {
	return &model.BulkMoveProgress{BulkMove: &model.BulkMove{Total: total}}
}

// live is a server on a port.
type live struct {
	url, token string
	feed       *feed
	streams    *transport.Streams
	web        *http.Server
	seen       atomic.Bool // whether the member may see what the stream is about
}

func listen(t *testing.T, lifetime time.Duration, bound ...func(*transport.Streams)) *live {
	t.Helper()
	l := &live{feed: &feed{events: make(chan *model.BulkMoveProgress), ended: make(chan struct{})}, streams: transport.NewStreams()}
	l.streams.KeepAlive = 20 * time.Millisecond
	for _, b := range bound {
		b(l.streams)
	}
	l.seen.Store(true)
	s := serve(t, nil, func(c *graph.Config) {
		c.Streams = l.streams
		c.Schema = generated.NewExecutableSchema(generated.Config{
			Resolvers: resolvers{streams: l.feed, viewer: func(ctx context.Context) (*model.Viewer, error) {
				return &model.Viewer{Subject: access.FromContext(ctx).Subject}, nil
			}},
			Directives: generated.DirectiveRoot{Stored: func(ctx context.Context, _ any, next graphql.Resolver) (any, error) {
				if len(access.FromContext(ctx).Grants) == 0 {
					return nil, access.NotFound()
				}
				return next(ctx)
			}},
		})
		c.Resolve = func(_ context.Context, subject string) (access.Actor, error) {
			a := access.Actor{Subject: subject, Locale: domain.English}
			if l.seen.Load() {
				a.Grants = []access.Grant{{Role: domain.Viewer, Region: "32"}}
			}
			return a, nil
		}
	})
	secret, err := token.ParseSecret(strings.Repeat("s", 32))
	if err != nil {
		t.Fatal(err)
	}
	if l.token, err = token.NewIssuer(secret, time.Now).Issue(member, lifetime); err != nil {
		t.Fatal(err)
	}
	l.web = graph.NewHTTPServer(s, slog.New(slog.DiscardHandler))
	l.web.ReadTimeout, l.web.WriteTimeout = 2*time.Second, 2*time.Second
	l.web.RegisterOnShutdown(l.streams.Close)
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = l.web.Serve(on) }()
	t.Cleanup(func() { _ = l.web.Close() })
	l.url = "http://" + on.Addr().String() + "/graphql"
	return l
}

// stream is an answer that is being read.
type stream struct {
	*http.Response
	t     testing.TB
	lines *bufio.Scanner
	close func()
	alive int // signs of life so far
}

func (l *live) subscribe(t testing.TB, query string, header ...string) *stream {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+l.token)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return &stream{Response: res, t: t, lines: bufio.NewScanner(res.Body), close: cancel}
}

// next gives the next event, "" where the connection ends.
func (s *stream) next() (name, data string) {
	s.t.Helper()
	for s.lines.Scan() {
		line := s.lines.Text()
		switch {
		case line == ":":
			s.alive++
		case strings.HasPrefix(line, "event: "):
			name = strings.TrimPrefix(line, "event: ")
		case strings.HasPrefix(line, "data: "):
			data = strings.TrimPrefix(line, "data: ")
		case line == "" && name != "":
			return name, data
		}
	}
	return "", ""
}

// want reads an event that must come.
func (s *stream) want(name, contains string) {
	s.t.Helper()
	if gotName, data := s.next(); gotName != name || !strings.Contains(data, contains) {
		s.t.Errorf("event %q with %q, want %q with %q", gotName, data, name, contains)
	}
}

func (l *live) send(t testing.TB, e *model.BulkMoveProgress) {
	t.Helper()
	select {
	case l.feed.events <- e:
	case <-time.After(patience):
		t.Fatal("nobody takes the event")
	}
}

// gone waits until a stream has been let go of.
func (l *live) gone(t testing.TB) {
	t.Helper()
	select {
	case <-l.feed.ended:
	case <-time.After(patience):
		t.Fatal("the stream's context does not end")
	}
	for deadline := time.Now().Add(patience); l.streams.Open() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the stream is still counted")
		}
	}
}

func TestAStreamGivesEventsAndSaysWhenItIsComplete(t *testing.T) {
	t.Parallel()
	l := listen(t, time.Hour)
	s := l.subscribe(t, progress)
	if s.StatusCode != 200 || s.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" || s.Header.Get("Cache-Control") != "no-store" || s.Header.Get("X-Accel-Buffering") != "no" {
		t.Error(s.StatusCode, s.Header)
	}
	for n := range 3 {
		l.send(t, event(n))
		s.want("next", fmt.Sprintf(`{"data":{"bulkMoveProgress":{"bulkMove":{"total":%d}}}}`, n))
	}
	close(l.feed.events)
	s.want("complete", "")
	s.want("", "")
	l.gone(t)
}

func TestAStreamOutlivesTheBoundsOnRequests(t *testing.T) {
	t.Parallel()
	l := listen(t, time.Hour)
	s := l.subscribe(t, progress)
	begun := time.Now()
	go func() {
		<-time.After(2 * l.web.WriteTimeout)
		l.feed.events <- event(7)
	}()
	s.want("next", `"total":7`)
	if took := time.Since(begun); took < 3*l.web.WriteTimeout/2 || s.alive < 5 {
		t.Errorf("after %v, with %d signs of life", took, s.alive)
	}
}

func TestAStreamEndsWithTheTokenTheSightAndTheServer(t *testing.T) {
	t.Parallel()
	t.Run("token", func(t *testing.T) {
		t.Parallel()
		l := listen(t, 1200*time.Millisecond)
		s := l.subscribe(t, progress)
		s.want("next", `"code":"UNAUTHENTICATED"`)
		s.want("complete", "")
		l.gone(t)
	})
	t.Run("sight", func(t *testing.T) {
		t.Parallel()
		l := listen(t, time.Hour)
		s := l.subscribe(t, progress)
		l.send(t, event(1))
		s.want("next", `"total":1`)
		l.seen.Store(false)
		l.send(t, event(2))
		s.want("next", `"code":"NOT_FOUND"`)
		s.want("complete", "")
		l.gone(t)
	})
	t.Run("server", func(t *testing.T) {
		t.Parallel()
		l := listen(t, time.Hour)
		s := l.subscribe(t, progress)
		l.send(t, event(1))
		s.want("next", `"total":1`)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := l.web.Shutdown(ctx); err != nil { // the stream would go on for an hour
			t.Error(err)
		}
		s.want("", "") // without "complete", so that clients come back
		l.gone(t)
	})
	t.Run("fault", func(t *testing.T) {
		t.Parallel()
		l := listen(t, time.Hour)
		s := l.subscribe(t, progress)
		l.send(t, nil) // a witness that is not there: the executor answers null where null may not be
		name, data := s.next()
		if name != "next" || !strings.Contains(data, `"errors"`) {
			t.Error(name, data)
		}
	})
}

// Not parallel: goroutines are counted.
func TestNothingOfAStreamStaysWhenTheClientIsGone(t *testing.T) {
	l := listen(t, time.Hour)
	s := l.subscribe(t, progress)
	l.send(t, event(1))
	s.want("next", `"total":1`)
	if l.streams.Open() != 1 {
		t.Error(l.streams.Open())
	}
	s.close()
	l.gone(t)
	stacks := func() string {
		b := make([]byte, 1<<20)
		return string(b[:runtime.Stack(b, true)])
	}
	for deadline := time.Now().Add(patience); strings.Contains(stacks(), "transport.(*HTTP)"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(stacks())
		}
	}
}

func TestThereAreSoManyStreamsAndNoMore(t *testing.T) {
	t.Parallel()
	l := listen(t, time.Hour, func(s *transport.Streams) { s.PerActor = 1 })
	first := l.subscribe(t, progress)
	l.send(t, event(1))
	first.want("next", `"total":1`)
	refused := l.subscribe(t, progress)
	refused.want("next", `"code":"TOO_LARGE"`)
	refused.want("complete", "")
	first.close()
	l.gone(t)

	l = listen(t, time.Hour, func(s *transport.Streams) { s.Most = 1 })
	first = l.subscribe(t, progress)
	l.send(t, event(1))
	first.want("next", `"total":1`)
	full := l.subscribe(t, progress, "Accept", "application/graphql-response+json, text/event-stream")
	if body, _ := io.ReadAll(full.Body); full.StatusCode != 503 || !strings.Contains(string(body), `"UNAVAILABLE"`) {
		t.Error(full.StatusCode, string(body))
	}
}

func TestWhatIsNoStreamIsAnsweredAsTheClientAccepts(t *testing.T) {
	t.Parallel()
	l := listen(t, time.Hour)
	const all = "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
	for name, x := range map[string]struct {
		query, accept string
		status        int
		says          []string // what events have, or the one answer
	}{
		"a query of a client that accepts all":       {"{ viewer { subject } }", all, 200, []string{`{"data":{"viewer":{"subject":"` + member + `"}}}`}},
		"a query of one that accepts events only":    {"{ viewer { subject } }", "text/event-stream", 200, []string{"next", `"subject":"` + member, "complete", ""}},
		"a subscription of one that accepts no such": {progress, "application/json", 406, []string{`"BAD_USER_INPUT"`}},
		"nothing that is served":                     {progress, "text/html", 406, []string{`"BAD_USER_INPUT"`}},
		"events refused":                             {progress, "text/event-stream;q=0", 406, []string{`"BAD_USER_INPUT"`}},
		"a subscription of the type's name":          {"subscription { __typename }", "text/event-stream", 200, []string{"next", `"GRAPHQL_VALIDATION_FAILED"`, "complete", ""}},
		"a subscription that skips everything": {`subscription { bulkMoveProgress(id: "x") @skip(if: true) { bulkMove { total } } }`, "text/event-stream", 200,
			[]string{"next", `"BAD_USER_INPUT"`, "complete", ""}},
		"a subscription of two": {`subscription { a: bulkMoveProgress(id: "x") { bulkMove { total } } b: bulkMoveProgress(id: "x") { bulkMove { total } } }`, "text/event-stream", 200,
			[]string{"next", `"BAD_USER_INPUT"`, "complete", ""}},
		"a field that is not there": {"subscription { x }", "text/event-stream", 200, []string{"next", `"GRAPHQL_VALIDATION_FAILED"`, "complete", ""}},
		"a document that is too large": {"subscription { " + strings.Repeat(`a: bulkMoveProgress(id: "x") { bulkMove { total } } `, 100) + "}", "text/event-stream", 200,
			[]string{"next", `"TOO_LARGE"`, "complete", ""}},
	} {
		s := l.subscribe(t, x.query, "Accept", x.accept)
		if s.StatusCode != x.status {
			t.Errorf("%s: status %d", name, s.StatusCode)
		}
		if len(x.says) == 1 {
			if body, _ := io.ReadAll(s.Body); !strings.Contains(string(body), x.says[0]) || !strings.Contains(s.Header.Get("Content-Type"), "json") {
				t.Errorf("%s: %s %s", name, s.Header.Get("Content-Type"), body)
			}
			continue
		}
		for i := 0; i < len(x.says); i += 2 {
			if event, data := s.next(); event != x.says[i] || !strings.Contains(data, x.says[i+1]) {
				t.Errorf("%s: %s %s", name, event, data)
			}
		}
	}
	nobody := l.subscribe(t, progress, "Authorization", "Bearer x")
	if nobody.StatusCode != 401 {
		t.Error(nobody.StatusCode)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.url+"?query="+url.QueryEscape(progress), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+l.token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if res.Body.Close(); res.StatusCode != http.StatusMethodNotAllowed {
		t.Error("a GET begins a stream:", res.StatusCode)
	}
}

func TestAStreamThatCannotBeginSaysSoAndIsComplete(t *testing.T) {
	t.Parallel()
	l := listen(t, time.Hour)
	l.feed.fail = access.NotFound()
	s := l.subscribe(t, progress)
	s.want("next", `"code":"NOT_FOUND"`)
	s.want("complete", "")
	l.gone(t)
}
