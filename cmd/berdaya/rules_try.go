package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/plugins/declarative"
)

func newRulesTest(in spoken) *cobra.Command {
	return &cobra.Command{
		Use:   "test FILE…",
		Short: "Run the tests of rule files",
		Long: `Runs the tests that stand in each rule file, and those in a file beside it: for jawa-barat.yaml that is jawa-barat.test.yaml. What a
test expected and what it got stand under its name. The exit code is 1 where a test failed.`,
		Example: `  berdaya rules test jawa-barat.yaml`,
		Args:    someFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			out, wrong := cmd.OutOrStdout(), 0
			for _, path := range args {
				failed, err := testRules(cmd, out, in, path)
				if err != nil {
					return err
				}
				wrong += failed
			}
			return found(wrong, "failure", "kegagalan")
		},
	}
}

// testRules runs the tests of one file and gives how many failed, or how many problems keep them from running.
func testRules(cmd *cobra.Command, out io.Writer, in spoken, path string) (failed int, err error) {
	text, err := readRules(path)
	if err != nil {
		return 0, err
	}
	p, problems := declarative.Compile(cmd.Context(), text)
	printProblems(out, in, path, "", problems)
	beside := strings.TrimSuffix(path, ".yaml") + ".test.yaml"
	more, wrong, err := testsBeside(beside)
	if err != nil {
		return 0, err
	}
	printProblems(out, in, beside, "", wrong)
	if n := len(problems) + len(wrong); n > 0 {
		return n, nil
	}
	results, err := p.Test(cmd.Context(), more...)
	if err != nil {
		return 0, err
	}
	for i, r := range results {
		from := path
		if i >= len(results)-len(more) {
			from = beside
		}
		if len(r.Wrong) == 0 {
			fmt.Fprintf(out, "✓ %s\n", r.Test.Name)
			continue
		}
		failed++
		fmt.Fprintf(out, "✗ %s\n", r.Test.Name)
		for _, d := range r.Wrong {
			fmt.Fprintf(out, "  %s:%d:%d: %s\n    %s %s\n    %s %s\n", from, d.Line, d.Column, d.Code,
				in("expected", "diharapkan"), in(d.Want.EN, d.Want.ID), in("got     ", "hasilnya  "), in(d.Got.EN, d.Got.ID))
		}
	}
	fmt.Fprintf(out, in("%s: %d of %d tests passed\n", "%s: %d dari %d uji lolos\n"), path, len(results)-failed, len(results))
	return failed, nil
}

// testsBeside reads the tests beside a rule file, where there are any.
func testsBeside(path string) ([]*declarative.Test, declarative.Problems, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	text, err := readRules(path)
	if err != nil {
		return nil, nil, err
	}
	tests, problems := declarative.Tests(text)
	return tests, problems, nil
}
