package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// TestTheHelpOfEveryCommandTeaches reads the help of every command: it says what the command does, shows what to type, and fits
// into a terminal but for what cannot be broken: examples, the line of usage, and long words.
func TestTheHelpOfEveryCommandTeaches(t *testing.T) {
	t.Parallel()
	read := 0
	var all func(cmd *cobra.Command)
	all = func(cmd *cobra.Command) {
		for _, below := range cmd.Commands() {
			all(below)
		}
		if cmd.Hidden || cmd.Name() == "help" || cmd.Name() == "completion" {
			return
		}
		read++
		var out bytes.Buffer
		cmd.SetOut(&out)
		if err := cmd.Help(); err != nil {
			t.Fatal(cmd.CommandPath(), err)
		}
		if out.Len() == 0 || out.Bytes()[0] == '\n' {
			t.Errorf("%s does not say what it does:\n%s", cmd.CommandPath(), out.String())
		}
		if !strings.Contains(cmd.Example, cmd.CommandPath()) {
			t.Errorf("%s shows no example of itself", cmd.CommandPath())
		}
		for line := range strings.Lines(out.String()) {
			line = strings.TrimRight(line, "\n")
			broken := strings.LastIndexByte(line, ' ') < terminal && strings.HasPrefix(line, "  ")
			if utf8.RuneCountInString(line) > terminal && !strings.Contains(cmd.Example, line) && !strings.Contains(line, cmd.UseLine()) && !broken {
				t.Errorf("%s: this is too wide: %s", cmd.CommandPath(), line)
			}
		}
	}
	root := newRoot()
	root.InitDefaultHelpCmd()
	all(root)
	if read < 45 {
		t.Errorf("only %d commands were read", read)
	}
}

func TestAWrongCommandLineIsSaidWithItsRemedyInTheLanguageOfTheCommand(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"plugin simulate a@1 --lang en":          "give --region",
		"plugin simulate a@1 --lang id":          "berikan --region",
		"plugin replay a@1 --lang en":            "give --from and --region",
		"plugin actvate a@1 --region 32":         `unknown command "actvate"; did you mean "activate"?`,
		"plugin list --regoin 32":                "unknown flag: --regoin",
		"plugin --nonsense":                      "unknown flag: --nonsense",
		"rules chek x.yaml --lang id":            `perintah "chek" tidak dikenal; maksudnya "check"?`,
		"definitions load --region 32":           "this needs one file, and got 0",
		"plugin simulate --region 32 --lang id":  "perintah ini memerlukan",
		"plugin shadow show one two --lang id":   "perintah ini memerlukan paling banyak satu nama kumpulan aturan, dan mendapat 2",
		"decisions list --lang id one":           `perintah "one" tidak dikenal`,
		"plugin list --region 32 --lang id more": `perintah "more" tidak dikenal`,
	} {
		root := newRoot()
		root.SetArgs(strings.Fields(line))
		cmd, err := root.ExecuteContextC(t.Context())
		if err == nil {
			t.Errorf("%s: no error", line)
			continue
		}
		var out bytes.Buffer
		if code := explain(&out, cmd, err); code != 2 || !strings.Contains(out.String(), want) {
			t.Errorf("%s: %d, %q; want %q", line, code, out.String(), want)
		}
	}
}
