package declarative

import (
	"context"
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/berdaya/berdaya/internal/plainyaml"
	"github.com/berdaya/berdaya/plugins/rules"
)

// Explanation says how a rule comes to what it says.
type Explanation struct {
	Code     string
	Title    rules.Text
	Speaks   bool // to the move and the stage; otherwise the rest is empty
	Verdicts []*rules.Verdict
	Traces   []Trace // of the assertion: once, or once for each entry
}

// Trace is an expression with its value, and the parts it is made of with theirs.
type Trace struct {
	Text  string
	Value string
	Parts []Trace
}

// mostShown is how many entries of a list are shown one by one.
const mostShown = 5

// Explain judges one question and shows how.
func (p *Program) Explain(ctx context.Context, q *rules.Question, given map[string]any) ([]Explanation, error) {
	s := p.RuleSet().(*ruleSet)
	if err := s.Configure("", given); err != nil {
		return nil, err
	}
	var all []Explanation
	for i := range p.rules {
		r := &p.rules[i]
		e := Explanation{Code: r.Code, Title: rules.Text{EN: r.Title.GetEn(), ID: r.Title.GetId()}, Speaks: r.speaks(q)}
		if e.Speaks {
			d, err := s.decision(ctx, q)
			if err != nil {
				return nil, err
			}
			if e.Verdicts, err = d.judge(r, mostOfEach); err != nil {
				e.Verdicts = []*rules.Verdict{broken(r.Code, err)}
			}
			e.Traces = d.traces(r)
			d.frame.Close()
		}
		all = append(all, e)
	}
	return all, ctx.Err()
}

// traces shows the assertion of a rule, and of one with `each` the list and the assertion for its first entries.
func (d *decision) traces(r *rule) []Trace {
	if r.each == nil {
		return []Trace{tracer{r.assert}.trace(r.assert.ast.NativeRep().Expr(), &d.asked)}
	}
	t := tracer{r.each}
	list := t.trace(r.each.ast.NativeRep().Expr(), &d.asked)
	entries, _ := t.value(r.each.ast.NativeRep().Expr(), &d.asked).(traits.Lister)
	traces := []Trace{list}
	defer func() { d.it = nil }()
	each(entries, func(i int, entry ref.Val) {
		d.it = entry
		one := tracer{r.assert}.trace(r.assert.ast.NativeRep().Expr(), &d.asked)
		traces = append(traces, Trace{Text: fmt.Sprintf("%s[%d] = %s", wordIt, i, brief(entry)), Value: one.Value, Parts: []Trace{one}})
	})
	return traces
}

// each visits the first entries of a list.
func each(list traits.Lister, visit func(int, ref.Val)) {
	if list == nil {
		return
	}
	for i, it := 0, list.Iterator(); it.HasNext() == types.True && i < mostShown; i++ {
		visit(i, it.Next())
	}
}

// tracer works the parts of an expression out one by one. Unlike a record of one evaluation it shows every round of a loop, and
// the parts that were not needed too.
type tracer struct{ *program }

func (t tracer) value(e celast.Expr, vars cel.Activation) ref.Val {
	whole := t.ast.NativeRep()
	part := celast.NewCheckedAST(celast.NewAST(e, whole.SourceInfo()), whole.TypeMap(), whole.ReferenceMap())
	run, err := t.env.PlanProgram(part, cel.CostLimit(ruleCost))
	if err != nil {
		return types.WrapErr(err)
	}
	v, _, err := run.Eval(vars)
	if err != nil {
		return types.WrapErr(err)
	}
	return v
}

func (t tracer) trace(e celast.Expr, vars cel.Activation) Trace {
	text, err := cel.ExprToString(e, t.ast.NativeRep().SourceInfo())
	if err != nil {
		text = "…"
	}
	trace := Trace{Text: oneLine(text), Value: shownValue(t.value(e, vars))}
	switch e.Kind() {
	case celast.CallKind:
		call := e.AsCall()
		if call.IsMemberFunction() {
			trace.add(t, call.Target(), vars)
		}
		for _, arg := range call.Args() {
			trace.add(t, arg, vars)
		}
	case celast.SelectKind:
		if of := e.AsSelect().Operand(); of.Kind() == celast.CallKind || of.Kind() == celast.ComprehensionKind {
			trace.add(t, of, vars)
		}
	case celast.ComprehensionKind:
		trace.rounds(t, e.AsComprehension(), vars)
	}
	return trace
}

// add shows a part, unless it says nothing that is not in the whole already.
func (trace *Trace) add(t tracer, part celast.Expr, vars cel.Activation) {
	switch part.Kind() {
	case celast.LiteralKind:
		return
	case celast.ListKind:
		if t.value(part, vars).Type() == types.ErrType {
			break
		}
		return
	}
	trace.Parts = append(trace.Parts, t.trace(part, vars))
}

