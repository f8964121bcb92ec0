package graph

import (
	"context"
	"errors"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/entry"
)

// mutation carries commands to the use cases. Each method reads its input into what the domain calls it, calls one use case,
// and answers with a witness of what the command was about: the read path reads it anew (@stored). What a person can correct
// is a user error in the answer; everything else is an error of the request.
type mutation struct{ *Resolver }

// Mutation gives the resolvers of commands.
func (r *Resolver) Mutation() generated.MutationResolver { return mutation{r} }

// key is an idempotency key in an input.
type key = graphql.Omittable[*string]

// graphqlInt is a number in an input that may be left out.
type graphqlInt = graphql.Omittable[*int]

// clientID is an id in an input that a client made for a new thing.
type clientID = graphql.Omittable[*string]

// seenAt is the time of change in an input that a client saw.
type seenAt = graphql.Omittable[*time.Time]

// enter has a new piece of content entered, as f read it, and gives its global id; "" where it was not done.
func (m mutation) enter(ctx context.Context, typ string, k key, made clientID, row domain.Content, f *fields) (string, []*model.UserError, error) {
	n := entry.New{Command: "create" + typ, Key: k.Value(), ID: f.made(made)}
	n.Wrong = f.wrong
	id, err := m.Content.Enter(ctx, access.FromContext(ctx), row, n)
	return answer(ctx, typ, id, err)
}

// change has a piece of content changed: say puts what the input says into the content as it is, through its fields.
func change[T any, P interface {
	*T
	domain.Content
}](ctx context.Context, m mutation, typ, id string, k key, seen seenAt, say func(row P, f *fields)) (string, []*model.UserError, error) {
	row := P(new(T))
	c, err := toChange(typ, id, k, seen, row, say)
	if err != nil {
		return answer(ctx, typ, uuid.Nil, err)
	}
	done, err := m.Content.Change(ctx, access.FromContext(ctx), row, c)
	return answer(ctx, typ, done, err)
}

// toChange makes the command to change a row. What is said is what say sets, whatever it sets it in.
func toChange[T any, P interface{ *T }](typ, id string, k key, seen seenAt, row P, say func(row P, f *fields)) (entry.Change, error) {
	f := new(fields)
	key := f.id("id", typ, id)
	if len(f.wrong) > 0 {
		return entry.Change{}, f.wrong
	}
	say(P(new(T)), f)
	return entry.Change{Command: "update" + typ, Key: k.Value(), ID: key, Said: f.said, Seen: seen.Value(), Apply: func() domain.Problems {
		f := new(fields)
		say(row, f)
		return f.wrong
	}}, nil
}

// about has something done about the thing with a global id.
func about(ctx context.Context, path, typ, id string, do func(a access.Actor, key uuid.UUID) (uuid.UUID, error)) (string, []*model.UserError, error) {
	f := new(fields)
	key := f.id(path, typ, id)
	if len(f.wrong) > 0 {
		return answer(ctx, typ, uuid.Nil, f.wrong)
	}
	done, err := do(access.FromContext(ctx), key)
	return answer(ctx, typ, done, err)
}

// answer gives the global id of what a command was about, and what was wrong.
func answer(ctx context.Context, typ string, id uuid.UUID, err error) (string, []*model.UserError, error) {
	if err == nil {
		return gid.New(typ, id), []*model.UserError{}, nil
	}
	wrong, err := userErrors(ctx, err)
	return "", wrong, err
}

// at gives a witness of what there is; nil where nothing was done.
func at[T any](id string, witness *T) *T {
	if id == "" {
		return nil
	}
	return witness
}

// userErrors gives what a person can correct, in the reader's language. Any other error it gives back. Nobody is told what is
// wrong with their input before they have signed in.
func userErrors(ctx context.Context, err error) ([]*model.UserError, error) {
	if nobody := access.MayAct(access.FromContext(ctx)); nobody != nil {
		return nil, nobody
	}
	problems, many := errors.AsType[domain.Problems](err)
	if one, coded := errors.AsType[*domain.Error](err); !many && coded {
		problems = domain.Problems{one}
	}
	if len(problems) == 0 {
		return nil, err
	}
	wrong, ok := model.UserErrors(problems, access.FromContext(ctx).Locale)
	if !ok {
		return nil, err
	}
	gather(ctx).problems = problems
	return wrong, nil
}
