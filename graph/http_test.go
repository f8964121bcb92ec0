package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berdaya/berdaya/graph"
	"github.com/berdaya/berdaya/graph/model"
)

func TestTheMediaTypeIsWhatTheClientPrefers(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for accept, want := range map[string]string{
		graphqlJSON + ", " + plainJSON:                 graphqlJSON,
		plainJSON + ", " + graphqlJSON:                 graphqlJSON,
		graphqlJSON + ";q=0.5, " + plainJSON + ";q=.9": plainJSON,
		"text/html, */*;q=0.1":                         plainJSON,
		"application/*":                                plainJSON,
		graphqlJSON + "; charset=UTF-8":                graphqlJSON,
		graphqlJSON + ";q=0, " + plainJSON:             plainJSON,
	} {
		if a := s.ask(t, "{ __typename }", nil, map[string]string{"Accept": accept}); a.status != 200 || a.header.Get("Content-Type") != want+"; charset=utf-8" {
			t.Errorf("%s: %d %s", accept, a.status, a.header.Get("Content-Type"))
		}
	}
	for _, accept := range []string{"text/html", graphqlJSON + ";q=0", plainJSON + ";charset=utf-16"} {
		if a := s.ask(t, "{ __typename }", nil, map[string]string{"Accept": accept}); a.status != 406 || a.hasData {
			t.Errorf("%s: %d", accept, a.status)
		}
	}
}

func TestRequestsThatAreNoGoodAreRefusedWithoutRepeatingThem(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for name, c := range map[string]struct {
		body, media string
		status      int
		code        string
	}{
		"not JSON":            {`{"query": "{ __typename }", "secret`, plainJSON, 400, "BAD_USER_INPUT"},
		"more than JSON":      {`{"query": "{ __typename }"} secret`, plainJSON, 400, "BAD_USER_INPUT"},
		"two objects":         {`{"query": "{ __typename }"}{"query": "secret"}`, plainJSON, 400, "BAD_USER_INPUT"},
		"a batch":             {`[{"query": "{ secret }"}]`, plainJSON, 400, "BAD_USER_INPUT"},
		"null":                {`null`, plainJSON, 400, "BAD_USER_INPUT"},
		"not UTF-8":           {"{\"query\": \"{ secret\xff }\"}", plainJSON, 400, "BAD_USER_INPUT"},
		"too large":           {`{"query": "` + strings.Repeat("#", 256<<10+1) + `"}`, plainJSON, 413, "TOO_LARGE"},
		"text":                {`secret`, "text/plain", 415, "BAD_USER_INPUT"},
		"a form":              {`query=secret`, "application/x-www-form-urlencoded", 415, "BAD_USER_INPUT"},
		"files":               {`secret`, "multipart/form-data; boundary=x", 403, "FORBIDDEN"},
		"another encoding":    {`{"query": "{ secret }"}`, plainJSON + "; charset=latin1", 415, "BAD_USER_INPUT"},
		"NUL in a variable":   {`{"query": "query($c: String!) { region(code: $c) { code } }", "variables": {"c": "secret\u0000"}}`, plainJSON, 400, "BAD_USER_INPUT"},
		"NUL in the document": {`{"query": "{ region(code: \"secret\\u0000\") { code } }"}`, plainJSON, 400, "BAD_USER_INPUT"},
		"a variable's type":   {`{"query": "query($c: Int) { programmes(first: $c) { totalCount } }", "variables": {"c": true}}`, plainJSON, 400, "BAD_USER_INPUT"},
		"no such operation":   {`{"query": "query A { __typename }", "operationName": "B"}`, plainJSON, 400, "GRAPHQL_VALIDATION_FAILED"},
		"not a document":      {`{"query": "{ viewer"}`, plainJSON, 400, "GRAPHQL_PARSE_FAILED"},
		"a subscription":      {`{"query": "subscription { programmeEvents }"}`, plainJSON, 400, "GRAPHQL_VALIDATION_FAILED"},
	} {
		a := s.do(t, http.MethodPost, "/graphql", c.body, map[string]string{"Content-Type": c.media, "Accept": graphqlJSON, "Authorization": "Bearer " + s.token})
		if a.status != c.status || a.code() != c.code || a.hasData || strings.Contains(a.body, "secret") || a.errors[0].Extensions["requestId"] == "" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch} {
		if a := s.do(t, method, "/graphql", "", nil); a.status != 405 || a.header.Get("Allow") != "GET, POST" {
			t.Errorf("%s: %d", method, a.status)
		}
	}
	if a := s.do(t, http.MethodGet, "/graphql?query=%7B__typename%7D&variables=secret", "", nil); a.status != 400 || strings.Contains(a.body, "secret") {
		t.Error(a.body)
	}
}

