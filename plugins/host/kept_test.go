package host

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/berdaya/berdaya/domain"
)

// A machine that loses its power, a disk that fails and somebody who clears up leave folders with the right names.
func TestWhatIsBrokenOnDiskIsPutThereAnew(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	v := c.upload(domain.RuleProgram, "barat", "1", "")
	dir, fetched := t.TempDir(), 0
	keepIt := func() string {
		t.Helper()
		k, m, err := keepArtefact(t.Context(), dir, v.sum, func(ctx context.Context, to io.Writer) error {
			fetched++
			return c.Artefact(ctx, v.sum, to)
		})
		if err != nil || m.Name != "barat" {
			t.Fatal(m, err)
		}
		defer k.release()
		return k.path
	}
	files := keepIt()
	command := filepath.Join(files, "rules")
	content, err := os.ReadFile(command)
	if err != nil {
		t.Fatal(err)
	}
	if keepIt(); fetched != 1 {
		t.Errorf("what is whole was fetched %d times", fetched)
	}
	for n, harm := range []func() error{
		func() error { return os.Remove(command) },
		func() error { return os.WriteFile(command, make([]byte, len(content)), 0o755) },
		func() error { return os.Chmod(command, 0o644) },
		func() error { return os.WriteFile(filepath.Join(files, "more"), nil, 0o644) },
		func() error { return os.Remove(filepath.Join(files, ManifestName)) },
		func() error { return os.Remove(filepath.Join(filepath.Dir(files), unpackedSum)) },
		func() error { return os.RemoveAll(files) },
	} {
		if err := harm(); err != nil {
			t.Fatal(err)
		}
		keepIt()
		if there, err := os.ReadFile(command); err != nil || string(there) != string(content) || fetched != n+2 {
			t.Errorf("harm %d: %q, %v, fetched %d times", n, there, err, fetched)
		}
		if all, err := os.ReadDir(filepath.Dir(files)); err != nil || len(all) != 2 {
			t.Errorf("harm %d left %v, %v", n, all, err)
		}
	}
}

func TestACopyOfAProgramIsTheProgram(t *testing.T) {
	t.Parallel()
	dir, program := t.TempDir(), filepath.Join(t.TempDir(), "rules")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	k, err := keep(dir, program)
	if err != nil {
		t.Fatal(err)
	}
	k.release()
	if err := os.WriteFile(k.path, make([]byte, len("#!/bin/sh\n")), 0o755); err != nil {
		t.Fatal(err)
	}
	if k, err = keep(dir, program); err != nil {
		t.Fatal(err)
	}
	k.release()
	if content, err := os.ReadFile(k.path); err != nil || string(content) != "#!/bin/sh\n" {
		t.Errorf("%q, %v", content, err)
	}
}

// Who upgrades a server puts another program in the place of the one that runs.
func TestTheStockProgramStaysTheSameWhateverIsPutInItsPlace(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "berdaya")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	h := newHost(t, func(o *Options) { o.RuleFiles = Command{Path: program, Args: []string{"x"}} })
	one, err := h.stockProgram(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if two, err := h.stockProgram(t.Context()); err != nil || two.Path != one.Path || len(two.Args) != 1 {
		t.Errorf("%+v, then %+v, %v", one, two, err)
	}
}
