package host

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// unused is how long a program is kept that nobody runs.
const unused = time.Hour

// kept is a copy of a program in a folder that is named by its content. So a program that is replaced on disk while we run is
// not mixed with the one we started, and a user without rights can execute what lies in a place that only we can enter, as
// `go run` has it.
type kept struct {
	path string
	lock *os.File // on the folder: as long as it is held, no host clears the folder away
}

// sumOf gives the SHA-256 of a file as small hexadecimal digits.
func sumOf(path string) (string, error) {
	in, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer in.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, in)
	return hex.EncodeToString(hash.Sum(nil)), err
}

// keep copies a program, if it is not there yet, and clears away what nobody uses.
func keep(dir, program string) (_ *kept, err error) {
	in, err := os.Open(program)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return nil, fmt.Errorf("%s is not a program that can be executed", program)
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, in); err != nil {
		return nil, err
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	folder := filepath.Join(dir, sum)
	k := &kept{path: filepath.Join(folder, filepath.Base(program))}
	if k.lock, err = hold(folder); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			k.release()
		}
	}()
	clearUnused(dir)
	clearUnfinished(folder)
	// A copy of the right size may be an empty one: the machine may have lost its power as it was made.
	if there, err := os.Stat(k.path); err == nil && there.Size() == info.Size() && there.Mode().Perm() == 0o755 {
		if is, err := sumOf(k.path); err == nil && is == sum {
			return k, nil
		}
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	out, err := os.CreateTemp(folder, unfinished)
	if err != nil {
		return nil, err
	}
	defer os.Remove(out.Name())
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Chmod(0o755), out.Sync(), out.Close()); err != nil {
		return nil, err
	}
	return k, os.Rename(out.Name(), k.path) // whole or not at all, whoever else is keeping it now
}

// unfinished begins the name of a copy that is being made.
const unfinished = "new-*"

// clearUnfinished removes the copies of servers that were killed while they copied.
func clearUnfinished(folder string) {
	files, _ := filepath.Glob(filepath.Join(folder, unfinished))
	for _, file := range files {
		if info, err := os.Lstat(file); err == nil && time.Since(info.ModTime()) > unused {
			_ = os.RemoveAll(file)
		}
	}
}

func (k *kept) release() { _ = k.lock.Close() }

// hold makes a folder and holds it against being cleared away.
func hold(folder string) (*os.File, error) {
	for {
		if err := open(folder); err != nil {
			return nil, err
		}
		lock, err := os.Open(folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue // cleared away since
		}
		if err != nil {
			return nil, err
		}
		if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_SH); err != nil {
			lock.Close()
			return nil, err
		}
		held, errHeld := lock.Stat()
		there, errThere := os.Stat(folder)
		if errHeld == nil && errThere == nil && os.SameFile(held, there) {
			now := time.Now()
			_ = os.Chtimes(folder, now, now)
			return lock, nil
		}
		lock.Close() // cleared away while we waited
	}
}

// clearUnused removes the programs that no host holds and that were not used for a while.
func clearUnused(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !e.IsDir() || len(e.Name()) != 2*sha256.Size || time.Since(info.ModTime()) < unused {
			continue
		}
		folder := filepath.Join(dir, e.Name())
		lock, err := os.Open(folder)
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(folder)
		}
		lock.Close()
	}
}

// open makes a folder that everybody may enter, and so its parents where they are missing.
func open(folder string) error {
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		if parent := filepath.Dir(folder); parent != folder {
			if err := open(parent); err != nil {
				return err
			}
		}
		if err := os.Mkdir(folder, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		return os.Chmod(folder, 0o755) // whatever the umask is
	}
	return nil
}

// everybodyEnters tells whether a folder and all above it may be entered by everybody. What is missing will be made so.
func everybodyEnters(folder string) bool {
	info, err := os.Stat(folder)
	if err == nil && (!info.IsDir() || info.Mode()&0o001 == 0) {
		return false
	}
	parent := filepath.Dir(folder)
	return parent == folder || everybodyEnters(parent)
}
