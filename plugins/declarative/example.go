package declarative

import (
	_ "embed"
	"strings"
)

//go:embed example.yaml
var example string

// Example gives a rule file to begin with: it says what each part is for, keeps the contract and passes its own tests.
func Example(name, region string) string {
	return strings.NewReplacer("office-name", name, "REGION-CODE", region).Replace(example)
}
