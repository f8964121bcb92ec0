package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/rulesets"
)

func (m mutation) UploadRuleSet(ctx context.Context, in model.UploadRuleSetInput) (*model.RuleSetVersionPayload, error) {
	if in.File.Uploaded == nil {
		in.File.Uploaded = new(model.Uploaded) // an empty file
	}
	u := rulesets.Upload{File: in.File.Name, Content: in.File.Content, Size: in.File.Size, SHA256: in.File.SHA256, RegionCode: in.RegionCode.Value(), Note: in.Note.Value(),
		Key: in.IdempotencyKey.Value()}
	return versionAnswer(ctx, func(a access.Actor) (uuid.UUID, error) { return m.RuleSets.Upload(ctx, a, u) })
}

func (m mutation) ApproveRuleSet(ctx context.Context, in model.ApproveRuleSetInput) (*model.RuleSetVersionPayload, error) {
	n := rulesets.Named{RuleSet: in.RuleSet, Version: in.Version, Reason: in.Reason.Value(), Key: in.IdempotencyKey.Value()}
	return versionAnswer(ctx, func(a access.Actor) (uuid.UUID, error) { return m.RuleSets.Approve(ctx, a, n) })
}

func (m mutation) WithdrawRuleSet(ctx context.Context, in model.WithdrawRuleSetInput) (*model.RuleSetVersionPayload, error) {
	n := rulesets.Named{RuleSet: in.RuleSet, Version: in.Version, Reason: in.Reason.Value(), Key: in.IdempotencyKey.Value()}
	return versionAnswer(ctx, func(a access.Actor) (uuid.UUID, error) { return m.RuleSets.Withdraw(ctx, a, n) })
}

func versionAnswer(ctx context.Context, do func(access.Actor) (uuid.UUID, error)) (*model.RuleSetVersionPayload, error) {
	done, err := do(access.FromContext(ctx))
	id, wrong, err := answer(ctx, "RuleSetVersion", done, err)
	return &model.RuleSetVersionPayload{Version: at(id, &model.RuleSetVersion{ID: id}), UserErrors: wrong}, err
}

func (m mutation) ActivateRuleSet(ctx context.Context, in model.ActivateRuleSetInput) (*model.RuleActivationPayload, error) {
	p := rulesets.Placed{RuleSet: in.RuleSet, Version: in.Version, RegionCode: in.RegionCode, Mode: in.Mode, Reason: in.Reason.Value(), ExpectedRevision: in.ExpectedRevision.Value(),
		Key: in.IdempotencyKey.Value(), DryRun: in.DryRun, Parameters: in.Parameters.Value()}
	return activationAnswer(ctx, p.DryRun, func(a access.Actor) (rulesets.Activated, error) { return m.RuleSets.Activate(ctx, a, p) })
}

func (m mutation) RollbackRuleSet(ctx context.Context, in model.RollbackRuleSetInput) (*model.RuleActivationPayload, error) {
	p := rulesets.Placed{RuleSet: in.RuleSet, RegionCode: in.RegionCode, ToRevision: in.ToRevision.Value(), Reason: in.Reason.Value(), ExpectedRevision: in.ExpectedRevision.Value(),
		Key: in.IdempotencyKey.Value(), DryRun: in.DryRun}
	return activationAnswer(ctx, p.DryRun, func(a access.Actor) (rulesets.Activated, error) { return m.RuleSets.Rollback(ctx, a, p) })
}

func (m mutation) DeactivateRuleSet(ctx context.Context, in model.DeactivateRuleSetInput) (*model.RuleActivationPayload, error) {
	p := rulesets.Placed{RuleSet: in.RuleSet, RegionCode: in.RegionCode, Mode: in.Mode, Reason: in.Reason.Value(), ExpectedRevision: in.ExpectedRevision.Value(),
		Key: in.IdempotencyKey.Value(), DryRun: in.DryRun}
	return activationAnswer(ctx, p.DryRun, func(a access.Actor) (rulesets.Activated, error) { return m.RuleSets.Deactivate(ctx, a, p) })
}

func activationAnswer(ctx context.Context, dry bool, do func(access.Actor) (rulesets.Activated, error)) (*model.RuleActivationPayload, error) {
	done, err := do(access.FromContext(ctx))
	id, wrong, err := answer(ctx, "RuleActivation", done.ID, err)
	p := &model.RuleActivationPayload{UserErrors: wrong}
	switch {
	case id == "":
	case dry:
		p.Revision, p.Programmes = &done.Revision, &done.Programmes
	default:
		p.Revision, p.Activation = &done.Revision, &model.RuleActivation{ID: id}
	}
	return p, err
}

// boundRuleSets says which rule sets bind programmes.
func (r *Resolver) boundRuleSets(ctx context.Context, ids []uuid.UUID) ([]any, error) {
	bound, err := r.RuleSets.Bound(ctx, ids)
	if err != nil {
		return nil, err
	}
	locale := access.FromContext(ctx).Locale
	answers := make([]any, len(ids))
	for i, id := range ids {
		shown := make([]*model.BoundRuleSet, len(bound[id]))
		for j, a := range bound[id] {
			shown[j] = &model.BoundRuleSet{ActivationID: gid.New("RuleActivation", a.ID), RegionCode: a.RegionCode, RuleSet: a.RuleSet.Name, Kind: a.RuleSet.Kind,
				KindLabel: domain.RuleSetKinds.Label(string(a.RuleSet.Kind), locale), Version: a.Version.Version, Revision: a.Revision, Mode: a.Mode,
				ModeLabel: domain.ActivationModes.Label(string(a.Mode), locale), ActivatedAt: a.ActivatedAt, Parameters: a.Parameters}
		}
		answers[i] = shown
	}
	return answers, nil
}
