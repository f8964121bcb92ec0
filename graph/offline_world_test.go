package graph_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph"
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/graph/read"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/content"
	"github.com/berdaya/berdaya/internal/deliver"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/notices"
	"github.com/berdaya/berdaya/internal/offline"
	"github.com/berdaya/berdaya/internal/programmes"
	"github.com/berdaya/berdaya/internal/registry"
	"github.com/berdaya/berdaya/internal/rulesets"
	"github.com/berdaya/berdaya/internal/webhooks"
	"github.com/berdaya/berdaya/workflow"
)

// told are rules whose answer a test tells them. The rules themselves have tests of their own.
type told struct {
	answer atomic.Pointer[workflow.Judgement]
	thinks func() // what happens meanwhile, if anything
}

func (r *told) Needs(context.Context, string) ([]workflow.FactKind, error) { return nil, nil }

func (r *told) Judge(_ context.Context, questions []workflow.Question) []workflow.Judgement {
	if r.thinks != nil {
		r.thinks()
	}
	answers := make([]workflow.Judgement, len(questions))
	for i := range answers {
		if a := r.answer.Load(); a != nil {
			answers[i] = *a
		}
	}
	return answers
}

var (
	blocking = &workflow.Judgement{Blocks: []domain.Block{{RuleSet: "national", Version: "1", Rule: "NEED_RANKED", Severity: domain.SeverityBlock,
		Message: domain.Text{EN: "Rank the needs.", ID: "Urutkan kebutuhan."}, Path: []string{"needs"}, Waivable: domain.WaivableNo}}}
	silent = &workflow.Judgement{Unavailable: []workflow.Unavailable{{RuleSet: "national", Reason: "it did not answer"}}}
)

// village is a server over HTTP on a database of its own, with the region 32.04.05.2001 and people by their subject, which is
// also their token.
type village struct {
	*testing.T
	db    *db.DB
	rules *told
	lists *offline.Lists
	url   string
}

var people = map[string][]access.Grant{
	"ani":   {{Role: domain.Coordinator, Region: "32.04"}},
	"budi":  {{Role: domain.Coordinator, Region: "32.04"}},
	"citra": {{Role: domain.RegionalAdmin, Region: "32"}},
	"dedi":  {{Role: domain.Viewer, Region: "32"}},
	"eka":   {{Role: domain.RegionalAdmin, Region: "33"}},
	"fajar": {{Role: domain.Facilitator, Region: "32.04"}},
}

func newVillage(t *testing.T, change ...func(*graph.Config)) *village {
	t.Helper()
	d := dbtest.New(t)
	dbtest.Regions(t, d, "32.04.05.2001", "33.01")
	for subject := range people {
		dbtest.Member(t, d, subject)
	}
	clock, ids := domain.SystemClock{}, domain.RandomIDs{}
	sealer, err := webhooks.NewSealer(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	v := &village{T: t, db: d, rules: &told{}}
	r := &graph.Resolver{
		Registry:   registry.Registry{Store: d.Registry(), Clock: clock, IDs: ids},
		Programmes: programmes.Programmes{Store: d.Programmes(), Clock: clock, IDs: ids, Courses: workflow.Default},
		Content:    content.Writer{Store: d.Contents(), Clock: clock, IDs: ids},
		Moves:      &moving.Moves{Store: d.Moving(), Rules: v.rules, Courses: workflow.Default, Clock: clock, IDs: ids},
		Inbox:      notices.Inbox{Store: d.Notices(), Clock: clock},
		Webhooks:   &webhooks.Webhooks{Store: d.Webhooks(), Sealer: sealer, Clock: clock, IDs: ids},
		Deliveries: &deliver.Deliveries{Store: d.Deliveries(), Clock: clock, IDs: ids},
		Offline:    offline.Lists{Store: d.Offline(), Clock: clock, IDs: ids},
		RuleSets:   &rulesets.RuleSets{Store: d.Catalogue(), Checker: words{}, Parameters: noParameters, Clock: clock, IDs: ids},
	}
	v.lists = &r.Offline
	reader, err := read.New(d, read.Options{Schema: generated.NewExecutableSchema(generated.Config{}).Schema(), Key: make([]byte, 32), Batches: r.Batches()})
	if err != nil {
		t.Fatal(err)
	}
	config := graph.Config{
		Schema: generated.NewExecutableSchema(generated.Config{Resolvers: r, Directives: generated.DirectiveRoot{Stored: reader.Stored}}),
		Verify: func(token string) (string, time.Time, error) { return token, time.Now().Add(time.Hour), nil },
		Resolve: func(_ context.Context, subject string) (access.Actor, error) {
			return access.Actor{Subject: subject, Name: subject, Locale: domain.English, Grants: people[subject]}, nil
		},
		Health:   func(context.Context) error { return nil },
		RuleSets: r.RuleSets,
		Log:      slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	for _, c := range change {
		c(&config)
	}
	server := httptest.NewServer(graph.NewHandler(config))
	t.Cleanup(server.Close)
	v.url = server.URL + "/graphql"
	return v
}

// post sends a request compressed and gives its answer, decoded, and how many bytes went over the line.
func (v *village) post(ctx context.Context, subject, query string, variables map[string]any) (data map[string]any, sent int, err error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, 0, err
	}
	var small bytes.Buffer
	z, _ := gzip.NewWriterLevel(&small, gzip.BestCompression)
	_, _ = z.Write(body)
	_ = z.Close()
	sent = small.Len()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.url, &small)
	if err != nil {
		return nil, sent, err
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}, "Authorization": {"Bearer " + subject}, "Accept-Language": {"en"}}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, sent, err
	}
	defer response.Body.Close()
	var answer struct {
		Data   map[string]any
		Errors []map[string]any
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, sent, err
	}
	if len(answer.Errors) > 0 {
		text, _ := json.Marshal(answer.Errors)
		err = errors.New(string(text))
	}
	return answer.Data, sent, err
}

