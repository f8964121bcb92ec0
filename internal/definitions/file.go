package definitions

import (
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/plainyaml"
	"github.com/berdaya/berdaya/workflow"
)

// FileMost is the size of the largest file, in bytes. One with every list full has some four kilobytes.
const FileMost = 64 << 10

// Parse reads a definition from a file in YAML, or in JSON, which is a part of it. name is what problems call the file. The error
// is domain.Problems with all that is wrong, each BAD_FILE with file, line and column, in their order.
func Parse(name string, text []byte) ([]Entry, error) {
	r := reader{places: map[string]place{}}
	entries := r.read(text)
	for _, p := range Check(entries) {
		at := r.places[strings.Join(p.Path, ".")]
		r.Wrong(at.Place, at.of(p.Text.EN), at.of(p.Text.ID))
	}
	var problems domain.Problems
	for _, p := range r.Problems.Sorted() {
		problems = append(problems, domain.InFile(name, p.Line, p.Column, p.EN, p.ID))
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return entries, nil
}

// place is where something stands in a file, and what it is there.
type place struct {
	plainyaml.Place
	name string
}

// of says what a sentence is about.
func (p place) of(sentence string) string {
	if p.name == "" {
		return sentence
	}
	return p.name + ": " + sentence
}

// reader reads one file. It keeps where everything stands by the path that Check gives it.
type reader struct {
	plainyaml.Reader
	places map[string]place
}

// read gives what can be read, and notes what cannot.
func (r *reader) read(text []byte) (entries []Entry) {
	root, ok := r.Parse(text, FileMost)
	if !ok {
		return nil
	}
	found := false
	for _, f := range r.Mapping(root, plainyaml.Place{}, "stages") {
		found = true
		for _, stage := range r.Mapping(f.Value, f.At) {
			entries = append(entries, r.entry(len(entries), stage))
		}
	}
	if !found && len(r.Problems) == 0 {
		r.Wrong(plainyaml.Place{}, "the file has no stages; write \"stages:\" and below it what holds for each stage", "berkas tidak memuat stages; tulis \"stages:\" dan di bawahnya yang berlaku untuk tiap tahap")
	}
	return entries
}

// entry reads what is said of a stage.
func (r *reader) entry(number int, stage plainyaml.Member) Entry {
	path := strconv.Itoa(number)
	r.places[path+".stage"] = place{stage.At, plainyaml.Short(stage.Key)}
	e := Entry{Stage: domain.Stage(stage.Key)}
	for _, f := range r.Mapping(stage.Value, stage.At, "days", "checkpoints", "reminders", "overdue", "escalations") {
		at := path + "." + f.Key
		r.places[at] = place{f.At, f.Key}
		switch f.Key {
		case "days":
			if days, ok := r.number(f.Value, f.At); ok {
				e.Days, r.places[at] = &days, place{plainyaml.Standing(f.Value.GetToken()), f.Key}
			}
		case "checkpoints":
			e.Checkpoints = r.numbers(f, at)
		case "reminders":
			e.Reminders = r.numbers(f, at)
		case "overdue":
			e.Overdue = r.numbers(f, at)
		case "escalations":
			e.Escalations = r.escalations(f, at)
		}
	}
	return e
}

// numbers reads a list of numbers. One that is none is left out, so the numbers that Check gives are those of what is left.
func (r *reader) numbers(f plainyaml.Member, path string) (list []int) {
	for _, v := range r.List(f, 100*listMost) {
		if n, ok := r.number(v, f.At); ok {
			r.places[path+"."+strconv.Itoa(len(list))] = place{plainyaml.Standing(v.GetToken()), f.Key}
			list = append(list, n)
		}
	}
	return list
}

func (r *reader) number(n ast.Node, at plainyaml.Place) (int, bool) {
	if i, ok := n.(*ast.IntegerNode); ok {
		switch v := i.Value.(type) {
		case int64:
			return int(min(max(v, -1_000_000), 1_000_000)), true
		case uint64:
			return int(min(v, 1_000_000)), true
		}
	}
	if n != nil && n.GetToken() != nil {
		at = plainyaml.Standing(n.GetToken())
	}
	r.Wrong(at, "a whole number of days belongs here, not "+plainyaml.Shown(n), "di sini seharusnya jumlah hari berupa bilangan bulat, bukan "+plainyaml.Shown(n))
	return 0, false
}

func (r *reader) escalations(f plainyaml.Member, path string) (list []workflow.Escalation) {
	for _, v := range r.List(f, 100*listMost) {
		at := plainyaml.Beginning(v, f.At)
		number := path + "." + strconv.Itoa(len(list))
		r.places[number] = place{at, f.Key}
		e, complete, readable := workflow.Escalation{}, 0, true
		for _, m := range r.Mapping(v, at, "after", "to") {
			r.places[number+"."+m.Key] = place{plainyaml.Standing(m.Value.GetToken()), m.Key}
			complete++
			if m.Key == "after" {
				days, ok := r.number(m.Value, m.At)
				e.After, readable = days, readable && ok
				continue
			}
			to, ok := m.Value.(*ast.StringNode)
			if !ok {
				r.Wrong(m.At, "a level belongs here, such as REGENCY, not "+plainyaml.Shown(m.Value), "di sini seharusnya tingkat, misalnya REGENCY, bukan "+plainyaml.Shown(m.Value))
				readable = false
				continue
			}
			e.To = domain.Level(to.Value)
		}
		switch {
		case complete == 2 && readable:
			list = append(list, e)
		case complete < 2 && plainyaml.Shown(v) == "{…}": // otherwise it is said already that it is none
			r.Wrong(at, "an escalation says after how many days and to which level, such as {after: 14, to: REGENCY}", "eskalasi menyebut setelah berapa hari dan ke tingkat mana, misalnya {after: 14, to: REGENCY}")
		}
	}
	return list
}
