package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/remote"
)

// settled is the answer to a command about a version.
type settled struct {
	Version    *shownVersion      `json:"version"`
	UserErrors []remote.UserError `json:"userErrors"`
}

// settle has something done with a version of a rule set.
func (a *asked) settle(ctx context.Context, command, input, named, reason, en, id string) error {
	ruleSet, version, err := versionNamed(named)
	if err != nil {
		return err
	}
	in := map[string]any{"ruleSet": ruleSet, "version": version}
	if reason != "" {
		in["reason"] = reason
	}
	var answer map[string]settled
	if err := a.order(ctx, "mutation($input: "+input+"!) { "+command+"(input: $input) { version { "+versionFields+" } "+remote.Fields+" } }", in, &answer); err != nil {
		return err
	}
	if err := remote.Problems(answer[command].UserErrors); err != nil {
		return err
	}
	if a.json {
		return a.show(answer[command].Version)
	}
	a.say(en, id, named)
	return nil
}

func newPluginApprove() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "approve RULE-SET@VERSION",
		Short: "Let a program run that was checked",
		Long: `Approves a program that was uploaded by somebody else and checked. It runs on every server, so this takes a national admin. Look at
what you approve: berdaya plugin fetch gets the archive, and berdaya plugin check tries it. Rule files need no approval.`,
		Example: `  berdaya plugin approve surabaya@2.1 --reason "Read with the office on 4 May"`,
		Args:    oneArg("a version, such as surabaya@2.1", "versi, seperti surabaya@2.1"),
	}
	asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		return a.settle(ctx, "approveRuleSet", "ApproveRuleSetInput", args[0], reason, "approved %s", "%s disetujui")
	})
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return cmd
}

func newPluginWithdraw() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "withdraw RULE-SET@VERSION",
		Short: "Make sure that a version is never activated again",
		Long: `Withdraws a version. It is refused while the version may still bind a programme anywhere; the error says where to take it out of
work first. What was withdrawn stays in the catalogue and its trail, and never comes back.`,
		Example: `  berdaya plugin withdraw jawa-barat@1.1 --reason "Counts trainings twice"`,
		Args:    oneArg("a version, such as jawa-barat@1.1", "versi, seperti jawa-barat@1.1"),
	}
	asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		return a.settle(ctx, "withdrawRuleSet", "WithdrawRuleSetInput", args[0], reason, "withdrew %s", "%s ditarik")
	})
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return cmd
}

// placing is where a rule set is put to work, and how.
type placing struct {
	region, reason string
	expected, to   int
	dry            bool
}

func (p *placing) flags(cmd *cobra.Command) {
	regionFlag(cmd, &p.region)
	cmd.Flags().StringVar(&p.reason, "reason", "", "why")
	cmd.Flags().IntVar(&p.expected, "expected-revision", -1, "do it only where this is the newest revision; 0 is none")
	cmd.Flags().BoolVar(&p.dry, "dry-run", false, "only say what would be")
}

// placed is the answer to a command that puts a rule set to work or takes it out.
type placed struct {
	Revision   *int               `json:"revision"`
	Programmes *int               `json:"programmes,omitempty"`
	Activation *shownActivation   `json:"activation,omitempty"` // none for a dry run
	UserErrors []remote.UserError `json:"userErrors"`
}

// place puts a rule set to work, or takes it out.
func (a *asked) place(ctx context.Context, command string, p placing, input map[string]any) error {
	if p.region == "" {
		return usagef("say with --region where, such as 32 or 32.73", "sebutkan wilayahnya dengan --region, seperti 32 atau 32.73")
	}
	input["regionCode"], input["dryRun"] = p.region, p.dry
	if p.reason != "" {
		input["reason"] = p.reason
	}
	if p.expected >= 0 {
		input["expectedRevision"] = p.expected
	}
	kind := strings.ToUpper(command[:1]) + command[1:] + "Input"
	var answer map[string]placed
	if err := a.order(ctx, "mutation($input: "+kind+"!) { "+command+"(input: $input) { revision programmes activation { "+activationFields+" } "+remote.Fields+" } }", input, &answer); err != nil {
		return err
	}
	done := answer[command]
	if err := remote.Problems(done.UserErrors); err != nil {
		return err
	}
	if a.json {
		return a.show(done)
	}
	switch {
	case done.Revision == nil || done.Activation == nil && done.Programmes == nil:
		return errors.New("the server did not say what became of it")
	case done.Activation == nil:
		a.say("it would be revision %d in %s and concern %d programmes at once; nothing was done", "akan menjadi revisi %d di %s dan langsung menyangkut %d program; tidak ada yang dilakukan",
			*done.Revision, p.region, *done.Programmes)
	case done.Activation.Version != nil && done.Activation.Restores != nil:
		a.say("revision %d in %s: %s@%s, as with revision %d, is in force on every server within seconds: berdaya plugin list",
			"revisi %d di %s: %s@%s, seperti pada revisi %d, berlaku di semua server dalam hitungan detik: berdaya plugin list",
			*done.Revision, p.region, input["ruleSet"], done.Activation.Version.Version, *done.Activation.Restores)
	case done.Activation.Version == nil:
		a.say("revision %d in %s: %s is out of work on every server within seconds: berdaya plugin list", "revisi %d di %s: %s tidak aktif lagi di semua server dalam hitungan detik: berdaya plugin list",
			*done.Revision, p.region, input["ruleSet"])
	default:
		a.say("revision %d in %s: %s@%s is in force on every server within seconds: berdaya plugin list", "revisi %d di %s: %s@%s berlaku di semua server dalam hitungan detik: berdaya plugin list",
			*done.Revision, p.region, input["ruleSet"], done.Activation.Version.Version)
	}
	return nil
}

