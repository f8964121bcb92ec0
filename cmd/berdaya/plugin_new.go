package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins"
	"github.com/berdaya/berdaya/plugins/host"
)

var moduleName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)

func newPluginNew() *cobra.Command {
	m, s := plugins.Module{}, speech{}
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Begin a program of rules, in Go or in JavaScript",
		Long: `Writes a complete module into the folder NAME: a first rule with its test, what serves it to Berdaya, the contract, and for Go the
kit as source. It builds and passes its test at once; nothing of it need be published. NAME is the name of the rule set.`,
		Example: `  berdaya plugin new jawa-timur --in go --region 35
  berdaya plugin new jawa-timur --in javascript && cd jawa-timur && npm ci && berdaya plugin test`,
		Args: oneArg("the name of the rule set", "nama kumpulan aturan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := s.read(); err != nil {
				return err
			}
			m.Name = args[0]
			if !moduleName.MatchString(m.Name) {
				return usagef("a name is 1 to 64 small letters, digits and hyphens, and begins with a letter; %q is not",
					"nama terdiri atas 1 sampai 64 huruf kecil, angka, dan tanda hubung, diawali huruf; %q tidak demikian", m.Name)
			}
			if !slices.Contains(plugins.Languages, m.Language) {
				return usagef("--in is one of %s, not %q", "--in berisi salah satu dari %s, bukan %q", strings.Join(plugins.Languages, ", "), m.Language)
			}
			if err := isRegion(m.Region); err != nil {
				return err
			}
			if entries, err := os.ReadDir(m.Name); len(entries) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
				return domain.Errorf(domain.CodeAlreadyExists, "%s is there already and not empty; choose another name or an empty folder", m.Name).
					In(m.Name + " sudah ada dan tidak kosong; pilih nama lain atau folder kosong")
			}
			m.Place = m.Name
			if err := m.Write(m.Name); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), s.in("%s is ready: the rules are in %s\nNow try it: berdaya plugin test %s\n",
				"%s siap: aturannya ada di %s\nSekarang coba: berdaya plugin test %s\n"), m.Name,
				filepath.Join(m.Name, map[string]string{"go": "main.go", "javascript": "rules.js"}[m.Language]), m.Name)
			return nil
		},
	}
	cmd.Flags().StringVar(&m.Language, "in", "go", "the programming language: "+strings.Join(plugins.Languages, ", "))
	cmd.Flags().StringVar(&m.Region, "region", "32.73", "the code of the region that its tests name")
	s.flags(cmd)
	return cmd
}

func newPluginTest() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "test [DIR]",
		Short: "Build a program of rules, run its tests and check it",
		Long: `Builds a Go module as the command that its plugin.yaml names and runs 'go test', or installs the modules of a JavaScript one
where they are missing and runs 'npm test'; then does what 'berdaya plugin check' does.`,
		Example: `  berdaya plugin test
  berdaya plugin test ./trainings --parameters surabaya.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("this needs one folder at most, and got %d", "perintah ini memerlukan paling banyak satu folder, dan mendapat %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.read(); err != nil {
				return err
			}
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			steps, err := testSteps(dir)
			if err != nil {
				return err
			}
			for _, step := range steps {
				if err := runStep(cmd, dir, step); err != nil {
					return err
				}
			}
			results, err := checkPrograms(cmd.Context(), []string{dir}, &o)
			if err != nil {
				return err
			}
			results[0].print(cmd.OutOrStdout(), o.locale)
			if !results[0].Kept {
				return brokenContract(dir)
			}
			return nil
		},
	}
	o.flags(cmd)
	return cmd
}

// testSteps gives the commands that build and test a module.
func testSteps(dir string) ([][]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, host.ManifestName))
	if err != nil {
		return nil, domain.Errorf(domain.CodeBadFile, "there is no %s in %s; go to the program's folder, or begin one with 'berdaya plugin new'", host.ManifestName, dir).
			In(fmt.Sprintf("tidak ada %s di %s; masuklah ke folder program, atau mulai dengan 'berdaya plugin new'", host.ManifestName, dir)).Because(err)
	}
	m, err := host.ParseManifest(host.ManifestName, text)
	if err != nil {
		return nil, err
	}
	there := func(name string) bool { _, err := os.Stat(filepath.Join(dir, name)); return err == nil }
	switch {
	case there("go.mod"):
		return [][]string{{"go", "build", "-o", m.Command, "."}, {"go", "test", "./..."}}, nil
	case there("package.json"):
		steps := [][]string{{"npm", "test"}}
		if !there("node_modules") {
			steps = append([][]string{{"npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"}}, steps...)
		}
		return steps, nil
	}
	return nil, nil // of another language: only what it answers can be tried
}

// runStep runs one command in the program's folder; what it says is shown as it comes.
func runStep(cmd *cobra.Command, dir string, step []string) error {
	line := strings.Join(step, " ")
	fmt.Fprintln(cmd.OutOrStdout(), "$", line)
	run := exec.CommandContext(cmd.Context(), step[0], step[1:]...)
	run.Dir = dir
	var out io.Writer = cmd.OutOrStdout()
	run.Stdout, run.Stderr = out, out
	if err := run.Run(); err != nil {
		return domain.Errorf(domain.CodeBadFile, "'%s' failed (%w); see above", line, err).In(fmt.Sprintf("'%s' gagal; lihat di atas", line))
	}
	return nil
}
