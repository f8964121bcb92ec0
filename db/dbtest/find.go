package dbtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/berdaya/berdaya/db/cluster"
)

// addressVariable names a server to use instead of a private one.
const addressVariable = "BERDAYA_TEST_DATABASE_URL"

// mostFolders bounds the search for a free one; more binaries than this do not run at once.
const mostFolders = 64

// kept holds what must not be closed before the process ends.
var kept struct {
	lock    *os.File
	cluster *cluster.Cluster
}

// find gives the server, and whether it is this process's alone.
func find(ctx context.Context) (dsn func(database string) string, mine bool, err error) {
	if address := os.Getenv(addressVariable); address != "" {
		dsn, err = onServer(address)
		return dsn, false, err
	}
	base := filepath.Join(os.TempDir(), "berdaya-test-"+strconv.Itoa(os.Getuid()))
	if err := own(base); err != nil {
		return nil, false, err
	}
	dir := ""
	if kept.lock, dir, err = freeFolder(base); err != nil {
		return nil, false, err
	}
	options := cluster.Options{Dir: dir, Fast: true}
	if kept.cluster, err = cluster.Start(ctx, options); err != nil {
		// Without waiting for the disk a crash of the machine may have spoilt the folder; nothing in it is needed.
		if gone := os.RemoveAll(dir); gone != nil {
			return nil, false, errors.Join(err, gone)
		}
		if kept.cluster, err = cluster.Start(ctx, options); err != nil {
			return nil, false, err
		}
	}
	return kept.cluster.DSN, true, nil
}

// own makes a folder, or makes sure that one that is there is ours: anybody may make one of that name under /tmp.
func own(folder string) error {
	if err := os.Mkdir(folder, 0o711); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(folder)
	if err != nil {
		return err
	}
	if owner := info.Sys().(*syscall.Stat_t).Uid; !info.IsDir() || int(owner) != os.Getuid() {
		return fmt.Errorf("%s belongs to somebody else: remove it, or set TMPDIR", folder)
	}
	return os.Chmod(folder, 0o711) // whatever the umask: PostgreSQL must pass through when we are root
}

// freeFolder takes the first folder that no other test binary holds.
func freeFolder(base string) (lock *os.File, dir string, err error) {
	for n := range mostFolders {
		dir := filepath.Join(base, strconv.Itoa(n))
		lock, err := os.OpenFile(dir+".lock", os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, "", err
		}
		if err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return lock, dir, nil
		}
		lock.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, "", err
		}
	}
	return nil, "", fmt.Errorf("%d test binaries use the folders in %s already", mostFolders, base)
}
