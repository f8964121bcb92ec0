package rulestest

import (
	"testing"

	"github.com/berdaya/berdaya/plugins/conformance"
	"github.com/berdaya/berdaya/plugins/rules"
)

// Conform tries what every rule set must keep, whatever its rules are: the same clauses, in plugins/conformance, that
// `berdaya plugin check` tries and that a server tries before a rule set may go live there. Examples are questions of your own,
// tried beside those that the suite makes up. The parameters are the defaults in the rule set's schema; see [ConformWith].
func Conform(t *testing.T, set rules.RuleSet, examples ...*rules.Question) {
	t.Helper()
	ConformWith(t, set, conformance.Options{Examples: examples})
}

// ConformWith is [Conform] with parameters of your own.
func ConformWith(t *testing.T, set rules.RuleSet, o conformance.Options) {
	t.Helper()
	o.Patience += patience // a machine that tests may be busy
	_, findings := conformance.Check(t.Context(), Serve(t, set).client, o)
	for _, f := range findings {
		if f.Severity != conformance.Skipped {
			t.Errorf("%s: %s", f.Clause, f.EN)
		}
	}
}
