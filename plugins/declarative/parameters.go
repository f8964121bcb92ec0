package declarative

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"github.com/goccy/go-yaml/ast"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/berdaya/berdaya/internal/plainyaml"
	"github.com/berdaya/berdaya/plugins/rules"
)

// parameterPattern is the form of a parameter's name, which is a word of CEL as well.
var parameterPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// params is the word by which expressions reach parameters: params.NAME.
const params = "params"

// parameter is something that a region decides when it puts the rules to work.
type parameter struct {
	name     string
	kind     *cel.Type
	fallback any // nil: every region must say it
}

// parameters is what the rules of a file leave to the regions.
type parameters struct {
	list   []parameter
	schema string // JSON Schema (2020-12); empty where there are none
	holds  *jsonschema.Schema
}

// parameters reads what is said of each parameter: JSON Schema, written in YAML, with a default or without.
func (r *reader) parameters(members []plainyaml.Member) *parameters {
	if len(members) == 0 {
		return &parameters{}
	}
	p, properties, required := &parameters{}, map[string]any{}, []any{}
	before := len(r.Problems)
	for _, m := range members {
		if !parameterPattern.MatchString(m.Key) {
			r.Wrong(m.At, fmt.Sprintf("the name %q must be a small letter, then small letters, digits and underscores, at most 64", plainyaml.Short(m.Key)),
				fmt.Sprintf("nama %q harus berupa huruf kecil, lalu huruf kecil, angka dan garis bawah, paling banyak 64", plainyaml.Short(m.Key)))
			continue
		}
		schema, ok := r.data(m.Value).(map[string]any)
		if !ok {
			r.Wrong(m.At, "a parameter is described by a JSON Schema, such as {type: integer, default: 30}", "parameter dijelaskan dengan JSON Schema, misalnya {type: integer, default: 30}")
			continue
		}
		kind := kindOf(schema)
		if kind == nil {
			r.Wrong(m.At, "say its type: integer, number, string, boolean, array or object", "sebutkan type: integer, number, string, boolean, array atau object")
			continue
		}
		if refers(schema) {
			r.Wrong(m.At, "a parameter's schema has no keys that begin with $", "skema parameter tidak memuat kunci yang diawali $")
			continue
		}
		_, holds, err := schemaOf(map[string]any{m.Key: schema}, nil)
		if err != nil {
			says := invalid(err)
			r.Wrong(m.At, "this is no JSON Schema: "+says, "ini bukan JSON Schema: "+says)
			continue
		}
		fallback, given := schema["default"]
		if given {
			if err := holds.Validate(map[string]any{m.Key: fallback}); err != nil {
				says := invalid(err)
				r.Wrong(m.At, "the default does not fit: "+says, "default tidak sesuai: "+says)
			}
		} else {
			required = append(required, m.Key)
		}
		properties[m.Key] = schema
		p.list = append(p.list, parameter{m.Key, kind, fallback})
	}
	if len(r.Problems) > before {
		return p
	}
	var err error
	p.schema, p.holds, err = schemaOf(properties, required)
	if err != nil {
		r.Wrong(members[0].At, "these parameters cannot be described: "+oneLine(err.Error()), "parameter ini tidak dapat dijelaskan: "+oneLine(err.Error()))
	}
	return p
}

// mostSchema bounds the schema of all parameters, in bytes.
const mostSchema = 64 << 10

// refers tells whether a schema uses keys by which schemas refer to others, or to themselves without end.
func refers(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if strings.HasPrefix(key, "$") || refers(value) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, refers)
	}
	return false
}

// schemaOf gives the schema of parameters by those of each.
func schemaOf(properties map[string]any, required []any) (text string, holds *jsonschema.Schema, err error) {
	whole := map[string]any{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		whole["required"] = required
	}
	bytes, err := json.Marshal(whole)
	switch {
	case err != nil:
		return "", nil, err
	case len(bytes) > mostSchema:
		return "", nil, fmt.Errorf("more than %d bytes", mostSchema)
	}
	holds, err = rules.Schema(string(bytes))
	return string(bytes), holds, err
}