func TestAGETNeverMutates(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	a := s.do(t, http.MethodGet, "/graphql?query=mutation%7B__typename%7D", "", map[string]string{"Authorization": "Bearer " + s.token})
	if a.status != 405 || a.header.Get("Allow") != "POST" || a.hasData {
		t.Error(a.status, a.body)
	}
}

func TestAPageOfAnotherOriginCannotSendForAPerson(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, header := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://elsewhere.example"}} {
		if a := s.ask(t, "mutation { __typename }", nil, header, map[string]string{"Accept": plainJSON}); a.hasData || a.code() != "FORBIDDEN" || a.status != 403 {
			t.Errorf("%v: %d %s", header, a.status, a.body)
		}
	}
	for _, header := range []map[string]string{{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {}} {
		if a := s.ask(t, "mutation { __typename }", nil, header); a.status != 200 || a.data["__typename"] != "Mutation" {
			t.Errorf("%v: %d %s", header, a.status, a.body)
		}
	}
}

func TestTooLargeADocumentOrAnswerIsRefusedBeforeAnythingRuns(t *testing.T) {
	t.Parallel()
	var ran atomic.Bool
	s := serve(t, func(context.Context) (*model.Viewer, error) {
		ran.Store(true)
		return &model.Viewer{}, nil
	})
	bomb := "{ viewer { name } ...F0 }"
	for i := range 90 {
		bomb += fmt.Sprintf(" fragment F%d on Query { ...F%d ...F%d }", i, i+1, i+1)
	}
	for name, query := range map[string]string{
		"bomb":          bomb + " fragment F90 on Query { viewer { name } }",
		"many fields":   "{" + strings.Repeat("viewer{name}", 2000) + "}",
		"many tokens":   "{ viewer { name(a: [" + strings.Repeat("1 ", 11000) + "]) } }",
		"deep lists":    "{ viewer { name(a: " + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + ") } }",
		"large answers": "{ viewer { name } programmes(first: 100) { nodes { stakeholders(first: 100) { nodes { stakeholder { name } } } needs(first: 100) { nodes { title } } } } }",
	} {
		a := s.ask(t, query, nil)
		if a.status != 400 || a.code() != "TOO_LARGE" || a.hasData || ran.Load() {
			t.Errorf("%s: %d %.300s", name, a.status, a.body)
		}
	}
	a := s.ask(t, "{ programmes(first: 50) { nodes { stakeholders(first: 10) { nodes { id } } history(last: 5) { nodes { id } } } } }", nil, map[string]string{"Berdaya-Cost": "1"})
	if cost, _ := a.extensions["cost"].(map[string]any); cost["cost"] != 800.0 || cost["limit"] != 20000.0 {
		t.Error(a.body)
	}
}

func TestAnAnswerHoldsTwentyErrorsAtMost(t *testing.T) {
	t.Parallel()
	query := "{ viewer {"
	for i := range 200 {
		query += fmt.Sprintf(" wrong%d", i)
	}
	if a := serve(t, nil).ask(t, query+" } }", nil); len(a.errors) != 20 || a.code() != "GRAPHQL_VALIDATION_FAILED" {
		t.Errorf("%d errors", len(a.errors))
	}
}

func TestADocumentIsParsedOnceAndStillGuarded(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, func(c *graph.Config) { c.DocumentsBytes = 1 << 20 })
	for range 3 {
		if a := s.ask(t, "query($n: Int!) { programmes(first: $n) { nodes { stakeholders(first: 100) { nodes { stakeholder { name } } } } } }", map[string]any{"n": 2}); a.code() == "TOO_LARGE" {
			t.Fatal(a.body)
		}
		if a := s.ask(t, "query($n: Int!) { programmes(first: $n) { nodes { stakeholders(first: 100) { nodes { stakeholder { name } } } } } }", map[string]any{"n": 100}); a.code() != "TOO_LARGE" {
			t.Fatal("the cost is one of the document and not of its variables:", a.body)
		}
	}
}

func FuzzARequestIsAnsweredWithJSONWhateverItHolds(f *testing.F) {
	s := serve(f, nil)
	f.Add(`{"query":"{ viewer { name } }","variables":{"a":1}}`)
	f.Add(`{"query":"query($a: [ID!]!) { nodes(ids: $a) { id ...F } } fragment F on Node { ...F }","variables":{"a":["x"]}}`)
	f.Add(`{"query":"mutation { createProgramme(input: {code: \"\\u0000\"}) { userErrors { code } } }"}`)
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Contains(body, "mutation") {
			t.Skip("there is nothing behind mutations here")
		}
		start := time.Now()
		a := s.do(t, http.MethodPost, "/graphql", body, map[string]string{"Content-Type": plainJSON, "Accept": graphqlJSON, "Authorization": "Bearer " + s.token})
		if !json.Valid([]byte(a.body)) || a.status >= 500 || time.Since(start) > 5*time.Second {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}
