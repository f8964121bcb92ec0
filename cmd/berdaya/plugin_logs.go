package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
)

// loggedLine is a line that a rule set logged on a server.
type loggedLine struct {
	Server     string    `json:"server"`
	RegionCode string    `json:"regionCode"`
	Version    string    `json:"version"`
	At         time.Time `json:"at"`
	Text       string    `json:"text"`
}

func newPluginLogs() *cobra.Command {
	var region string
	cmd := &cobra.Command{
		Use:   "logs RULE-SET",
		Short: "Show what a rule set logged last, on all servers",
		Long: `Shows the last lines that a rule set logged, at most 50 of each server and region, in the order of time, and what went wrong lately.
Servers say so within seconds. Only admins and auditors of a region see them.`,
		Example: `  berdaya plugin logs jawa-barat
  berdaya plugin logs jawa-barat --region 32.73 --json`,
		Args: oneArg("the name of a rule set", "nama kumpulan aturan"),
	}
	asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		lines, fared, err := a.logged(ctx, args[0], region)
		switch {
		case err != nil:
			return err
		case a.json:
			return a.show(lines)
		case !fared:
			return domain.Errorf(domain.CodeNotFound, "%s is at work nowhere that you see; 'berdaya plugin list' shows what is", args[0]).
				In(args[0] + " tidak sedang dipakai di tempat yang dapat Anda lihat; 'berdaya plugin list' menampilkan yang dipakai")
		}
		for _, l := range lines {
			fmt.Fprintf(a.out, "%s  %s  %s@%s  %s\n", when(l.At), l.Server, l.RegionCode, l.Version, brief(l.Text, lineWidth))
		}
		if len(lines) == 0 {
			fmt.Fprintln(a.out, a.in("It has logged nothing yet.", "Belum ada catatan."))
		}
		return nil
	})
	regionFlag(cmd, &region)
	cmd.Flags().Lookup("region").Usage = "only where it is at work for this region and below"
	return cmd
}

// logged gives the lines of a rule set in the order of time, what went wrong among them, and whether it is at work at all.
func (a *asked) logged(ctx context.Context, ruleSet, region string) (lines []loggedLine, fared bool, err error) {
	const query = `query($region: RegionFilter) { plugins(region: $region) { server ruleSet regionCode version lines { at text } failures { lastAt count error } } }`
	variables := map[string]any{}
	if region != "" {
		variables["region"] = map[string]any{"under": region}
	}
	var answer struct {
		Plugins []struct {
			Server, RuleSet, RegionCode, Version string
			Lines                                []struct {
				At   time.Time
				Text string
			}
			Failures []struct {
				LastAt time.Time
				Count  int
				Error  string
			}
		}
	}
	if err := a.client.Ask(ctx, query, variables, &answer); err != nil {
		return nil, false, err
	}
	lines = []loggedLine{}
	for _, p := range answer.Plugins {
		if p.RuleSet != ruleSet {
			continue
		}
		fared = true
		for _, l := range p.Lines {
			lines = append(lines, loggedLine{p.Server, p.RegionCode, p.Version, l.At, l.Text})
		}
		for _, f := range p.Failures {
			lines = append(lines, loggedLine{p.Server, p.RegionCode, p.Version, f.LastAt, fmt.Sprintf("! %s (%d)", f.Error, f.Count)})
		}
	}
	slices.SortStableFunc(lines, func(x, y loggedLine) int { return x.At.Compare(y.At) })
	return lines, fared, nil
}
