package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph"
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/token"
)

// resolvers answer who is asking as a test says, and nothing else: what these tests are about lies around the resolvers.
type resolvers struct {
	viewer  func(context.Context) (*model.Viewer, error)
	streams generated.SubscriptionResolver
}

type queries struct {
	generated.QueryResolver
	resolvers
}

func (r resolvers) Query() generated.QueryResolver               { return queries{resolvers: r} }
func (r resolvers) Mutation() generated.MutationResolver         { return nil }
func (r resolvers) Viewer() generated.ViewerResolver             { return nil }
func (r resolvers) Subscription() generated.SubscriptionResolver { return r.streams }
func (q queries) Viewer(ctx context.Context) (*model.Viewer, error) {
	return q.viewer(ctx)
}

// served is a server with one member, and what it wrote to its log.
type served struct {
	http.Handler
	token string
	log   *bytes.Buffer
}

const member = "dev-viewer-32"

func serve(t testing.TB, viewer func(context.Context) (*model.Viewer, error), change ...func(*graph.Config)) served {
	t.Helper()
	secret, err := token.ParseSecret(strings.Repeat("s", 32))
	if err != nil {
		t.Fatal(err)
	}
	made, err := token.NewIssuer(secret, time.Now).Issue(member, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if viewer == nil {
		viewer = func(ctx context.Context) (*model.Viewer, error) {
			a := access.FromContext(ctx)
			return &model.Viewer{Subject: a.Subject, Name: a.Name, Locale: string(a.Locale)}, nil
		}
	}
	s := served{token: made, log: &bytes.Buffer{}}
	c := graph.Config{
		Schema: generated.NewExecutableSchema(generated.Config{
			Resolvers: resolvers{viewer: viewer},
			Directives: generated.DirectiveRoot{Stored: func(context.Context, any, graphql.Resolver) (any, error) {
				return nil, nil
			}},
		}),
		Verify: token.NewVerifier(secret, time.Now).Verify,
		Resolve: func(_ context.Context, subject string) (access.Actor, error) {
			if subject != member {
				return access.Actor{}, domain.Errorf(domain.CodeUnauthenticated, "no member")
			}
			return access.Actor{Subject: subject, Name: "Pengamat", Locale: domain.Indonesian}, nil
		},
		Health: func(context.Context) error { return nil },
		Log:    slog.New(slog.NewTextHandler(s.log, nil)),
	}
	for _, f := range change {
		f(&c)
	}
	s.Handler = graph.NewHandler(c)
	return s
}

// answer is a response, read.
type answer struct {
	status int
	header http.Header
	body   string
	data   map[string]any
	errors []struct {
		Message    string
		Path       []any
		Extensions map[string]any
	}
	extensions map[string]any
	hasData    bool
}

func (a answer) code() any {
	if len(a.errors) == 0 {
		return nil
	}
	return a.errors[0].Extensions["code"]
}

func (s served) do(t testing.TB, method, target, body string, header map[string]string) answer {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), body: w.Body.String()}
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		var read map[string]json.RawMessage
		if err := json.Unmarshal(w.Body.Bytes(), &read); err != nil {
			t.Fatalf("%s: %v", a.body, err)
		}
		_, a.hasData = read["data"]
		for name, to := range map[string]any{"data": &a.data, "errors": &a.errors, "extensions": &a.extensions} {
			if read[name] != nil {
				if err := json.Unmarshal(read[name], to); err != nil {
					t.Fatalf("%s: %v", a.body, err)
				}
			}
		}
	}
	return a
}

// ask sends a query as the member, in English.
func (s served) ask(t testing.TB, query string, variables map[string]any, more ...map[string]string) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	header := map[string]string{"Content-Type": "application/json", "Accept": "application/graphql-response+json", "Accept-Language": "en", "Authorization": "Bearer " + s.token}
	for _, m := range more {
		maps.Copy(header, m)
	}
	for k, v := range header {
		if v == "" {
			delete(header, k)
		}
	}
	return s.do(t, http.MethodPost, "/graphql", string(body), header)
}

var anonymous = map[string]string{"Authorization": ""}

func TestAMemberIsAnsweredInTheirLanguageUnlessTheyAskForAnother(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for wished, want := range map[string]string{"": "id", "en": "en", "en-GB,en;q=0.9,id;q=0.8": "en", "id-ID": "id", "fr": "id", "fr, id;q=0.5": "id", "*": "id", "…": "id", "jv, en;q=0.4": "en"} {
		a := s.ask(t, "{ viewer { subject locale } }", nil, map[string]string{"Accept-Language": wished})
		if v, _ := a.data["viewer"].(map[string]any); a.status != 200 || v["locale"] != want || v["subject"] != member {
			t.Errorf("%q: %s", wished, a.body)
		}
	}
}

