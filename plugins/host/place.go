package host

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// place is a short-lived folder of this host: below it each process has a folder for its socket and itself. It is short,
// because the path of a socket has at most 107 bytes (103 on some systems), and goes with the host. After a SIGKILL it stays;
// the next host finds that nobody holds its lock and clears it away.
type place struct {
	dir  string
	lock *os.File
}

const (
	placePrefix = "berdaya-rules-"
	longestBase = 40               // bytes, so that socket paths stay below the limit
	settling    = 10 * time.Second // a place younger than this may be about to be locked
)

func newPlace() (*place, error) {
	base := os.TempDir()
	if len(base) > longestBase {
		base = "/tmp"
	}
	clearAbandoned(base)
	dir, err := os.MkdirTemp(base, placePrefix)
	if err != nil {
		return nil, err
	}
	p := &place{dir: dir}
	if err = os.Chmod(dir, 0o711); err == nil { // processes of another user go through it to their own folder
		if p.lock, err = os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600); err == nil {
			err = syscall.Flock(int(p.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		}
	}
	if err != nil {
		return nil, errors.Join(err, p.remove())
	}
	return p, nil
}

func (p *place) remove() error {
	err := os.RemoveAll(p.dir)
	if p.lock != nil {
		p.lock.Close()
	}
	return err
}

// clearAbandoned removes the places of hosts that were killed.
func clearAbandoned(base string) {
	dirs, _ := filepath.Glob(filepath.Join(base, placePrefix+"*"))
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < settling || !ours(info) {
			continue
		}
		lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(dir)
		}
		lock.Close()
	}
}

func ours(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
