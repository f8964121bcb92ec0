package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/migrate"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/regions"
)

func newImport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Take in reference data",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newImportRegions())
	return cmd
}

func newImportRegions() *cobra.Command {
	var o regions.Options
	var effective, data string
	cmd := &cobra.Command{
		Use:   "regions DIR",
		Short: "Take in a release of the administrative regions",
		Long: `Reads provinces.csv, regencies.csv, districts.csv and villages.csv in DIR and makes the regions in the database the same:
new codes are added, missing ones closed (never deleted), returning ones reopened, other names taken over. Either all of it
is done or nothing; done twice, the second time changes nothing.

Each file is UTF-8 with a header: code and name, and in all but provinces.csv the code of the region above in
province_code, regency_code or district_code. A wrong row is named by file, line and column.

The database is the one that DATABASE_URL names; without it, the private one in --data, also while
'berdaya dev' is running it.`,
		Example: `  berdaya import regions ./release-2026 --effective 2026-07-01
  berdaya import regions ./release-2026 --dry-run`,
		Args: exactArgs(1, "one folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Effective = domain.Date(effective)
			if info, err := os.Stat(args[0]); err != nil || !info.IsDir() {
				return domain.Errorf(domain.CodeBadFile, "%s is not a folder that can be read; give the one with provinces.csv and the others", args[0])
			}
			return withDatabase(cmd, data, func(dsn string) error {
				set, err := migrate.Embedded()
				if err != nil {
					return err
				}
				if err := set.Check(cmd.Context(), dsn); err != nil {
					return err
				}
				store, err := db.Open(cmd.Context(), dsn, db.Options{Name: "berdaya import"})
				if err != nil {
					return err
				}
				defer store.Close()
				bar := newProgress()
				o.Progress = func(phase regions.Phase, done, total int) { bar.at(importPhase[phase], done, total) }
				summary, err := regions.Import(cmd.Context(), store, os.DirFS(args[0]), o)
				bar.end()
				if err != nil {
					return err
				}
				if o.DryRun {
					fmt.Fprintln(cmd.OutOrStdout(), "dry run, nothing was changed; this would be:")
				}
				fmt.Fprintln(cmd.OutOrStdout(), summary)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&effective, "effective", "", "the day from which the release holds, YYYY-MM-DD (default today)")
	cmd.Flags().BoolVar(&o.AllowClosing, "allow-closing", false, "let more than 1 % of a level close")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "only tell what would change")
	dataFlag(cmd, &data)
	return cmd
}

// importPhase names the phases of an import for people.
var importPhase = map[regions.Phase]string{regions.Reading: "reading regions", regions.Writing: "writing regions"}
