package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/internal/deliver"
)

func newDeliveries() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "deliveries",
		Short: "See what went out by e-mail and to webhooks, and have it sent again",
		Example: `  berdaya deliveries list --state dead
  berdaya deliveries retry --all`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDeliveriesList(), newDeliveriesRetry())
	return cmd
}

func newDeliveriesList() *cobra.Command {
	var state, data string
	var limit int
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List deliveries, the newest first",
		Example: "  berdaya deliveries list --state dead",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			code := strings.ToUpper(state)
			if code != "" && !domain.DeliveryStates.Has(code) {
				return usageError{fmt.Errorf("--state is one of %s, not %q", strings.ToLower(strings.Join(domain.DeliveryStates.Codes(), ", ")), state)}
			}
			if limit < 1 || limit > 10_000 {
				return usageError{fmt.Errorf("--limit is from 1 to 10000, not %d", limit)}
			}
			return withStore(cmd, data, func(store *db.DB) error {
				found, err := store.Deliveries().List(cmd.Context(), domain.DeliveryState(code), limit)
				if err != nil {
					return err
				}
				if len(found) == 0 {
					fmt.Fprintln(cmd.OutOrStdout(), "no deliveries")
					return nil
				}
				table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "ID\tMADE\tREGION\tCHANNEL\tTO\tSTATE\tATTEMPTS\tLAST ERROR")
				for _, d := range found {
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", d.ID, d.CreatedAt.UTC().Format(time.RFC3339), d.RegionCode, strings.ToLower(string(d.Channel)),
						receiver(d), strings.ToLower(string(d.State)), d.Attempts, lastError(d))
				}
				return table.Flush()
			})
		},
	}
	cmd.Flags().StringVar(&state, "state", "", "only those that are pending, sent or dead")
	cmd.Flags().IntVar(&limit, "limit", 100, "how many at most, up to 10000")
	dataFlag(cmd, &data)
	return cmd
}

// receiver says to whom a delivery is.
func receiver(d domain.Delivery) string {
	switch {
	case d.Recipient != nil:
		return *d.Recipient
	case d.Webhook != nil:
		return "webhook " + d.WebhookID.String()
	}
	return "?"
}

func lastError(d domain.Delivery) string {
	if d.LastError == nil {
		return ""
	}
	return *d.LastError
}

func newDeliveriesRetry() *cobra.Command {
	var all bool
	var data string
	cmd := &cobra.Command{
		Use:   "retry ID | --all",
		Short: "Have what was given up sent again",
		Long: `Hands a delivery that was given up to the servers again, with all its attempts before it; it keeps its id, so a receiver that
has seen it after all knows it. --all does so with all of them, up to 10,000.`,
		Example: `  berdaya deliveries retry 0197a3c0-1111-7abc-8def-0123456789ab
  berdaya deliveries retry --all`,
		Args: func(_ *cobra.Command, args []string) error {
			if all != (len(args) == 0) || len(args) > 1 {
				return usageError{fmt.Errorf("give either the id of one delivery or --all")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, data, func(store *db.DB) error {
				d := &deliver.Deliveries{Store: store.Deliveries(), Clock: domain.SystemClock{}, IDs: domain.RandomIDs{}}
				n, err := retry(cmd.Context(), d, args)
				if err == nil {
					fmt.Fprintf(cmd.OutOrStdout(), "handed on again: %d\n", n)
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "all that were given up")
	dataFlag(cmd, &data)
	return cmd
}

func retry(ctx context.Context, d *deliver.Deliveries, args []string) (int, error) {
	if len(args) == 0 {
		return d.RetryAll(ctx)
	}
	id, err := gid.Key("Delivery", args[0])
	if err != nil || id == uuid.Nil {
		return 0, usageError{fmt.Errorf("%q is not the id of a delivery: 'berdaya deliveries list --state dead' shows them", args[0])}
	}
	return 1, d.RetryOne(ctx, id)
}
