package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/berdaya/berdaya/domain"
)

// Mermaid draws the stages, the statuses and the moves between them as a flowchart in mermaid's language, with how many
// programmes stand where. What is late is marked. Counts of the same stage and status add up.
func Mermaid(counts []StageCount, l domain.Locale) string {
	c := chart{locale: l, late: []string{}}
	c.line(0, "flowchart LR")
	active := counted(counts, "", domain.Active)
	c.line(1, `subgraph working["%s · %s"]`, escaped(domain.Statuses.Label(string(domain.Active), l)), c.number(active.Count))
	c.line(2, "direction LR")
	for _, v := range domain.Stages {
		n := counted(counts, domain.Stage(v.Code), domain.Active)
		c.box(2, v.Code, "[", "]", c.words(domain.Stages, v.Code, n), n.Overdue, domain.Text{EN: "past the due date", ID: "lewat tenggat"})
	}
	for i, v := range domain.Stages[1:] {
		c.arrow(2, domain.Stages[i].Code, "-->", v.Code, domain.Advance)
		c.arrow(2, v.Code, "-.->", domain.Stages[i].Code, domain.SendBack)
	}
	c.line(1, "end")
	for _, status := range []domain.Status{domain.OnHold, domain.Completed, domain.Cancelled} {
		n := counted(counts, "", status)
		c.box(1, string(status), "([", "])", c.words(domain.Statuses, string(status), n), n.Overdue, domain.Text{EN: "past the review", ID: "lewat tinjauan"})
	}
	last := domain.Stages[len(domain.Stages)-1].Code
	c.arrow(1, last, "-->", string(domain.Completed), domain.Advance)
	c.arrow(1, "working", "<-->", string(domain.OnHold), domain.Hold, domain.Resume) // two arrows would lie on each other
	c.arrow(1, "working", "<-->", string(domain.Cancelled), domain.Cancel, domain.Reopen)
	c.arrow(1, string(domain.OnHold), "-->", string(domain.Cancelled), domain.Cancel)
	c.arrow(1, string(domain.Completed), "-.->", "working", domain.Reopen)
	if len(c.late) > 0 {
		c.line(1, "classDef late stroke:#b45309,stroke-width:3px")
		c.line(1, "class %s late", strings.Join(c.late, ","))
	}
	return c.text.String()
}

// chart is a flowchart in the making.
type chart struct {
	text   strings.Builder
	locale domain.Locale
	late   []string
}

func (c *chart) line(depth int, format string, values ...any) {
	fmt.Fprintf(&c.text, strings.Repeat("  ", depth)+format+"\n", values...)
}

func (c *chart) box(depth int, id, left, right, label string, late int64, because domain.Text) {
	if late > 0 {
		label += fmt.Sprintf("<br/>⚠ %s %s", c.number(late), because.In(c.locale))
		c.late = append(c.late, id)
	}
	c.line(depth, `%s%s"%s"%s`, id, left, label, right)
}

func (c *chart) arrow(depth int, from, by, to string, moves ...domain.Move) {
	labels := make([]string, len(moves))
	for i, m := range moves {
		labels[i] = escaped(domain.Moves.Label(string(m), c.locale))
	}
	c.line(depth, `%s %s|"%s"| %s`, from, by, strings.Join(labels, " / "), to)
}

func (c *chart) words(of domain.Enum, code string, n StageCount) string {
	return fmt.Sprintf("<b>%s</b><br/>%s", escaped(of.Label(code, c.locale)), c.number(n.Count))
}

// number writes a number as people do, in groups of three digits.
func (c *chart) number(n int64) string {
	separator := ","
	if c.locale == domain.Indonesian {
		separator = "."
	}
	var groups []string
	for ; n >= 1000; n /= 1000 {
		groups = append(groups, fmt.Sprintf("%03d", n%1000))
	}
	groups = append(groups, fmt.Sprint(n))
	slices.Reverse(groups)
	return strings.Join(groups, separator)
}

// escaped has mermaid take a text as it is.
func escaped(text string) string {
	return strings.NewReplacer("&", "#amp;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "#", "#35;").Replace(text)
}

// counted adds up the counts of a stage, "" for all, with a status.
func counted(counts []StageCount, stage domain.Stage, status domain.Status) (all StageCount) {
	for _, n := range counts {
		if n.Status == status && (stage == "" || n.Stage == stage) {
			all.Count += n.Count
			all.Overdue += n.Overdue
		}
	}
	return all
}
