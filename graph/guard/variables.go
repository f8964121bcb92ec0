package guard

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/domain"
)

// CheckVariables looks at the variables of a valid operation for what gqlparser lets through: enum values in the wrong case,
// numbers sent as text or text as numbers, whole numbers beyond 32 bits, texts that cannot be stored. The error has
// CodeBadUserInput and names the variable and the way into it.
func CheckVariables(schema *ast.Schema, op *ast.OperationDefinition, variables map[string]any) *domain.Error {
	for _, v := range op.VariableDefinitions {
		if err := check(schema, v.Type, variables[v.Variable]); err != nil {
			return err.At(v.Variable)
		}
	}
	return nil
}

func check(schema *ast.Schema, t *ast.Type, v any) *domain.Error {
	if v == nil {
		return nil
	}
	if t.Elem != nil {
		list, ok := v.([]any)
		if !ok {
			return check(schema, t.Elem, v)
		}
		for i, one := range list {
			if err := check(schema, t.Elem, one); err != nil {
				return err.At(strconv.Itoa(i))
			}
		}
		return nil
	}
	def := schema.Types[t.NamedType]
	switch {
	case def == nil:
		return nil
	case def.Kind == ast.InputObject:
		fields, _ := v.(map[string]any)
		for _, f := range def.Fields {
			if err := check(schema, f.Type, fields[f.Name]); err != nil {
				return err.At(f.Name)
			}
		}
		return nil
	case def.Kind == ast.Enum:
		if s, ok := v.(string); !ok || def.EnumValues.ForName(s) == nil {
			return domain.Errorf(domain.CodeBadUserInput, "this is not a value of %s", t.NamedType).In("ini bukan nilai " + t.NamedType)
		}
		return nil
	}
	return scalar(t.NamedType, v)
}

func scalar(name string, v any) *domain.Error {
	text, isText := v.(string)
	switch name {
	case "Int":
		if !whole(v) {
			return domain.Errorf(domain.CodeBadUserInput, "this is not a whole number of 32 bits").In("ini bukan bilangan bulat 32 bit")
		}
	case "String":
		if !isText {
			return domain.Errorf(domain.CodeBadUserInput, "this is not a text").In("ini bukan teks")
		}
	}
	if isText && !storable(text) || !storableIn(v) {
		return unstorable()
	}
	return nil
}

func whole(v any) bool {
	switch n := v.(type) {
	case json.Number:
		i, err := strconv.ParseInt(n.String(), 10, 32)
		return err == nil && i >= math.MinInt32
	case float64:
		return n == math.Trunc(n) && math.Abs(n) <= math.MaxInt32
	case int64:
		return n >= math.MinInt32 && n <= math.MaxInt32
	case int:
		return n >= math.MinInt32 && n <= math.MaxInt32
	}
	return false
}

// storableIn looks at the texts in a value of any JSON.
func storableIn(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for k, one := range v {
			if !storable(k) || !storableIn(one) {
				return false
			}
		}
	case []any:
		for _, one := range v {
			if !storableIn(one) {
				return false
			}
		}
	case string:
		return storable(v)
	}
	return true
}
