package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/bench/load"
	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/internal/regions"
)

func newImport() *cobra.Command {
	var n int
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Measure the import of all regions beside a plain COPY",
		Long: `Imports the bundled release of all regions into an empty table, in turns with a plain COPY of the same rows as text into the same
table, each in a process of its own, and prints how long each takes, the CPU time of process and database, and the memory of the
process at its peak. What the import takes more is reading and checking the release and comparing it with what is there.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if n < 1 || n > 100 {
				return fmt.Errorf("--rounds is 1 to 100, not %d", n)
			}
			return measureImport(cmd.Context(), cmd.OutOrStdout(), n)
		},
	}
	cmd.Flags().IntVar(&n, "rounds", 5, "how often each is measured; 1 to 100")
	return cmd
}

// newOnce does one import in this process, which another one watches.
func newOnce() *cobra.Command {
	return &cobra.Command{
		Use: "once import|copy FILE", Hidden: true, Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, dsn := cmd.Context(), os.Getenv("DATABASE_URL")
			began := time.Now()
			var err error
			if args[0] == "import" {
				err = importOnce(ctx, dsn)
			} else {
				err = copyOnce(ctx, dsn, args[1])
			}
			if err != nil {
				return err
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(time.Since(began).Seconds())
		},
	}
}

func importOnce(ctx context.Context, dsn string) error {
	d, err := db.Open(ctx, dsn, db.Options{})
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = regions.Import(ctx, d, regions.Bundled(), regions.Options{Effective: regions.BundledSince})
	return err
}

const regionColumns = "code, parent_code, level, name, valid_from, valid_to"

func copyOnce(ctx context.Context, dsn, file string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.PgConn().CopyFrom(ctx, in, "copy regions ("+regionColumns+") from stdin")
	return err
}

func measureImport(ctx context.Context, say io.Writer, n int) error {
	g, err := prepare(ctx, "")
	if err != nil {
		return err
	}
	defer g.close()
	first, err := g.migrated(ctx, "first")
	if err != nil {
		return err
	}
	if _, err := g.migrated(ctx, "empty"); err != nil {
		return err
	}
	database, err := postmaster(ctx, first)
	if err != nil {
		return err
	}
	if err := importOnce(ctx, first); err != nil {
		return err
	}
	file := filepath.Join(g.dir, "regions.txt")
	count, err := copyOut(ctx, first, file)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, g.cluster.DSN("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	figures := map[string][][]float64{}
	for range n {
		for _, what := range []string{"import", "copy"} {
			for _, sql := range []string{"drop database if exists one", "create database one template empty", "checkpoint"} {
				if _, err := conn.Exec(ctx, sql); err != nil {
					return err
				}
			}
			f, err := watchOnce(ctx, database, g.cluster.DSN("one"), what, file)
			if err != nil {
				return err
			}
			figures[what] = append(figures[what], f)
		}
	}
	middle := func(what string, i int) float64 {
		var all []float64
		for _, f := range figures[what] {
			all = append(all, f[i])
		}
		return load.Median(all)
	}
	fmt.Fprintf(say, "%d regions, %d rounds, medians, %s, %d cores\n\n| | seconds | CPU s: process + database | peak memory MiB |\n|---|---:|---:|---:|\n", count, n, time.Now().UTC().Format(time.DateOnly), runtime.NumCPU())
	for _, what := range []string{"copy", "import"} {
		fmt.Fprintf(say, "| %s | %.2f | %.2f + %.2f | %.0f |\n", what, middle(what, 0), middle(what, 1), middle(what, 2), middle(what, 3))
	}
	cpu := func(what string) float64 { return middle(what, 1) + middle(what, 2) }
	fmt.Fprintf(say, "| ratio | **%.2f** | **%.2f** | %.1f |\n", middle("import", 0)/middle("copy", 0), cpu("import")/cpu("copy"), middle("import", 3)/middle("copy", 3))
	return nil
}

// copyOut writes the regions to a file as COPY's text, those above first.
func copyOut(ctx context.Context, dsn, file string) (int64, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	out, err := os.Create(file)
	if err != nil {
		return 0, err
	}
	tag, err := conn.PgConn().CopyTo(ctx, out, "copy (select "+regionColumns+" from regions where code <> 'ID' order by length(code), code) to stdout")
	if err != nil {
		out.Close()
		return 0, err
	}
	return tag.RowsAffected(), out.Close()
}

// watchOnce runs one import in a process of its own: seconds, CPU seconds of process and database, peak memory in MiB.
func watchOnce(ctx context.Context, database int, dsn, what, file string) ([]float64, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	before, err := load.Of(database)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "once", what, file)
	cmd.Env = append(os.Environ(), "DATABASE_URL="+dsn)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	after, err := load.Of(database)
	if err != nil {
		return nil, err
	}
	var seconds float64
	if err := json.Unmarshal(out, &seconds); err != nil {
		return nil, err
	}
	peak := 0.0
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		peak = float64(u.Maxrss) / 1024
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return []float64{seconds, cpu.Seconds(), after[0].CPU - before[0].CPU, peak}, nil
}
