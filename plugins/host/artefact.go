package host

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/berdaya/berdaya/domain"
)

// The limits on an office's program: a tar.gz with its manifest and files, without links and anything that is no file or folder.
const (
	MostPacked   = domain.MaxRuleProgram // bytes
	MostUnpacked = 256 << 20             // bytes
	MostFiles    = 2000                  // folders included
)

func badArtefact(en, id string) *domain.Error {
	return domain.Errorf(domain.CodeBadFile, "%s", en).In(id)
}

var errNotPacked = badArtefact("this is no tar.gz of a program; berdaya plugin upload makes one", "ini bukan tar.gz sebuah program; berdaya plugin upload membuatnya")

func tooMuchIn(what string) error {
	return domain.Errorf(domain.CodeTooLarge, "%s holds more than %d files or %d MiB; leave out what the program does not need to run", what, MostFiles, MostUnpacked>>20).
		In(fmt.Sprintf("%s memuat lebih dari %d berkas atau %d MiB; tinggalkan yang tidak diperlukan program", what, MostFiles, MostUnpacked>>20))
}

// Pack writes a program as an artefact: a folder with all that is in it, or one executable file. The same content gives the same
// bytes, whoever packs it and when. The manifest is given, or is the file plugin.yaml of the folder where it is nil; it is given
// back as it was packed. Left out are version control (.git) and the commands of installed packages (.bin); a symbolic link
// elsewhere is an error.
func Pack(to io.Writer, program string, m *Manifest) (*Manifest, error) {
	info, err := os.Stat(program)
	if err != nil {
		return nil, domain.Errorf(domain.CodeBadUserInput, "there is no program at %s", program).
			In("tidak ada program di " + program).Because(err)
	}
	folder, files := program, []string(nil)
	if info.IsDir() {
		if files, err = filesOf(program); err != nil {
			return nil, err
		}
	} else {
		folder, files = filepath.Dir(program), []string{filepath.Base(program)}
	}
	var given Manifest
	switch {
	case m != nil:
		if given = *m; given.Command == "" && !info.IsDir() {
			given.Command = files[0]
		}
		m, err = ParseManifest(ManifestName, given.text())
	case slices.Contains(files, ManifestName):
		var text []byte
		if text, err = os.ReadFile(filepath.Join(folder, ManifestName)); err == nil {
			m, err = ParseManifest(filepath.Join(folder, ManifestName), text)
		}
	default:
		err = badArtefact("the program has no "+ManifestName+", which says its name, version and command", "program tidak memiliki "+ManifestName+" yang menyebut nama, versi dan perintahnya")
	}
	if err != nil {
		return nil, err
	}
	if !slices.Contains(files, m.Command) {
		return nil, badArtefact(fmt.Sprintf("the command %s is not among the files of the program; build it first: berdaya plugin test", m.Command),
			fmt.Sprintf("perintah %s tidak ada di antara berkas program; buat dahulu: berdaya plugin test", m.Command))
	}
	bounded := &boundedWriter{to: to, left: MostPacked}
	packed := gzip.NewWriter(bounded)
	archive := tar.NewWriter(packed)
	err = packAll(archive, folder, files, m)
	return m, errors.Join(err, archive.Close(), packed.Close())
}

// packAll writes the manifest first and then the files in the order of their names.
func packAll(archive *tar.Writer, folder string, files []string, m *Manifest) error {
	text, left := m.text(), int64(MostUnpacked)
	if err := packFile(archive, ManifestName, 0o644, int64(len(text)), bytes.NewReader(text)); err != nil {
		return err
	}
	for _, name := range files {
		if name == ManifestName {
			continue
		}
		in, err := os.Open(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		info, err := in.Stat()
		if err == nil {
			mode := int64(0o644)
			if info.Mode()&0o111 != 0 || name == m.Command && m.Runtime == "" {
				mode = 0o755
			}
			if left -= info.Size(); left < 0 {
				err = tooMuchIn("the program")
			} else {
				err = packFile(archive, name, mode, info.Size(), in)
			}
		}
		if err = errors.Join(err, in.Close()); err != nil {
			return err
		}
	}
	return nil
}

func packFile(archive *tar.Writer, name string, mode, size int64, content io.Reader) error {
	if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: size, Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err := io.Copy(archive, content)
	return err
}

// filesOf gives the files in a folder and below it, by their paths from it, sorted.
func filesOf(folder string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(folder, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" || d.Name() == ".bin" {
				return filepath.SkipDir
			}
			return nil
		}
		relative, err := filepath.Rel(folder, at)
		if err != nil {
			return err
		}
		if name := filepath.ToSlash(relative); !d.Type().IsRegular() || !localPath(name) {
			return badArtefact(at+" is no ordinary file; put a copy in its place", at+" bukan berkas biasa; ganti dengan salinannya")
		}
		if files = append(files, filepath.ToSlash(relative)); len(files) > MostFiles {
			return tooMuchIn(folder)
		}
		return nil
	})
	slices.Sort(files)
	return files, err
}

