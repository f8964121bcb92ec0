package declarative

import (
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// The limits of expressions.
const (
	mostNodes      = 4000 // of one expression, what macros make of it included
	mostNesting    = 60
	mostLoops      = 4 // within each other
	mostNames      = 8 // of cel.bind, within each other: telling beforehand what they cost takes twice as long with each
	mostRegexp     = 500
	mostRange      = 1000 // of lists.range
	interruptEvery = 200  // steps of a loop after which it is asked whether anybody still waits
)

// facts describes the message that all facts are in.
var facts = (*rules.Facts)(nil).ProtoReflect().Descriptor()

// groups names the group that a field of the facts belongs to; those that are not here are always there.
var groups = map[string]string{
	"needs": rules.Needs, "consultations": rules.Consultations, "capacity_assessments": rules.Capacity,
	"objectives": rules.Logframe, "activities": rules.Activities, "training_events": rules.Trainings,
	"indicators": rules.Indicators, "findings": rules.Findings, "stakeholders": rules.Stakeholders, "reports": rules.Reports,
}

// The words of expressions beside the facts.
const (
	wordFacts  = "facts"
	wordMove   = "move"
	wordStage  = "stage"
	wordTarget = "target_stage"
	wordAt     = "at"
	wordToday  = "today"
	wordIt     = "it" // the element, in a rule with `each`
)

// environment is CEL with our words.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	options := []cel.EnvOption{
		cel.Types(&rulespb.Facts{}),
		cel.Variable(wordFacts, cel.ObjectType(string(facts.FullName()))),
		cel.Variable(wordMove, cel.StringType), cel.Variable(wordStage, cel.StringType), cel.Variable(wordTarget, cel.StringType),
		cel.Variable(wordAt, cel.TimestampType), cel.Variable(wordToday, cel.StringType),
		cel.CrossTypeNumericComparisons(true), cel.DefaultUTCTimeZone(true), cel.EnableMacroCallTracking(),
		cel.ParserExpressionSizeLimit(mostExpression), cel.ParserRecursionLimit(mostNesting), cel.ExpressionNodeLimit(mostNodes),
		cel.ParserErrorRecoveryLimit(5), cel.RegexProgramSizeLimit(mostRegexp),
		cel.ASTValidators(cel.ValidateComprehensionNestingLimit(mostLoops), cel.ValidateBindNestingLimit(mostNames), cel.ValidateTimestampLiterals(), cel.ValidateDurationLiterals(), cel.ValidateRegexLiterals()),
		ext.Strings(), ext.Math(), ext.Lists(ext.ListsMaxRangeSize(mostRange)), ext.Sets(), ext.Bindings(), ext.TwoVarComprehensions(),
	}
	for i := range facts.Fields().Len() {
		field := facts.Fields().Get(i)
		kind := cel.ObjectType(string(field.Message().FullName()))
		if field.IsList() {
			kind = cel.ListType(kind)
		}
		options = append(options, cel.Variable(string(field.Name()), kind))
	}
	return cel.NewEnv(append(options, functions()...)...)
})

// asked is one question as expressions see it: each word is worked out once, by whichever rule says it first.
type asked struct {
	question   *rules.Question
	facts      protoreflect.Message
	adapt      func(any) ref.Val
	parameters map[string]ref.Val
	known      map[string]ref.Val
	it         ref.Val
}

// Parent implements [cel.Activation].
func (a *asked) Parent() cel.Activation { return nil }

// ResolveName implements [cel.Activation].
func (a *asked) ResolveName(name string) (any, bool) {
	if name == wordIt {
		return a.it, a.it != nil
	}
	if v, ok := a.parameters[name]; ok {
		return v, true
	}
	if v, ok := a.known[name]; ok {
		return v, true
	}
	v, ok := a.find(name)
	if ok {
		a.known[name] = v
	}
	return v, ok
}

func (a *asked) find(name string) (ref.Val, bool) {
	switch name {
	case wordFacts:
		return a.adapt(a.question.GetFacts()), true
	case wordMove:
		return a.adapt(a.question.GetMove()), true
	case wordStage:
		return a.adapt(a.question.GetFacts().GetProgramme().GetStage()), true
	case wordTarget:
		return a.adapt(a.question.GetTargetStage()), true
	case wordAt:
		return a.adapt(a.question.GetAt().AsTime()), true
	case wordToday:
		return a.adapt(rules.Day(a.question.GetAt().AsTime())), true
	}
	field := facts.Fields().ByName(protoreflect.Name(name))
	if field == nil {
		return nil, false
	}
	if field.IsList() {
		return a.adapt(a.facts.Get(field).List()), true
	}
	return a.adapt(a.facts.Get(field).Message().Interface()), true
}
