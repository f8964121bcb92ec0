package declarative

import "github.com/berdaya/berdaya/internal/plainyaml"

// FileMost is the size of the largest rule file, in bytes.
const FileMost = 1 << 20

// What is wrong with a rule file, or, among warnings, may be.
type (
	Problem  = plainyaml.Problem
	Problems = plainyaml.Problems
)

// reader reads one rule file.
type reader struct{ plainyaml.Reader }
