package rules

import _ "embed"

// Proto is the contract itself, rules.proto: for programs that show its words to authors, and for authors in other languages.
//
//go:embed rules.proto
var Proto string
