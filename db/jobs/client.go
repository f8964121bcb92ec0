package jobs

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// Of a client and its workers, where nothing else is said.
const (
	rescueDefault   = time.Minute
	timeoutDefault  = 30 * time.Second
	timeoutBound    = 10 * time.Minute
	limitDefault    = 4
	limitBound      = 100
	shortestPeriod  = time.Second
	longestPeriod   = 7 * 24 * time.Hour
	keepDone        = 24 * time.Hour
	ownConnections  = 4 // beside the one that listens; taking and finishing jobs needs few
	connectionsName = "berdaya jobs"
)

// Config says what a client does.
type Config struct {
	Workers  []Worker
	Periodic []Periodic
	Logger   *slog.Logger // gets warnings and errors; nil: nothing
	// RescueAfter is how long a job may have run before it is held to have lost its server, if its worker's bound has passed
	// too: a minute if it is 0, and no less than the longest default bound of a worker.
	RescueAfter time.Duration
}

// Client works jobs off.
type Client struct {
	pool     *pgxpool.Pool
	river    *river.Client[pgx.Tx]
	idle     bool // there is nothing it could do
	stopping *atomic.Bool
}

// New makes a client for the database of a pool. It uses connections of its own, so that neither waits for the other. Stop it
// when done, whether or not it was started.
func New(on *pgxpool.Pool, c Config) (*Client, error) {
	logger := slog.New(slog.DiscardHandler)
	if c.Logger != nil {
		logger = c.Logger
	}
	client := &Client{stopping: &atomic.Bool{}, idle: len(c.Workers) == 0}
	workers, queues, err := workersFor(c.Workers, logger, client.stopping)
	if err != nil {
		return nil, err
	}
	periodic, longest, err := periodicFor(c.Periodic, queues)
	if err != nil || client.idle {
		return client, err
	}
	config := on.Config()
	config.MaxConns, config.MinConns, config.MinIdleConns = ownConnections, 0, 0
	config.ConnConfig.RuntimeParams["application_name"] = connectionsName
	if client.pool, err = pgxpool.NewWithConfig(context.Background(), config); err != nil {
		return nil, err
	}
	rescue := cmp.Or(c.RescueAfter, rescueDefault)
	client.river, err = river.NewClient(riverpgxv5.New(client.pool), &river.Config{
		Schema: Schema, Queues: queues, Workers: workers, PeriodicJobs: periodic,
		JobTimeout: min(timeoutDefault, rescue), RescueStuckJobsAfter: rescue,
		RetryPolicy: doubling{}, ErrorHandler: failures{logger}, Logger: slog.New(newQuiet(logger.Handler(), client.stopping)),
		CompletedJobRetentionPeriod: max(keepDone, longest), CancelledJobRetentionPeriod: max(keepDone, longest),
	})
	if err != nil {
		client.pool.Close()
		return nil, err
	}
	return client, nil
}

// Start begins to take jobs. The context bounds the start alone; only Stop ends what it began.
func (c *Client) Start(ctx context.Context) error {
	if c.idle {
		return nil
	}
	if err := c.pool.Ping(ctx); err != nil {
		return err
	}
	return c.river.Start(context.WithoutCancel(ctx))
}

// Stop takes no more jobs, ends the contexts of those that run and waits for them until its own context ends; in that case it
// returns an error, and what still runs is given to another server in a minute.
func (c *Client) Stop(ctx context.Context) error {
	if c.idle {
		return nil
	}
	c.stopping.Store(true)
	err := c.river.StopAndCancel(ctx)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		c.pool.Close()
	}()
	select {
	case <-closed:
	case <-ctx.Done():
		err = cmp.Or(err, ctx.Err())
	}
	if err != nil {
		err = fmt.Errorf("jobs did not stop in time: %w", err)
	}
	return err
}
