// Command berdaya is the open back end for community empowerment programmes. `berdaya dev` runs everything on an empty
// machine; `berdaya serve` is the same for production; the other commands look after regions, the schema and tokens.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
)

func main() { os.Exit(run()) }

// run carries out the command line and gives the exit code: 0 when it did, 1 when it could not, 2 when the command line is
// wrong. A second signal ends the program at once.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	root := newRoot()
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	return explain(printable{os.Stderr}, cmd, err)
}

// explain says why a command was not carried out, and gives the exit code.
func explain(out io.Writer, cmd *cobra.Command, err error) int {
	locale := spokenBy(cmd)
	usage, wrong := errors.AsType[usageError](err)
	if missing, ok := strings.CutPrefix(err.Error(), "required flag(s) "); ok && !wrong { // cobra gives it no type
		names := strings.ReplaceAll(strings.ReplaceAll(strings.TrimSuffix(missing, " not set"), `"`, ""), ", ", ", --")
		and := func(word string) string {
			i := strings.LastIndex(names, ", ")
			if i < 0 {
				return names
			}
			return names[:i] + word + names[i+2:]
		}
		usage, wrong = usageError{domain.Errorf(domain.CodeBadUserInput, "give --%s", and(" and ")).In("berikan --" + and(" dan "))}, true
	}
	if wrong {
		see := domain.Text{EN: "Run '%s --help' to see how.", ID: "Lihat caranya dengan '%s --help'."}.In(locale)
		fmt.Fprintf(out, "berdaya: %s\n"+see+"\n", said(usage.error, locale), cmd.CommandPath())
		return 2
	}
	printError(out, err, locale)
	return 1
}

// printError shows an error to whoever runs the program: every problem on a line of its own, led by its code.
func printError(out io.Writer, err error, locale domain.Locale) {
	if problems, ok := errors.AsType[domain.Problems](err); ok {
		for _, p := range problems {
			fmt.Fprintf(out, "berdaya: %s: %s\n", p.Code, said(p, locale))
		}
		return
	}
	if e, ok := errors.AsType[*domain.Error](err); ok {
		fmt.Fprintf(out, "berdaya: %s: %s\n", e.Code, said(e, locale))
		return
	}
	fmt.Fprintf(out, "berdaya: %v\n", err)
}

// usageError is a command line that cannot be understood.
type usageError struct{ error }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "berdaya",
		Short: "The open back end for community empowerment programmes",
		Long: `Berdaya holds the work of community empowerment coordinators: communities, programmes and stakeholders as a GraphQL API
over PostgreSQL, a workflow engine that moves each programme through identify, plan, train, monitor and report, and rules
per region that run as processes of their own.

New here? Run 'berdaya dev' and open the page that it prints.`,
		Example: `  berdaya dev                                        everything, to try it out
  berdaya token --role coordinator --region 32.73    a token, to try it out
  DATABASE_URL=postgres://… berdaya serve            the same in production`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if cmd.HasSubCommands() { // what is wrong is the word before: its flags are not ours
			if wrong := noArgs(cmd, cmd.Flags().Args()); wrong != nil {
				return wrong
			}
		}
		return usageError{err}
	})
	root.AddCommand(newDev(), newServe(), newToken(), newImport(), newRegions(), newDefinitions(), newDiagram(), newHistory(), newDeliveries(), newDecisions(), newMigrate(), newRules(), newPlugin(), newPluginProcess())
	root.CompletionOptions.HiddenDefaultCmd = true
	helpful(root)
	for _, cmd := range append(root.Commands(), root) {
		cmd.SuggestionsMinimumDistance = 1 // letter between what was typed and what was meant; cobra sets it only where it suggests by itself
	}
	return root
}

// noArgs refuses words that no command takes; near misses of a subcommand get a suggestion.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return usagef("unknown command %q; did you mean %q?", "perintah %q tidak dikenal; maksudnya %q?", args[0], near[0])
	}
	return usagef("unknown command %q", "perintah %q tidak dikenal", args[0])
}

// exactArgs wants this many words, and says what they are.
func exactArgs(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError{fmt.Errorf("this needs %s, and got %d", what, len(args))}
		}
		return nil
	}
}
