package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivertype"

	"github.com/berdaya/berdaya/workflow"
)

// Schema is the schema of PostgreSQL in which the jobs are.
const Schema = "jobs"

// Of a job.
const (
	argsBound       = 64 << 10 // bytes
	keyBound        = 200      // characters
	attemptsBound   = 1000
	attemptsDefault = 25
	priorities      = 4
)

// kindForm is what a kind looks like. It is the name of its queue, too.
var kindForm = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

func validKind(kind string) bool { return len(kind) <= 64 && kindForm.MatchString(kind) }

// Queue takes jobs, in transactions of database/sql.
type Queue struct{ river *river.Client[*sql.Tx] }

// NewQueue gives the queue of one database. It has no connection: jobs are written through those of the transactions.
func NewQueue() *Queue {
	config := river.Config{Schema: Schema, Logger: slog.New(slog.DiscardHandler)}
	client, err := river.NewClient(riverdatabasesql.New(nil), &config)
	if err != nil {
		panic(err) // fails only if this package is wrong
	}
	return &Queue{client}
}

// Add hands a job on in a transaction of database/sql, under which bun is.
func (q *Queue) Add(ctx context.Context, tx *sql.Tx, j workflow.Job) error {
	args, opts, err := prepare(j)
	if err != nil {
		return err
	}
	_, err = q.river.InsertTx(ctx, tx, args, opts)
	return err
}

// AddAll hands many jobs on at once.
func (q *Queue) AddAll(ctx context.Context, tx *sql.Tx, all []workflow.Job) error {
	many := make([]river.InsertManyParams, len(all))
	for i, j := range all {
		args, opts, err := prepare(j)
		if err != nil {
			return err
		}
		many[i] = river.InsertManyParams{Args: args, InsertOpts: opts}
	}
	_, err := q.river.InsertManyTx(ctx, tx, many)
	return err
}

// envelope is how a job's arguments are stored. River makes the unique key from what is tagged so.
type envelope struct {
	kind string
	Key  string          `json:"key,omitempty" river:"unique"`
	Args json.RawMessage `json:"args"`
}

// Kind is what River asks for.
func (e envelope) Kind() string { return e.kind }

// unfinished are the states in which a job keeps others with its key out.
var unfinished = []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
	rivertype.JobStateRunning, rivertype.JobStateScheduled}

// prepare says to River what a job is. What it refuses is wrong in the program, never in what somebody entered.
func prepare(j workflow.Job) (envelope, *river.InsertOpts, error) {
	args, err := json.Marshal(j.Args)
	switch {
	case err != nil:
		return envelope{}, nil, fmt.Errorf("the arguments of a %s job cannot be written: %w", j.Kind, err)
	case !validKind(j.Kind):
		return envelope{}, nil, fmt.Errorf("%q is no kind of job: lower case letters, digits and underscores, at most 64", j.Kind)
	case len(args) > argsBound:
		return envelope{}, nil, fmt.Errorf("the arguments of a %s job have %d bytes, more than %d", j.Kind, len(args), argsBound)
	case len([]rune(j.Key)) > keyBound:
		return envelope{}, nil, fmt.Errorf("the key of a %s job is longer than %d characters", j.Kind, keyBound)
	case j.Priority < 0 || j.Priority > priorities:
		return envelope{}, nil, fmt.Errorf("the priority of a %s job is %d, not 1 to %d", j.Kind, j.Priority, priorities)
	case j.Attempts < 0 || j.Attempts > attemptsBound:
		return envelope{}, nil, fmt.Errorf("a %s job may be tried 1 to %d times, not %d", j.Kind, attemptsBound, j.Attempts)
	}
	opts := &river.InsertOpts{Queue: j.Kind, Priority: j.Priority, MaxAttempts: j.Attempts}
	if opts.MaxAttempts == 0 {
		opts.MaxAttempts = attemptsDefault
	}
	if j.RunAt.After(time.Now()) { // River would leave one that is due already to its scheduler, which looks every five seconds
		opts.ScheduledAt = j.RunAt
	}
	if j.Key != "" {
		opts.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: unfinished}
	}
	return envelope{kind: j.Kind, Key: j.Key, Args: args}, opts, nil
}