func (v *village) ask(subject, query string, variables map[string]any) map[string]any {
	v.Helper()
	data, _, err := v.post(v.Context(), subject, query, variables)
	if err != nil {
		v.Fatal(err)
	}
	return data
}

const submitQuery = `mutation($list: [OfflineCommandInput!]!, $dryRun: Boolean!) { submitCommands(input: {commands: $list, dryRun: $dryRun}) {
	results { key outcome outcomeLabel id updatedAt version userErrors { code message path params } blocks { rule } draft { id command state input userErrors { code } programme { id } } }
	userErrors { code path } } }`

// command is a command of a list, as JSON.
type command = map[string]any

// outcome is a result, read.
type outcome struct {
	Key, Outcome, ID, UpdatedAt string
	Version                     *int
	UserErrors                  []struct {
		Code, Message string
		Path          []string
		Params        map[string]any
	}
	Blocks []struct{ Rule string }
	Draft  *struct {
		ID, Command, State string
		Input              map[string]any
		Programme          *struct{ ID string }
	}
}

func (o outcome) code() string {
	if len(o.UserErrors) == 0 {
		return ""
	}
	return o.UserErrors[0].Code
}

func (v *village) submit(subject string, dryRun bool, list ...command) []outcome {
	v.Helper()
	results, _, err := v.send(v.Context(), subject, dryRun, list)
	if err != nil {
		v.Fatal(err)
	}
	return results
}

// send sends a list and checks that there is one result for each command.
func (v *village) send(ctx context.Context, subject string, dryRun bool, list []command) (results []outcome, sent int, err error) {
	data, sent, err := v.post(ctx, subject, submitQuery, map[string]any{"list": list, "dryRun": dryRun})
	if err != nil {
		return nil, sent, err
	}
	payload := data["submitCommands"].(map[string]any)
	text, _ := json.Marshal(payload["results"])
	if err := json.Unmarshal(text, &results); err != nil {
		return nil, sent, err
	}
	if len(results) != len(list) {
		text, _ := json.Marshal(payload)
		return nil, sent, errors.New("not one result for each command: " + string(text))
	}
	for i := range results {
		if results[i].Key != list[i]["key"] {
			return nil, sent, errors.New("the results are in another order")
		}
	}
	return results, sent, nil
}

// count counts rows.
func (v *village) count(query string, args ...any) (n int) {
	v.Helper()
	if err := v.db.Pool.QueryRow(context.Background(), query, args...).Scan(&n); err != nil {
		v.Fatal(err)
	}
	return n
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// on makes a command with a key of its own.
func on(mutation string, input command) command {
	return command{"key": newID(), mutation: input}
}

func with(c command, more command) command {
	for k, v := range more {
		c[k] = v
	}
	return c
}

// begun has a community and a programme made and gives their UUIDs.
func (v *village) begun() (community, programme string) {
	v.Helper()
	community, programme = newID(), newID()
	for _, r := range v.submit("ani", false, begin(community, programme, "WATER-1")...) {
		if r.Outcome != "DONE" {
			v.Fatalf("%+v", r)
		}
	}
	return community, programme
}

func begin(community, programme, code string) []command {
	return []command{
		on("createCommunity", command{"clientId": community, "regionCode": "32.04.05.2001", "kind": "VILLAGE", "name": "Sukamaju", "population": 900,
			"populationFemale": 450, "populationMale": 450, "households": 240}),
		on("createProgramme", command{"clientId": programme, "regionCode": "32.04", "code": code, "title": "Air bersih", "goal": "Air bersih untuk semua", "startDate": "2026-01-01",
			"endDate": "2026-12-31", "communityIds": []string{community}}),
	}
}

func need(programme, id, title string) command {
	return command{"clientId": id, "programmeId": programme, "title": title, "sector": "WATER_SANITATION", "severity": 4, "urgency": 3, "peopleAffected": 120, "votes": 14}
}
