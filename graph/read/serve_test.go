package read_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/graph/read"
	"github.com/berdaya/berdaya/internal/access"
)

// servedSchema is the schema as it is served.
func servedSchema() *ast.Schema { return generated.NewExecutableSchema(generated.Config{}).Schema() }

var cursorKey = []byte("a key for cursors of these tests")

// server answers queries in this process.
type server struct {
	exec  *executor.Executor
	calls atomic.Int64 // of the batch below
}

// serve makes a server on a port.
func serve(t testing.TB, port read.Port) *server {
	t.Helper()
	s := &server{}
	reader, err := read.New(port, read.Options{Schema: servedSchema(), Key: cursorKey, Clock: atToday{}, Batches: []read.Batch{
		{Type: "Programme", Field: "availableMoves", Func: s.availableMoves}, {Type: "Notification", Field: "message", Func: messages},
		{Type: "Programme", Field: "rules", Func: bindings}, {Type: "Decision", Field: "facts", Func: factsOfDecisions},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.exec = executor.New(generated.NewExecutableSchema(generated.Config{
		Resolvers:  resolvers{},
		Directives: generated.DirectiveRoot{Stored: reader.Stored},
	}))
	s.exec.SetErrorPresenter(func(ctx context.Context, err error) *gqlerror.Error {
		e := graphql.DefaultErrorPresenter(ctx, err)
		if e.Extensions == nil {
			e.Extensions = map[string]any{}
		}
		e.Extensions["code"] = string(domain.CodeOf(err))
		return e
	})
	return s
}

// availableMoves is a batch whose results depend on the row alone.
func (s *server) availableMoves(_ context.Context, ids []uuid.UUID) ([]any, error) {
	s.calls.Add(1)
	all := make([]any, len(ids))
	for i, id := range ids {
		all[i] = movesOf(id)
	}
	return all, nil
}

func movesOf(id uuid.UUID) []*model.AvailableMove {
	plan := domain.Plan
	moves := []*model.AvailableMove{{Move: domain.Advance, MoveLabel: "Advance", ToStage: &plan, ToStatus: domain.Active, Allowed: id[15]%2 == 0, Blocks: []*model.Block{}}}
	if id[14]%2 == 0 {
		moves = append(moves, &model.AvailableMove{Move: domain.Hold, MoveLabel: "Hold", ToStatus: domain.OnHold, ReasonRequired: true,
			Blocks: []*model.Block{{RuleSet: "national", Version: "1", Rule: "NEED_RANKED", Severity: domain.SeverityWarn, Message: "\"rank\" \\ the needs", Path: []string{"needs"}, Waivable: domain.WaivableNo, Values: []*model.BlockValue{{Name: "needs", Value: "3"}},
				LiftableBy: &model.Lifting{Roles: []domain.Role{domain.NationalAdmin}, RoleLabels: []string{"x"}, RegionCode: "32"},
				Waiver:     &model.OpenWaiver{State: domain.WaiverRequested, RequestedAt: time.Date(2026, 3, 1, 0, 0, 0, 5000, time.UTC)}}},
			DueOn: ptr(domain.Date("2026-05-01")), Supersedes: &model.Superseded{Visits: 2}})
	}
	return moves
}

// resolvers answer what is not stored.
type resolvers struct{}

func (resolvers) Query() generated.QueryResolver               { return queries{} }
func (resolvers) Mutation() generated.MutationResolver         { return commands{} }
func (resolvers) Viewer() generated.ViewerResolver             { return nil }
func (resolvers) Subscription() generated.SubscriptionResolver { return nil }

type queries struct{ generated.QueryResolver }

func (queries) Viewer(ctx context.Context) (*model.Viewer, error) {
	v := &model.Viewer{}
	for _, g := range access.FromContext(ctx).Grants {
		v.Roles = append(v.Roles, &model.ViewerRole{RegionCode: g.Region, Region: &model.Region{ID: gid.Region(g.Region)}})
	}
	return v, nil
}

type commands struct{ generated.MutationResolver }

func (commands) UpdateNeed(_ context.Context, in model.UpdateNeedInput) (*model.NeedPayload, error) {
	if in.Title.Value() != nil { // stands for a command that was refused
		return &model.NeedPayload{UserErrors: []*model.UserError{}}, nil
	}
	return &model.NeedPayload{Need: &model.Need{ID: in.ID}, UserErrors: []*model.UserError{}}, nil
}

// ask answers a query; the answer is as it went out.
func (s *server) ask(t testing.TB, actor access.Actor, query string, variables map[string]any) (json.RawMessage, gqlerror.List) {
	t.Helper()
	ctx := graphql.StartOperationTrace(access.WithActor(context.Background(), actor))
	if variables != nil { // as they come from outside, and nobody else's
		sent, err := json.Marshal(variables)
		if err != nil {
			t.Error(err)
		}
		variables = decode(t, sent)
	}
	oc, errs := s.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: variables})
	if errs != nil {
		t.Fatalf("%v\n%s", errs, query)
	}
	handler, ctx := s.exec.DispatchOperation(ctx, oc)
	response := handler(ctx)
	return response.Data, response.Errors
}

// get answers a query that has no errors, decoded.
func (s *server) get(t testing.TB, actor access.Actor, query string, variables map[string]any) map[string]any {
	t.Helper()
	data, errs := s.ask(t, actor, query, variables)
	if errs != nil {
		t.Fatalf("%v\n%s", errs, query)
	}
	return decode(t, data)
}

func decode(t testing.TB, data []byte) map[string]any {
	t.Helper()
	var v map[string]any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return v
}

// at follows a path of keys and numbers, dotted.
func at(v any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			n := int(key[0] - '0')
			if n >= len(x) {
				return nil
			}
			v = x[n]
		default:
			return nil
		}
	}
	return v
}

func code(errs gqlerror.List) string {
	if len(errs) == 0 {
		return ""
	}
	c, _ := errs[0].Extensions["code"].(string)
	return c
}

// errorOf gives the only error.
func errorOf(errs gqlerror.List) (*domain.Error, bool) {
	if len(errs) != 1 {
		return nil, false
	}
	return errors.AsType[*domain.Error](errs[0])
}

// actor is somebody with roles, written ROLE REGION.
func actor(subject string, grants ...string) access.Actor {
	a := access.Actor{Subject: subject, Name: subject, Locale: domain.English}
	for _, g := range grants {
		role, region, _ := strings.Cut(g, " ")
		a.Grants = append(a.Grants, access.Grant{Role: domain.Role(role), Region: region})
	}
	return a
}

// Round trips are counted on the way to the database.
type counted struct {
	read.Port
	trips, statements atomic.Int64
	change            func(sql string) string // spoils every statement, for tests that must fail
}

func (c *counted) Rows(ctx context.Context, sql []string, params [][][]byte, row func(int, [][]byte)) error {
	c.trips.Add(1)
	c.statements.Add(int64(len(sql)))
	if c.change != nil {
		spoilt := make([]string, len(sql))
		for i := range sql {
			spoilt[i] = c.change(sql[i])
		}
		sql = spoilt
	}
	return c.Port.Rows(ctx, sql, params, row)
}
