package host

import (
	"strings"
	"testing"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// A rule that has much to say about each of many programmes is heard about all of them, though one message does not hold it.
func TestAnswersThatOneMessageDoesNotHoldAreAskedForInParts(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	text := strings.Replace(officeFile, "assert: size(needs) >= params.least", "each: lists.range(20)\n    assert: 'false'", 1)
	text = strings.Replace(text, "{n} needs are named; {least} are wanted.", "{n} needs are named. "+strings.Repeat("Name more. ", 170), 1)
	v := c.upload(domain.RuleFile, "barat", "1.0.0", "")
	c.holds(v, []byte(text))
	h := c.followed(func(o *Options) { o.RuleFiles = as("rule files") })
	c.activate("32", "barat", v, domain.Everyone, "")
	c.untilSays(h, question("32.73"), "barat", "0 needs are named. "+strings.TrimSpace(strings.Repeat("Name more. ", 170)))
	var many []workflow.Question
	for range 250 {
		many = append(many, question("32.73"))
	}
	for i, j := range h.Judge(t.Context(), many) {
		if got := says(t, j, "barat"); !strings.HasPrefix(got, "0 needs are named.") {
			t.Fatalf("question %d: %.200s", i, got)
		}
	}
}
