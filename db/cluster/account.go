package cluster

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/berdaya/berdaya/domain"
)

// account is the unprivileged account that PostgreSQL runs as when we are root. nil is our own account.
type account struct {
	name     string
	uid, gid uint32
}

// accountFor chooses the account: our own unless we are root; else the owner of data that is there already, else the first
// of the accounts that systems have for such a purpose.
func accountFor(data string) (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	if info, err := os.Stat(data); err == nil {
		if uid := info.Sys().(*syscall.Stat_t).Uid; uid != 0 {
			if u, err := user.LookupId(strconv.Itoa(int(uid))); err == nil {
				return accountOf(u)
			}
		}
	}
	for _, name := range []string{"postgres", "_postgres", "nobody", "daemon", "bin"} {
		if u, err := user.Lookup(name); err == nil {
			return accountOf(u)
		}
	}
	return nil, domain.Errorf(domain.CodeUnavailable,
		"PostgreSQL refuses to run as root, and there is no account postgres or nobody to run it as: make one (useradd --system postgres)")
}

func accountOf(u *user.User) (*account, error) {
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &account{name: u.Username, uid: uint32(uid), gid: uint32(gid)}, nil
}

// attributes has a process run as the account, in a process group of its own.
func (a *account) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if a != nil {
		attr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attr
}

// give makes the account the owner of a file or folder.
func (a *account) give(path string) error {
	if a == nil {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

// reach sees to it that the account can pass through every folder above dir. Two kinds of folder that only root may enter
// are opened, and to the account's group alone: Berdaya's own data folder, which is dir's parent, and temporary ones.
func (a *account) reach(dir string) error {
	if a == nil {
		return nil
	}
	parent := filepath.Dir(dir)
	for _, folder := range above(dir) {
		info, err := os.Stat(folder)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // and so is all below it: they will be made
		}
		if err != nil {
			return err
		}
		if a.passes(info) {
			continue
		}
		owner := info.Sys().(*syscall.Stat_t).Uid
		closed := owner == 0 && info.Mode().Perm()&0o070 == 0
		if closed && (folder == parent && !isHome(folder) || isTemporary(folder)) {
			if err := os.Chown(folder, -1, int(a.gid)); err != nil {
				return err
			}
			if err := os.Chmod(folder, info.Mode().Perm()|0o010); err != nil {
				return err
			}
			continue
		}
		return domain.Errorf(domain.CodeUnavailable,
			"PostgreSQL runs as %s, since it refuses root, and %s may not enter %s: give another data folder, such as /var/lib/berdaya",
			a.name, a.name, folder)
	}
	return nil
}

// passes tells by the permission bits whether the account may pass through a folder.
func (a *account) passes(info fs.FileInfo) bool {
	stat, mode := info.Sys().(*syscall.Stat_t), info.Mode().Perm()
	switch {
	case stat.Uid == a.uid:
		return mode&0o100 != 0
	case stat.Gid == a.gid:
		return mode&0o010 != 0
	}
	return mode&0o001 != 0
}

// above lists the folders above dir, from the root down.
func above(dir string) []string {
	var folders []string
	for dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
		folders = append(folders, dir)
	}
	slices.Reverse(folders)
	return folders
}

// isTemporary tells whether a folder was made for a while: mktemp and the tests of Go make them for their owner alone.
func isTemporary(folder string) bool {
	return slices.ContainsFunc([]string{os.TempDir(), "/tmp", "/var/tmp"}, func(top string) bool {
		top = filepath.Clean(top)
		return folder == top || strings.HasPrefix(folder, top+"/")
	})
}

func isHome(folder string) bool {
	home, err := os.UserHomeDir()
	return err == nil && filepath.Clean(home) == folder || folder == "/root"
}
