package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/berdaya/berdaya/domain"
)

// modules are those of the example in JavaScript. `npm ci` in the guide wants the same ones, by the same lock file, so they are
// copied instead of fetched again.
const modules = "../../plugins/examples/javascript-trainings/node_modules"

var (
	consoleBlock = regexp.MustCompile("(?s)\n## ([^\n]+)\n|```console\n(.*?)```")
	spaces       = regexp.MustCompile(`\s+`)
)

// TestTheCommandsOfTheGuideForOfficesDoWhatItSays types every command of the guide's console blocks, in the order of the guide, and
// looks for the lines that the guide shows below each, in their order. "..." in such a line stands for anything.
func TestTheCommandsOfTheGuideForOfficesDoWhatItSays(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/regional-offices.md")
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	server := newBureau(t)
	for name, role := range map[string]string{tokenEnv: "regional-admin", "NATIONAL_ADMIN": "national-admin"} {
		region := map[string]string{"regional-admin": "35", "national-admin": domain.NationCode}[role]
		d.env = append(d.env, name+"="+server.tokenOf(role, region))
	}
	d.env = append(d.env, urlEnv+"="+server.url)
	section, typed := "", 0
	for _, m := range consoleBlock.FindAllStringSubmatch(string(guide), -1) {
		if m[1] != "" {
			section = m[1]
			continue
		}
		if _, err := os.Stat(modules); section == "A program in JavaScript" && err != nil {
			t.Logf("%s: left out, because its modules are not installed; run: npm ci --prefix plugins/examples/javascript-trainings", section)
			continue
		}
		d.dir = d.home // each block begins where the guide began
		for _, c := range commandsOf(m[2]) {
			d.does(t, c)
			typed++
		}
	}
	if typed < 4 {
		t.Fatalf("the guide has %d commands", typed)
	}
}

// typedCommand is a command of the guide and the lines that follow it there.
type typedCommand struct {
	line  string
	shows []string
}

func commandsOf(block string) (list []typedCommand) {
	for _, line := range strings.Split(strings.TrimSpace(block), "\n") {
		if command, ok := strings.CutPrefix(line, "$ "); ok && !isStep(command) {
			list = append(list, typedCommand{line: command})
		} else if len(list) > 0 {
			last := &list[len(list)-1]
			last.shows = append(last.shows, line)
		}
	}
	return list
}

// isStep tells a command that `berdaya plugin test` shows from one that a person types.
func isStep(command string) bool {
	return strings.HasPrefix(command, "go build ") || strings.HasPrefix(command, "go test ") || command == "npm test"
}

// desk is where an author sits: a folder, and a shell that finds berdaya.
type desk struct {
	home, dir string
	env       []string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin, home := t.TempDir(), t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\n%s=1 exec '%s' \"$@\"\n", asProgram, self)
	if err := os.WriteFile(filepath.Join(bin, "berdaya"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return &desk{home: home, dir: home, env: append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))}
}

// does types a command and looks at what it shows. The folder that it leads to is that of the next.
func (d *desk) does(t *testing.T, c typedCommand) {
	t.Helper()
	line := c.line
	if strings.HasPrefix(line, "npm ci") {
		from, err := filepath.Abs(modules)
		if err != nil {
			t.Fatal(err)
		}
		line = "cp -R '" + from + "' ."
	} else if strings.HasPrefix(line, "berdaya plugin test") || strings.HasPrefix(line, "berdaya plugin check") {
		line += " --patience 10s" // this machine is busy with other tests
	}
	at := filepath.Join(d.home, ".at")
	cmd := exec.Command("/bin/sh", "-c", line+"\ncode=$?; pwd >'"+at+"'; exit $code")
	cmd.Dir, cmd.Env = d.dir, d.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("$ %s\n%s%v", c.line, out, err)
	}
	dir, err := os.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	d.dir = strings.TrimSpace(string(dir))
	said := strings.Split(string(out), "\n")
	for _, want := range c.shows {
		found := false
		for len(said) > 0 && !found {
			found = shown(want).MatchString(spaces.ReplaceAllString(strings.TrimSpace(said[0]), " "))
			said = said[1:]
		}
		if !found {
			t.Fatalf("$ %s does not show %q after what it shows before; it shows\n%s", c.line, want, out)
		}
	}
}

func shown(line string) *regexp.Regexp {
	pattern := regexp.QuoteMeta(spaces.ReplaceAllString(strings.TrimSpace(line), " "))
	return regexp.MustCompile("^" + strings.ReplaceAll(pattern, `\.\.\.`, ".*") + "$")
}
