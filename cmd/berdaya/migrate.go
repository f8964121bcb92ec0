package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/db/migrate"
	"github.com/berdaya/berdaya/domain"
)

func newMigrate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Show the database's schema, take it up or back",
		Long: `Shows, applies or rolls back the migrations of the database that DATABASE_URL names. 'berdaya serve' refuses to run on a
schema that it does not know; 'berdaya dev' migrates by itself.`,
		Example: `  berdaya migrate status
  berdaya migrate up`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "status", Short: "Show every migration and whether it is applied", Args: noArgs,
			Example: `  berdaya migrate status`,
			RunE: withMigrations(func(cmd *cobra.Command, set *migrate.Set, dsn string) error {
				status, err := set.Status(cmd.Context(), dsn)
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "VERSION\tNAME\tSTATE\tAPPLIED AT")
				for _, m := range status {
					at := "-"
					if !m.AppliedAt.IsZero() {
						at = m.AppliedAt.UTC().Format("2006-01-02 15:04:05Z")
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.Version, m.Name, m.State, at)
				}
				return w.Flush()
			}),
		},
		&cobra.Command{
			Use: "up", Short: "Apply every pending migration", Args: noArgs,
			Example: `  berdaya migrate up`,
			RunE: withMigrations(func(cmd *cobra.Command, set *migrate.Set, dsn string) error {
				done, err := set.Up(cmd.Context(), dsn)
				printMigrations(cmd, "applied", done)
				return err
			}),
		},
		newMigrateDown(),
	)
	return cmd
}

func newMigrateDown() *cobra.Command {
	var n int
	var confirmed bool
	cmd := &cobra.Command{
		Use:     "down",
		Short:   "Roll back the newest migrations; the data in what they made is lost",
		Example: `  berdaya migrate down --steps 1 --yes`,
		Args:    noArgs,
		RunE: withMigrations(func(cmd *cobra.Command, set *migrate.Set, dsn string) error {
			if n < 1 {
				return usageError{fmt.Errorf("--steps is how many migrations to roll back, 1 or more, not %d", n)}
			}
			if !confirmed {
				return usageError{fmt.Errorf("rolling back loses data; say --yes if you mean it")}
			}
			done, err := set.Down(cmd.Context(), dsn, n)
			printMigrations(cmd, "rolled back", done)
			return err
		}),
	}
	cmd.Flags().IntVar(&n, "steps", 1, "how many migrations to roll back")
	cmd.Flags().BoolVar(&confirmed, "yes", false, "really roll back")
	return cmd
}

func printMigrations(cmd *cobra.Command, what string, done []migrate.Migration) {
	for _, m := range done {
		fmt.Fprintf(cmd.OutOrStdout(), "%s %s_%s\n", what, m.Version, m.Name)
	}
	if len(done) == 0 {
		fmt.Fprintln(cmd.OutOrStdout(), "nothing to do")
	}
}

func withMigrations(fn func(*cobra.Command, *migrate.Set, string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		set, err := migrate.Embedded()
		if err != nil {
			return err
		}
		dsn, err := databaseURL()
		if err != nil {
			return err
		}
		return fn(cmd, set, dsn)
	}
}

// databaseURL is the address of the database to work with, where there is no private one.
func databaseURL() (string, error) {
	if dsn := os.Getenv("DATABASE_URL"); dsn != "" {
		return dsn, nil
	}
	return "", domain.Errorf(domain.CodeBadUserInput,
		"DATABASE_URL is not set: give the database's address, such as postgres://user:password@host:5432/berdaya")
}
