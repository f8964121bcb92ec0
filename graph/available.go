package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/graph/read"
	"github.com/berdaya/berdaya/internal/access"
)

// Batches are the fields of stored objects that the use cases answer, a page of rows at a time.
func (r *Resolver) Batches() []read.Batch {
	return []read.Batch{{Type: "Programme", Field: "availableMoves", Func: r.availableMoves}, {Type: "Notification", Field: "message", Func: r.messages},
		{Type: "Programme", Field: "rules", Func: r.boundRuleSets},
		{Type: "Decision", Field: "facts", Func: r.factsOfDecisions}}
}

func (r *Resolver) availableMoves(ctx context.Context, ids []uuid.UUID) ([]any, error) {
	actor := access.FromContext(ctx)
	options, err := r.Moves.Available(ctx, actor, ids)
	if err != nil {
		return nil, err
	}
	answers := make([]any, len(ids))
	for i, id := range ids {
		moves := make([]*model.AvailableMove, len(options[id]))
		for j, o := range options[id] {
			m := &model.AvailableMove{Move: o.Move, MoveLabel: domain.Moves.Label(string(o.Move), actor.Locale), ToStatus: o.ToStatus,
				Allowed: o.Allowed, ReasonRequired: o.ReasonRequired, Blocks: model.Blocks(o.Blocks, actor.Locale), DueOn: o.DueOn}
			if s := o.Superseded; s != nil {
				m.Supersedes = &model.Superseded{Visits: s.Visits, Activities: s.Activities, Reports: s.Reports}
			}
			if o.ToStatus == domain.Active {
				m.ToStage = &o.ToStage
			}
			moves[j] = m
		}
		answers[i] = moves
	}
	return answers, nil
}
