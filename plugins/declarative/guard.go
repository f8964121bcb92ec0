package declarative

import (
	"slices"
	"sync"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	celfunctions "cel.dev/cel-go/common/functions"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"
	"cel.dev/cel-go/parser"
)

// CEL counts what a function took when it is over, and nobody can end it meanwhile. A list that is doubled some fifty times costs
// next to nothing to write down and ages to look through. So the functions whose work grows with lists and texts are asked
// beforehand how many steps they will take, and those that would take more than a rule may never begin.

// mostText is the length of the longest text that expressions make, in bytes.
const mostText = 64 << 10

// beforehand gives, by function, how many steps a call will take; more than ruleCost where it is not worth counting on.
var beforehand = map[string]func(args []ref.Val) int{
	operators.Add: func(args []ref.Val) int {
		if list, ok := args[0].(traits.Lister); ok {
			return product(length(list)+length(args[1]), 1)
		}
		return asText(length(args[0]) + length(args[1]))
	},
	operators.Equals:        compared,
	operators.NotEquals:     compared,
	operators.In:            func(args []ref.Val) int { return product(length(args[1]), weight(args[0])) },
	"sets.contains":         pairs,
	"sets.intersects":       pairs,
	"sets.equivalent":       pairs,
	"hasOnly":               pairs,
	"hasAny":                pairs,
	"hasAll":                pairs,
	"hasExactly":            pairs,
	"distinct":              func(args []ref.Val) int { return product(length(args[0]), weight(args[0])) },
	"sort":                  sorted,
	"@sortByAssociatedKeys": sorted,
	"flatten":               func(args []ref.Val) int { return weight(args[0]) },
	"join":                  joined,
	"replace":               replaced,
	"split":                 func(args []ref.Val) int { return length(args[0]) },
	"indexOf":               searched,
	"lastIndexOf":           searched,
	"matches":               func(args []ref.Val) int { return product(length(args[0]), charMatched) },
}

func pairs(args []ref.Val) int    { return product(weight(args[0]), weight(args[1])) }
func compared(args []ref.Val) int { return min(weight(args[0]), weight(args[1])) }
func sorted(args []ref.Val) int   { return product(length(args[0]), 16) }
func searched(args []ref.Val) int { return product(length(args[0]), length(args[1])/10+1) }

func joined(args []ref.Val) int {
	list, ok := args[0].(traits.Lister)
	if !ok || length(list) > ruleCost {
		return ruleCost + 1
	}
	between, n := 0, 0
	if len(args) > 1 {
		between = length(args[1])
	}
	for it := list.Iterator(); it.HasNext() == types.True && n <= mostText; {
		n += length(it.Next()) + between
	}
	return asText(n)
}

// replaced is right for the shortest text that may be looked for, which stands before and after every character.
func replaced(args []ref.Val) int {
	found := length(args[0])/max(length(args[1]), 1) + 1
	return asText(length(args[0]) + product(found, length(args[2])))
}

// asText gives the steps of making a text of so many bytes.
func asText(bytes int) int {
	if bytes > mostText {
		return ruleCost + 1
	}
	return bytes / 10
}

// product multiplies, up to more than a rule may cost.
func product(a, b int) int {
	if a > ruleCost || b > ruleCost {
		return ruleCost + 1
	}
	return min(a*b, ruleCost+1)
}

// length is that of a text in bytes, and how many entries a list or a map has.
func length(v ref.Val) int {
	switch v := v.(type) {
	case types.String:
		return len(v)
	case types.Bytes:
		return len(v)
	case traits.Sizer:
		if n, ok := v.Size().(types.Int); ok {
			return int(min(n, ruleCost+1))
		}
	}
	return 1
}

// weight counts what a value is made of, lists within lists too, up to more than a rule may cost. A message of the facts is one: no
// expression makes any.
func weight(v ref.Val) int { return within(v, ruleCost+1) }

