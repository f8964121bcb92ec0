package access

import "context"

type actorKey struct{}

// WithActor returns a context in which the actor asks.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// WithActorNow returns a context in which it is asked each time who asks, for what lasts longer than a request.
func WithActorNow(ctx context.Context, now func() Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, now)
}

// FromContext gives who asks; nobody, where nothing was said.
func FromContext(ctx context.Context) Actor {
	switch a := ctx.Value(actorKey{}).(type) {
	case Actor:
		return a
	case func() Actor:
		return a()
	}
	return Actor{}
}
