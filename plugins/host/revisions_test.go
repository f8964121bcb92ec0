package host

import (
	"strings"
	"testing"

	"github.com/berdaya/berdaya/plugins/national"
)

func TestARevisionChangesWithWhatIsBoundAndIsUnknownUntilItAnswers(t *testing.T) {
	t.Parallel()
	local := rawIn("32", "good")
	h := newHost(t, nil, nation, local)
	ready(t, h)
	first := h.Revisions()
	if len(first) != 2 || !strings.Contains(first["ID"], national.Version) || first["32"] == "" {
		t.Fatalf("%q", first)
	}
	if again := h.Revisions(); again["ID"] != first["ID"] || again["32"] != first["32"] {
		t.Errorf("it changed by itself: %q", again)
	}
	silent := newHost(t, nil, nation, Binding{RuleSet: "raw", Region: "32", Command: as("no such part")})
	if got, ok := silent.Revisions()["32"]; !ok || got != "" {
		t.Errorf("a rule set that has not said its version gives %q", got)
	}
}
