package main

import (
	"os/exec"
	"testing"
)

func TestWhatIsAddedToTheServerFitsIt(t *testing.T) {
	t.Parallel()
	module, err := moduleDir(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := overlaid(module, t.TempDir(), map[string]string{"profiled.go": profiled, servingFile: bound})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "list", "-export", "-overlay", overlay, "./cmd/berdaya") // compiles and does not link
	cmd.Dir = module
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
}
