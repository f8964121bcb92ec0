package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/internal/members"
	"github.com/berdaya/berdaya/internal/regions"
	"github.com/berdaya/berdaya/internal/token"
)

// asProgram is set in the environment of a test program that is started as the program itself.
const asProgram = "BERDAYA_TEST_AS_PROGRAM"

// TestMain lets the test program be the program itself: as a command of the test scripts, and as the rule process that the
// server starts.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" || len(os.Args) > 1 && os.Args[1] == pluginProcess {
		os.Exit(run())
	}
	testscript.Main(m, map[string]func(){"berdaya": main})
}

// world is a server on a database of its own with all regions, reachable over HTTP.
type world struct {
	*server
	url   string
	issue func(role, region string) string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dsn := dbtest.MigratedDSN(t)
	d, err := db.Open(t.Context(), dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, _, err := regions.Seed(t.Context(), d, regions.Options{}); err != nil {
		t.Fatal(err)
	}
	secret, err := token.ParseSecret(strings.Repeat("an end-to-end test ", 2))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	sv, err := newServer(ctx, settings{DSN: dsn, Secret: secret, Development: true, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sv.close)
	web := httptest.NewServer(sv.handler)
	t.Cleanup(web.Close)
	issuer := token.NewIssuer(secret, time.Now)
	return &world{sv, web.URL, func(role, region string) string {
		subject, err := members.DevelopmentSubject(role, region)
		if err != nil {
			t.Fatal(err)
		}
		text, err := issuer.Issue(subject, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}}
}

// person asks in somebody's name, in a language.
type person struct {
	t      *testing.T
	url    string
	token  string
	locale string
}

func (w *world) as(t *testing.T, role, region string) person {
	t.Helper()
	return person{t, w.url, w.issue(role, region), "id"}
}

func (p person) in(locale string) person {
	p.locale = locale
	return p
}

// value is a part of an answer.
type value struct {
	t *testing.T
	v any
}

// ask sends a query and gives the data. Errors at the top level end the test; user errors are the caller's.
func (p person) ask(query string, variables map[string]any) value {
	p.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Accept-Language", p.locale)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Data   any
		Errors []any
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		p.t.Fatal(err)
	}
	if len(answer.Errors) > 0 {
		p.t.Fatalf("%s\nanswered %v", query, answer.Errors)
	}
	return value{p.t, answer.Data}
}

// at follows a path of names and indexes.
func (v value) at(path string) value {
	v.t.Helper()
	for _, step := range strings.Split(path, ".") {
		switch x := v.v.(type) {
		case map[string]any:
			v.v = x[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(x) {
				v.t.Fatalf("no %s in %v", step, x)
			}
			v.v = x[i]
		default:
			v.t.Fatalf("no %s in %v", step, v.v)
		}
	}
	return v
}

func (v value) text(path string) string {
	v.t.Helper()
	s, ok := v.at(path).v.(string)
	if !ok {
		v.t.Fatalf("%s is %v", path, v.at(path).v)
	}
	return s
}

func (v value) list(path string) []value {
	v.t.Helper()
	items, ok := v.at(path).v.([]any)
	if !ok {
		v.t.Fatalf("%s is %v", path, v.at(path).v)
	}
	list := make([]value, len(items))
	for i, x := range items {
		list[i] = value{v.t, x}
	}
	return list
}

// created sends a mutation that must succeed and gives the id of what it made: the first field's entity.
func (p person) created(field, input string, variables map[string]any) string {
	p.t.Helper()
	entity := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(field, "create"), "update"), "publish")
	entity = strings.ToLower(entity[:1]) + entity[1:]
	declare := ""
	for name := range variables {
		declare += " $" + name + ": ID!"
	}
	if declare != "" {
		declare = "(" + declare + ")"
	}
	v := p.ask("mutation "+declare+" { "+field+"(input: {"+input+"}) { "+entity+" { id } userErrors { code path message } } }", variables).at(field)
	if errors := v.list("userErrors"); len(errors) > 0 {
		p.t.Fatalf("%s(%s): %v", field, input, errors)
	}
	return v.text(entity + ".id")
}
