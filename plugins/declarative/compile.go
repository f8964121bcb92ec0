package declarative

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"github.com/berdaya/berdaya/internal/plainyaml"
	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// Program is a rule file that was compiled. It is never changed; any number of regions may share it, each with parameters
// of its own ([Program.RuleSet]).
type Program struct {
	Description *rules.Description
	Warnings    Problems // what may be wrong
	Rules       []RuleSummary
	Parameters  []ParameterSummary

	rules      []rule
	stages     map[string]stage
	parameters *parameters
	tests      []*Test
}

// RuleSummary is what authors are shown of a rule.
type RuleSummary struct {
	Code             string
	Stages, Moves    []string
	Severity         string
	Waivable         string
	Facts            []string // the groups it looks at
	Cost             uint64   // at worst, as far as can be told beforehand
	Line             int
	TitleEN, TitleID string
}

// ParameterSummary is what authors are shown of a parameter.
type ParameterSummary struct {
	Name, Type string
	Default    any // nil: every region must say it
}

type rule struct {
	*rulespb.Rule
	path    []string
	each    *program // nil: the rule is asked once
	assert  *program
	values  []named
	en, id  template
	summary *RuleSummary
}

type named struct {
	name string
	*program
}

type stage struct {
	days      *program // nil: no opinion
	checklist []*rules.ChecklistItem
}

// program is an expression that was compiled.
type program struct {
	run  cel.Program
	ast  *cel.Ast
	env  *cel.Env
	from expression
}

// Compile makes a program of a rule file, or says all that is wrong with it. It ends early, with a problem that says so, when
// ctx does.
func Compile(ctx context.Context, text []byte) (*Program, Problems) {
	r := &reader{}
	root, ok := r.Parse(text, FileMost)
	if !ok {
		return nil, r.Problems.Sorted()
	}
	s := r.file(root)
	c := &compiler{reader: r, ctx: ctx, groups: map[string]bool{}, planGroups: map[string]bool{}, its: map[string]*cel.Env{}}
	p := c.program(s)
	if len(r.Problems) > 0 {
		return nil, r.Problems.Sorted()
	}
	p.tests = s.tests
	p.Warnings = c.warnings.Sorted()
	return p, nil
}

type compiler struct {
	*reader
	ctx                context.Context
	env                *cel.Env
	its                map[string]*cel.Env // with `it`, by its type
	parameters         *parameters
	groups, planGroups map[string]bool
	warnings           Problems
	written            int // characters of all expressions
	gaveUp             bool
}

func (c *compiler) program(s source) *Program {
	c.parameters = c.reader.parameters(s.parameters)
	base, err := environment()
	if err == nil {
		var words []cel.EnvOption
		for _, p := range c.parameters.list {
			words = append(words, cel.Variable(params+"."+p.name, p.kind))
		}
		c.env, err = base.Extend(words...)
	}
	if err != nil {
		c.Wrong(plainyaml.Place{}, "the expressions cannot be read: "+err.Error(), "ekspresi tidak dapat dibaca: "+err.Error())
		return nil
	}
	p := &Program{parameters: c.parameters, stages: map[string]stage{}, Description: &rules.Description{
		Name: s.name, Version: s.version, Contract: rules.Contract, Title: said(s.title), ParametersSchema: c.parameters.schema}}
	for _, one := range c.parameters.list {
		p.Parameters = append(p.Parameters, ParameterSummary{one.name, cel.FormatCELType(one.kind), one.fallback})
	}
	for _, from := range s.rules {
		r := c.rule(from)
		p.rules = append(p.rules, r)
		p.Rules = append(p.Rules, *r.summary)
		p.Description.Rules = append(p.Description.Rules, r.Rule)
	}
	for _, from := range s.stages {
		p.stages[from.stage] = c.stage(from)
	}
	p.Description.Facts, p.Description.PlanFacts = listed(c.groups), listed(c.planGroups)
	if len(c.Problems) == 0 {
		if err := rules.CheckDescription(p.Description); err != nil { // what is checked above leaves nothing to it
			c.Wrong(plainyaml.Place{}, err.Error(), err.Error())
		}
	}
	return p
}

// listed gives the groups in the contract's order.
func listed(groups map[string]bool) (list []string) {
	for _, g := range rules.FactGroups {
		if groups[g] {
			list = append(list, g)
		}
	}
	return list
}

func said(t rules.Text) *rulespb.Text { return &rulespb.Text{En: t.EN, Id: t.ID} }

