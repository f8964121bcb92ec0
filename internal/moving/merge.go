package moving

import (
	"context"

	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/workflow"
)

// mergeKey is the key of a merge in a context.
type mergeKey struct{}

type merge struct {
	draft workflow.Merged
	once  command.Command
}

// Merging returns a context in which a move settles a draft with it: the move is made and the draft merged, or neither is, and
// neither where somebody has settled the draft. It is remembered as the command once, not as a move. All of it travels in the
// context because it is of what is done around a move and of no move's own input.
func Merging(ctx context.Context, draft workflow.Merged, once command.Command) context.Context {
	return context.WithValue(ctx, mergeKey{}, &merge{draft, once})
}

// merging gives the merge that a move is part of; nil for a move by itself.
func merging(ctx context.Context) *merge {
	m, _ := ctx.Value(mergeKey{}).(*merge)
	return m
}
