package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/berdaya/berdaya/db/dbtest"
)

// TestCommands runs the scripts in testdata/script, each as a person would type it, on a database of its own.
func TestCommands(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("DATABASE_URL", dbtest.DSN(t))
			return nil
		},
	})
}
