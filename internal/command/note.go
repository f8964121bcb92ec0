package command

import "context"

// noteKey is the key of the place for an outcome in a context.
type noteKey struct{}

// Noting returns a context in which the outcome of the command that is carried out is noted down: for those who ask a use case
// for more than its answer says, such as whether it had been done before.
func Noting(ctx context.Context) (context.Context, *Outcome) {
	at := new(Outcome)
	return context.WithValue(ctx, noteKey{}, at), at
}

// Note notes an outcome where somebody wants to know it. Use cases that go through [Run] need not.
func Note(ctx context.Context, out Outcome) {
	if at, wanted := ctx.Value(noteKey{}).(*Outcome); wanted {
		*at = out
	}
}

func noted(ctx context.Context, out Outcome) Outcome {
	Note(ctx, out)
	return out
}
