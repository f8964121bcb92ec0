package guard

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

// Guard is the gqlgen extension that takes both looks. The executor must have the same Documents as its query cache, and the
// same token limit.
type Guard struct {
	Limits    Limits
	Documents *Documents

	schema *ast.Schema
}

var _ interface {
	graphql.OperationParameterMutator
	graphql.OperationContextMutator
	graphql.HandlerExtension
} = (*Guard)(nil)

// ExtensionName names the extension.
func (*Guard) ExtensionName() string { return "Guard" }

// Validate takes the schema.
func (g *Guard) Validate(es graphql.ExecutableSchema) error {
	g.schema = es.Schema()
	return nil
}

// MutateOperationParameters takes the first look, before the executor validates. It changes nothing. A text that cannot be
// parsed passes: the executor says so.
func (g *Guard) MutateOperationParameters(ctx context.Context, params *graphql.RawParams) *gqlerror.Error {
	signedIn := access.FromContext(ctx).SignedIn()
	doc, known := g.Documents.Get(ctx, params.Query)
	if !known {
		var err error
		doc, err = parser.ParseQueryWithTokenLimit(&ast.Source{Input: params.Query}, g.Limits.Tokens)
		if err != nil {
			if strings.Contains(err.Error(), "exceeded token limit") || strings.Contains(err.Error(), "exceeded maximum nesting") {
				return gqlerror.Wrap(domain.Errorf(domain.CodeTooLarge, "the document is too long: at most %d tokens are allowed", g.Limits.Tokens).
					In("dokumen terlalu panjang"))
			}
			return nil
		}
		if wrong := Check(doc, g.Limits); wrong != nil {
			return gqlerror.Wrap(wrong)
		}
	}
	if !signedIn && !asksNothing(doc) {
		return gqlerror.Wrap(domain.Errorf(domain.CodeUnauthenticated, "sign in: send a token in the header Authorization: Bearer …").
			In("masuk dahulu: kirim token pada header Authorization: Bearer …"))
	}
	return nil
}

// MutateOperationContext takes the second look, at a valid document and its variables, before anything runs.
func (g *Guard) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if err := CheckVariables(g.schema, op.Operation, op.Variables); err != nil {
		return gqlerror.Wrap(err)
	}
	cost := CostOf(op.Operation, op.Variables)
	for _, c := range []struct{ cost, limit int }{{cost.Stored, g.Limits.Cost}, {cost.Schema, g.Limits.Schema}} {
		if c.cost > c.limit {
			err := domain.Errorf(domain.CodeTooLarge, "the answer could hold %d things, %d are allowed: ask for smaller pages or fewer levels", c.cost, c.limit).
				In("jawaban terlalu besar: minta halaman yang lebih kecil atau lebih sedikit tingkat")
			err.Params = map[string]any{"cost": c.cost, "limit": c.limit}
			return gqlerror.Wrap(err)
		}
	}
	op.DisableIntrospection = !access.FromContext(ctx).SignedIn()
	op.Stats.SetExtension(costKey, cost.Stored)
	return nil
}

const costKey = "Cost"

// Spent gives the cost of the operation in the context, and the limit on it.
func (g *Guard) Spent(ctx context.Context) (cost, limit int) {
	cost, _ = graphql.GetOperationContext(ctx).Stats.GetExtension(costKey).(int)
	return cost, g.Limits.Cost
}

// asksNothing tells whether a document asks for __typename and nothing else, so that no answer to it, not even about what is
// wrong with it, tells anything about the schema.
func asksNothing(doc *ast.QueryDocument) bool {
	if len(doc.Fragments) > 0 {
		return false
	}
	for _, op := range doc.Operations {
		if len(op.VariableDefinitions) > 0 || len(op.Directives) > 0 {
			return false
		}
		for _, s := range op.SelectionSet {
			f, ok := s.(*ast.Field)
			if !ok || f.Name != "__typename" || len(f.Arguments) > 0 || len(f.Directives) > 0 || len(f.SelectionSet) > 0 {
				return false
			}
		}
	}
	return true
}
