package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/declarative"
	"github.com/berdaya/berdaya/plugins/host"
	"github.com/berdaya/berdaya/plugins/national"
)

// pluginProcess is the word by which the server starts itself as a rule process.
const pluginProcess = "plugin-process"

// newPlugin groups what authors of rule programs and those who put them to work need.
func newPlugin() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plugin",
		Short: "Write programs of rules, try them and put them to work",
		Example: `  berdaya plugin new jawa-timur --in go --region 35
  berdaya plugin upload jawa-barat.yaml --region 32
  berdaya plugin activate jawa-barat@1.2 --region 32 --mode everyone --dry-run`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPluginNew(), newPluginTest(), newPluginCheck(), newPluginUpload(), newPluginFetch(), newPluginApprove(), newPluginActivate(), newPluginRollback(),
		newPluginDeactivate(), newPluginWithdraw(), newPluginList(), newPluginShow(), newPluginLogs(), newPluginSimulate(), newPluginReplay(), newPluginShadow(), newPluginTrial())
	return cmd
}

// newPluginProcess is not for people: the server starts its own program with it, so that the rules that come with it run as a
// process like any office's.
func newPluginProcess() *cobra.Command {
	return &cobra.Command{
		Use:    pluginProcess + " RULE-SET",
		Short:  "Run a rule set that comes with the program (the server does this)",
		Hidden: true,
		Args:   exactArgs(1, "the name of a rule set"),
		RunE: func(_ *cobra.Command, args []string) error {
			switch args[0] {
			case national.Name:
				national.Serve()
			case declarative.Name:
				declarative.Serve()
			default:
				return usageError{fmt.Errorf("no rule set %q comes with this program", args[0])}
			}
			return nil
		},
	}
}

// nationalRules binds the national rules, run by this very program, to every programme.
func nationalRules() (host.Binding, error) {
	own, err := host.Own(pluginProcess, national.Name)
	return host.Binding{RuleSet: national.Name, Region: domain.NationCode, Command: own}, err
}