// unpack writes the files of an artefact into a folder that is empty, and gives its manifest.
func unpack(artefact io.Reader, folder string) (*Manifest, error) {
	unzipped, err := gzip.NewReader(artefact)
	if err != nil {
		return nil, errNotPacked.Because(err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	archive := tar.NewReader(unzipped)
	left, entries := int64(MostUnpacked), 0
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errNotPacked.Because(err)
		}
		if h.Typeflag == tar.TypeXGlobalHeader { // git archive begins with one
			continue
		}
		if entries++; entries > MostFiles || h.Size > left {
			return nil, tooMuchIn("the artefact")
		}
		left -= h.Size
		if err := unpackOne(root, h, archive); err != nil {
			return nil, err
		}
	}
	text, err := readShort(root, ManifestName)
	if err != nil {
		return nil, badArtefact("the artefact has no "+ManifestName, "artefak tidak memiliki "+ManifestName).Because(err)
	}
	m, err := ParseManifest(ManifestName, text)
	if err != nil {
		return nil, err
	}
	if info, err := root.Stat(m.Command); err != nil || !info.Mode().IsRegular() || m.Runtime == "" && info.Mode()&0o111 == 0 {
		return nil, badArtefact(fmt.Sprintf("the command %s is not among the files of the artefact, or cannot be executed", m.Command),
			fmt.Sprintf("perintah %s tidak ada di antara berkas artefak, atau tidak dapat dijalankan", m.Command))
	}
	return m, nil
}

// readShort reads a file that should be a manifest.
func readShort(root *os.Root, name string) ([]byte, error) {
	in, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, longestManifest+1))
}

// ReadManifest gives the manifest of an artefact, wherever it is in it. It unpacks and runs nothing.
func ReadManifest(artefact io.Reader) (*Manifest, error) {
	unzipped, err := gzip.NewReader(artefact)
	if err != nil {
		return nil, errNotPacked.Because(err)
	}
	archive := tar.NewReader(io.LimitReader(unzipped, MostUnpacked+MostFiles*4096))
	for range MostFiles + 1 {
		h, err := archive.Next()
		if err != nil {
			break
		}
		if h.Typeflag == tar.TypeReg && strings.TrimPrefix(h.Name, "./") == ManifestName {
			text, err := io.ReadAll(io.LimitReader(archive, longestManifest+1))
			if err != nil {
				return nil, errNotPacked.Because(err)
			}
			return ParseManifest(ManifestName, text)
		}
	}
	return nil, badArtefact("the artefact has no "+ManifestName, "artefak tidak memiliki "+ManifestName)
}

// unpackOne writes one file or folder. Everybody may read it and nobody but us change it.
func unpackOne(root *os.Root, h *tar.Header, content io.Reader) error {
	name := strings.TrimSuffix(strings.TrimPrefix(h.Name, "./"), "/")
	if name == "" && h.Typeflag == tar.TypeDir { // the folder itself
		return nil
	}
	if !localPath(name) || h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeDir {
		shown := clip(h.Name, 100)
		return badArtefact(fmt.Sprintf("the artefact holds %q; only files and folders with paths of their own below it may be there, no links", shown),
			fmt.Sprintf("artefak memuat %q; hanya berkas dan folder di bawahnya yang boleh ada, tanpa tautan", shown))
	}
	if h.Typeflag == tar.TypeDir {
		return makeAll(root, name)
	}
	if err := makeAll(root, path.Dir(name)); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if h.Mode&0o111 != 0 {
		mode = 0o755
	}
	out, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return twice(name, err)
	}
	_, err = io.Copy(out, content)
	// What is renamed into place later must be whole even after the machine lost its power.
	return errors.Join(err, out.Chmod(mode), out.Sync(), out.Close())
}

func makeAll(root *os.Root, name string) error {
	if name == "." {
		return nil
	}
	if info, err := root.Stat(name); err == nil {
		if !info.IsDir() {
			return twice(name, fs.ErrExist)
		}
		return nil
	}
	if err := makeAll(root, path.Dir(name)); err != nil {
		return err
	}
	return errors.Join(root.Mkdir(name, 0o755), root.Chmod(name, 0o755)) // whatever the umask is
}

func twice(name string, err error) error {
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	return badArtefact(fmt.Sprintf("the artefact holds %q twice", clip(name, 100)), fmt.Sprintf("artefak memuat %q dua kali", clip(name, 100)))
}

// boundedWriter refuses more than so many bytes.
type boundedWriter struct {
	to   io.Writer
	left int64
}

func (w *boundedWriter) Write(p []byte) (int, error) {
	if w.left -= int64(len(p)); w.left < 0 {
		return 0, domain.Errorf(domain.CodeTooLarge, "the artefact has more than %d MiB packed", MostPacked>>20).
			In(fmt.Sprintf("artefak lebih dari %d MiB setelah dikemas", MostPacked>>20))
	}
	return w.to.Write(p)
}
