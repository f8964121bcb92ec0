package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
)

func newPluginShadow() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "shadow",
		Short: "Run a version in the shadow of the rules at work, and see where it differs",
		Long: `A shadow is asked about every real decision of its region, beside the rules at work, and what it says counts for nothing: it is only
compared. Nobody waits for it. It ends by itself, and where it breaks down.`,
		Example: `  berdaya plugin shadow start jawa-barat@1.2 --region 32 --for 336h
  berdaya plugin shadow show jawa-barat --region 32`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newShadowStart(), newShadowShow(), newShadowStop())
	return cmd
}

func newShadowStart() *cobra.Command {
	var t trying
	var lasts time.Duration
	var until string
	cmd := &cobra.Command{
		Use:   "start RULE-SET@VERSION --region CODE",
		Short: "Begin to run a version in the shadow",
		Example: `  berdaya plugin shadow start jawa-barat@1.2 --region 32
  berdaya plugin shadow start jawa-barat@1.2 --region 32 --until 2026-06-01`,
		Args: oneArg("a version, such as jawa-barat@1.2", "versi, seperti jawa-barat@1.2"),
	}
	asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		end, err := instantOf("until", until)
		if err != nil {
			return err
		}
		if end == nil {
			at := time.Now().Add(lasts).UTC()
			end = &at
		}
		id, err := a.begin(ctx, "startShadow", args[0], t, map[string]any{"until": end})
		if err != nil {
			return err
		}
		t.detach = a.json
		if a.json {
			return a.result(ctx, id, t)
		}
		a.say("%s runs in the shadow in %s until %s; what it says: berdaya plugin shadow show --region %s", "%s berjalan sebagai bayangan di %s sampai %s; temuannya: berdaya plugin shadow show --region %s",
			args[0], t.region, end.Format(time.RFC3339), t.region)
		return nil
	})
	t.flags(cmd)
	cmd.Flags().DurationVar(&lasts, "for", 14*24*time.Hour, "how long, at most 2160h")
	cmd.Flags().StringVar(&until, "until", "", "or until when: a day or an instant, at most 90 days from now")
	return cmd
}

// shadows lists the shadows of a region and below, newest first.
func (a *asked) shadows(ctx context.Context, region map[string]any, state *domain.TrialState) ([]shownTrial, error) {
	var answer struct {
		RuleTrials struct{ Nodes []shownTrial } `json:"ruleTrials"`
	}
	err := a.client.Ask(ctx, "query($region: RegionFilter, $state: TrialState) { ruleTrials(region: $region, kind: SHADOW, state: $state, first: 50) { nodes { "+trialFields+" } } }",
		map[string]any{"region": region, "state": state}, &answer)
	return answer.RuleTrials.Nodes, err
}

func newShadowShow() *cobra.Command {
	var t trying
	cmd := &cobra.Command{
		Use:   "show [RULE-SET]",
		Short: "List shadows, or show what the newest one of a rule set found",
		Example: `  berdaya plugin shadow show --region 32
  berdaya plugin shadow show jawa-barat --region 32 --first 50`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("this needs at most the name of one rule set, and got %d", "perintah ini memerlukan paling banyak satu nama kumpulan aturan, dan mendapat %d", len(args))
			}
			return nil
		},
	}
	asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		if err := t.check(); err != nil {
			return err
		}
		region := map[string]any(nil)
		if t.region != "" {
			region = map[string]any{"under": t.region}
		}
		all, err := a.shadows(ctx, region, nil)
		if err != nil {
			return err
		}
		if len(args) == 1 {
			for _, s := range all {
				if s.RuleSet.Name == args[0] {
					return a.shown(ctx, s.ID, t.first)
				}
			}
			return noShadow(args[0])
		}
		if a.json {
			return a.show(all)
		}
		w := a.columns()
		defer w.Flush()
		fmt.Fprintln(w, domain.Text{EN: "RULE SET\tVERSION\tREGION\tSTATE\tUNTIL\tDECISIONS\tNEWLY BLOCKED\tFREED\tNOT JUDGED\tMISSED",
			ID: "KUMPULAN ATURAN\tVERSI\tWILAYAH\tKEADAAN\tSAMPAI\tKEPUTUSAN\tBARU TERHALANG\tTERBEBAS\tTIDAK DINILAI\tTERLEWAT"}.In(a.locale))
		for _, s := range all {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\n", s.RuleSet.Name, s.Version.Version, s.RegionCode, s.StateLabel, s.Until.UTC().Format(time.DateOnly),
				s.Done, s.NewlyBlocked, s.Freed, s.NotJudged, s.Missed)
		}
		return nil
	})
	regionFlag(cmd, &t.region)
	cmd.Flags().IntVar(&t.first, "first", 10, "how many differences to list, 1 to 100")
	return cmd
}

func newShadowStop() *cobra.Command {
	var region string
	cmd := &cobra.Command{
		Use:     "stop RULE-SET --region CODE",
		Short:   "End the shadow of a rule set in a region; what it found stays",
		Example: `  berdaya plugin shadow stop jawa-barat --region 32`,
		Args:    oneArg("the name of a rule set", "nama kumpulan aturan"),
	}
	asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		running := domain.TrialRunning
		all, err := a.shadows(ctx, map[string]any{"is": region}, &running)
		if err != nil {
			return err
		}
		for _, s := range all {
			if s.RuleSet.Name == args[0] {
				if _, err := a.directTrial(ctx, "cancelRuleTrial", map[string]any{"id": s.ID, "idempotencyKey": uuid.NewString()}); err != nil {
					return err
				}
				return a.shown(ctx, s.ID, 10)
			}
		}
		return noShadow(args[0])
	})
	regionFlag(cmd, &region)
	_ = cmd.MarkFlagRequired("region")
	return cmd
}

func noShadow(ruleSet string) error {
	return domain.Errorf(domain.CodeNotFound, "%s has no shadow there, or you may not see it", ruleSet).In(ruleSet + " tidak memiliki bayangan di sana, atau Anda tidak boleh melihatnya")
}
