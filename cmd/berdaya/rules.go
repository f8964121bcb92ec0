package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/declarative"
)

// newRules groups what authors of rule files need. None of it asks a server or a database.
func newRules() *cobra.Command {
	var s speech
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "Write rules as a file, check them and try them",
		Long: `A rule file holds an office's rules as text: what must be so before a programme moves on, and what to tell people where it is
not. Nothing needs to be compiled or installed; begin with 'berdaya rules new'.`,
		Example: `  berdaya rules new jawa-barat --region 32
  berdaya rules test jawa-barat.yaml`,
		Args:              noArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error { return s.read() },
	}
	s.flagsOf(cmd.PersistentFlags())
	cmd.AddCommand(newRulesNew(s.in), newRulesCheck(s.in), newRulesTest(s.in), newRulesExplain(s.in))
	return cmd
}

// spoken gives a text in the language that the command was asked to speak.
type spoken func(en, id string) string

func newRulesNew(in spoken) *cobra.Command {
	var region string
	cmd := &cobra.Command{
		Use:     "new NAME",
		Short:   "Write a rule file to begin with, which explains itself",
		Example: `  berdaya rules new jawa-barat --region 32`,
		Args:    oneArg("the name of the rule set", "nama kumpulan aturan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, ok := domain.LevelOf(region); !ok {
				return usagef("--region is the code of a region, such as 32.73, not %q", "--region berisi kode wilayah, seperti 32.73, bukan %q", region)
			}
			text, path := declarative.Example(args[0], region), args[0]+".yaml"
			if problems := declarative.Check(cmd.Context(), []byte(text)); problems != nil {
				return usagef("a name is 1 to 64 small letters, digits and hyphens, not %q", "nama terdiri atas 1 sampai 64 huruf kecil, angka dan tanda hubung, bukan %q", args[0])
			}
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if errors.Is(err, fs.ErrExist) {
				return domain.Errorf(domain.CodeAlreadyExists, "%s is there already; choose another name", path).In(path + " sudah ada; pilih nama lain")
			}
			cannot := domain.Errorf(domain.CodeBadFile, "%s cannot be written here", path).In(path + " tidak dapat ditulis di sini")
			if err != nil {
				return cannot.Because(err)
			}
			_, err = f.WriteString(text)
			if err = errors.Join(err, f.Close()); err != nil {
				return cannot.Because(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), in("%[1]s is written. Open it, then: berdaya rules test %[1]s\n", "%[1]s telah ditulis. Buka, lalu: berdaya rules test %[1]s\n"), path)
			return nil
		},
	}
	cmd.Flags().StringVar(&region, "region", "", "the code of the region that the rules are for, such as 32")
	_ = cmd.MarkFlagRequired("region")
	return cmd
}

func newRulesCheck(in spoken) *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE…",
		Short: "Say all that is wrong with rule files, as the server does when one is uploaded",
		Long: `Reads rule files and runs the tests in them. What is wrong is said as FILE:LINE:COLUMN: what, and then the exit code is 1; what may
be wrong, such as a rule that may take too long, is a warning. COST is what a rule costs where every list has a hundred entries,
in steps of CEL; an expression may take 200,000.`,
		Example: `  berdaya rules check jawa-barat.yaml`,
		Args:    someFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			out, wrong := cmd.OutOrStdout(), 0
			for _, path := range args {
				text, err := readRules(path)
				if err != nil {
					return err
				}
				problems := declarative.Check(cmd.Context(), text)
				printProblems(out, in, path, "", problems)
				if wrong += len(problems); len(problems) > 0 {
					continue
				}
				p, _ := declarative.Compile(cmd.Context(), text)
				printProblems(out, in, path, in("warning: ", "peringatan: "), p.Warnings)
				if err := showRules(out, in, p); err != nil {
					return err
				}
			}
			return found(wrong, "problem", "masalah")
		},
	}
}

// found makes an error of a number of things that are wrong and were said already.
func found(wrong int, en, id string) error {
	if wrong == 0 {
		return nil
	}
	return domain.Errorf(domain.CodeBadFile, "%s", counted(wrong, en, "")).In(fmt.Sprintf("%d %s", wrong, id))
}

func printProblems(out io.Writer, in spoken, path, lead string, problems declarative.Problems) {
	for _, p := range problems {
		fmt.Fprintf(out, "%s:%d:%d: %s%s\n", path, p.Line, p.Column, lead, in(p.EN, p.ID))
	}
}

// showRules lists the rules of a file, and its parameters.
func showRules(out io.Writer, in spoken, p *declarative.Program) error {
	d := p.Description
	fmt.Fprintf(out, "%s %s · %s\n\n", d.GetName(), d.GetVersion(), in(d.GetTitle().GetEn(), d.GetTitle().GetId()))
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, in("RULE\tSTAGES\tMOVES\tSEVERITY\tWAIVABLE\tFACTS\tCOST", "ATURAN\tTAHAP\tLANGKAH\tBOBOT\tPENGECUALIAN\tFAKTA\tBIAYA"))
	for _, r := range p.Rules {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\n", r.Code, strings.Join(r.Stages, " "), strings.Join(r.Moves, " "), r.Severity, r.Waivable, orDash(strings.Join(r.Facts, " ")), r.Cost)
	}
	if len(p.Parameters) > 0 {
		fmt.Fprintln(table, "\n"+in("PARAMETER\tTYPE\tDEFAULT", "PARAMETER\tJENIS\tBAWAAN"))
	}
	for _, one := range p.Parameters {
		value := in("none: every region says it", "tidak ada: setiap wilayah menetapkannya")
		if one.Default != nil {
			text, err := json.Marshal(one.Default)
			if err != nil {
				return err
			}
			value = string(text)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", one.Name, one.Type, value)
	}
	return table.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func someFiles(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("this needs a rule file, or several", "perintah ini memerlukan satu berkas aturan atau lebih")
	}
	return nil
}

// readRules reads a file that may be a rule file: no more of it than one can have, and a byte.
func readRules(path string) ([]byte, error) {
	cannot := domain.Errorf(domain.CodeBadFile, "%s cannot be read; give a file in YAML", path).In(path + " tidak dapat dibaca; berikan berkas YAML")
	f, err := os.Open(path)
	if err != nil {
		return nil, cannot.Because(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, declarative.FileMost+1))
	if err != nil {
		return nil, cannot.Because(err)
	}
	return text, nil
}
