package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/declarative"
	"github.com/berdaya/berdaya/plugins/rules"
)

// explained is what to explain a rule file with.
type explained struct {
	facts, test, move, stage, at, rule string
	parameters                         map[string]string
}

func newRulesExplain(in spoken) *cobra.Command {
	var o explained
	var words bool
	cmd := &cobra.Command{
		Use:   "explain FILE",
		Short: "Show how rules come to what they say, or list the words that they may use",
		Long: `Asks the rules of a file about a programme, and shows each part of each assertion with its value, so that one sees why a rule
fails. The programme is that of one of the file's tests (the first, or the one that --test names), or the facts in a file, in YAML or
JSON with the contract's field names, with the stage, the move, the day and the parameters that the flags say.

With --words it lists all that expressions may use: variables, the fields of the facts with their units and values, and functions.`,
		Example: `  berdaya rules explain jawa-barat.yaml --test "too few women"
  berdaya rules explain jawa-barat.yaml --facts programme.yaml --stage PLAN --at 2026-03-02 --param min_women_percent=40
  berdaya rules explain --words`,
		Args: func(_ *cobra.Command, args []string) error {
			if words != (len(args) == 0) || len(args) > 1 {
				return usagef("this needs one rule file, or --words and none", "perintah ini memerlukan satu berkas aturan, atau --words tanpa berkas")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if words {
				return showWords(cmd.OutOrStdout(), in)
			}
			return o.explain(cmd, in, args[0])
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&words, "words", false, "list the words that expressions may use")
	flags.StringVar(&o.facts, "facts", "", "a file with the facts of a programme")
	flags.StringVar(&o.test, "test", "", "the name of a test in the file, whose facts are taken")
	flags.StringVar(&o.rule, "rule", "", "only the rule with this code")
	flags.StringVar(&o.stage, "stage", rules.Identify, "with --facts: the stage that the programme is in: "+strings.Join(rules.Stages, ", "))
	flags.StringVar(&o.move, "move", rules.Advance, "with --facts: the move: "+strings.Join(rules.Moves, ", "))
	flags.StringVar(&o.at, "at", "", "with --facts: the day, such as 2026-03-02 (default: today)")
	flags.StringToStringVar(&o.parameters, "param", nil, "with --facts: a parameter, such as min_women_percent=40")
	return cmd
}

func (o *explained) explain(cmd *cobra.Command, in spoken, path string) error {
	text, err := readRules(path)
	if err != nil {
		return err
	}
	p, problems := declarative.Compile(cmd.Context(), text)
	if printProblems(cmd.OutOrStdout(), in, path, "", problems); len(problems) > 0 {
		return found(len(problems), "problem", "masalah")
	}
	q, parameters, err := o.question(cmd, in, p)
	if err != nil {
		return err
	}
	explanations, err := p.Explain(cmd.Context(), q, parameters)
	if err != nil {
		return domain.Errorf(domain.CodeBadUserInput, "%v", err).At("param")
	}
	there := false
	for _, e := range explanations {
		if o.rule == "" || o.rule == e.Code {
			showExplanation(cmd.OutOrStdout(), in, e)
			there = true
		}
	}
	if !there {
		var codes []string
		for _, e := range explanations {
			codes = append(codes, e.Code)
		}
		has := strings.Join(codes, ", ")
		return domain.Errorf(domain.CodeNotFound, "the file has no rule %q; it has %s", o.rule, has).In(fmt.Sprintf("tidak ada aturan %q dalam berkas; yang ada: %s", o.rule, has))
	}
	return nil
}

// question gives what to ask: the facts of a file, or those of a test.
func (o *explained) question(cmd *cobra.Command, in spoken, p *declarative.Program) (*rules.Question, map[string]any, error) {
	if o.facts == "" {
		tests := p.Tests()
		i := slices.IndexFunc(tests, func(t *declarative.Test) bool { return o.test == "" || o.test == t.Name })
		if i < 0 {
			return nil, nil, noTest(o.test, tests)
		}
		fmt.Fprintf(cmd.OutOrStdout(), in("test: %s\n", "uji: %s\n"), tests[i].Name)
		q, parameters := tests[i].Question()
		return q, parameters, nil
	}
	if !slices.Contains(rules.Stages, o.stage) || !slices.Contains(rules.Moves, o.move) {
		return nil, nil, usagef("--stage is one of %s, --move one of %s", "--stage berisi salah satu dari %s, --move salah satu dari %s", strings.Join(rules.Stages, ", "), strings.Join(rules.Moves, ", "))
	}
	if o.at == "" {
		o.at = time.Now().UTC().Format(time.RFC3339)
	}
	text, err := readRules(o.facts)
	if err != nil {
		return nil, nil, err
	}
	q, problems := declarative.Question(text, o.stage, o.move, o.at)
	if printProblems(cmd.OutOrStdout(), in, o.facts, "", problems); len(problems) > 0 {
		return nil, nil, found(len(problems), "problem", "masalah")
	}
	parameters := map[string]any{}
	for name, text := range o.parameters {
		var value any
		if json.Unmarshal([]byte(text), &value) != nil {
			value = text
		}
		parameters[name] = value
	}
	return q, parameters, nil
}

// noTest is the error for a test that a file does not have; it names those that it has.
func noTest(name string, tests []*declarative.Test) error {
	if len(tests) == 0 {
		return domain.Errorf(domain.CodeNotFound, "the file has no tests; give a file of facts with --facts").In("berkas ini tidak memuat uji; berikan berkas fakta dengan --facts")
	}
	var names []string
	for _, t := range tests {
		names = append(names, strconv.Quote(t.Name))
	}
	has := brief(strings.Join(names, ", "), lineWidth)
	return domain.Errorf(domain.CodeNotFound, "the file has no test %q; it has %s", name, has).In(fmt.Sprintf("tidak ada uji %q dalam berkas; yang ada: %s", name, has))
}

func showExplanation(out io.Writer, in spoken, e declarative.Explanation) {
	fmt.Fprintf(out, "\n%s · %s\n", e.Code, in(e.Title.EN, e.Title.ID))
	if !e.Speaks {
		fmt.Fprintln(out, in("  does not speak to this stage and move", "  tidak berlaku untuk tahap dan langkah ini"))
		return
	}
	for _, v := range e.Verdicts {
		if v.GetPassed() {
			fmt.Fprintln(out, in("  ✓ passes", "  ✓ lolos"))
			continue
		}
		fmt.Fprintf(out, "  ✗ %s: %s\n", v.GetSeverity(), in(v.GetMessage().GetEn(), v.GetMessage().GetId()))
	}
	for _, t := range e.Traces {
		showTrace(out, t, "  ")
	}
}

// widest is how much of an expression a line shows, in characters.
const widest = 90

func showTrace(out io.Writer, t declarative.Trace, indent string) {
	text := []rune(t.Text)
	if len(text) > widest {
		text = append(text[:widest-1], '…')
	}
	fmt.Fprintf(out, "%s%s → %s\n", indent, string(text), t.Value)
	for _, part := range t.Parts {
		showTrace(out, part, indent+"  ")
	}
}

// showWords lists all that expressions may use.
func showWords(out io.Writer, in spoken) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	list := func(head string, words []declarative.Word) {
		fmt.Fprintln(table, head)
		for _, w := range words {
			fmt.Fprintf(table, "%s\t%s\t%s\n", w.Name, w.Type, in(w.EN, w.ID))
		}
		fmt.Fprintln(table)
	}
	list(in("VARIABLE\tTYPE\tMEANING", "VARIABEL\tJENIS\tARTI"), declarative.Variables())
	list(in("FIELD\tTYPE\tMEANING, UNIT, VALUES", "ISIAN\tJENIS\tARTI, SATUAN, NILAI"), slices.DeleteFunc(declarative.Fields(), func(w declarative.Word) bool {
		return strings.HasPrefix(w.Name, "Facts.") // these are the variables
	}))
	list(in("FUNCTION\tTYPE\tMEANING", "FUNGSI\tJENIS\tARTI"), declarative.Functions())
	return table.Flush()
}
