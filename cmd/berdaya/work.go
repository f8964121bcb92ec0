package main

import (
	"cmp"
	"context"
	"time"

	"github.com/berdaya/berdaya/db/jobs"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/bulk"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/internal/decisions"
	"github.com/berdaya/berdaya/internal/history"
	"github.com/berdaya/berdaya/internal/keeping"
	"github.com/berdaya/berdaya/internal/standstill"
	"github.com/berdaya/berdaya/internal/timers"
)

// Of verifying all histories: how often, unless somebody chose otherwise, and what may be chosen.
const (
	verifyEvery  = 24 * time.Hour
	verifyMost   = time.Hour
	verifySeldom = 7 * 24 * time.Hour
)

// work lists what the server does later or every so often.
func (sv *server) work(s settings) jobs.Config {
	checks := history.Checks{Store: sv.db.Histories(), Clock: domain.SystemClock{}, Log: sv.log}
	many := sv.useCases.Bulk
	still := standstill.Checks{Store: sv.db.Standing(), Judge: sv.useCases.Moves, Rules: sv.rules, Clock: domain.SystemClock{}, IDs: domain.RandomIDs{}}
	forgetting := command.Forgetting{Store: sv.db.Commands(), Clock: domain.SystemClock{}}
	kept := keeping.Keeping{Store: sv.db.Commands(), Periods: s.Keep, Clock: domain.SystemClock{}, Log: sv.log}
	workers, periodic := sv.outgoingWork()
	catalogue, often := sv.catalogueWork()
	workers, periodic = append(workers, catalogue...), append(periodic, often...)
	tried, each := sv.trialsWork()
	workers, periodic = append(workers, tried...), append(periodic, each...)
	return jobs.Config{
		Logger: sv.log,
		Workers: append(workers, []jobs.Worker{
			{Kind: history.CheckKind, Limit: 1, Work: checks.Run},
			{Kind: timers.Kind, Timeout: timers.Timeout, Limit: 2, Work: sv.timers.Work},
			{Kind: bulk.SliceJob, Work: many.Slice, Timeout: bulk.SliceTimeout},
			{Kind: bulk.SweepJob, Work: many.Sweep, Limit: 1},
			{Kind: command.ForgetKind, Work: forgetting.Work, Limit: 1},
			{Kind: keeping.Job, Work: kept.Work, Limit: 1},
			{Kind: standstill.Tick, Work: still.Ticked, Limit: 1},
			{Kind: decisions.ForgetJob, Work: sv.decided.Forget, Timeout: decisions.ForgetTimeout, Limit: 1},
			{Kind: standstill.Kind, Work: still.Work, Timeout: standstill.Timeout, Limit: 1},
		}...),
		Periodic: append(periodic, []jobs.Periodic{
			{Kind: history.CheckKind, Every: cmp.Or(s.VerifyEvery, verifyEvery)},
			{Kind: timers.Kind, Every: cmp.Or(s.TimersEvery, timers.Every)},
			{Kind: bulk.SweepJob, Every: bulk.SweepEvery},
			{Kind: decisions.ForgetJob, Every: decisions.ForgetEvery},
			{Kind: standstill.Tick, Every: standstill.Every},
			{Kind: command.ForgetKind, Every: command.ForgetEvery},
			{Kind: keeping.Job, Every: keeping.Every},
		}...),
	}
}

// startWork begins to work jobs off, with those first that a server which starts should not wait for.
func (sv *server) startWork(ctx context.Context) {
	if sv.jobs == nil || sv.jobs.Start(ctx) != nil {
		return
	}
	if err := sv.timers.Start(ctx); err != nil && ctx.Err() == nil { // the next period brings another
		sv.log.Warn("timers that fell due while no server ran go off a little later", "error", err)
	}
}
