package rules

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"
)

// Measured is a [RuleSet] that keeps figures of its rules, as [Set] does. Figures is called from any goroutine, every few seconds.
type Measured interface {
	// Figures gives what came of each rule that was asked since the program began.
	Figures() []*RuleFigures
}

// figures counts what came of one rule.
type figures struct {
	passed, failed, broken atomic.Uint64
	took                   atomic.Int64 // nanoseconds
}

func (s *Set) count(code string, v *Verdict, took time.Duration) {
	kept, ok := s.figures.Load(code)
	if !ok {
		kept, _ = s.figures.LoadOrStore(code, new(figures))
	}
	f := kept.(*figures)
	switch {
	case v.GetPassed():
		f.passed.Add(1)
	case v.GetRule() == RuleError:
		f.broken.Add(1)
	default:
		f.failed.Add(1)
	}
	f.took.Add(int64(took))
}

// Figures implements [Measured].
func (s *Set) Figures() []*RuleFigures {
	var all []*RuleFigures
	s.figures.Range(func(code, kept any) bool {
		f := kept.(*figures)
		all = append(all, &RuleFigures{Rule: code.(string), Passed: f.passed.Load(), Failed: f.failed.Load(), Broken: f.broken.Load(),
			Seconds: time.Duration(f.took.Load()).Seconds()})
		return true
	})
	slices.SortFunc(all, func(a, b *RuleFigures) int { return cmp.Compare(a.GetRule(), b.GetRule()) })
	return all
}
