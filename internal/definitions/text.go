package definitions

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/berdaya/berdaya/domain"
)

// Text writes entries as a file that [Parse] reads, with a remark beside each stage where there is one.
func Text(entries []Entry, remark func(domain.Stage) string) string {
	if len(entries) == 0 {
		return "stages: {}\n"
	}
	var b strings.Builder
	b.WriteString("stages:\n")
	for _, e := range entries {
		said := ""
		if remark != nil {
			said = " # " + remark(e.Stage)
		}
		if e.Days == nil && len(e.Checkpoints)+len(e.Reminders)+len(e.Overdue)+len(e.Escalations) == 0 {
			fmt.Fprintf(&b, "  %s: {}%s\n", e.Stage, said)
			continue
		}
		fmt.Fprintf(&b, "  %s:%s\n", e.Stage, said)
		if e.Days != nil {
			fmt.Fprintf(&b, "    days: %d\n", *e.Days)
		}
		writeList(&b, "checkpoints", e.Checkpoints)
		writeList(&b, "reminders", e.Reminders)
		writeList(&b, "overdue", e.Overdue)
		if len(e.Escalations) > 0 {
			b.WriteString("    escalations:\n")
		}
		for _, x := range e.Escalations {
			fmt.Fprintf(&b, "      - {after: %d, to: %s}\n", x.After, x.To)
		}
	}
	return b.String()
}

func writeList(b *strings.Builder, name string, days []int) {
	if len(days) == 0 {
		return
	}
	words := make([]string, len(days))
	for i, d := range days {
		words[i] = strconv.Itoa(d)
	}
	fmt.Fprintf(b, "    %s: [%s]\n", name, strings.Join(words, ", "))
}
