package declarative_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/berdaya/berdaya/plugins/rules"
)

// growing gives an expression in which a value is named, then what it makes of itself, a few times over, and then used. V is the
// value before.
func growing(times int, begin, grow, use string) string {
	s := "cel.bind(v0, " + begin + ", "
	for i := 1; i <= times; i++ {
		s += fmt.Sprintf("cel.bind(v%d, %s, ", i, strings.ReplaceAll(grow, "V", fmt.Sprint("v", i-1)))
	}
	return s + strings.ReplaceAll(use, "V", fmt.Sprint("v", times)) + strings.Repeat(")", times+1)
}

// TestNoCallOfAFunctionTakesLong asks rules that are short, pass all checks and would keep one function at work for hours, or have it
// take more memory than the process has. Such a rule breaks
// within a second; the race detector makes that ten.
func TestNoCallOfAFunctionTakesLong(t *testing.T) {
	t.Parallel()
	doubled, nested, text := "V"+strings.Repeat(" + V", 40), "["+strings.Repeat("V, ", 30)+"V]", "'xxxxxxxxxxxxxxxx'"
	for name, assert := range map[string]string{
		"looked up":           growing(7, "[1, 2]", doubled, "!(5 in V)"),
		"added up":            growing(7, "[1, 2]", doubled, "V.sum() > 0"),
		"lists in lists":      growing(7, "[1, 2]", nested, "V == V"),
		"not the same":        growing(7, "[1, 2]", nested, "V != V"),
		"flattened":           growing(4, "[1, 2]", nested, "V.flatten().flatten().flatten().size() > 0"),
		"each once":           "lists.range(900).map(a, lists.range(900).map(b, a * 1000 + b)).flatten().distinct().size() > 0",
		"sets":                "cel.bind(a, lists.range(900).map(i, [i, i, i]).flatten(), sets.equivalent(a, a))",
		"texts in texts":      growing(1, text, doubled, "V.replace('', V) != ''"),
		"texts of texts":      growing(3, text, doubled, "V != ''"),
		"put together":        growing(1, text, doubled, "lists.range(1000).map(i, V).join() != ''"),
		"a text in a text":    growing(1, text, doubled, "lists.range(90).map(i, V).join().indexOf(lists.range(80).map(i, V).join() + 'y') < 0"),
		"regular expressions": growing(2, text, doubled, strings.Repeat("V.matches('(x{0,20}){0,10}y') || ", 9)+"false"),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		set, said := compiled(t, ruleOf(assert, "")).RuleSet(), make(chan []*rules.Verdict, 1)
		go func() {
			verdicts, _ := set.Evaluate(ctx, needy(1))
			said <- verdicts
		}()
		select {
		case verdicts := <-said:
			if len(verdicts) != 1 || verdicts[0].GetRule() != rules.RuleError || !strings.Contains(verdicts[0].GetMessage().GetEn(), "more steps") {
				t.Errorf("%s: %v", name, verdicts)
			}
		case <-ctx.Done():
			t.Errorf("%s: it does not end", name)
		}
		cancel()
	}
}

// TestWhatRulesWriteMayBeAsLargeAsTheyNeed holds that those bounds are far from what rules do.
func TestWhatRulesWriteMayBeAsLargeAsTheyNeed(t *testing.T) {
	t.Parallel()
	for _, assert := range []string{
		"needs.map(n, n.id).distinct().size() == 250", "needs.map(n, n.title).distinct() == ['Air']", "needs.map(n, [n.id, n.title]).flatten().size() == 500",
		"needs.map(n, n.title).join(', ').size() == 1248", "needs.map(n, n.id).sort()[0] == '0'", "needs.sortBy(n, 0 - int(n.id))[0].id == '249'",
		"needs.map(n, n.id) + ['x'] != needs.map(n, n.id)", "[[1], [2]] == [[1], [2]] && {'a': [1]} == {'a': [1]} && {'a': 1} != {'a': 2}", "[1] + [2] == [1, 2] && 'a' + 'b' == 'ab'",
		"sets.contains(needs.map(n, n.id), ['3', '4']) && !sets.intersects(['x'], needs.map(n, n.id)) && sets.equivalent([1, 2], [2, 1, 1])", "'249' in needs.map(n, n.id) && !('x' in needs.map(n, n.id))",
		"needs.all(n, n.title.matches('^[A-Z][a-z]{2}$'))", "'a-b-c'.replace('-', '').split('b') == ['a', 'c'] && 'abc'.indexOf('c') == 2 && 'abcb'.lastIndexOf('b') == 3",
		"needs == needs && needs[0] != needs[1]",
	} {
		if v := judged(t, assert, "", nil, needy(250))["ONE"]; !v.GetPassed() {
			t.Errorf("%s: %v", assert, v)
		}
	}
}