// rounds shows a loop: the list, and what is asked of each entry.
func (trace *Trace) rounds(t tracer, loop celast.ComprehensionExpr, vars cel.Activation) {
	trace.add(t, loop.IterRange(), vars)
	asked := inLoop(loop)
	list, isList := t.value(loop.IterRange(), vars).(traits.Lister)
	if asked == nil || !isList || loop.HasIterVar2() {
		return
	}
	each(list, func(i int, entry ref.Val) {
		with := bound{name: loop.IterVar(), value: entry, parent: vars}
		one := t.trace(asked, with)
		round := Trace{Text: fmt.Sprintf("%s[%d] = %s", loop.IterVar(), i, brief(entry)), Value: one.Value}
		if len(one.Parts) > 0 {
			round.Parts = []Trace{one}
		}
		trace.Parts = append(trace.Parts, round)
	})
}

// inLoop gives what a macro asks of each entry, as its step has it; nil for other loops.
func inLoop(loop celast.ComprehensionExpr) celast.Expr {
	step := loop.LoopStep()
	if step.Kind() != celast.CallKind {
		return nil
	}
	args := step.AsCall().Args()
	switch step.AsCall().FunctionName() {
	case operators.LogicalAnd, operators.LogicalOr: // all, exists
		return args[1]
	case operators.Conditional: // filter, exists_one, map with a condition
		return args[0]
	case operators.Add: // map
		if args[1].Kind() == celast.ListKind && args[1].AsList().Size() == 1 {
			return args[1].AsList().Elements()[0]
		}
	}
	return nil
}

// bound is a variable of a loop.
type bound struct {
	name   string
	value  ref.Val
	parent cel.Activation
}

// Parent implements [cel.Activation].
func (b bound) Parent() cel.Activation { return b.parent }

// ResolveName implements [cel.Activation].
func (b bound) ResolveName(name string) (any, bool) {
	if name == b.name {
		return b.value, true
	}
	return b.parent.ResolveName(name)
}

// shownValue writes a value for authors.
func shownValue(v ref.Val) string {
	switch v := v.(type) {
	case *types.Err:
		en, _ := because(v)
		return "! " + en
	case types.String:
		return fmt.Sprintf("%q", plainyaml.Short(string(v)))
	case traits.Mapper:
		return fmt.Sprintf("{%v}", v.Size().Value())
	case traits.Lister:
		n, _ := v.Size().Value().(int64)
		var entries []string
		each(v, func(_ int, e ref.Val) { entries = append(entries, brief(e)) })
		if int(n) > len(entries) {
			entries = append(entries, fmt.Sprintf("… %d", n))
		}
		return "[" + strings.Join(entries, ", ") + "]"
	}
	return brief(v)
}

// brief names an entry of the facts by what people know it by.
func brief(v ref.Val) string {
	m, ok := v.Value().(proto.Message)
	if !ok {
		if s, ok := v.(types.String); ok {
			return fmt.Sprintf("%q", plainyaml.Short(string(s)))
		}
		if l, ok := v.(traits.Lister); ok {
			return shownValue(l)
		}
		return written(v)
	}
	if m == nil || !m.ProtoReflect().IsValid() {
		return "–"
	}
	fields := m.ProtoReflect().Descriptor().Fields()
	for _, name := range []protoreflect.Name{"title", "name", "topic", "statement", "description", "place", "code", "kind", "id"} {
		if f := fields.ByName(name); f != nil && f.Kind() == protoreflect.StringKind {
			if s := m.ProtoReflect().Get(f).String(); s != "" {
				return fmt.Sprintf("%s %q", m.ProtoReflect().Descriptor().Name(), plainyaml.Short(s))
			}
		}
	}
	return string(m.ProtoReflect().Descriptor().Name())
}

// Question gives what to ask a rule set about the facts of a file, in YAML or JSON with the contract's field names.
func Question(text []byte, stage, move, at string) (*rules.Question, Problems) {
	r := &reader{}
	q := &rules.Question{ProgrammeId: "01990000-0000-7000-8000-000000000001", Move: move, Facts: &rules.Facts{}}
	if len(text) > 0 {
		if root, ok := r.Parse(text, FileMost); ok {
			r.message(q.Facts.ProtoReflect(), root, plainyaml.Place{})
		}
	}
	t := &Test{question: q}
	t.settle(stage)
	var ok bool
	if q.At, ok = instant(at); !ok {
		r.Wrong(plainyaml.Place{}, fmt.Sprintf("%q is no day, such as 2026-03-02", plainyaml.Short(at)), fmt.Sprintf("%q bukan tanggal, misalnya 2026-03-02", plainyaml.Short(at)))
	}
	return q, r.Problems.Sorted()
}
