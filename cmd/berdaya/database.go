package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/db/cluster"
	"github.com/berdaya/berdaya/domain"
)

// databaseName is the database in the private cluster.
const databaseName = "berdaya"

// stopBound is how long the private cluster may take to stop.
const stopBound = 15 * time.Second

// startCluster starts the private cluster in a data folder. Stopping it works also when the context has ended.
func startCluster(ctx context.Context, dir string, log *slog.Logger) (c *cluster.Cluster, dsn string, stop func(), err error) {
	c, err = cluster.Start(ctx, cluster.Options{Dir: clusterDir(dir), Log: log})
	if err != nil {
		return nil, "", nil, err
	}
	stop = func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopBound)
		defer cancel()
		c.Stop(ctx)
	}
	if dsn, err = c.EnsureDatabase(ctx, databaseName); err != nil {
		stop()
		return nil, "", nil, err
	}
	return c, dsn, stop, nil
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
	_, dsn, stop, err := startCluster(cmd.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer stop()
	return fn(dsn)
}
