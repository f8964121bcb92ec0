package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/trials"
)

func (m mutation) StartSimulation(ctx context.Context, in model.StartSimulationInput) (*model.RuleTrialPayload, error) {
	return m.startTrial(ctx, trials.Start{Kind: domain.Simulation, RuleSet: in.RuleSet, Version: in.Version, Region: in.RegionCode, Parameters: in.Parameters.Value(), Key: &in.IdempotencyKey})
}

func (m mutation) StartReplay(ctx context.Context, in model.StartReplayInput) (*model.RuleTrialPayload, error) {
	return m.startTrial(ctx, trials.Start{Kind: domain.Replay, RuleSet: in.RuleSet, Version: in.Version, Region: in.RegionCode, Parameters: in.Parameters.Value(),
		Since: &in.From, Until: in.To.Value(), Key: &in.IdempotencyKey})
}

func (m mutation) StartShadow(ctx context.Context, in model.StartShadowInput) (*model.RuleTrialPayload, error) {
	return m.startTrial(ctx, trials.Start{Kind: domain.Shadow, RuleSet: in.RuleSet, Version: in.Version, Region: in.RegionCode, Parameters: in.Parameters.Value(),
		Until: &in.Until, Key: &in.IdempotencyKey})
}

func (m mutation) startTrial(ctx context.Context, c trials.Start) (*model.RuleTrialPayload, error) {
	id, err := m.Trials.Start(ctx, access.FromContext(ctx), c)
	return ruleTrial(ctx, id, err)
}

func (m mutation) CancelRuleTrial(ctx context.Context, in model.CancelRuleTrialInput) (*model.RuleTrialPayload, error) {
	f := new(fields)
	id := f.id("id", "RuleTrial", in.ID)
	if len(f.wrong) > 0 {
		return ruleTrial(ctx, uuid.Nil, f.wrong)
	}
	done, err := m.Trials.Cancel(ctx, access.FromContext(ctx), id, &in.IdempotencyKey)
	return ruleTrial(ctx, done, err)
}

func ruleTrial(ctx context.Context, done uuid.UUID, err error) (*model.RuleTrialPayload, error) {
	id, wrong, err := answer(ctx, "RuleTrial", done, err)
	return &model.RuleTrialPayload{Trial: at(id, &model.RuleTrial{ID: id}), UserErrors: wrong}, err
}

// RuleTrialProgress tells how a trial goes.
func (s subscription) RuleTrialProgress(ctx context.Context, id string) (<-chan *model.RuleTrialProgress, error) {
	key, err := gid.UUID("RuleTrial", id)
	if err != nil {
		if nobody := access.MayAct(access.FromContext(ctx)); nobody != nil {
			return nil, nobody
		}
		return nil, domain.Errorf(domain.CodeBadUserInput, "this is not the id of a RuleTrial").In("ini bukan id RuleTrial").At("id")
	}
	if err := s.Trials.See(ctx, access.FromContext(ctx), key); err != nil {
		return nil, err
	}
	return follow(ctx, s.TrialWatch, key, func() *model.RuleTrialProgress {
		return &model.RuleTrialProgress{Trial: &model.RuleTrial{ID: gid.New("RuleTrial", key)}}
	})
}

// factsOfDecisions gives the facts on which decisions rest, to those who may look into them.
func (r *Resolver) factsOfDecisions(ctx context.Context, ids []uuid.UUID) ([]any, error) {
	found, err := r.Decisions.Facts(ctx, access.FromContext(ctx), ids)
	if err != nil {
		return nil, err
	}
	answers := make([]any, len(ids))
	for i, id := range ids {
		if f, there := found[id]; there {
			answers[i] = &model.DecisionFacts{Content: f.Content, Masked: append([]string{}, f.Masked...)}
		}
	}
	return answers, nil
}