// modes are the modes of activations as people write them.
var modes = map[string]domain.ActivationMode{"new": domain.NewEntries, "everyone": domain.Everyone}

func newPluginActivate() *cobra.Command {
	var p placing
	var mode, parameters string
	cmd := &cobra.Command{
		Use:   "activate RULE-SET@VERSION --region CODE",
		Short: "Put a version to work for a region and all below it",
		Long: `Puts a version to work, with the parameters of the region: a JSON object in a file, or the object itself. --mode new (the default) binds
programmes that enter a stage from now on and leaves the others with the rules that their stage began with; --mode everyone
binds all of them at once. --dry-run says how many that would be.`,
		Example: `  berdaya plugin activate jawa-barat@1.2 --region 32 --dry-run --mode everyone
  berdaya plugin activate jawa-barat@1.2 --region 32.73 --parameters bandung.json
  berdaya plugin activate jawa-barat@1.2 --region 32 --parameters '{"days": 14}'`,
		Args: oneArg("a version, such as jawa-barat@1.2", "versi, seperti jawa-barat@1.2"),
	}
	asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		ruleSet, version, err := versionNamed(args[0])
		if err != nil {
			return err
		}
		input := map[string]any{"ruleSet": ruleSet, "version": version, "mode": modes[mode]}
		if modes[mode] == "" {
			return usagef("--mode is new or everyone, not %q", "--mode berisi new atau everyone, bukan %q", mode)
		}
		if parameters != "" {
			if input["parameters"], err = parametersIn(parameters); err != nil {
				return err
			}
		}
		return a.place(ctx, "activateRuleSet", p, input)
	})
	p.flags(cmd)
	cmd.Flags().StringVar(&mode, "mode", "new", "whom it binds: new or everyone")
	cmd.Flags().StringVar(&parameters, "parameters", "", "the parameters of the region: a JSON file, or a JSON object")
	return cmd
}

// parametersIn reads parameters from a file, or from the text itself where it begins as an object does.
func parametersIn(text string) (object map[string]any, err error) {
	raw := []byte(text)
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		if raw, err = readBounded(text, domain.MaxParameters); err != nil {
			return nil, usagef("the parameters cannot be read: %v", "parameter tidak dapat dibaca: %v", err)
		}
	}
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, usagef("the parameters are no JSON object: %v", "parameter bukan objek JSON: %v", err)
	}
	return object, nil
}

func newPluginRollback() *cobra.Command {
	var p placing
	cmd := &cobra.Command{
		Use:   "rollback RULE-SET --region CODE",
		Short: "Put to work for everyone what was at work before",
		Long: `Puts to work again, for everyone and with the parameters of then, what was at work in the region before the newest activation, or with
the revision that --to names. Rolling back again goes one step further back, never forward to what was left. It asks the rule set
nothing, so it works while its process is down.`,
		Example: `  berdaya plugin rollback jawa-barat --region 32
  berdaya plugin rollback jawa-barat --region 32 --to 3`,
		Args: oneArg("the name of a rule set", "nama kumpulan aturan"),
	}
	asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		input := map[string]any{"ruleSet": args[0]}
		if p.to > 0 {
			input["toRevision"] = p.to
		}
		return a.place(ctx, "rollbackRuleSet", p, input)
	})
	p.flags(cmd)
	cmd.Flags().IntVar(&p.to, "to", 0, "the revision to go back to (default: one step back; after a rollback, one step further)")
	return cmd
}

func newPluginDeactivate() *cobra.Command {
	var p placing
	var mode string
	cmd := &cobra.Command{
		Use:   "deactivate RULE-SET --region CODE",
		Short: "Take a rule set out of work in a region",
		Long: `Takes a rule set out of work in a region. --mode everyone (the default) frees all programmes at once; --mode new leaves those bound that
are, and binds no new ones. It asks the rule set nothing, so it works while its process is down.`,
		Example: `  berdaya plugin deactivate jawa-barat --region 32.73 --reason "Until the flood is over"`,
		Args:    oneArg("the name of a rule set", "nama kumpulan aturan"),
	}
	asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		if modes[mode] == "" {
			return usagef("--mode is new or everyone, not %q", "--mode berisi new atau everyone, bukan %q", mode)
		}
		return a.place(ctx, "deactivateRuleSet", p, map[string]any{"ruleSet": args[0], "mode": modes[mode]})
	})
	p.flags(cmd)
	cmd.Flags().StringVar(&mode, "mode", "everyone", "whom it frees: new or everyone")
	return cmd
}
