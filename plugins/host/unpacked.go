package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/berdaya/berdaya/domain"
)

// In the folder named by its content: the folder of an artefact's files, and the sum over them as they were unpacked.
const (
	unpackedFiles = "files"
	unpackedSum   = "sum"
)

// sumPattern is the form of a SHA-256: it names a folder.
func isSum(sum string) bool {
	decoded, err := hex.DecodeString(sum)
	return err == nil && len(decoded) == sha256.Size && hex.EncodeToString(decoded) == sum
}

// Fetch writes an artefact. Its errors are those of getting at it: what is wrong with it is found by its sum.
type Fetch func(ctx context.Context, to io.Writer) error

// fetched reads an artefact into a writer and checks its sum.
func fetched(ctx context.Context, sum string, fetch Fetch, to io.Writer, most int64) error {
	hash := sha256.New()
	bounded := &boundedWriter{to: io.MultiWriter(hash, to), left: most}
	if err := fetch(ctx, bounded); err != nil {
		if code := domain.CodeOf(err); bounded.left < 0 || code == domain.CodeNotFound || code == domain.CodeTooLarge {
			return err
		}
		return fmt.Errorf("%w: %w", errAway, err)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != sum {
		return badArtefact("the artefact is not the one that was uploaded: its SHA-256 is "+got, "artefak ini bukan yang diunggah: SHA-256-nya "+got)
	}
	return nil
}

// keepArtefact unpacks a program into the folder named by its content, if it is not there yet, and clears away what nobody uses.
func keepArtefact(ctx context.Context, dir, sum string, fetch Fetch) (_ *kept, _ *Manifest, err error) {
	if !isSum(sum) {
		return nil, nil, fmt.Errorf("%q is no SHA-256", clip(sum, 80))
	}
	folder := filepath.Join(dir, sum)
	k := &kept{path: filepath.Join(folder, unpackedFiles)}
	if k.lock, err = hold(folder); err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			k.release()
		}
	}()
	clearUnused(dir)
	clearUnfinished(folder)
	if isWhole(folder) {
		text, err := os.ReadFile(filepath.Join(k.path, ManifestName))
		if err != nil {
			return nil, nil, err
		}
		m, err := ParseManifest(ManifestName, text)
		return k, m, err
	}
	if err := discard(folder); err != nil {
		return nil, nil, err
	}
	packed, err := os.CreateTemp(folder, unfinished)
	if err != nil {
		return nil, nil, err
	}
	defer os.Remove(packed.Name())
	defer packed.Close()
	if err := fetched(ctx, sum, fetch, packed, MostPacked); err != nil {
		return nil, nil, err
	}
	if _, err := packed.Seek(0, io.SeekStart); err != nil {
		return nil, nil, err
	}
	files, err := os.MkdirTemp(folder, unfinished)
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(files)
	m, err := unpack(packed, files)
	if err != nil {
		return nil, nil, err
	}
	if err := os.Chmod(files, 0o755); err != nil {
		return nil, nil, err
	}
	if err := noteSum(folder, files); err != nil {
		return nil, nil, err
	}
	if err := os.Rename(files, k.path); err != nil && !isWhole(folder) { // whole or not at all; another host may have been faster
		return nil, nil, err
	}
	return k, m, nil
}

// sumOfFiles gives one SHA-256 over all files below a folder: their names, modes and contents.
func sumOfFiles(folder string) (string, error) {
	hash := sha256.New()
	err := filepath.WalkDir(folder, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		in, err := os.Open(at)
		if err != nil {
			return err
		}
		defer in.Close()
		info, err := in.Stat()
		if err != nil {
			return err
		}
		fmt.Fprintf(hash, "%q %o %d\n", at[len(folder):], info.Mode(), info.Size())
		_, err = io.Copy(hash, in)
		return err
	})
	return hex.EncodeToString(hash.Sum(nil)), err
}

// isWhole tells whether what was unpacked into a folder is there as it was then. Somebody may have cleared up there, a server may
// have been killed while it did, and disks fail.
func isWhole(folder string) bool {
	noted, err := os.ReadFile(filepath.Join(folder, unpackedSum))
	if err != nil {
		return false
	}
	sum, err := sumOfFiles(filepath.Join(folder, unpackedFiles))
	return err == nil && sum == string(noted)
}

// noteSum notes the sum of files that are about to be put into place.
func noteSum(folder, files string) error {
	sum, err := sumOfFiles(files)
	if err != nil {
		return err
	}
	out, err := os.CreateTemp(folder, unfinished)
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	_, err = out.WriteString(sum)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), filepath.Join(folder, unpackedSum))
}

// discard removes what is not whole.
func discard(folder string) error {
	files := filepath.Join(folder, unpackedFiles)
	if _, err := os.Lstat(files); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	aside, err := os.MkdirTemp(folder, unfinished)
	if err != nil {
		return err
	}
	defer os.RemoveAll(aside)
	return os.Rename(files, filepath.Join(aside, unpackedFiles))
}

// program gives what is run of an office's program: itself, or the runtime with it.
func (h *Host) program(ctx context.Context, sum string, fetch Fetch) (*program, *Manifest, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	k, m, err := keepArtefact(ctx, h.programs(), sum, fetch)
	if err != nil {
		return nil, nil, err
	}
	command := Command{Path: filepath.Join(k.path, filepath.FromSlash(m.Command))}
	if err = m.Fits(); err == nil && m.Runtime != "" {
		if path, ok := h.options.Runtimes[m.Runtime]; ok {
			command = Command{Path: path, Args: []string{command.Path}}
		} else {
			err = domain.Errorf(domain.CodeUnavailable, "the program needs the runtime %s, which this server does not have; its operator declares it with --runtime %s=PATH", m.Runtime, m.Runtime).
				In(fmt.Sprintf("program memerlukan runtime %s yang tidak ada di server ini; operator menyatakannya dengan --runtime %s=PATH", m.Runtime, m.Runtime))
		}
	}
	if err != nil {
		k.release()
		return nil, nil, err
	}
	return &program{Command: command, kept: k}, m, nil
}

// fetchTimeout is how long an artefact may take to be read and unpacked.
const fetchTimeout = 2 * time.Minute

// CheckRuntimes tells what is wrong with the runtimes that an operator declares: each has a name of small letters, digits, dots and
// hyphens, and an absolute path to a program.
func CheckRuntimes(runtimes map[string]string) error {
	var all []error
	for name, path := range runtimes {
		info, err := os.Stat(path)
		if !runtimeName.MatchString(name) || !filepath.IsAbs(path) || err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
			all = append(all, domain.Errorf(domain.CodeBadUserInput, "the runtime %q is at %q, where no program is; write it as node=/usr/bin/node, with an absolute path", name, path).
				In(fmt.Sprintf("runtime %q dinyatakan di %q, yang bukan program; tulis misalnya node=/usr/bin/node, dengan jalur absolut", name, path)))
		}
	}
	return errors.Join(all...)
}
