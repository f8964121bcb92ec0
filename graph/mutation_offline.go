package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/offline"
)

func (m mutation) SubmitCommands(ctx context.Context, in model.SubmitCommandsInput) (*model.SubmitCommandsPayload, error) {
	sent, _ := sentInput(ctx)["commands"].([]any)
	commands := make([]offline.Command, len(in.Commands))
	for i := range in.Commands {
		var one map[string]any
		if i < len(sent) {
			one, _ = sent[i].(map[string]any)
		}
		commands[i] = m.listed(in.Commands[i], one)
	}
	p := &model.SubmitCommandsPayload{Results: []*model.OfflineResult{}, UserErrors: []*model.UserError{}}
	actor := access.FromContext(ctx)
	results, err := m.Offline.Submit(ctx, actor, commands, in.DryRun)
	if err != nil {
		p.UserErrors, err = userErrors(ctx, err)
		return p, err
	}
	for i := range results {
		p.Results = append(p.Results, result(&results[i], actor.Locale))
		if results[i].Fault != nil {
			graphql.AddError(ctx, results[i].Fault)
		}
	}
	return p, nil
}

// sentInput gives the input of the mutation as it was sent: the models no longer tell what was left out from what was null.
func sentInput(ctx context.Context) map[string]any {
	field := graphql.GetFieldContext(ctx)
	if field == nil || field.Field.Field == nil {
		return nil
	}
	in, _ := field.Field.ArgumentMap(graphql.GetOperationContext(ctx).Variables)["input"].(map[string]any)
	if one, alone := in["commands"].(map[string]any); alone { // GraphQL takes one value for a list of one
		in["commands"] = []any{one}
	}
	return in
}

// result gives what became of a command as the reader sees it.
func result(r *offline.Result, l domain.Locale) *model.OfflineResult {
	shown := &model.OfflineResult{Key: r.Key, Outcome: r.Outcome, OutcomeLabel: domain.OfflineOutcomes.Label(string(r.Outcome), l),
		UpdatedAt: r.ChangedAt, Blocks: model.Blocks(r.Blocks, l)}
	shown.UserErrors, _ = model.UserErrors(r.Problems, l)
	if r.ID != "" {
		shown.ID = &r.ID
	}
	if r.Version != nil {
		version := int(*r.Version)
		shown.Version = &version
	}
	if r.Draft != uuid.Nil {
		shown.Draft = &model.Draft{ID: gid.New("Draft", r.Draft)}
	}
	return shown
}

func (m mutation) MergeDraft(ctx context.Context, in model.MergeDraftInput) (*model.MergeDraftPayload, error) {
	p := &model.MergeDraftPayload{Blocks: []*model.Block{}, UserErrors: []*model.UserError{}}
	f := new(fields)
	draft := f.id("draftId", "Draft", in.DraftID)
	var c offline.Command
	if in.Command != nil {
		sent, _ := sentInput(ctx)["command"].(map[string]any)
		c = m.listed(in.Command, sent)
	}
	var err error
	if len(f.wrong) > 0 {
		p.UserErrors, err = userErrors(ctx, f.wrong)
		return p, err
	}
	answer, err := m.Offline.Merge(ctx, access.FromContext(ctx), draft, c, in.IdempotencyKey.Value())
	p.Draft = &model.Draft{ID: gid.New("Draft", draft)}
	p.Blocks = model.Blocks(answer.Blocks, access.FromContext(ctx).Locale)
	if answer.ID != "" {
		p.ID = &answer.ID
	}
	if err == nil && len(answer.Problems) > 0 {
		err = answer.Problems
	}
	if err != nil {
		p.UserErrors, err = userErrors(ctx, err)
	}
	return p, err
}

func (m mutation) DropDraft(ctx context.Context, in model.DropDraftInput) (*model.DropDraftPayload, error) {
	id, wrong, err := about(ctx, "draftId", "Draft", in.DraftID, func(a access.Actor, key uuid.UUID) (uuid.UUID, error) {
		return m.Offline.Drop(ctx, a, key, in.Reason, in.IdempotencyKey.Value())
	})
	return &model.DropDraftPayload{Draft: at(id, &model.Draft{ID: id}), UserErrors: wrong}, err
}
