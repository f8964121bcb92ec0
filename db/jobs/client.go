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
	startAgain      = time.Second
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
	idle     bool // there is nothing it could do
	stopping *atomic.Bool

	config river.Config
	river  *river.Client[pgx.Tx]
	cut    context.CancelFunc // ends whatever Start began; nil if it did not
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
	client.config = river.Config{
		Schema: Schema, Queues: queues, Workers: workers, PeriodicJobs: periodic,
		JobTimeout: min(timeoutDefault, rescue), RescueStuckJobsAfter: rescue,
		RetryPolicy: doubling{}, ErrorHandler: failures{logger}, Logger: slog.New(newQuiet(logger.Handler(), client.stopping)),
		CompletedJobRetentionPeriod: max(keepDone, longest), CancelledJobRetentionPeriod: max(keepDone, longest),
	}
	if _, err = river.NewClient(riverpgxv5.New(client.pool), &client.config); err != nil { // what is wrong is said now
		client.pool.Close()
		return nil, err
	}
	return client, nil
}

// Start begins to take jobs. While the database does not answer it tries again every second, until it has begun or the context
// ends, which is its only error. Once it has begun only Stop ends it; the context's end changes nothing.
func (c *Client) Start(ctx context.Context) error {
	if c.idle {
		return nil
	}
	for {
		err := c.try(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			return nil
		}
		c.config.Logger.WarnContext(ctx, "jobs are not taken yet; it is tried again", "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(startAgain):
		}
	}
}

// try starts once. What failed to start is not used again.
func (c *Client) try(ctx context.Context) error {
	again, err := river.NewClient(riverpgxv5.New(c.pool), &c.config)
	if err != nil {
		return err
	}
	running, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer context.AfterFunc(ctx, cut)()
	if err := again.Start(running); err != nil {
		cut()
		return err
	}
	c.river, c.cut = again, cut
	return ctx.Err()
}

// Stop takes no more jobs, ends the contexts of those that run and waits for them until its own context ends; in that case it
// returns an error, and what still runs is given to another server in a minute. It comes after Start has returned.
func (c *Client) Stop(ctx context.Context) error {
	if c.idle {
		return nil
	}
	c.stopping.Store(true)
	ended := make(chan error, 1)
	go func() {
		err := c.end(ctx)
		c.pool.Close()
		ended <- err
	}()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		err = fmt.Errorf("jobs did not stop in time: %w", err)
	}
	return err
}

// end ends what Start began.
func (c *Client) end(ctx context.Context) error {
	if c.cut == nil {
		return nil
	}
	defer c.cut()
	return c.river.StopAndCancel(ctx)
}
