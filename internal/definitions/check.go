package definitions

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Of a schedule.
const (
	daysMost = 3650
	listMost = 20
)

// Entry is what a definition says of one stage, in the order in which it says so.
type Entry struct {
	Stage domain.Stage
	workflow.Schedule
}

// Check gives all that is wrong with the entries of a definition. A problem's path is the number of the entry and, within it,
// the field and the number in its list.
func Check(entries []Entry) domain.Problems {
	var c checker
	seen := map[domain.Stage]bool{}
	for i, e := range entries {
		c.entry = strconv.Itoa(i)
		switch {
		case !domain.Stages.Has(string(e.Stage)):
			c.wrong([]string{"stage"}, "%q is not a stage; the stages are %s", "%q bukan tahap; tahap yang ada: %s", string(e.Stage), strings.Join(domain.Stages.Codes(), ", "))
		case seen[e.Stage]:
			c.wrong([]string{"stage"}, "%s is there twice; keep one", "%s ada dua kali; simpan satu saja", e.Stage)
		}
		seen[e.Stage] = true
		if e.Days != nil {
			c.days([]string{"days"}, *e.Days, 1)
		}
		c.list("checkpoints", e.Checkpoints, 1)
		c.list("reminders", e.Reminders, 0)
		c.list("overdue", e.Overdue, 1)
		c.escalations(e.Escalations)
	}
	return c.problems
}

type checker struct {
	entry    string
	problems domain.Problems
}

func (c *checker) wrong(path []string, en, id string, args ...any) {
	c.problems = append(c.problems, domain.Errorf(domain.CodeBadUserInput, en, args...).In(fmt.Sprintf(id, args...)).At(append([]string{c.entry}, path...)...))
}

func (c *checker) days(path []string, days, least int) {
	if days < least || days > daysMost {
		c.wrong(path, "days are %d to %d, not %d", "jumlah hari adalah %d sampai %d, bukan %d", least, daysMost, days)
	}
}

func (c *checker) length(name string, n int) {
	if n > listMost {
		c.wrong([]string{name}, "there are %[2]d, and may be at most %[1]d", "ada %[2]d, paling banyak %[1]d", listMost, n)
	}
}

func (c *checker) list(name string, days []int, least int) {
	c.length(name, len(days))
	for i, d := range days {
		at := []string{name, strconv.Itoa(i)}
		c.days(at, d, least)
		if slices.Contains(days[:i], d) {
			c.wrong(at, "%d is there twice; keep one", "%d ada dua kali; simpan satu saja", d)
		}
	}
}

// escalations go up: whoever is told later answers for at least as much as those before.
func (c *checker) escalations(all []workflow.Escalation) {
	const name = "escalations"
	c.length(name, len(all))
	for i, e := range all {
		at := []string{name, strconv.Itoa(i)}
		c.days(append(at, "after"), e.After, 1)
		if !domain.Levels.Has(string(e.To)) {
			c.wrong(append(at, "to"), "%q is not a level; the levels are %s", "%q bukan tingkat; tingkat yang ada: %s", string(e.To), strings.Join(domain.Levels.Codes(), ", "))
			continue
		}
		for _, o := range all[:i] {
			sooner, later := o, e
			if e.After < o.After {
				sooner, later = e, o
			}
			switch {
			case o == e:
				c.wrong(at, "%d days to %s is there twice; keep one", "%d hari ke %s ada dua kali; simpan satu saja", e.After, e.To)
			case sooner.After < later.After && rank(sooner.To) >= 0 && rank(later.To) > rank(sooner.To):
				c.wrong(append(at, "to"), "escalations go up the region tree: %s after %d days is below %s after %d", "eskalasi naik ke wilayah di atasnya: %s setelah %d hari ada di bawah %s setelah %d hari",
					later.To, later.After, sooner.To, sooner.After)
			default:
				continue
			}
			break
		}
	}
}

// rank is a level's place from the nation down; -1 for what is no level.
func rank(l domain.Level) int { return slices.Index(domain.Levels.Codes(), string(l)) }

// stagesOf gives checked entries in the form that they are kept in, their lists in ascending order.
func stagesOf(entries []Entry) map[domain.Stage]workflow.Schedule {
	stages := make(map[domain.Stage]workflow.Schedule, len(entries))
	for _, e := range entries {
		s := e.Schedule
		s.Checkpoints, s.Reminders, s.Overdue = sorted(s.Checkpoints), sorted(s.Reminders), sorted(s.Overdue)
		s.Escalations = slices.Clone(s.Escalations)
		slices.SortFunc(s.Escalations, func(a, b workflow.Escalation) int {
			if a.After != b.After {
				return a.After - b.After
			}
			return rank(b.To) - rank(a.To)
		})
		stages[e.Stage] = s
	}
	return stages
}

func sorted(days []int) []int {
	days = slices.Clone(days)
	slices.Sort(days)
	return days
}
