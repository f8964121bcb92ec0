package plainyaml

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is one thing that is wrong with a file, or, among warnings, one that may be.
type Problem struct {
	Place
	EN, ID string
}

// Problems are what is wrong with a file.
type Problems []Problem

// Error gives the first problem in English, and how many more there are.
func (p Problems) Error() string {
	if len(p) == 0 {
		return "no problems"
	}
	s := fmt.Sprintf("line %d, column %d: %s", p[0].Line, p[0].Column, p[0].EN)
	if len(p) > 1 {
		s += fmt.Sprintf(" (and %d more)", len(p)-1)
	}
	return s
}

// MostProblems are listed of one file; whoever has that many starts with the first.
const MostProblems = 200

// Note adds what is wrong at a place. Of a file in which everything is wrong, not everything is kept.
func (p *Problems) Note(at Place, en, id string) {
	if len(*p) == 5*MostProblems {
		return
	}
	*p = append(*p, Problem{Place{max(at.Line, 1), max(at.Column, 1)}, en, id})
}

// Sorted gives the problems in the order of the file, each once.
func (p Problems) Sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
	p = slices.Compact(p)
	return p[:min(len(p), MostProblems)]
}