func TestWhoHasNotSignedInLearnsNothing(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	if a := s.ask(t, "{ __typename }", nil, anonymous); a.status != 200 || a.data["__typename"] != "Query" {
		t.Error(a.body)
	}
	s.ask(t, "{ viewer { name } }", nil) // the document is known now
	var first string
	for _, q := range []string{
		"{ viewer { name } }", "{ vewer }", "{ __schema { types { name } } }", `{ __type(name: "Programme") { name } }`, "{ __typename viewer { name } }",
		"{ ...F } fragment F on Programe { __typename }", "{ ... on Query { __typename } }", "query($a: ProgrammeFilter) { __typename }",
		"{ __typename @stord }", "query @stord { __typename }", "{ __typename(a: 1) }", "{ __typename { a } }", "mutation { createProgramme }", "subscription { x }",
	} {
		a := s.ask(t, q, nil, anonymous)
		if a.code() != "UNAUTHENTICATED" || a.status != 401 || a.hasData || a.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: %d %s", q, a.status, a.body)
			continue
		}
		if first == "" {
			first = a.errors[0].Message
		}
		if a.errors[0].Message != first || len(a.errors) != 1 {
			t.Errorf("%s: answered differently: %s", q, a.body)
		}
	}
	if a := s.ask(t, "{ viewer { name } }", nil, anonymous, map[string]string{"Accept": ""}); a.status != 401 {
		t.Errorf("application/json: %d %s", a.status, a.body)
	}
}

func TestATokenThatIsNoGoodIsNotTakenForNone(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, header := range []string{"Bearer x", "Bearer", "Basic abc", s.token, "Bearer " + s.token + "x"} {
		if a := s.ask(t, "{ __typename }", nil, map[string]string{"Authorization": header}); a.status != 401 || a.code() != "UNAUTHENTICATED" || a.hasData {
			t.Errorf("%.20s: %d %s", header, a.status, a.body)
		}
	}
	down := serve(t, nil, func(c *graph.Config) {
		c.Resolve = func(context.Context, string) (access.Actor, error) {
			return access.Actor{}, domain.Errorf(domain.CodeUnavailable, "the database cannot be reached")
		}
	})
	if a := down.ask(t, "{ __typename }", nil); a.status != 503 || a.code() != "UNAVAILABLE" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestWhoHasSignedInMayLookAtTheSchema(t *testing.T) {
	t.Parallel()
	a := serve(t, nil).ask(t, "{ __schema { queryType { name } } }", nil)
	if a.status != 200 || !strings.Contains(a.body, `"name":"Query"`) {
		t.Error(a.body)
	}
}

func TestADomainErrorIsShownInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	s := serve(t, func(context.Context) (*model.Viewer, error) {
		e := domain.Errorf(domain.CodeConflict, "changed by somebody else").In("sudah diubah orang lain").At("input", "title").Because(errors.New("deep secret"))
		e.Params = map[string]any{"version": 3, "constraint": "programmes_code_key", "table": "programmes"}
		return nil, e
	})
	for locale, want := range map[string]string{"en": "changed by somebody else", "id": "sudah diubah orang lain"} {
		a := s.ask(t, "{ viewer { name } }", nil, map[string]string{"Accept-Language": locale, "X-Request-Id": "abc-1"})
		if a.status != 200 || !a.hasData || len(a.errors) != 1 {
			t.Fatal(a.body)
		}
		e := a.errors[0]
		if e.Message != want || a.code() != "CONFLICT" || e.Extensions["requestId"] != "abc-1" || a.header.Get("X-Request-Id") != "abc-1" ||
			len(e.Path) != 1 || e.Path[0] != "viewer" {
			t.Error(a.body)
		}
		if params, _ := e.Extensions["params"].(map[string]any); len(params) != 1 || params["version"] != 3.0 {
			t.Error(a.body)
		}
	}
	if s.log.Len() > 0 {
		t.Error("a person's error went to the log:", s.log)
	}
}

func TestSeveralProblemsAreShownTogether(t *testing.T) {
	t.Parallel()
	a := serve(t, func(context.Context) (*model.Viewer, error) {
		return nil, domain.Problems{domain.Errorf(domain.CodeBadUserInput, "too long").At("title"), domain.Errorf(domain.CodeBadUserInput, "too early").At("startDate")}
	}).ask(t, "{ viewer { name } }", nil)
	problems, _ := a.errors[0].Extensions["problems"].([]any)
	if a.code() != "BAD_USER_INPUT" || len(problems) != 2 || a.errors[0].Message != "too long; too early" {
		t.Error(a.body)
	}
}

