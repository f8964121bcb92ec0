package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"

	"github.com/berdaya/berdaya/workflow"
)

// Run is what a worker is told of the job that it does.
type Run = workflow.JobRun

// Worker does the jobs of a kind.
type Worker struct {
	Kind    string
	Timeout time.Duration // of one run, up to ten minutes; 0: 30 s
	Limit   int           // of runs at once in this server, up to 100; 0: 4
	// Work does a job. It ends when its context does, and may be run twice for one job.
	Work func(context.Context, Run) error
}

// workersFor says to River what the workers are, each with a queue of its own.
func workersFor(all []Worker, logger *slog.Logger, stopping *atomic.Bool) (*river.Workers, map[string]river.QueueConfig, error) {
	workers, queues := river.NewWorkers(), map[string]river.QueueConfig{}
	for _, w := range all {
		_, twice := queues[w.Kind]
		switch {
		case !validKind(w.Kind):
			return nil, nil, fmt.Errorf("%q is no kind of job: lower case letters, digits and underscores, at most 64", w.Kind)
		case twice:
			return nil, nil, fmt.Errorf("%s jobs have two workers", w.Kind)
		case w.Work == nil:
			return nil, nil, fmt.Errorf("the worker of %s jobs does nothing", w.Kind)
		case w.Timeout < 0 || w.Timeout > timeoutBound:
			return nil, nil, fmt.Errorf("a %s job may take up to %s, not %s", w.Kind, timeoutBound, w.Timeout)
		case w.Limit < 0 || w.Limit > limitBound:
			return nil, nil, fmt.Errorf("%s jobs may run up to %d at once, not %d", w.Kind, limitBound, w.Limit)
		case w.Limit == 0:
			w.Limit = limitDefault
		}
		queues[w.Kind] = river.QueueConfig{MaxWorkers: w.Limit}
		river.AddWorkerArgs(workers, envelope{kind: w.Kind}, river.Worker[envelope](&runner{Worker: w, log: logger, stopping: stopping}))
	}
	return workers, queues, nil
}

// runner is a worker as River knows them.
type runner struct {
	river.WorkerDefaults[envelope]
	Worker
	log      *slog.Logger
	stopping *atomic.Bool
}

// Timeout bounds a run; 0 leaves it to the client.
func (r *runner) Timeout(*river.Job[envelope]) time.Duration { return r.Worker.Timeout }

// Work runs the worker and says in River's words what became of it.
func (r *runner) Work(ctx context.Context, job *river.Job[envelope]) error {
	err := r.Worker.Work(ctx, Run{ID: job.ID, Kind: job.Kind, Args: job.Args.Args, Attempt: job.Attempt, Last: job.Attempt >= job.MaxAttempts})
	if err == nil {
		return nil
	}
	if on, ok := errors.AsType[*workflow.GoingOn](err); ok {
		return river.JobSnooze(on.In)
	}
	if _, ok := errors.AsType[*workflow.GivenUp](err); ok {
		r.log.ErrorContext(ctx, "a job is given up", "kind", job.Kind, "job", job.ID, "error", err)
		return river.JobCancel(err)
	}
	if r.stopping.Load() && ctx.Err() != nil { // the server's fault, not the job's: another takes it at once
		return river.JobSnooze(0)
	}
	return err
}

// Periodic is a job that is handed on once in each period of the clock.
type Periodic struct {
	Kind  string
	Every time.Duration // from a second to seven days; counted from midnight UTC where it divides a day
	Args  any
}

// periodicFor says to River what is periodic, and gives the longest period.
func periodicFor(all []Periodic, queues map[string]river.QueueConfig) (jobs []*river.PeriodicJob, longest time.Duration, err error) {
	known := map[string]bool{}
	for _, p := range all {
		_, worked := queues[p.Kind]
		args, opts, err := prepare(workflow.Job{Kind: p.Kind, Args: p.Args})
		switch {
		case err != nil:
			return nil, 0, err
		case !worked:
			return nil, 0, fmt.Errorf("the periodic %s job has no worker", p.Kind)
		case known[p.Kind]:
			return nil, 0, fmt.Errorf("%s jobs are periodic twice", p.Kind)
		case p.Every < shortestPeriod || p.Every > longestPeriod:
			return nil, 0, fmt.Errorf("the period of %s jobs is %s to %s, not %s", p.Kind, shortestPeriod, longestPeriod, p.Every)
		}
		known[p.Kind] = true
		longest = max(longest, p.Every)
		opts.UniqueOpts = river.UniqueOpts{ByPeriod: p.Every}
		jobs = append(jobs, river.NewPeriodicJob(byTheClock(p.Every), func() (river.JobArgs, *river.InsertOpts) {
			again := *opts // River may write into it
			return args, &again
		}, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	return jobs, longest, nil
}

// byTheClock is a schedule at the bounds of periods, which all servers agree on.
type byTheClock time.Duration

// Next is the beginning of the next period.
func (every byTheClock) Next(now time.Time) time.Time {
	return now.Truncate(time.Duration(every)).Add(time.Duration(every))
}