func (c *compiler) rule(s ruleSource) rule {
	r := rule{path: s.path, Rule: &rulespb.Rule{Code: s.code, Title: said(s.title), Stages: s.stages, Moves: s.moves, Severity: s.severity, Waivable: s.waivable}}
	r.summary = &RuleSummary{Code: s.code, Stages: s.stages, Moves: s.moves, Severity: s.severity, Waivable: s.waivable, Line: s.at.Line, TitleEN: s.title.EN, TitleID: s.title.ID}
	needed := map[string]bool{}
	env := c.env
	if s.each.Text != "" {
		r.each = c.expression(c.env, s.each, needed, "a list", "daftar", func(t *cel.Type) bool { return t.Kind() == types.ListKind })
		if r.each == nil {
			return r // what `it` is cannot be told, so neither what is wrong with the rest
		}
		env = c.with(r.each.ast.OutputType().Parameters()[0])
	}
	r.assert = c.expression(env, s.assert, needed, "true or false", "true atau false", func(t *cel.Type) bool { return t.Kind() == types.BoolKind })
	var names []string
	for _, v := range s.values {
		names = append(names, v.name)
		r.values = append(r.values, named{v.name, c.expression(env, v.expression, needed, "a text, a number, true or false, or a time", "teks, bilangan, true atau false, atau waktu", plain)})
	}
	r.en, r.id = c.template(s.en, names), c.template(s.id, names)
	for g := range needed {
		c.groups[g] = true
	}
	r.summary.Facts = listed(needed)
	r.summary.Cost = c.cost(s, r)
	return r
}

// with gives the environment in which `it` has a type.
func (c *compiler) with(it *cel.Type) *cel.Env {
	name := cel.FormatCELType(it)
	if c.its[name] == nil {
		env, err := c.env.Extend(cel.Variable(wordIt, it))
		if err != nil {
			c.Wrong(plainyaml.Place{}, err.Error(), err.Error())
			return c.env
		}
		c.its[name] = env
	}
	return c.its[name]
}

// plain tells whether values of a type can be put into a message.
func plain(t *cel.Type) bool {
	switch t.Kind() {
	case types.StringKind, types.IntKind, types.UintKind, types.DoubleKind, types.BoolKind, types.TimestampKind:
		return true
	}
	return false
}

func (c *compiler) stage(s stageSource) stage {
	work := stage{}
	if s.days != nil {
		work.days = c.expression(c.env, *s.days, c.planGroups, "a whole number of days", "jumlah hari berupa bilangan bulat", func(t *cel.Type) bool { return t.Kind() == types.IntKind })
		if e := work.days; e != nil && e.ast.NativeRep().Expr().Kind() == celast.LiteralKind {
			if n, ok := e.ast.NativeRep().Expr().AsLiteral().(types.Int); ok && (n < 1 || n > mostDays) {
				c.Wrong(s.days.At, fmt.Sprintf("days are 1 to %d, not %d", mostDays, n), fmt.Sprintf("hari antara 1 dan %d, bukan %d", mostDays, n))
			}
		}
	}
	for _, item := range s.checklist {
		work.checklist = append(work.checklist, &rules.ChecklistItem{Code: item.Code, Title: said(item.Title)})
	}
	return work
}

// mostWritten bounds the characters of all expressions of a file, so that compiling it ends in good time.
const mostWritten = 64 << 10

// expression compiles an expression whose type must fit, and adds the groups of facts that it looks at.
func (c *compiler) expression(env *cel.Env, from expression, needed map[string]bool, en, id string, fits func(*cel.Type) bool) *program {
	if strings.TrimSpace(from.Text) == "" || c.stopped(from) {
		return nil
	}
	ast, issues := env.Compile(from.Text)
	if issues.Err() != nil {
		for _, e := range issues.Errors() {
			en, id := c.worded(e.Message)
			c.Wrong(from.Spot(offset(from.Text, e.Location.Line(), e.Location.Column())), en, id)
		}
		return nil
	}
	if t := ast.OutputType(); !fits(t) {
		name := ours.Replace(cel.FormatCELType(t))
		c.Wrong(from.Spot(0), fmt.Sprintf("this gives %s; %s belongs here", name, en), fmt.Sprintf("ini menghasilkan %s; di sini seharusnya %s", name, id))
		return nil
	}
	if c.refuse(ast, from) {
		return nil
	}
	run, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(ruleCost), cel.InterruptCheckFrequency(interruptEvery), guarded(ast))
	if err != nil {
		c.Wrong(from.Spot(0), "this cannot be worked out: "+oneLine(err.Error()), "ini tidak dapat dihitung: "+oneLine(err.Error()))
		return nil
	}
	seen(ast, needed)
	return &program{run: run, ast: ast, env: env, from: from}
}

