package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/regions"
)

func newImport() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "import",
		Short:   "Take in reference data",
		Example: `  berdaya import regions ./release-2026 --dry-run`,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
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

A fifth file may be there, successors.csv, with the columns old, new and date: from that day on, new stands in the place of
old. Where a closed region has one successor, its programmes, communities and stakeholders follow: at once, or on that day
by a server that runs. What does not follow by itself is told; 'berdaya regions waiting' lists it. Cut off halfway, the same
command goes on where it was.

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
			return withStore(cmd, data, func(store *db.DB) error {
				bar := newProgress()
				o.Progress = func(phase regions.Phase, done, total int) { bar.at(importPhase[phase], done, total) }
				out, err := regions.Import(cmd.Context(), store, os.DirFS(args[0]), o)
				bar.end()
				if err != nil {
					return err
				}
				if o.DryRun {
					fmt.Fprintln(cmd.OutOrStdout(), "dry run, nothing was changed; this would be:")
				}
				fmt.Fprintln(cmd.OutOrStdout(), out.Regions)
				if out.Successors > 0 {
					fmt.Fprintf(cmd.OutOrStdout(), "successors: %d added\n", out.Successors)
				}
				if o.DryRun {
					return nil
				}
				return moveOver(cmd, store)
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
