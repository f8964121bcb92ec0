package cluster

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/berdaya/berdaya/domain"
)

// oldest is the oldest major version that Berdaya works with.
const oldest = 15

// usualFolders are where packages of the known systems put PostgreSQL's binaries.
var usualFolders = []string{
	"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
	"/usr/pgsql-*/bin",                  // the PostgreSQL project's packages for Fedora and its kin
	"/usr/libexec/postgresql*",          // Alpine
	"/usr/lib/postgresql*/bin",          // openSUSE
	"/usr/local/pgsql/bin",              // built from source
	"/opt/homebrew/opt/postgresql*/bin", // macOS on Apple silicon
	"/usr/local/opt/postgresql*/bin",    // macOS on Intel
	"/opt/local/lib/postgresql*/bin",    // MacPorts
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

const howToInstall = `install it (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server postgresql-contrib; ` +
	`macOS: brew install postgresql@17), or set DATABASE_URL to a running server`

// binaries is one installation of PostgreSQL.
type binaries struct {
	dir   string
	major int
}

func (b binaries) path(program string) string { return filepath.Join(b.dir, program) }

// findBinaries looks for PostgreSQL in the folders of a PATH, then in the usual folders, newest first. With a major other
// than zero it must be that one: a data directory can be read by the version that made it alone.
func findBinaries(ctx context.Context, as *account, path string, usual []string, major int) (binaries, error) {
	found := inspectAll(ctx, as, filepath.SplitList(path))
	var others []string
	for _, pattern := range usual {
		matches, _ := filepath.Glob(pattern) // the only error is a bad pattern
		others = append(others, matches...)
	}
	more := inspectAll(ctx, as, others)
	slices.SortStableFunc(more, func(a, b binaries) int { return b.major - a.major })
	found = append(found, more...)
	fits := func(b binaries) bool { return b.major >= oldest && (major == 0 || b.major == major) }
	if i := slices.IndexFunc(found, fits); i >= 0 {
		return found[i], nil
	}
	switch {
	case major != 0:
		return binaries{}, domain.Errorf(domain.CodeUnavailable,
			"the data were made by PostgreSQL %d, which is not installed any more: install that version, or give another data folder", major)
	case len(found) > 0:
		return binaries{}, domain.Errorf(domain.CodeUnavailable,
			"PostgreSQL %d in %s is too old, Berdaya needs %d or newer: %s", found[0].major, found[0].dir, oldest, howToInstall)
	}
	return binaries{}, domain.Errorf(domain.CodeUnavailable, "PostgreSQL %d or newer was not found: %s", oldest, howToInstall)
}

// inspectAll gives the installations among some folders: those that hold both programs we start, and whose server tells its
// version. Links are followed: what lies in PATH is often one, and PostgreSQL finds its other files from where it really is.
func inspectAll(ctx context.Context, as *account, dirs []string) []binaries {
	var found []binaries
	seen := map[string]bool{}
	for _, dir := range dirs {
		real, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
		if err != nil || !filepath.IsAbs(real) || seen[real] {
			continue
		}
		seen[real] = true
		if dir = filepath.Dir(real); executable(dir, "postgres") && executable(dir, "initdb") {
			if b, ok := inspect(ctx, as, dir); ok {
				found = append(found, b)
			}
		}
	}
	return found
}

func executable(dir, program string) bool {
	info, err := os.Stat(filepath.Join(dir, program))
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

var digits = regexp.MustCompile(`\d+`)

// majorIn reads the first number in a text: the major version, in PG_VERSION or in what postgres --version says.
func majorIn(s string) int {
	n, _ := strconv.Atoi(digits.FindString(s))
	return n
}

// inspect asks an installation for its version, as the account that will run it: it may not be allowed to.
func inspect(ctx context.Context, as *account, dir string) (binaries, bool) {
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version")
	cmd.Dir, cmd.Env = "/", environment()
	cmd.SysProcAttr = as.attributes()
	out, err := cmd.Output()
	if err != nil {
		return binaries{}, false
	}
	major := majorIn(strings.TrimSpace(string(out)))
	return binaries{dir: dir, major: major}, major > 0
}
