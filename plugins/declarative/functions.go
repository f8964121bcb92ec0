package declarative

import (
	"fmt"
	"math"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"google.golang.org/protobuf/proto"

	"github.com/berdaya/berdaya/internal/plainyaml"
	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

var money = cel.ObjectType("berdaya.rules.v1.Money")

// functions are what the field needs and CEL has not. Each does a bounded amount of work and looks at nothing but what it
// is given.
func functions() []cel.EnvOption {
	ints, doubles := cel.ListType(cel.IntType), cel.ListType(cel.DoubleType)
	return []cel.EnvOption{
		cel.Function("days", cel.Overload("days_string_string", []*cel.Type{cel.StringType, cel.StringType}, cel.IntType, cel.BinaryBinding(daysBetween))),
		cel.Function("addDays", cel.Overload("addDays_string_int", []*cel.Type{cel.StringType, cel.IntType}, cel.StringType, cel.BinaryBinding(addDays))),
		cel.Function("day", cel.Overload("day_timestamp", []*cel.Type{cel.TimestampType}, cel.StringType, cel.UnaryBinding(func(t ref.Val) ref.Val {
			return types.String(rules.Day(t.(types.Timestamp).Time))
		}))),
		cel.Function("month", cel.Overload("month_string", []*cel.Type{cel.StringType}, cel.IntType, cel.UnaryBinding(func(day ref.Val) ref.Val {
			t, wrong := parsed(day)
			if wrong != nil {
				return wrong
			}
			return types.Int(t.Month())
		}))),
		cel.Function("percent",
			cel.Overload("percent_int_int", []*cel.Type{cel.IntType, cel.IntType}, cel.IntType, cel.BinaryBinding(percent)),
			cel.Overload("percent_double_double", []*cel.Type{cel.DoubleType, cel.DoubleType}, cel.IntType, cel.BinaryBinding(percent))),
		cel.Function("sum",
			cel.MemberOverload("list_int_sum", []*cel.Type{ints}, cel.IntType, cel.UnaryBinding(sum(types.Int(0)))),
			cel.MemberOverload("list_double_sum", []*cel.Type{doubles}, cel.DoubleType, cel.UnaryBinding(sum(types.Double(0))))),
		cel.CostModel(perElement("list_int_sum"), perElement("list_double_sum"),
			cost.Overload(overloads.Matches, matching(cost.Arg(0))), cost.MemberOverload(overloads.MatchesString, matching(cost.Target()))),
		cel.Function("amount", cel.Overload("amount_money", []*cel.Type{money}, cel.DoubleType, cel.UnaryBinding(func(m ref.Val) ref.Val {
			switch of := m.Value().(type) {
			case *rulespb.Money:
				return types.Double(float64(of.GetUnits()) + float64(of.GetNanos())/1e9)
			case proto.Message: // where there is none, CEL has an empty message of its own making
				return types.Double(0)
			}
			return types.NewErr("no amount of money")
		}))),
		cel.Function("within", cel.Overload("within_string_string", []*cel.Type{cel.StringType, cel.StringType}, cel.BoolType, cel.BinaryBinding(func(code, region ref.Val) ref.Val {
			c, r := string(code.(types.String)), string(region.(types.String))
			return types.Bool(r == "ID" || c == r || strings.HasPrefix(c, r+"."))
		}))),
	}
}

// matching is what a regular expression costs: CEL allows it 500 instructions, and each character may be held against them all.
func matching(text cost.QuantityExpr) cost.OverloadModelOption {
	return cost.EvalCost(cost.Scale(cost.Length(text), charMatched))
}

func perElement(overload string) cost.OverloadModel {
	return cost.MemberOverload(overload, cost.EvalCost(cost.Sum(cost.Const(cost.CallCost), cost.Length(cost.Target()))))
}

func parsed(day ref.Val) (time.Time, ref.Val) {
	t, err := time.Parse(time.DateOnly, string(day.(types.String)))
	if err != nil {
		return t, types.NewErr("%q is not a day written YYYY-MM-DD", plainyaml.Short(string(day.(types.String))))
	}
	return t, nil
}

func daysBetween(from, to ref.Val) ref.Val {
	a, wrong := parsed(from)
	if wrong != nil {
		return wrong
	}
	b, wrong := parsed(to)
	if wrong != nil {
		return wrong
	}
	return types.Int(b.Unix()-a.Unix()) / 86400
}

func addDays(day, n ref.Val) ref.Val {
	t, wrong := parsed(day)
	if wrong != nil {
		return wrong
	}
	if days := n.(types.Int); days < -100_000 || days > 100_000 {
		return types.NewErr("%d days are too many", days)
	} else if t = t.AddDate(0, 0, int(days)); t.Year() < 0 || t.Year() > 9999 {
		return types.NewErr("the year %d has no day written YYYY-MM-DD", t.Year())
	}
	return types.String(t.Format(time.DateOnly))
}

// percent gives whole percents, rounded down, so that "at least 30" is met by 30 of 100 and not by 29.9; 0 of nothing is 0.
func percent(part, whole ref.Val) ref.Val {
	if p, ok := part.(types.Int); ok {
		w := whole.(types.Int)
		switch {
		case w == 0:
			return types.Int(0)
		case p > math.MaxInt64/100 || p < math.MinInt64/100:
			return types.NewErr("%d is too large", p)
		}
		whole := p * 100 / w
		if p*100%w != 0 && (p < 0) != (w < 0) {
			whole-- // division of whole numbers rounds towards zero
		}
		return whole
	}
	p, w := float64(part.(types.Double)), float64(whole.(types.Double))
	if w == 0 {
		return types.Int(0)
	}
	switch percents := math.Floor(p * 100 / w); {
	case percents >= math.MaxInt64:
		return types.Int(math.MaxInt64)
	case percents <= math.MinInt64:
		return types.Int(math.MinInt64)
	default:
		return types.Int(percents)
	}
}

func sum(zero traits.Adder) func(ref.Val) ref.Val {
	return func(list ref.Val) ref.Val {
		total := zero
		for it := list.(traits.Lister).Iterator(); it.HasNext() == types.True; {
			next := total.Add(it.Next())
			sum, ok := next.(traits.Adder)
			if !ok || types.IsError(next) {
				return next
			}
			total = sum
		}
		return total.(ref.Val)
	}
}

// plainNumber writes a number as people and programs read it: without exponent, with at most six decimals.
func plainNumber(f float64) string {
	s := fmt.Sprintf("%.6f", f)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
