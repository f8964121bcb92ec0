package cluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/berdaya/berdaya/domain"
)

// ErrInUse is the cause of the error that Start gives when another Berdaya runs the cluster.
var ErrInUse = errors.New("the cluster is in use")

// socketRoom is the longest a socket's folder may be: the name .s.PGSQL.65535.lock follows, and the kernel takes 107 bytes
// (Linux) or 103 (macOS).
const socketRoom = 103 - len("/.s.PGSQL.65535.lock")

// DataDir is the folder for Berdaya's data where none is given: /var/lib/berdaya for root, since PostgreSQL, which runs
// unprivileged then, may not enter root's home; else the user's data folder.
func DataDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/berdaya", nil
	}
	if xdg := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(xdg) {
		return filepath.Join(xdg, "berdaya"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", domain.Errorf(domain.CodeUnavailable, "there is no home folder to keep data in: set HOME, or give a data folder").Because(err)
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", "berdaya"), nil
	}
	return filepath.Join(home, ".local", "share", "berdaya"), nil
}

// makeDir makes the cluster's folder and lets the account use it.
func makeDir(dir string, as *account) error {
	if err := as.reach(dir); err != nil { // before anything is made
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := as.reach(dir); err != nil { // what was just made may be closed by the umask
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return err
	}
	return as.give(dir)
}

// lockDir takes the cluster for this process until the file is closed or the process ends.
func lockDir(dir string, as *account) (*os.File, error) {
	name := filepath.Join(dir, "lock")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", name, err)
		}
		pid := make([]byte, 20)
		n, _ := f.ReadAt(pid, 0)
		return nil, domain.Errorf(domain.CodeConflict,
			"another Berdaya, process %s, is running on %s: stop it, use it, or give another data folder",
			bytes.TrimSpace(pid[:n]), dir).Because(ErrInUse)
	}
	if err := errors.Join(as.give(name), f.Truncate(0)); err != nil {
		f.Close()
		return nil, err
	}
	if _, err := f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// newPassword makes a random password and keeps it in a file.
func newPassword(name string, as *account) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(name, []byte(rand.Text()+"\n"), 0o600); err != nil {
		return err
	}
	return as.give(name)
}

func readPassword(name string) (string, error) {
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", domain.Errorf(domain.CodeUnavailable,
			"%s, the password of the private PostgreSQL, is missing: put it back, or give another data folder", name)
	}
	return strings.TrimSpace(string(b)), err
}

// socketDir makes the folder of the unix socket. A folder under /tmp is used only if it is the account's own: anybody could
// have made one of that name first.
func socketDir(dir string, as *account) (string, error) {
	folder := filepath.Join(dir, "run")
	if len(folder) > socketRoom {
		folder = fmt.Sprintf("/tmp/berdaya-%x", sha256.Sum256([]byte(dir)))[:len("/tmp/berdaya-")+16]
	}
	if err := os.Mkdir(folder, 0o700); err == nil {
		return folder, as.give(folder)
	} else if !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	info, err := os.Lstat(folder)
	if err != nil {
		return "", err
	}
	owner := uint32(os.Geteuid())
	if as != nil {
		owner = as.uid
	}
	if !info.IsDir() || info.Sys().(*syscall.Stat_t).Uid != owner {
		return "", domain.Errorf(domain.CodeUnavailable, "%s belongs to somebody else: remove it, or give a data folder with a shorter name", folder)
	}
	return folder, os.Chmod(folder, 0o700)
}

// majorOf reads which PostgreSQL made a data directory; zero if there is none yet.
func majorOf(data string) (int, error) {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	return majorIn(string(b)), err
}

// postmaster reads postmaster.pid: the process, and whether it says that it takes connections.
func postmaster(data string) (pid int, ready bool) {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0, false
	}
	lines := strings.Split(string(b), "\n")
	pid, _ = strconv.Atoi(strings.TrimSpace(lines[0]))
	return pid, len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready"
}

// awaitPredecessor waits until what a Berdaya that was killed had started in a folder has ended. We hold the lock, so nobody
// means it to live on. A postmaster.pid whose number another process has by now is removed: PostgreSQL would take that for
// its own.
func awaitPredecessor(ctx context.Context, folder string) error {
	const bound = 15 * time.Second
	deadline := time.Now().Add(bound)
	for {
		pid, _ := postmaster(folder)
		taken := pid != 0 && syscall.Kill(pid, 0) == nil
		alive, certain := processesIn(folder)
		if !certain && taken {
			alive = []int{pid}
		}
		if len(alive) == 0 {
			if certain && taken {
				return os.Remove(filepath.Join(folder, "postmaster.pid"))
			}
			return nil
		}
		if time.Now().After(deadline) {
			return domain.Errorf(domain.CodeConflict, "a PostgreSQL, process %d, is still running on %s after %s: stop it (kill -INT %d)",
				alive[0], folder, bound, alive[0])
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// processesIn lists the processes that work in a folder, as every process of a cluster does in its data directory. It is
// certain only where there is a /proc to read.
func processesIn(data string) (pids []int, certain bool) {
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil || len(links) == 0 {
		return nil, false
	}
	if real, err := filepath.EvalSymlinks(data); err == nil {
		data = real
	}
	for _, link := range links {
		if cwd, err := os.Readlink(link); err == nil && cwd == data {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(link)))
			pids = append(pids, pid)
		}
	}
	return pids, true
}