// stopped tells whether to read no further expression, and says so once.
func (c *compiler) stopped(from expression) bool {
	c.written += len(from.Text)
	switch {
	case c.gaveUp || len(c.Problems) > plainyaml.MostProblems:
		c.gaveUp = true
	case c.ctx.Err() != nil:
		c.gaveUp = true
		c.Wrong(from.At, "there was no time to read further", "tidak ada waktu untuk membaca lebih jauh")
	case c.written > mostWritten:
		c.gaveUp = true
		c.Wrong(from.At, fmt.Sprintf("the expressions up to here have more than %d characters", mostWritten), fmt.Sprintf("ekspresi sampai di sini lebih dari %d karakter", mostWritten))
	}
	return c.gaveUp
}

// refuse notes what an expression has that rules do not need and that could take a process more than it has.
func (c *compiler) refuse(ast *cel.Ast, from expression) (found bool) {
	info := ast.NativeRep().SourceInfo()
	celast.PreOrderVisit(ast.NativeRep().Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		var en, id string
		switch {
		case e.Kind() == celast.StructKind:
			en, id = "rules make no messages; compare their fields one by one", "aturan tidak membuat pesan; bandingkan isiannya satu per satu"
		case e.Kind() == celast.CallKind && e.AsCall().FunctionName() == "format":
			en, id = "format is not available; put values into the message by their names", "format tidak tersedia; masukkan nilai ke dalam pesan dengan namanya"
		default:
			return
		}
		at := info.GetStartLocation(e.ID())
		c.Wrong(from.Spot(offset(from.Text, at.Line(), at.Column())), en, id)
		found = true
	}))
	return found
}

// offset gives the number of a character by its line, from 1, and column, from 0.
func offset(text string, line, column int) int {
	n := 0
	for range line - 1 {
		before, after, _ := strings.Cut(text, "\n")
		n, text = n+utf8.RuneCountInString(before)+1, after
	}
	return n + max(column, 0)
}

// seen adds the groups of facts that an expression looks at: by their own names or as fields of `facts`. A variable of a loop that
// has the name of a group counts as well; that asks for more than is needed, never for less.
func seen(a *cel.Ast, needed map[string]bool) {
	within := map[int64]bool{} // mentions of `facts` of which a field is taken
	add := func(field string) {
		if g := groups[field]; g != "" {
			needed[g] = true
		}
	}
	celast.PreOrderVisit(a.NativeRep().Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		switch e.Kind() {
		case celast.SelectKind:
			if of := e.AsSelect().Operand(); of.Kind() == celast.IdentKind && of.AsIdent() == wordFacts {
				within[of.ID()] = true
				add(e.AsSelect().FieldName())
			}
		case celast.IdentKind:
			if e.AsIdent() != wordFacts {
				add(e.AsIdent())
			} else if !within[e.ID()] {
				for field := range groups {
					add(field)
				}
			}
		}
	}))
}

var placeholder = regexp.MustCompile(`\{([a-zA-Z][a-zA-Z0-9]*)\}`)

// template is a message: texts and, between them, the numbers of values.
type template struct {
	texts  []string
	values []int
}

func (c *compiler) template(from plainyaml.Scalar, names []string) (t template) {
	text := strings.TrimRight(from.Text, "\n ")
	end := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		name := text[m[2]:m[3]]
		i := slices.Index(names, name)
		if i < 0 {
			en, id := suggestion(name, names)
			c.Wrong(from.Spot(len([]rune(text[:m[0]]))), fmt.Sprintf("there is no value %q for the message; add it to values%s", plainyaml.Short(name), en), fmt.Sprintf("tidak ada nilai %q untuk pesan; tambahkan ke values%s", plainyaml.Short(name), id))
			continue
		}
		t.texts, t.values, end = append(t.texts, text[end:m[0]]), append(t.values, i), m[1]
	}
	t.texts = append(t.texts, text[end:])
	return t
}

// with gives the message with values in it, cut to the length that a text may have.
func (t template) with(values []string) string {
	var b strings.Builder
	for i, v := range t.values {
		b.WriteString(t.texts[i])
		b.WriteString(values[v])
	}
	b.WriteString(t.texts[len(t.texts)-1])
	return clip(b.String(), rules.MaxText)
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
