package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/internal/history"
	"github.com/berdaya/berdaya/workflow"
)

func newHistory() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "history",
		Short:   "Verify the histories of programmes",
		Example: `  berdaya history verify --region 32.73`,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newHistoryVerify())
	return cmd
}

func newHistoryVerify() *cobra.Command {
	var scope workflow.HistoryScope
	var data string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that every history is whole and that every programme is what its history comes to",
		Long: `Folds the history of every programme, checks its chain of hashes, and compares what it comes to with the programme's row. Each
programme whose history does not fit is named, with the first event that does not and why; the exit code is 1 then. It only
reads, and may run beside servers.`,
		Example: `  berdaya history verify
  berdaya history verify --region 32.73
  berdaya history verify --programme JB-2026-0017 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, data, func(store *db.DB) error { return verifyHistories(cmd, store, scope, asJSON) })
		},
	}
	cmd.Flags().StringVar(&scope.Region, "region", "", "only programmes in this region and all below it: its code, such as 32.73")
	cmd.Flags().StringVar(&scope.Programme, "programme", "", "only this programme: its code")
	cmd.Flags().BoolVar(&asJSON, "json", false, "an object a line: one for each broken history, and one that sums up")
	dataFlag(cmd, &data)
	return cmd
}

// verifyHistories says which histories in a scope are broken.
func verifyHistories(cmd *cobra.Command, store *db.DB, scope workflow.HistoryScope, asJSON bool) error {
	bar, out := newProgress(), cmd.OutOrStdout()
	say := sayBroken
	if asJSON {
		say = sayBrokenJSON
	}
	sum, err := history.Verifier{Store: store.Histories()}.All(cmd.Context(), scope,
		func(done, total int) { bar.at("verifying histories", done, total) },
		func(b history.Broken) {
			bar.end() // it would stand in the same line; the next page draws it again
			say(out, b)
		})
	bar.end()
	if err != nil {
		return err
	}
	if asJSON {
		writeJSON(out, map[string]int64{"histories": sum.Histories, "events": sum.Events, "broken": sum.Broken})
	} else {
		fmt.Fprintf(out, "%d histories, %d events verified, %d broken\n", sum.Histories, sum.Events, sum.Broken)
	}
	if sum.Broken > 0 {
		return fmt.Errorf("%d of %d histories do not fit", sum.Broken, sum.Histories)
	}
	return nil
}

func sayBroken(out io.Writer, b history.Broken) {
	fmt.Fprintf(out, "%s: event %d: %s\n", b.Code, b.Version, b.Why)
}

func sayBrokenJSON(out io.Writer, b history.Broken) {
	writeJSON(out, struct {
		Programme string `json:"programme"`
		Event     int64  `json:"event"`
		Why       string `json:"why"`
	}{b.Code, b.Version, b.Why})
}

// writeJSON writes a line. What is written always has a form in JSON; where nobody reads any more there is nothing to do.
func writeJSON(out io.Writer, v any) { _ = json.NewEncoder(out).Encode(v) }
