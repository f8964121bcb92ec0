package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/berdaya/berdaya/domain"
)

// unprivileged gives the account that PostgreSQL runs as when the tests run as root.
func unprivileged(t *testing.T) *account {
	t.Helper()
	as, err := accountFor(filepath.Join(t.TempDir(), "none"))
	if err != nil {
		t.Fatal(err)
	}
	if as == nil {
		t.Skip("only root runs PostgreSQL as another account")
	}
	return as
}

func TestRootOpensTheDataFolderToPostgreSQLAlone(t *testing.T) {
	as := unprivileged(t)
	data := filepath.Join(t.TempDir(), "data") // as mktemp makes one
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := makeDir(filepath.Join(data, "postgres"), as); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(data)
	if err != nil {
		t.Fatal(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); info.Mode().Perm() != 0o710 || stat.Uid != 0 || stat.Gid != as.gid {
		t.Errorf("the folder is %v of %d:%d", info.Mode(), stat.Uid, stat.Gid)
	}
	if info, err = os.Stat(filepath.Join(data, "postgres")); err != nil {
		t.Fatal(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); info.Mode().Perm() != 0o700 || stat.Uid != as.uid {
		t.Errorf("the cluster's folder is %v of %d", info.Mode(), stat.Uid)
	}
}

func TestAFolderPostgreSQLMayNotEnterIsRefused(t *testing.T) {
	as := unprivileged(t)
	shared := filepath.Join(t.TempDir(), "shared") // a group's folder: opening it would change who may enter
	if err := os.Mkdir(shared, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(shared, 0o750); err != nil {
		t.Fatal(err)
	}
	err := makeDir(filepath.Join(shared, "data", "postgres"), as)
	if domain.CodeOf(err) != domain.CodeUnavailable || !strings.Contains(err.Error(), "may not enter "+shared+": give another data folder") {
		t.Fatalf("err = %v", err)
	}
	if left, _ := os.ReadDir(shared); len(left) > 0 {
		t.Errorf("%v was left behind", left)
	}
}

func TestDataKeepTheirOwner(t *testing.T) {
	unprivileged(t)
	data := t.TempDir()
	if err := os.Chown(data, 1, 1); err != nil { // bin or daemon, on every system
		t.Fatal(err)
	}
	as, err := accountFor(data)
	if err != nil || as.uid != 1 {
		t.Fatalf("account %+v, %v", as, err)
	}
}

func TestDataDirIsTheUsers(t *testing.T) {
	if os.Geteuid() == 0 {
		if dir, err := DataDir(); err != nil || dir != "/var/lib/berdaya" {
			t.Fatalf("%s, %v", dir, err)
		}
		return
	}
	t.Setenv("XDG_DATA_HOME", "/home/siti/.data")
	if dir, err := DataDir(); err != nil || dir != "/home/siti/.data/berdaya" {
		t.Fatalf("%s, %v", dir, err)
	}
}
