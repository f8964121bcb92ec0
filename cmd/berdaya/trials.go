package main

import (
	"context"
	"encoding/json"
	"io"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/jobs"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/bulk"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/trials"
	"github.com/berdaya/berdaya/plugins/host"
)

// triedVersions runs versions of the catalogue that are tried, by the host's processes.
type triedVersions struct {
	host  *host.Host
	store db.Catalogue
}

// Try runs a version for as long as do takes.
func (t triedVersions) Try(ctx context.Context, v *domain.RuleSetVersion, region string, parameters json.RawMessage, do func(context.Context, trials.Candidate) error) error {
	return t.host.Try(ctx, t.version(v), region, parameters, func(ctx context.Context, c host.Candidate) error { return do(ctx, c) })
}

// Shadow is Try for what takes weeks.
func (t triedVersions) Shadow(ctx context.Context, v *domain.RuleSetVersion, region string, parameters json.RawMessage, do func(context.Context, trials.Candidate) error) error {
	return t.host.Shadow(ctx, t.version(v), region, parameters, func(ctx context.Context, c host.Candidate) error { return do(ctx, c) })
}

// Recall reads facts that were kept.
func (triedVersions) Recall(content []byte) (any, error) { return host.Recall(content) }

func (t triedVersions) version(v *domain.RuleSetVersion) host.Version {
	return host.Version{Kind: v.RuleSet.Kind, RuleSet: v.RuleSet.Name, Version: v.Version, SHA256: v.SHA256,
		Artefact: func(ctx context.Context, to io.Writer) error { return t.store.Artefact(ctx, v.SHA256, to) }}
}

// startTrials puts together what tries versions. Shadows stand between the moves and the rules, to say what facts they need.
// What they say is masked as in the decision log.
func (sv *server) startTrials(clock domain.Clock, ids domain.IDs) {
	tried := triedVersions{sv.rules, sv.db.Catalogue()}
	sv.useCases.Trials = &trials.Trials{Store: sv.db.Trials(), Facts: sv.db.Moving(), Rules: sv.rules, Trier: tried, Hush: sv.decided.Hush, Possible: sv.useCases.RuleSets.Possible,
		Clock: clock, IDs: ids, Log: sv.log}
	sv.useCases.Decisions = sv.decided
	sv.useCases.TrialWatch = &bulk.Watch{Progress: sv.db.Trials().TrialProgress}
	sv.shadows = &trials.Shadows{Rules: sv.rules, Store: sv.db.Trials(), Trier: tried, Hush: sv.decided.Hush, Clock: clock, IDs: ids, Log: sv.log}
	sv.useCases.Moves.Rules, sv.useCases.Moves.Recorder = sv.shadows, moving.Recorders{sv.decided, sv.shadows}
}

// trialsWork lists what is done about trials later or every so often.
func (sv *server) trialsWork() (workers []jobs.Worker, periodic []jobs.Periodic) {
	t := sv.useCases.Trials
	return []jobs.Worker{
			{Kind: trials.SliceJob, Work: t.Slice, Timeout: trials.SliceTimeout, Limit: 2},
			{Kind: trials.SweepJob, Work: t.Sweep, Limit: 1},
			{Kind: trials.ForgetJob, Work: t.Forget, Limit: 1},
		}, []jobs.Periodic{
			{Kind: trials.SweepJob, Every: trials.SweepEvery},
			{Kind: trials.ForgetJob, Every: trials.ForgetEvery},
		}
}
