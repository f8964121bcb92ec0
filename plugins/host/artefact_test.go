package host

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
)

func manifestOf(name string) *Manifest {
	return &Manifest{Name: name, Version: "1", Command: "rules", OS: runtime.GOOS, Arch: runtime.GOARCH}
}

func write(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

func TestTheSameProgramIsTheSameArtefact(t *testing.T) {
	t.Parallel()
	var packed [2]bytes.Buffer
	for i := range packed {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "rules"), "#!/bin/sh\n", 0o700)
		write(t, filepath.Join(dir, "lib", "b.txt"), "b", 0o600)
		write(t, filepath.Join(dir, "lib", "a.txt"), "a", 0o644)
		write(t, filepath.Join(dir, ".git", "HEAD"), time.Now().String(), 0o644)
		write(t, filepath.Join(dir, "plugin.yaml"), "command: rules\nname: a\nversion: 1\nos: linux\narch: amd64\n", 0o644)
		if i == 1 {
			write(t, filepath.Join(dir, "lib", ".bin", "tool"), "installed", 0o755)
			later := time.Now().Add(time.Hour)
			_ = os.Chtimes(filepath.Join(dir, "rules"), later, later)
		}
		m, err := Pack(&packed[i], dir, nil)
		if err != nil || m.Name != "a" {
			t.Fatal(m, err)
		}
	}
	if !bytes.Equal(packed[0].Bytes(), packed[1].Bytes()) {
		t.Error("it was packed differently")
	}
	to := t.TempDir()
	m, err := unpack(&packed[0], to)
	if err != nil || m.Command != "rules" || m.Version != "1" {
		t.Fatal(m, err)
	}
	for name, mode := range map[string]os.FileMode{"rules": 0o755, "lib": 0o755, "lib/a.txt": 0o644, "lib/b.txt": 0o644, "plugin.yaml": 0o644} {
		if info, err := os.Stat(filepath.Join(to, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if _, err := os.Stat(filepath.Join(to, ".git")); err == nil {
		t.Error(".git was packed")
	}
}

func TestOneExecutableIsAProgram(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "office-rules")
	write(t, program, "#!/bin/sh\n", 0o755)
	write(t, filepath.Join(filepath.Dir(program), "diary.txt"), "private", 0o644)
	var packed bytes.Buffer
	m := manifestOf("a")
	m.Command = ""
	if got, err := Pack(&packed, program, m); err != nil || got.Command != "office-rules" || m.Command != "" {
		t.Fatal(got, err)
	}
	to := t.TempDir()
	if _, err := unpack(&packed, to); err != nil {
		t.Fatal(err)
	}
	if files, _ := os.ReadDir(to); len(files) != 2 {
		t.Errorf("%v", files)
	}
}

func TestWhatIsNoProgramIsNotPacked(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(dir string) *Manifest{
		"no manifest": func(dir string) *Manifest { write(t, filepath.Join(dir, "rules"), "", 0o755); return nil },
		"no command":  func(dir string) *Manifest { write(t, filepath.Join(dir, "other"), "", 0o755); return manifestOf("a") },
		"a link": func(dir string) *Manifest {
			write(t, filepath.Join(dir, "rules"), "", 0o755)
			_ = os.Symlink("/etc/passwd", filepath.Join(dir, "link"))
			return manifestOf("a")
		},
		"nothing": func(dir string) *Manifest { _ = os.Remove(dir); return manifestOf("a") },
		"too large": func(dir string) *Manifest {
			write(t, filepath.Join(dir, "rules"), "", 0o755)
			if err := os.Truncate(filepath.Join(dir, "rules"), MostUnpacked+1); err != nil {
				t.Fatal(err)
			}
			return manifestOf("a")
		},
	} {
		dir := filepath.Join(t.TempDir(), "program")
		_ = os.Mkdir(dir, 0o755)
		if m, err := Pack(io.Discard, dir, make(dir)); err == nil || domain.CodeOf(err) == domain.CodeInternal {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
	w := &boundedWriter{to: io.Discard, left: MostPacked}
	var err error
	for n := 0; err == nil && n <= MostPacked; n += 1 << 20 {
		if _, err = w.Write(make([]byte, 1<<20)); err != nil && n < MostPacked {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
	if domain.CodeOf(err) != domain.CodeTooLarge {
		t.Error(err)
	}
}

// archive makes a tar.gz of entries.
func archive(entries ...tar.Header) *bytes.Buffer {
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	w := tar.NewWriter(zipped)
	for _, h := range entries {
		content := h.Uname // stands for the content
		h.Uname, h.Size, h.Mode = "", int64(len(content)), 0o777
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		_ = w.WriteHeader(&h)
		_, _ = io.WriteString(w, content)
	}
	_, _ = w.Close(), zipped.Close()
	return &b
}

func TestWhatLeavesItsFolderIsNotUnpacked(t *testing.T) {
	t.Parallel()
	manifest := tar.Header{Name: "plugin.yaml", Uname: string(manifestOf("a").text())}
	command := tar.Header{Name: "./rules", Uname: "#!/bin/sh\n"}
	if _, err := unpack(archive(manifest, command, tar.Header{Name: "./", Typeflag: tar.TypeDir}, tar.Header{Name: "d/", Typeflag: tar.TypeDir}), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	many := []tar.Header{manifest, command}
	for i := range MostFiles {
		many = append(many, tar.Header{Name: fmt.Sprint("d", i), Typeflag: tar.TypeDir})
	}
	for name, entries := range map[string][]tar.Header{
		"absolute":     {manifest, command, {Name: "/tmp/x"}},
		"above":        {manifest, command, {Name: "../x"}},
		"above within": {manifest, command, {Name: "a/../../x"}},
		"link":         {manifest, command, {Name: "x", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}},
		"hard link":    {manifest, command, {Name: "x", Typeflag: tar.TypeLink, Linkname: "rules"}},
		"device":       {manifest, command, {Name: "x", Typeflag: tar.TypeChar}},
		"pipe":         {manifest, command, {Name: "x", Typeflag: tar.TypeFifo}},
		"twice":        {manifest, command, command},
		"file as dir":  {manifest, command, {Name: "rules/x"}},
		"no manifest":  {command},
		"no command":   {manifest},
		"many":         many,
	} {
		dir := filepath.Join(t.TempDir(), "to")
		_ = os.Mkdir(dir, 0o755)
		if m, err := unpack(archive(entries...), dir); err == nil || domain.CodeOf(err) == domain.CodeInternal {
			t.Errorf("%s: %v, %v", name, m, err)
		}
		if beside, _ := os.ReadDir(filepath.Dir(dir)); len(beside) != 1 {
			t.Errorf("%s: left its folder: %v", name, beside)
		}
	}
	if _, err := unpack(strings.NewReader("MZ"), t.TempDir()); domain.CodeOf(err) != domain.CodeBadFile {
		t.Error(err)
	}
}

// Zeros shrink to a thousandth: what counts is how much comes out, of all files together.
func TestABombIsNotUnpacked(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	w := tar.NewWriter(zipped)
	for _, size := range []int64{1 << 20, MostUnpacked - 1<<19} {
		if err := w.WriteHeader(&tar.Header{Name: fmt.Sprint("f", size), Size: size, Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(make([]byte, 1<<20))
	}
	_ = zipped.Close()
	dir := t.TempDir()
	if _, err := unpack(&b, dir); domain.CodeOf(err) != domain.CodeTooLarge {
		t.Error(err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%v", files)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(archive(tar.Header{Name: "plugin.yaml", Uname: string(manifestOf("a").text())}, tar.Header{Name: "rules"}).Bytes())
	f.Fuzz(func(t *testing.T, packed []byte) {
		dir := filepath.Join(t.TempDir(), "to")
		_ = os.Mkdir(dir, 0o755)
		m, err := unpack(bytes.NewReader(packed), dir)
		if (m == nil) == (err == nil) {
			t.Fatal(m, err)
		}
		if beside, _ := os.ReadDir(filepath.Dir(dir)); len(beside) != 1 {
			t.Fatalf("it left its folder: %v", beside)
		}
	})
}
