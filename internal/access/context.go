package access

import "context"

type actorKey struct{}

// With gives a context that carries the actor. The edge calls it once for each request.
func With(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// From gives the actor that the context carries; nobody where it carries none.
func From(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}
