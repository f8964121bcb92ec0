package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/remote"
	"github.com/berdaya/berdaya/internal/rulesets"
)

// fetched is what the command says of a file.
type fetched struct {
	File   string `json:"file"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

func newPluginFetch() *cobra.Command {
	var to string
	var force bool
	cmd := &cobra.Command{
		Use:   "fetch RULE-SET@VERSION",
		Short: "Fetch what was uploaded: a rule file, or the archive of a program",
		Long: `Fetches the content of a version, to be read before it is approved or put to work, or to go on from. Admins of the rule set's
region, or above, may; for everybody else it is not there. What came is compared with its SHA-256, and a file is only there once it
is whole. The archive of a program is a tar.gz: unpack it into an empty folder and read it before anything in it is run.`,
		Example: `  berdaya plugin fetch surabaya@2.1
  berdaya plugin fetch jawa-barat@1.2 --to jawa-barat.yaml --force`,
		Args: oneArg("a version, such as surabaya@2.1", "versi, seperti surabaya@2.1"),
	}
	asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		f, err := a.fetch(ctx, args[0], to, force)
		if err != nil {
			return err
		}
		if a.json {
			return a.show(f)
		}
		a.say("%s is in %s\n%d bytes, SHA-256 %s", "%s ada di %s\n%d bita, SHA-256 %s", args[0], f.File, f.Size, f.SHA256)
		return nil
	})
	cmd.Flags().StringVar(&to, "to", "", "the file to write (default: RULE-SET-VERSION.yaml or .tar.gz in this folder)")
	cmd.Flags().BoolVar(&force, "force", false, "replace the file if it is there")
	return cmd
}

// oddInName are characters of a version that the name of a file should not have.
var oddInName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// fetch writes the content of a version into a file.
func (a *asked) fetch(ctx context.Context, named, to string, force bool) (*fetched, error) {
	ruleSet, version, err := versionNamed(named)
	if err != nil {
		return nil, err
	}
	if !domain.ValidRuleSetName(ruleSet) {
		return nil, usagef("%q is no name of a rule set; 'berdaya plugin list' shows those there are", "%q bukan nama kumpulan aturan; 'berdaya plugin list' menampilkan yang ada", ruleSet)
	}
	if !force && isThere(to) {
		return nil, inTheWay(to)
	}
	part, err := os.CreateTemp(filepath.Dir(to), ".berdaya-fetch-*")
	if err != nil {
		return nil, unwritable(cmp.Or(to, "."), err)
	}
	defer func() { _ = part.Close(); _ = os.Remove(part.Name()) }()
	bar := newProgress()
	defer bar.end()
	label := a.in("fetching", "mengunduh")
	f, err := a.client.Fetch(ctx, rulesets.ContentPath(ruleSet, version), domain.MaxRuleProgram, part, func(came, of int64) { bar.at(label, int(came), int(of)) })
	bar.end()
	switch {
	case domain.CodeOf(err) == domain.CodeNotFound:
		// The server says it in the language that was asked for, also where the content was removed.
		return nil, domain.Errorf(domain.CodeNotFound, "%s: %v; see 'berdaya plugin show %s'; only admins of its region, or above, may fetch it", named, err, ruleSet).
			In(fmt.Sprintf("%s: %v; lihat 'berdaya plugin show %s'; hanya admin wilayahnya, atau di atasnya, yang boleh mengunduhnya", named, err, ruleSet))
	case errors.As(err, new(*fs.PathError)):
		return nil, unwritable(part.Name(), err)
	case err != nil:
		return nil, err
	}
	if to == "" {
		to = fileName(ruleSet, version, f)
	}
	if err := errors.Join(part.Sync(), part.Close()); err != nil {
		return nil, unwritable(to, err)
	}
	if !force {
		err = os.Link(part.Name(), to) // unlike a rename, it replaces nothing
		if errors.Is(err, fs.ErrExist) || err != nil && isThere(to) {
			return nil, inTheWay(to)
		}
	}
	if force || err != nil { // not every file system has links
		err = os.Rename(part.Name(), to)
	}
	if err != nil {
		return nil, unwritable(to, err)
	}
	return &fetched{to, f.Size, f.SHA256}, nil
}

func fileName(ruleSet, version string, f *remote.File) string {
	ending := ".tar.gz"
	if strings.HasPrefix(f.Media, "application/yaml") {
		ending = ".yaml"
	}
	return ruleSet + "-" + oddInName.ReplaceAllString(version, "-") + ending
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return path != "" && err == nil
}

func inTheWay(path string) error {
	return domain.Errorf(domain.CodeBadUserInput, "%s is there already; name another with --to, or replace it with --force", path).
		In(path + " sudah ada; sebutkan yang lain dengan --to, atau timpa dengan --force")
}

func unwritable(path string, err error) error {
	return domain.Errorf(domain.CodeBadUserInput, "%s cannot be written: %w", path, err).In(path + " tidak dapat ditulis: " + err.Error())
}
