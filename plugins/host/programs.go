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
)

// keep copies a program into a folder that is named by its content, and gives the copy's path. So a program that is replaced
// on disk while we run is not mixed with the one we started, and a user without rights can execute what lies in a place that
// only we can enter, as `go run` has it.
func keep(dir, program string) (string, error) {
	in, err := os.Open(program)
	if err != nil {
		return "", err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return "", fmt.Errorf("%s is not a program that can be executed", program)
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, in); err != nil {
		return "", err
	}
	folder := filepath.Join(dir, hex.EncodeToString(hash.Sum(nil)))
	path := filepath.Join(folder, filepath.Base(program))
	if kept, err := os.Stat(path); err == nil && kept.Size() == info.Size() {
		return path, nil
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	if err := open(folder); err != nil {
		return "", err
	}
	out, err := os.CreateTemp(folder, "new")
	if err != nil {
		return "", err
	}
	defer os.Remove(out.Name())
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Chmod(0o755), out.Close()); err != nil {
		return "", err
	}
	return path, os.Rename(out.Name(), path) // whole or not at all, whoever else is keeping it now
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
