package graph

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/fault"
	"github.com/berdaya/berdaya/graph/graphiql"
	"github.com/berdaya/berdaya/graph/guard"
	"github.com/berdaya/berdaya/graph/transport"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/rulesets"
)

// Config is what the server is put together from. Fields with a default may be left out.
type Config struct {
	Schema  graphql.ExecutableSchema
	Verify  func(token string) (subject string, expires time.Time, err error) // as token.Verifier
	Resolve func(ctx context.Context, subject string) (access.Actor, error)   // as members.Members
	Health  func(context.Context) error                                       // whether the database answers

	RuleSets *rulesets.RuleSets // whose content may be fetched; nil: none

	Log            *slog.Logger       // slog.Default()
	Limits         guard.Limits       // guard.Default()
	Timeout        time.Duration      // of one operation; 15 s
	ListTimeout    time.Duration      // of one that carries out a list of commands; 60 s
	UploadTime     time.Duration      // for a file to come in; 10 min
	UploadPace     time.Duration      // in which each 32 KiB of it have to come; 30 s
	Body           int64              // bytes of one request, before and after decompression; 1 MiB
	Document       int64              // bytes of its document; 256 KiB
	Streams        *transport.Streams // transport.NewStreams(); close them when the server stops
	DocumentsBytes int                // for valid documents that are kept; 16 MB
}

// uploadsAtOnce is how many files may be on their way in or being stored at once.
const uploadsAtOnce = 4

// NewHandler serves GraphQL at /graphql, the content of rule sets below /rule-sets/, GraphiQL at / and whether all is well at
// /healthz.
func NewHandler(c Config) http.Handler {
	c.Log = cmp.Or(c.Log, slog.Default())
	c.Verify = remembering(c.Verify).Verify
	c.Limits = cmp.Or(c.Limits, guard.Default())
	presenter := fault.Presenter{Log: c.Log, Schema: c.Schema.Schema()}
	watch := &guard.Guard{Limits: c.Limits, Documents: guard.NewDocuments(cmp.Or(c.DocumentsBytes, 16<<20))}
	exec := executor.New(c.Schema)
	exec.SetErrorPresenter(presenter.Present)
	exec.SetRecoverFunc(presenter.Recover)
	exec.SetParserTokenLimit(c.Limits.Tokens)
	exec.SetQueryCache(watch.Documents)
	exec.Use(watch)
	answer := &transport.HTTP{
		Uploads: transport.Uploads{
			Fields: map[string]int64{"uploadRuleSet": domain.MaxRuleProgram}, Time: cmp.Or(c.UploadTime, 10*time.Minute), Pace: cmp.Or(c.UploadPace, 30*time.Second),
			Turns: &transport.Turns{Most: uploadsAtOnce},
			May:   func(r *http.Request) error { return access.MayUploadSomewhere(access.FromContext(r.Context())) },
		},
		Exec: exec, Presenter: presenter, Cost: watch.Spent,
		Limits: transport.Limits{
			Body: cmp.Or(c.Body, 1<<20), Document: cmp.Or(c.Document, 256<<10), Timeout: cmp.Or(c.Timeout, 15*time.Second),
			Longer: map[string]time.Duration{"submitCommands": cmp.Or(c.ListTimeout, time.Minute), "uploadRuleSet": time.Minute},
		},
		Streams: cmp.Or(c.Streams, transport.NewStreams()), Lasting: c.lasting,
	}

	mux := http.NewServeMux()
	mux.Handle("/graphql", signIn(c, answer.Refuse, sameOrigin(answer.Refuse, answer)))
	if c.RuleSets != nil {
		mux.Handle(artefactPath, signIn(c, answer.Refuse, sameOrigin(answer.Refuse, c.artefacts(answer))))
	}
	mux.HandleFunc("/healthz", health(c))
	mux.Handle("/", graphiql.Handler())
	return secured(mux)
}

// sameOrigin refuses what a page of another origin makes a browser send.
func sameOrigin(refuse func(http.ResponseWriter, *http.Request, error), next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := protection.Check(r); err != nil {
			refuse(w, r, domain.Errorf(domain.CodeForbidden, "a page of another origin may not do this").
				In("halaman dari asal lain tidak boleh melakukan ini").Because(err))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// health answers whoever asks, signed in or not, and says no more than whether the database answers within two seconds.
func health(c Config) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if err := c.Health(ctx); err != nil {
			c.Log.WarnContext(ctx, "the database does not answer", "error", err)
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"status":"unavailable"}`))
			return
		}
		_, _ = w.Write([]byte(`{"status":"ok"}`))
	}
}

// secured tells browsers to trust nothing but this server.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}

// NewHTTPServer makes a server with bounds on how long a client may take and how much it may send. Whoever starts it gives it
// a listener.
func NewHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       60 * time.Second,  // 100 kB over a line of 2 kB a second
		WriteTimeout:      180 * time.Second, // counted from the request's headers: a minute to read, one to answer, one to send
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
