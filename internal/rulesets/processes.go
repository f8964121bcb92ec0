package rulesets

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

// Of what servers say of their processes.
const (
	lookEvery  = 2 * time.Second // whether anything has changed
	tellEvery  = 15 * time.Second
	staleAfter = 3 * tellEvery // after which a server that says nothing is taken to be gone
	mostShown  = 1000
)

// ProcessStore is what is needed of the database to know how rule sets fare.
type ProcessStore interface {
	TellProcesses(ctx context.Context, server string, all []domain.RuleProcess, at, stale time.Time) error
	Processes(ctx context.Context, regions []string, since time.Time, most int) ([]domain.RuleProcess, error)
}

// Processes knows how rule sets fare on all servers: each tells, through the database, and anyone of them answers.
type Processes struct {
	Store  ProcessStore
	Server string // unique among servers
	Status func() []domain.RuleProcess
	Clock  domain.Clock
	Log    *slog.Logger

	told string // what does not change all the time, of what was told last
	at   time.Time
}

// Tell tells how the rule sets of this server fare, when anything changes and every so often, until the context ends.
func (p *Processes) Tell(ctx context.Context) {
	next := time.NewTicker(lookEvery)
	defer next.Stop()
	for away := false; ; {
		if err := p.Look(ctx); (err != nil) != away && ctx.Err() == nil {
			if away = err != nil; away {
				p.Log.Warn("how rule sets fare cannot be told to other servers", "error", err)
			}
		}
		select {
		case <-next.C:
		case <-ctx.Done():
			return
		}
	}
}

// Look tells how the rule sets of this server fare if there is anything new, or it is time.
func (p *Processes) Look(ctx context.Context) error {
	all, now := p.Status(), p.Clock.Now()
	var said strings.Builder
	for i := range all {
		fmt.Fprintln(&said, all[i].RuleSet, all[i].RegionCode, all[i].Version, all[i].Revision, all[i].Waiting, all[i].State, all[i].Since, all[i].Restarts, all[i].LastError, last(all[i].Lines))
	}
	if said.String() == p.told && now.Sub(p.at) < tellEvery {
		return nil
	}
	if err := p.Store.TellProcesses(ctx, p.Server, all, now, now.Add(-staleAfter)); err != nil {
		return err
	}
	p.told, p.at = said.String(), now
	return nil
}

// last is when a rule set logged last.
func last(lines []domain.RuleLine) time.Time {
	if len(lines) == 0 {
		return time.Time{}
	}
	return lines[len(lines)-1].At
}

// List gives how rule sets fare in the regions whose trails the actor sees: of one region and below, of exactly it, or of all. At
// most a thousand. Errors: UNAUTHENTICATED, BAD_USER_INPUT for what is no region's code.
func (p *Processes) List(ctx context.Context, actor access.Actor, region string, exactly bool) ([]domain.RuleProcess, error) {
	if err := access.MayAct(actor); err != nil {
		return nil, err
	}
	scope := actor.Trails()
	if region != "" {
		if _, ok := domain.LevelOf(region); !ok {
			return nil, domain.Errorf(domain.CodeBadUserInput, "%.20q is not the code of a region", region).In("ini bukan kode wilayah").At("region")
		}
		scope = scope.Within(region)
	}
	if len(scope) == 0 {
		return []domain.RuleProcess{}, nil
	}
	all, err := p.Store.Processes(ctx, scope, p.Clock.Now().Add(-staleAfter), mostShown)
	if exactly {
		all = slices.DeleteFunc(all, func(r domain.RuleProcess) bool { return r.RegionCode != region })
	}
	return all, err
}
