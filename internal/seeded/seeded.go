// Package seeded makes tests of properties repeatable. A test imports it for its effect: rapid then draws the same values in
// every run, so that a green commit stays green, and leaves no files behind. The long tier (BERDAYA_LONG=1) draws new ones
// every time and looks for what nobody has met yet; -rapid.seed says which in both.
package seeded

import (
	"flag"
	"os"

	_ "pgregory.net/rapid" // registers the flags
)

func init() {
	set("rapid.nofailfile", "true")
	if os.Getenv("BERDAYA_LONG") == "" {
		set("rapid.seed", "1")
	}
}

func set(name, value string) {
	if err := flag.Set(name, value); err != nil {
		panic(err)
	}
}
