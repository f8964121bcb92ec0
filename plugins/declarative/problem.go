package declarative

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is one thing that is wrong with a rule file, or, among warnings, one that may be.
type Problem struct {
	Line   int // from 1
	Column int // from 1, in characters
	EN, ID string
}

// Problems are all that is wrong with a rule file, in the order of the file.
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

// mostProblems are listed of one file; whoever has that many starts with the first.
const mostProblems = 200

// note adds what is wrong at a place. Of a file in which everything is wrong, not everything is kept.
func (p *Problems) note(at place, en, id string) {
	if len(*p) == 5*mostProblems {
		return
	}
	*p = append(*p, Problem{Line: max(at.line, 1), Column: max(at.column, 1), EN: en, ID: id})
}

// sorted gives the problems in the order of the file, each once.
func (p Problems) sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
	p = slices.Compact(p)
	return p[:min(len(p), mostProblems)]
}