func TestAFaultOfOursIsLoggedOnceAndNotShown(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(context.Context) (*model.Viewer, error){
		"error": func(context.Context) (*model.Viewer, error) { return nil, errors.New("the password is swordfish") },
		"panic": func(context.Context) (*model.Viewer, error) { panic("the password is swordfish") },
		"coded": func(context.Context) (*model.Viewer, error) {
			return nil, domain.Errorf(domain.CodeInternal, "no row").Because(errors.New("the password is swordfish"))
		},
	} {
		s := serve(t, fail)
		a := s.ask(t, "query Who { viewer { name } }", nil, map[string]string{"X-Request-Id": "not sane !"})
		id := a.header.Get("X-Request-Id")
		if a.code() != "INTERNAL" || strings.Contains(a.body, "swordfish") || len(id) < 20 || a.errors[0].Extensions["requestId"] != id {
			t.Errorf("%s: %s", name, a.body)
		}
		if strings.Count(s.log.String(), "swordfish") < 1 || strings.Count(s.log.String(), "level=ERROR") != 1 || !strings.Contains(s.log.String(), id) {
			t.Errorf("%s: the log says %s", name, s.log)
		}
	}
}

func TestARequestThatTakesTooLongIsEnded(t *testing.T) {
	t.Parallel()
	s := serve(t, func(ctx context.Context) (*model.Viewer, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}, func(c *graph.Config) { c.Timeout = 20 * time.Millisecond })
	if a := s.ask(t, "{ viewer { name } }", nil); a.code() != "UNAVAILABLE" {
		t.Error(a.body)
	}
}

func TestHealthNeedsNoTokenAndTellsNoDetails(t *testing.T) {
	t.Parallel()
	if a := serve(t, nil).do(t, http.MethodGet, "/healthz", "", nil); a.status != 200 || a.body != `{"status":"ok"}` {
		t.Error(a.status, a.body)
	}
	s := serve(t, nil, func(c *graph.Config) { c.Health = func(context.Context) error { return errors.New("secret host") } })
	if a := s.do(t, http.MethodGet, "/healthz", "", nil); a.status != 503 || a.body != `{"status":"unavailable"}` || !strings.Contains(s.log.String(), "secret host") {
		t.Error(a.status, a.body)
	}
}

func TestGraphiQLComesFromTheProgramAndLoadsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for target, media := range map[string]string{"/": "text/html", "/assets/graphiql.js": "text/javascript", "/assets/graphiql.css": "text/css"} {
		plain := s.do(t, http.MethodGet, target, "", nil)
		policy := plain.header.Get("Content-Security-Policy")
		if plain.status != 200 || !strings.HasPrefix(plain.header.Get("Content-Type"), media) || !strings.Contains(policy, "script-src 'self';") || strings.Contains(policy, "http") {
			t.Errorf("%s: %d %v", target, plain.status, plain.header)
		}
		if target == "/" && (strings.Contains(plain.body, "http:") || strings.Contains(plain.body, "https:")) {
			t.Error("the page names another server")
		}
		if small := s.do(t, http.MethodGet, target, "", map[string]string{"Accept-Encoding": "gzip"}); small.header.Get("Content-Encoding") != "gzip" || len(plain.body) > 1000 && len(small.body) >= len(plain.body) {
			t.Errorf("%s: %d bytes compressed, %d plain", target, len(small.body), len(plain.body))
		}
		if again := s.do(t, http.MethodGet, target, "", map[string]string{"If-None-Match": plain.header.Get("ETag")}); again.status != 304 || again.body != "" {
			t.Errorf("%s: %d", target, again.status)
		}
	}
	for _, target := range []string{"/nothing", "/assets/", "/graphiql.go"} {
		if a := s.do(t, http.MethodGet, target, "", nil); a.status != 404 {
			t.Errorf("%s: %d", target, a.status)
		}
	}
}

func TestAValueThatItsEnumDoesNotHaveIsAnsweredWithThoseThatItHas(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for locale, want := range map[string]string{
		"en": `$s: "NOWHERE" is no Stage; possible are: IDENTIFY, PLAN, TRAIN, MONITOR, REPORT`,
		"id": `$s: "NOWHERE" bukan Stage; yang mungkin: IDENTIFY, PLAN, TRAIN, MONITOR, REPORT`,
	} {
		a := s.ask(t, "query($s: Stage) { programmes(filter: {stage: {eq: $s}}) { totalCount } }", map[string]any{"s": "NOWHERE"}, map[string]string{"Accept-Language": locale})
		if len(a.errors) != 1 || a.errors[0].Message != want || a.code() != "BAD_USER_INPUT" {
			t.Error(a.body)
		}
	}
}
