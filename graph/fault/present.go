package fault

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

// Codes of what GraphQL finds wrong with a document, besides those of the domain.
const (
	CodeParseFailed      domain.Code = "GRAPHQL_PARSE_FAILED"
	CodeValidationFailed domain.Code = "GRAPHQL_VALIDATION_FAILED"
)

// loggedAtMost bounds how many faults of one request go to the log: a list of a thousand rows may fail a thousand times.
const loggedAtMost = 5

// Presenter presents errors and writes faults of ours to its log.
type Presenter struct {
	Log    *slog.Logger
	Schema *ast.Schema // by which a value that an enum does not have is told the ones it has
}

// Present gives what the reader sees of an error. It fits graphql.ErrorPresenterFunc.
func (p Presenter) Present(ctx context.Context, err error) *gqlerror.Error {
	if err == nil {
		return nil
	}
	out := &gqlerror.Error{}
	said, isGraphQL := errors.AsType[*gqlerror.Error](err)
	if isGraphQL {
		if presented(said) {
			return said
		}
		out.Path, out.Locations = said.Path, said.Locations
	} else {
		out.Path = graphql.GetPath(ctx)
	}
	problems, isProblems := errors.AsType[domain.Problems](err)
	coded, isCoded := errors.AsType[*domain.Error](err)
	switch {
	case isProblems && len(problems) > 0:
		p.problems(ctx, out, problems)
	case isCoded:
		p.coded(ctx, out, coded)
	case errors.Is(err, context.DeadlineExceeded):
		p.coded(ctx, out, tooSlow)
	case errors.Is(err, context.Canceled):
		p.coded(ctx, out, canceled)
	case unreadable(err):
		p.coded(ctx, out, domain.Errorf(domain.CodeBadUserInput, "a number cannot be read, or is too large").In("ada angka yang tidak terbaca, atau terlalu besar"))
	case isGraphQL && said.Err == nil && said.Extensions["code"] != nil:
		p.graphQL(ctx, out, said)
	default:
		p.log(ctx, out.Path, err, nil)
		p.coded(ctx, out, internal)
	}
	return out
}

// Recover turns a panic into an error to present, and logs it with its stack. It fits graphql.RecoverFunc.
func (p Presenter) Recover(ctx context.Context, v any) error {
	p.log(ctx, graphql.GetPath(ctx), fmt.Errorf("panic: %v", v), debug.Stack())
	return internal
}

var (
	internal = domain.Errorf(domain.CodeInternal, "something went wrong on our side; it is in the log under the request id").
			In("terjadi kesalahan di pihak kami; tercatat di log dengan nomor permintaan ini")
	tooSlow = domain.Errorf(domain.CodeUnavailable, "it took too long: ask for less, or try again").
		In("terlalu lama: minta lebih sedikit, atau coba lagi")
	canceled = domain.Errorf(domain.CodeUnavailable, "the request was broken off").In("permintaan diputus")
)

// TooSlow is the error of a request that ran out of time.
func TooSlow() *domain.Error { return tooSlow }

func (p Presenter) coded(ctx context.Context, out *gqlerror.Error, e *domain.Error) {
	out.Message = message(ctx, e)
	out.Extensions = extensions(ctx, e.Code)
	if len(e.Path) > 0 {
		out.Extensions["path"] = e.Path
	}
	if params := e.Shown(); len(params) > 0 {
		out.Extensions["params"] = params
	}
	if e.Code == domain.CodeInternal && e != internal {
		p.log(ctx, out.Path, fmt.Errorf("%w (%w)", e, errors.Unwrap(e)), nil)
	}
}

// problems shows several at once: the message and code of all, the rest of each one by one.
func (p Presenter) problems(ctx context.Context, out *gqlerror.Error, problems domain.Problems) {
	var messages []string
	var each []map[string]any
	for _, e := range problems {
		one := &gqlerror.Error{}
		p.coded(ctx, one, e)
		delete(one.Extensions, "requestId")
		one.Extensions["message"] = one.Message
		messages = append(messages, one.Message)
		each = append(each, one.Extensions)
	}
	out.Message = strings.Join(messages, "; ")
	out.Extensions = extensions(ctx, problems[0].Code)
	out.Extensions["problems"] = each
}

// graphQL shows what GraphQL itself says about a document or its variables. gqlparser puts a variable's name and the way into
// it where the path of an answer belongs.
func (p Presenter) graphQL(ctx context.Context, out *gqlerror.Error, said *gqlerror.Error) {
	out.Message = said.Message
	code, _ := said.Extensions["code"].(string)
	out.Extensions = extensions(ctx, domain.Code(code))
	if len(said.Path) > 1 && said.Path[0] == ast.PathName("variable") {
		out.Path = nil
		out.Extensions = extensions(ctx, domain.CodeBadUserInput)
		out.Extensions["path"] = said.Path[1:]
		where := "$" + strings.TrimPrefix(said.Path[1:].String(), ".") + ": "
		out.Message = where + said.Message
		if e := p.noneOf(said.Message); e != nil {
			out.Message = where + message(ctx, e)
			out.Extensions["params"] = e.Params
		}
	}
}

// quotedAtMost bounds how much of what was sent an error repeats, in characters.
const quotedAtMost = 100

// noneOf says of a value that its enum does not have which ones it has; nil for any other message.
func (p Presenter) noneOf(said string) *domain.Error {
	const between = " is not a valid "
	i := strings.LastIndex(said, between)
	if i < 0 || p.Schema == nil {
		return nil
	}
	def := p.Schema.Types[said[i+len(between):]]
	if def == nil || def.Kind != ast.Enum {
		return nil
	}
	var values []string
	for _, v := range def.EnumValues {
		values = append(values, v.Name)
	}
	given, all := said[:i], strings.Join(values, ", ")
	if runes := []rune(given); len(runes) > quotedAtMost {
		given = string(runes[:quotedAtMost]) + "…"
	}
	e := domain.Errorf(domain.CodeBadUserInput, "%q is no %s; possible are: %s", given, def.Name, all).
		In(fmt.Sprintf("%q bukan %s; yang mungkin: %s", given, def.Name, all))
	e.Params = map[string]any{"possible": values}
	return e
}

func (p Presenter) log(ctx context.Context, path ast.Path, err error, stack []byte) {
	r := of(ctx)
	if p.Log == nil || r.logged.Add(1) > loggedAtMost {
		return
	}
	attrs := []any{"request", r.id, "path", path.String(), "error", err}
	if graphql.HasOperationContext(ctx) {
		attrs = append(attrs, "operation", graphql.GetOperationContext(ctx).OperationName)
	}
	if stack != nil {
		attrs = append(attrs, "stack", string(stack))
	}
	p.Log.ErrorContext(ctx, "a request failed through a fault of ours", attrs...)
}

func message(ctx context.Context, e *domain.Error) string {
	if text := e.Text.In(access.FromContext(ctx).Locale); text != "" {
		return text
	}
	return e.Message
}

func extensions(ctx context.Context, code domain.Code) map[string]any {
	return map[string]any{"code": code, "requestId": of(ctx).id}
}

// presented tells whether an error went through here before: gqlgen presents some twice.
func presented(e *gqlerror.Error) bool {
	_, typed := e.Extensions["code"].(domain.Code)
	return typed
}

// unreadable tells whether gqlgen's own scalars could not read a value.
func unreadable(err error) bool {
	if _, ok := errors.AsType[*strconv.NumError](err); ok {
		return true
	}
	_, ok := errors.AsType[*graphql.NumberOverflowError](err)
	return ok
}
