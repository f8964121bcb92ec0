package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/conformance"
	"github.com/berdaya/berdaya/plugins/declarative"
	"github.com/berdaya/berdaya/plugins/host"
	"github.com/berdaya/berdaya/plugins/rules"
)

func newPluginCheck() *cobra.Command {
	var o checkOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check PATH…",
		Short: "Try whether a program keeps the rules' contract, clause by clause",
		Long: `Runs a program of rules, written in any language, as the server would: confined, over its socket, with a limit on memory. It is
asked some hundred questions, with nothing known, everything known, unknown words, extreme numbers, in batches and at once, and
each clause of the contract is kept or broken. What is broken comes with what to do about it.

PATH is an executable, a folder with plugin.yaml, the tar.gz of one, or a rule file (.yaml). Parameters are the defaults in the program's schema
unless a file says others. The exit code is 1 where a clause is broken; warnings do not count.`,
		Example: `  berdaya plugin check ./trainings
  berdaya plugin check ./trainings --parameters surabaya.json --lang en
  berdaya plugin check dist/rules --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("this needs the path of a program, or several", "perintah ini memerlukan jalur sebuah program, atau beberapa")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.read(); err != nil {
				return err
			}
			results, err := checkPrograms(cmd.Context(), args, &o)
			if err != nil {
				return err
			}
			if asJSON {
				out := json.NewEncoder(cmd.OutOrStdout())
				out.SetEscapeHTML(false)
				out.SetIndent("", "  ")
				err = out.Encode(results)
			} else {
				for _, r := range results {
					r.print(cmd.OutOrStdout(), o.locale)
				}
			}
			for _, r := range results {
				if !r.Kept && err == nil {
					err = brokenContract(r.Path)
				}
			}
			return err
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the clauses as JSON, in both languages")
	return cmd
}

func brokenContract(path string) error {
	return domain.Errorf(domain.CodeBadFile, "%s does not keep the contract; each ✗ says what to do", path).
		In(path + " tidak memenuhi kontrak; setiap ✗ menyebut apa yang perlu dilakukan")
}

// checkOptions are how programs are tried.
type checkOptions struct {
	speech
	region, parametersFile string
	runtimes               map[string]string
	patience               time.Duration

	parameters map[string]any
}

func (o *checkOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.region, "region", "32.73", "the code of the region that the rules are told they work for")
	cmd.Flags().StringVar(&o.parametersFile, "parameters", "", "a JSON file with the region's parameters")
	cmd.Flags().StringToStringVar(&o.runtimes, "runtime", nil, "where a runtime of plugin.yaml is, such as node=/usr/bin/node (default: looked for in PATH)")
	cmd.Flags().DurationVar(&o.patience, "patience", 0, "on top of every deadline, for a machine that is busy")
	o.speech.flags(cmd)
}

// read checks the options and reads the parameters.
func (o *checkOptions) read() error {
	if err := o.speech.read(); err != nil {
		return err
	}
	if err := isRegion(o.region); err != nil {
		return err
	}
	if o.parametersFile == "" {
		return nil
	}
	text, err := os.ReadFile(o.parametersFile)
	if err == nil {
		o.parameters = map[string]any{}
		err = json.Unmarshal(text, &o.parameters)
	}
	if err != nil {
		return domain.Errorf(domain.CodeBadFile, "%s cannot be read; give a file with a JSON object", o.parametersFile).
			In(o.parametersFile + " tidak dapat dibaca; berikan berkas berisi objek JSON").Because(err)
	}
	return nil
}

// isRegion refuses what is no region's code.
func isRegion(code string) error {
	if _, ok := domain.LevelOf(code); !ok {
		return usagef("--region is the code of a region, such as 32.73, not %q", "--region berisi kode wilayah, seperti 32.73, bukan %q", code)
	}
	return nil
}

// runtimesFound adds to the runtimes that were named those that lie in PATH.
func (o *checkOptions) runtimesFound() map[string]string {
	all := map[string]string{}
	if node, err := exec.LookPath("node"); err == nil {
		if absolute, err := filepath.Abs(node); err == nil {
			all["node"] = absolute
		}
	}
	for name, at := range o.runtimes {
		all[name] = at
	}
	return all
}

// checkedProgram is what came of a program, as it is written in JSON.
type checkedProgram struct {
	Path    string          `json:"path"`
	Name    string          `json:"name"`
	Version string          `json:"version"`
	Kept    bool            `json:"kept"`
	Clauses []checkedClause `json:"clauses"`
}

type checkedClause struct {
	Clause   string     `json:"clause"`
	Result   string     `json:"result"` // KEPT, or the severity of the finding
	Title    languages  `json:"title"`
	Message  *languages `json:"message,omitempty"`
	Contract string     `json:"contract"`
}

type languages struct {
	EN string `json:"en"`
	ID string `json:"id"`
}

func (l languages) in(locale domain.Locale) string {
	if locale == domain.Indonesian && l.ID != "" {
		return l.ID
	}
	return l.EN
}

// kept is the result of a clause without a finding.
const kept = "KEPT"

func checkPrograms(ctx context.Context, paths []string, o *checkOptions) ([]checkedProgram, error) {
	stock, err := host.Own(pluginProcess, declarative.Name)
	if err != nil {
		return nil, err
	}
	h, err := host.New(host.Options{Logger: slog.New(slog.DiscardHandler), RuleFiles: stock})
	if err != nil {
		return nil, err
	}
	defer func() { _ = h.Close(context.WithoutCancel(ctx)) }()
	var results []checkedProgram
	for _, path := range paths {
		how := conformance.Options{Region: o.region, Parameters: o.parameters, Patience: o.patience}
		check := func() (*host.Checked, error) { return h.CheckProgram(ctx, path, o.runtimesFound(), how) }
		if ext := filepath.Ext(path); ext == ".yaml" || ext == ".yml" {
			text, err := readRuleFile(path)
			if err != nil {
				return nil, err
			}
			check = func() (*host.Checked, error) { return h.CheckFile(ctx, filepath.Base(path), text, how) }
		}
		c, err := check()
		if err != nil {
			return nil, err
		}
		results = append(results, checkedOf(path, c.Description, c.Findings))
	}
	return results, nil
}

// readRuleFile reads a file of rules, as far as one may be large.
func readRuleFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, domain.Errorf(domain.CodeBadFile, "%s cannot be read", path).In(path + " tidak dapat dibaca").Because(err)
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, domain.MaxRuleFile+1))
}

func checkedOf(path string, d *rules.Description, findings []conformance.Finding) checkedProgram {
	r := checkedProgram{Path: path, Name: d.GetName(), Version: d.GetVersion(), Kept: conformance.Kept(findings)}
	for _, c := range conformance.Clauses {
		one := checkedClause{Clause: c.Code, Result: kept, Title: languages{c.Title.EN, c.Title.ID}, Contract: c.Says}
		for _, f := range findings {
			if f.Clause == c.Code && one.Message == nil {
				one.Result, one.Message = string(f.Severity), &languages{f.EN, f.ID}
			}
		}
		r.Clauses = append(r.Clauses, one)
	}
	return r
}

// print writes the clauses as a table, and below each that is broken what to do.
func (r *checkedProgram) print(out io.Writer, locale domain.Locale) {
	words := map[domain.Locale][5]string{
		domain.English:    {"contract", "kept", "broken", "warnings", "not tried"},
		domain.Indonesian: {"kontrak", "terpenuhi", "dilanggar", "peringatan", "tidak dicoba"},
	}[locale]
	fmt.Fprintln(out, strings.TrimSpace(fmt.Sprintf("%s  %s %s", r.Path, r.Name, r.Version)))
	count := map[string]int{}
	for _, c := range r.Clauses {
		count[c.Result]++
		mark := map[string]string{kept: "✓", string(conformance.Error): "✗", string(conformance.Warning): "!", string(conformance.Skipped): "-"}[c.Result]
		fmt.Fprintf(out, "  %s %-22s  %s\n", mark, c.Clause, c.Title.in(locale))
		if c.Message != nil {
			fmt.Fprintf(out, "      %s\n", c.Message.in(locale))
		}
		if c.Result == string(conformance.Error) {
			fmt.Fprintf(out, "      %s: %q\n", words[0], c.Contract)
		}
	}
	fmt.Fprintf(out, "%d %s, %d %s, %d %s, %d %s\n", count[kept], words[1], count[string(conformance.Error)], words[2],
		count[string(conformance.Warning)], words[3], count[string(conformance.Skipped)], words[4])
}
