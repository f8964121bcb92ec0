package graph

import (
	"context"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/graph/read"
	"github.com/berdaya/berdaya/internal/access"
)

// Plugins says how rule sets fare on each server.
func (q query) Plugins(ctx context.Context, region *model.RegionFilter) ([]*model.RuleProcess, error) {
	code, exactly, err := read.Chosen(region, "region")
	if err != nil {
		return nil, err
	}
	actor := access.FromContext(ctx)
	all, err := q.processes.List(ctx, actor, code, exactly)
	if err != nil {
		return nil, err
	}
	shown := make([]*model.RuleProcess, len(all))
	for i, p := range all {
		shown[i] = &model.RuleProcess{Server: p.Server, SeenAt: p.SeenAt, RuleSet: p.RuleSet, RegionCode: p.RegionCode, Version: p.Version, Waiting: p.Waiting, State: p.State,
			StateLabel: domain.RuleProcessStates.Label(string(p.State), actor.Locale), Since: p.Since, Restarts: p.Restarts, LastError: p.LastError, Calls: float64(p.Calls),
			InFlight: p.InFlight, Memory: float64(p.Memory), CPUSeconds: p.CPUSeconds, Failures: make([]*model.RuleFailure, len(p.Failures)), Lines: make([]*model.RuleLine, len(p.Lines))}
		if p.Revision > 0 {
			shown[i].Revision = &p.Revision
		}
		for j, f := range p.Failures {
			shown[i].Failures[j] = &model.RuleFailure{FirstAt: f.First, LastAt: f.Last, Count: f.Count, Error: f.Error}
		}
		for j, l := range p.Lines {
			shown[i].Lines[j] = &model.RuleLine{At: l.At, Text: l.Text}
		}
	}
	return shown, nil
}