func within(v ref.Val, most int) (n int) {
	switch v := v.(type) {
	case types.String, types.Bytes:
		return min(1+length(v)/100, most)
	case traits.Lister:
		if length(v) >= most {
			return most
		}
		n = 1
		for it := v.Iterator(); it.HasNext() == types.True && n < most; {
			n += within(it.Next(), most-n)
		}
	case traits.Mapper:
		n = 1
		for it := v.Iterator(); it.HasNext() == types.True && n < most; {
			key := it.Next()
			n += within(key, most-n)
			n += within(v.Get(key), most-n)
		}
	default:
		n = 1
	}
	return min(n, most)
}

// guarded has the calls of an expression that may take long asked beforehand.
func guarded(a *cel.Ast) cel.ProgramOption {
	ask := map[int64]func([]ref.Val) int{}
	celast.PreOrderVisit(a.NativeRep().Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		if e.Kind() != celast.CallKind {
			return
		}
		call := e.AsCall()
		steps := beforehand[call.FunctionName()]
		args := call.Args()
		if call.IsMemberFunction() {
			args = append([]celast.Expr{call.Target()}, args...)
		}
		grows := func(arg celast.Expr) bool { return mayGrow(call.FunctionName(), a.NativeRep().GetType(arg.ID())) }
		if steps != nil && slices.ContainsFunc(args, grows) && !accumulates(call) {
			ask[e.ID()] = steps
		}
	}))
	return cel.CustomDecoratorV2(func(i interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
		call, ok := i.(interpreter.InterpretableCall)
		if !ok || ask[call.ID()] == nil {
			return i, nil
		}
		steps, work := ask[call.ID()], implementation(call)
		if work == nil {
			return i, nil
		}
		return interpreter.NewCall(call.ID(), call.Function(), call.OverloadID(), call.Args(), func(args ...ref.Val) ref.Val {
			if steps(args) > ruleCost {
				return types.WrapErr(errTooCostly)
			}
			return work(args...)
		}), nil
	})
}

// mayGrow tells whether a value of a type can be so large that a function takes long. Texts are compared quickly.
func mayGrow(function string, t *types.Type) bool {
	switch t.Kind() {
	case types.ListKind, types.MapKind, types.DynKind, types.AnyKind, types.TypeParamKind:
		return true
	case types.StringKind, types.BytesKind:
		return function != operators.Equals && function != operators.NotEquals && function != operators.In
	}
	return false
}

// accumulates tells the step of a macro, such as map, that adds one entry to its result; loops are counted as they go.
func accumulates(call celast.CallExpr) bool {
	return call.FunctionName() == operators.Add && call.Args()[0].Kind() == celast.IdentKind && call.Args()[0].AsIdent() == parser.HiddenAccumulatorName
}

// bindings gives what functions do, by the names of their overloads and by their own.
var bindings = sync.OnceValue(func() map[string]*celfunctions.Overload {
	all := map[string]*celfunctions.Overload{}
	env, err := environment()
	if err != nil { // then nothing is compiled
		return all
	}
	for name := range beforehand {
		bound, err := env.Functions()[name].Bindings()
		if err != nil {
			continue
		}
		for _, b := range bound {
			all[b.Operator] = b
		}
	}
	return all
})

// implementation gives what a call does with its arguments.
func implementation(call interpreter.InterpretableCall) celfunctions.FunctionOp {
	switch call.Function() {
	case operators.Equals:
		return func(args ...ref.Val) ref.Val { return types.Equal(args[0], args[1]) }
	case operators.NotEquals:
		return func(args ...ref.Val) ref.Val { return types.Bool(types.Equal(args[0], args[1]) != types.True) }
	}
	b := bindings()[call.OverloadID()]
	if b == nil {
		b = bindings()[call.Function()]
	}
	switch {
	case b == nil:
		return nil
	case b.Function != nil:
		return b.Function
	case b.Binary != nil && len(call.Args()) == 2:
		return func(args ...ref.Val) ref.Val { return b.Binary(args[0], args[1]) }
	case b.Unary != nil && len(call.Args()) == 1:
		return func(args ...ref.Val) ref.Val { return b.Unary(args[0]) }
	}
	return nil
}
