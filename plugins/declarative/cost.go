package declarative

import (
	"fmt"
	"math"

	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
)

// What a rule may cost, in CEL's own units: about one for each step, more for long texts. See doc.go for what that is in time.
const (
	ruleCost     = 200_000   // of one expression
	decisionCost = 1_000_000 // of all rules about one programme
)

// crowded is how many entries each list of the facts is taken to have at worst when a cost is told beforehand, and longest how
// many characters each text.
const (
	crowded = 100
	longest = 200
)

// charMatched is what a regular expression costs for each character that it looks at.
const charMatched = 5

// sizes tells CEL what it cannot know: how long lists and texts of the facts may be.
type sizes struct{}

func (sizes) EstimateSize(of cost.AstNode) *cost.SizeEstimate {
	if of.ComputedSize() != nil || of.Type() == nil {
		return nil
	}
	var size cost.SizeEstimate
	switch of.Type().Kind() {
	case types.ListKind, types.MapKind:
		size = cost.RangedSizeEstimate(0, crowded)
	case types.StringKind:
		size = cost.RangedSizeEstimate(0, longest)
	default:
		return nil
	}
	return &size
}

func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

// cost tells what a rule costs at worst, and warns where that is more than it may.
func (c *compiler) cost(s ruleSource, r rule) uint64 {
	worst := func(p *program) uint64 {
		if p == nil {
			return 0
		}
		e, err := p.env.EstimateCost(p.ast, sizes{})
		if err != nil {
			return math.MaxUint64
		}
		if e.Max > ruleCost {
			c.warnings.Note(p.from.Spot(0), fmt.Sprintf("with %d entries in every list this could cost %s, more than the %d that an expression may; such a rule blocks. Loop less deep", crowded, counted(e.Max), ruleCost),
				fmt.Sprintf("dengan %d isi di setiap daftar, biayanya bisa %s, melebihi %d untuk satu ekspresi; aturan seperti itu memblokir. Kurangi perulangan bertingkat", crowded, counted(e.Max), ruleCost))
		}
		return e.Max
	}
	once := worst(r.assert)
	for _, v := range r.values {
		once = cost.SafeAdd(once, worst(v.program))
	}
	if r.each != nil {
		once = cost.SafeMultiply(once, crowded)
	}
	return cost.SafeAdd(once, worst(r.each))
}

func counted(n uint64) string {
	if n == math.MaxUint64 {
		return "∞"
	}
	return fmt.Sprint(n)
}
