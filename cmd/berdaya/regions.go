package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/migrate"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/regions"
)

// followEvery is how often a server looks whether something follows the successor of its region today.
const followEvery = 15 * time.Minute

func newRegions() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "regions",
		Short: "Say what took the place of regions that closed",
		Example: `  berdaya regions succeed 32.73.05 32.73.31
  berdaya regions waiting`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSucceed(), newSuccessors(), newWaiting(), newMoveOver())
	return cmd
}

func newSucceed() *cobra.Command {
	var effective, data string
	cmd := &cobra.Command{
		Use:   "succeed OLD NEW [NEW…]",
		Short: "Say which region, or regions, took the place of one that has closed",
		Long: `With one successor, everything registered in the old region follows: programmes by an entry in their history, communities
and stakeholders. With several the region was split: nothing follows by itself, and an admin chooses for each programme
(the mutation transferProgramme).`,
		Example: `  berdaya regions succeed 32.73.05 32.73.31
  berdaya regions succeed 91.08 92.01 92.02 --effective 2026-07-01`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usageError{fmt.Errorf("this needs the region that closed and at least one in its place, and got %d", len(args))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, data, func(store *db.DB) error {
				added, err := regions.Succeed(cmd.Context(), store, args[0], args[1:], domain.Date(effective))
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "successors: %d added\n", added)
				return moveOver(cmd, store)
			})
		},
	}
	cmd.Flags().StringVar(&effective, "effective", "", "the first day of the new in place of the old, YYYY-MM-DD (default: the day on which the old closed)")
	dataFlag(cmd, &data)
	return cmd
}

func newSuccessors() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:     "successors",
		Short:   "List what took the place of regions that closed",
		Example: `  berdaya regions successors`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, data, func(store *db.DB) error {
				found, err := store.Regions().Successors(cmd.Context())
				if err != nil {
					return err
				}
				if len(found) == 0 {
					fmt.Fprintln(cmd.OutOrStdout(), "no region has a successor")
					return nil
				}
				table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "OLD\tNAME\tNEW\tNAME\tSINCE")
				for _, s := range found {
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", s.OldCode, s.Old.Name, s.NewCode, s.New.Name, s.EffectiveOn)
				}
				return table.Flush()
			})
		},
	}
	dataFlag(cmd, &data)
	return cmd
}

func newWaiting() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "waiting",
		Short: "List the closed regions in which something is registered that does not follow by itself",
		Long: `Lists closed regions that were split, or of which nobody has said what took their place, with what is registered in them.
An admin of the regions chooses for each programme with the mutation transferProgramme; 'berdaya regions succeed' names a
successor.`,
		Example: `  berdaya regions waiting`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, data, func(store *db.DB) error {
				waiting, err := over(store).Wait(cmd.Context())
				if err != nil {
					return err
				}
				if len(waiting) == 0 {
					fmt.Fprintln(cmd.OutOrStdout(), "nothing waits")
					return nil
				}
				table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "REGION\tPROGRAMMES\tCOMMUNITIES\tSTAKEHOLDERS\tSUCCESSORS")
				for _, w := range waiting {
					successors := strings.Join(w.Successors, ", ")
					if successors == "" {
						successors = "none is known"
					}
					fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\n", w.RegionCode, w.Programmes, w.Communities, w.Stakeholders, successors)
				}
				return table.Flush()
			})
		},
	}
	dataFlag(cmd, &data)
	return cmd
}

func newMoveOver() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "move-over",
		Short: "Have everything follow the successor of its region that is to follow by today",
		Long: `Servers do this by themselves at their start and every 15 minutes, and so do 'berdaya import regions' and
'berdaya regions succeed'. Doing it again does no harm: nothing is moved twice.`,
		Example: `  berdaya regions move-over`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, data, func(store *db.DB) error { return moveOver(cmd, store) })
		},
	}
	dataFlag(cmd, &data)
	return cmd
}

// withStore hands a command the database to work on, whose schema is the one that this program knows.
func withStore(cmd *cobra.Command, data string, fn func(store *db.DB) error) error {
	return withDatabase(cmd, data, func(dsn string) error {
		set, err := migrate.Embedded()
		if err != nil {
			return err
		}
		if err := set.Check(cmd.Context(), dsn); err != nil {
			return err
		}
		store, err := db.Open(cmd.Context(), dsn, db.Options{Name: "berdaya " + cmd.Name(), MaxConns: 4})
		if err != nil {
			return err
		}
		defer store.Close()
		return fn(store)
	})
}

func over(store *db.DB) regions.Over {
	return regions.Over{Store: store.Regions(), Clock: domain.SystemClock{}, IDs: domain.RandomIDs{}}
}

// moveOver has everything follow that is to follow by today, and tells what did and what does not by itself.
func moveOver(cmd *cobra.Command, store *db.DB) error {
	o, bar := over(store), newProgress()
	o.Progress = func(done, total int) { bar.at("moving over", done, total) }
	moved, err := o.Move(cmd.Context())
	bar.end()
	if moved != (regions.Moved{}) {
		fmt.Fprintf(cmd.OutOrStdout(), "moved over: %s\n", kinds(moved.Programmes, moved.Communities, moved.Stakeholders))
	}
	if err != nil {
		return err
	}
	waiting, err := o.Wait(cmd.Context())
	if err != nil || len(waiting) == 0 {
		return err
	}
	var all regions.Moved
	for _, w := range waiting {
		all.Programmes, all.Communities, all.Stakeholders = all.Programmes+w.Programmes, all.Communities+w.Communities, all.Stakeholders+w.Stakeholders
	}
	fmt.Fprintf(cmd.OutOrStdout(), "waiting in closed regions: %s; 'berdaya regions waiting' lists them\n", kinds(all.Programmes, all.Communities, all.Stakeholders))
	return nil
}

func kinds(programmes, communities, stakeholders int) string {
	return fmt.Sprintf("%d programmes, %d communities, %d stakeholders", programmes, communities, stakeholders)
}

// followRegions has things follow the successors of their regions until the context ends: at once, and now and then for those
// that take over on a later day. Any number of servers may do so at the same time.
func (sv *server) followRegions(ctx context.Context) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		moved, err := over(sv.db).Move(ctx)
		if err != nil && ctx.Err() == nil {
			sv.log.Error("what is registered in closed regions could not follow their successors; it is tried again", "error", err)
		}
		if moved != (regions.Moved{}) {
			sv.log.Info("followed the successors of closed regions", "programmes", moved.Programmes, "communities", moved.Communities, "stakeholders", moved.Stakeholders)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
