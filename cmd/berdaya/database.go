package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/db/cluster"
	"github.com/berdaya/berdaya/domain"
)

// databaseName is the database in the private cluster.
const databaseName = "berdaya"

// stopBound is how long the private cluster may take to stop.
const stopBound = 15 * time.Second

// A private cluster that ends by itself is started again, but not for ever: at the third end in ten minutes it is given up.
const (
	endsBound  = 3
	endsWithin = 10 * time.Minute
)

// privateCluster is the PostgreSQL of a data folder. Its address stays the same for as long as the folder stays.
type privateCluster struct {
	*cluster.Cluster
	log  *slog.Logger
	done chan struct{} // closed when nobody keeps it; nil as long as nobody does
}

// startCluster starts the private cluster of a data folder, with the database in it.
func startCluster(ctx context.Context, dir string, log *slog.Logger) (p *privateCluster, dsn string, err error) {
	c, err := cluster.Start(ctx, cluster.Options{Dir: clusterDir(dir), Log: log})
	if err != nil {
		return nil, "", err
	}
	p = &privateCluster{Cluster: c, log: log}
	if dsn, err = c.EnsureDatabase(ctx, databaseName); err != nil {
		p.stop()
		return nil, "", err
	}
	return p, dsn, nil
}

// keep starts the cluster again whenever it ends by itself, until the context ends, and calls failed with the reason when it
// gives up. Connections to it break meanwhile; whoever tries again gets new ones.
func (p *privateCluster) keep(ctx context.Context, failed func(error)) {
	p.done = make(chan struct{})
	go func() {
		defer close(p.done)
		if err := p.restart(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}()
}

func (p *privateCluster) restart(ctx context.Context) error {
	var ends []time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.Done():
		}
		if err := p.again(ctx, &ends, p.LastWords()); err != nil {
			return err
		}
	}
}

// again starts the cluster after it has said its last words, and again if it ends before it is ready.
func (p *privateCluster) again(ctx context.Context, ends *[]time.Time, words string) error {
	p.stopNow()
	for {
		now := time.Now()
		*ends = append(slices.DeleteFunc(*ends, func(t time.Time) bool { return now.Sub(t) > endsWithin }), now)
		if len(*ends) == endsBound {
			return domain.Errorf(domain.CodeUnavailable, "the private PostgreSQL has ended %d times in %s; it said:\n%s", endsBound, endsWithin, words)
		}
		p.log.Error("the private PostgreSQL has ended; it is started again", "said", words)
		next, err := cluster.Start(ctx, cluster.Options{Dir: p.Dir, Log: p.log})
		if err == nil {
			p.Cluster = next
			p.log.Warn("the private PostgreSQL is back", "took", time.Since(now).Round(time.Millisecond))
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
		words = err.Error()
	}
}

// stop stops the cluster. Whoever keeps it must have been told by its context before.
func (p *privateCluster) stop() {
	if p.done != nil {
		<-p.done
	}
	p.stopNow()
}

// stopNow works also when the context of the start has ended.
func (p *privateCluster) stopNow() {
	ctx, cancel := context.WithTimeout(context.Background(), stopBound)
	defer cancel()
	p.Stop(ctx)
}

func clusterDir(dir string) string { return filepath.Join(dir, "postgres") }

// withDatabase hands a command the database to work on: the one that DATABASE_URL names, or the private one of a data folder,
// which is started for the time of the command unless 'berdaya dev' is running it already.
func withDatabase(cmd *cobra.Command, data string, fn func(dsn string) error) error {
	if dsn := os.Getenv("DATABASE_URL"); dsn != "" {
		return fn(dsn)
	}
	dir, err := dataDir(data)
	if err != nil {
		return err
	}
	if dsn, ok := cluster.Running(clusterDir(dir), databaseName); ok {
		return fn(dsn)
	}
	if _, err := os.Stat(clusterDir(dir)); err != nil {
		return domain.Errorf(domain.CodeUnavailable,
			"there is no database: set DATABASE_URL, or run 'berdaya dev' once, or say with --data where its data are (looked in %s)", dir)
	}
	c, dsn, err := startCluster(cmd.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer c.stop()
	return fn(dsn)
}
