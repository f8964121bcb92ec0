package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/internal/keeping"
)

// keepFlag lets the operator say how long what is settled is kept.
func keepFlag(cmd *cobra.Command, keep *map[string]string) {
	cmd.Flags().StringToStringVar(keep, "keep", nil, "how long something of the list above is kept where not as there, such as drafts=2160h; the same on every server; may be given again")
	cmd.Long += "\n\n" + aboutKeeping()
}

// aboutKeeping is the list of what is kept for a time.
func aboutKeeping() string {
	var text strings.Builder
	text.WriteString("What is settled is removed once its time is over, which --keep changes:\n\n")
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, k := range keeping.All {
		fmt.Fprintf(table, "  %s\t%.0fh\t%s\n", k.What, k.Default.Hours(), k.Says)
	}
	_ = table.Flush()
	return strings.TrimRight(text.String(), "\n")
}

// keepPeriods reads what the flag says.
func keepPeriods(keep map[string]string) (keeping.Periods, error) {
	periods := keeping.Periods{}
	for what, text := range keep {
		kept, err := time.ParseDuration(text)
		if err != nil {
			return nil, usagef("--keep %s=%s: write hours, such as %s=4320h", "--keep %s=%s: tulis jumlah jam, seperti %s=4320h", what, text, what)
		}
		periods[what] = kept
	}
	if err := periods.Check(); err != nil {
		return nil, usageError{err}
	}
	return periods, nil
}