// kindOf gives the type that a parameter has in expressions.
func kindOf(schema map[string]any) *cel.Type {
	switch schema["type"] {
	case "integer":
		return cel.IntType
	case "number":
		return cel.DoubleType
	case "string":
		return cel.StringType
	case "boolean":
		return cel.BoolType
	case "object":
		return cel.MapType(cel.StringType, cel.DynType)
	case "array":
		if items, ok := schema["items"].(map[string]any); ok {
			if kind := kindOf(items); kind != nil {
				return cel.ListType(kind)
			}
		}
		return cel.ListType(cel.DynType)
	}
	return nil
}

// values gives the parameters as expressions see them: those given, and the defaults of the others.
func (p *parameters) values(given map[string]any) (map[string]ref.Val, error) {
	if len(p.list) == 0 && len(given) > 0 {
		return nil, errors.New("this rule set takes no parameters")
	}
	if p.holds != nil {
		if given == nil {
			given = map[string]any{}
		}
		if err := p.holds.Validate(given); err != nil {
			return nil, errors.New(invalid(err))
		}
	}
	values := p.filled(given)
	for _, one := range p.list {
		if wrong, ok := values[params+"."+one.name].(*types.Err); ok { // such as a whole number of thirty digits
			return nil, fmt.Errorf("%s: %s", one.name, oneLine(wrong.Error()))
		}
	}
	return values, nil
}

// filled puts the defaults beside what was given.
func (p *parameters) filled(given map[string]any) map[string]ref.Val {
	values := make(map[string]ref.Val, len(p.list))
	for _, one := range p.list {
		v, ok := given[one.name]
		if !ok {
			v = one.fallback
		}
		if v != nil {
			values[params+"."+one.name] = valueOf(one.kind, v)
		}
	}
	return values
}

// valueOf gives a JSON value the type that its schema promises; JSON has one kind of number where CEL has two.
func valueOf(kind *cel.Type, v any) ref.Val {
	switch kind.Kind() {
	case types.IntKind:
		switch n := v.(type) {
		case float64:
			return types.Double(n).ConvertToType(types.IntType)
		case int64:
			return types.Int(n)
		}
	case types.DoubleKind:
		if n, ok := v.(int64); ok {
			return types.Double(n)
		}
	case types.ListKind:
		if list, ok := v.([]any); ok {
			values := make([]ref.Val, len(list))
			for i, element := range list {
				values[i] = valueOf(kind.Parameters()[0], element)
			}
			return types.NewRefValList(types.DefaultTypeAdapter, values)
		}
	}
	return types.DefaultTypeAdapter.NativeToValue(v)
}

var inEnglish = message.NewPrinter(language.English)

// mostSaid is how many things that are wrong with parameters are listed.
const mostSaid = 10

// invalid says in one line why parameters do not fit.
func invalid(err error) string {
	wrong, schema := (*jsonschema.ValidationError)(nil), (*jsonschema.SchemaValidationError)(nil)
	if errors.As(err, &schema) {
		err = schema.Err
	}
	if !errors.As(err, &wrong) {
		return oneLine(err.Error())
	}
	var says []string
	var leaves func(*jsonschema.ValidationError)
	leaves = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			leaves(cause)
		}
		if len(e.Causes) > 0 || len(says) == mostSaid {
			return
		}
		where := strings.Join(e.InstanceLocation, ".")
		if where != "" {
			where += ": "
		}
		says = append(says, where+oneLine(e.ErrorKind.LocalizedString(inEnglish)))
	}
	leaves(wrong)
	slices.Sort(says)
	return strings.Join(says, "; ")
}

func oneLine(s string) string {
	if r := []rune(strings.Join(strings.Fields(s), " ")); len(r) > 300 {
		return string(r[:300]) + "…"
	} else {
		return string(r)
	}
}

// data gives what stands in a file as JSON has it.
func (r *reader) data(n ast.Node) any {
	switch n := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		object := map[string]any{}
		for _, m := range r.Mapping(n, plainyaml.Standing(n.GetToken())) {
			object[m.Key] = r.data(m.Value)
		}
		return object
	case *ast.SequenceNode:
		list := make([]any, len(n.Values))
		for i, v := range n.Values {
			list[i] = r.data(v)
		}
		return list
	case *ast.BoolNode:
		return n.Value
	case *ast.IntegerNode:
		if i, err := strconv.ParseInt(n.GetToken().Value, 10, 64); err == nil {
			return i
		}
		return n.GetToken().Value
	case *ast.FloatNode:
		return n.Value
	}
	if s, ok := plainyaml.ScalarOf(n, nil); ok {
		return s.Text
	}
	return nil
}
