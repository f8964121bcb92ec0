package read

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// goType is how a Go value of graph/model is written: its type in the schema and, for an object, the fields selected.
type goType struct {
	schema *ast.Type
	object bool
	fields []goField
}

type goField struct {
	literal string
	alias   string
	name    string // of the field in the schema, which is its name in JSON as well; "" for a constant
	value   *goType
}

// goType compiles the selection on a field that Go answers.
func (p *planner) goType(f graphql.CollectedField) *goType {
	named := f.Definition.Type.Name()
	g := &goType{schema: f.Definition.Type, object: p.reader.schema.Types[named].Kind == ast.Object}
	for _, sub := range graphql.CollectFields(p.oc, f.Selections, []string{named}) {
		separator := ","
		if len(g.fields) == 0 {
			separator = "{"
		}
		field := goField{literal: separator + `"` + sub.Alias + `":`, alias: sub.Alias, name: sub.Name}
		if sub.Name == "__typename" {
			field.literal, field.name = field.literal+`"`+named+`"`, ""
		} else {
			field.value = p.goType(sub)
		}
		g.fields = append(g.fields, field)
	}
	return g
}

func (w *writer) goAny(g *goType, v any) bool { return w.goValue(g, g.schema, reflect.ValueOf(v)) }

func (w *writer) goValue(g *goType, t *ast.Type, v reflect.Value) bool {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() || v.Kind() == reflect.Slice && v.IsNil() && t.Elem == nil {
		if t.NonNull {
			w.fail(gqlerror.Errorf("the requested element is null which the schema does not allow"))
		} else {
			w.b = append(w.b, "null"...)
		}
		return !t.NonNull
	}
	if t.Elem != nil {
		return w.goList(g, t.Elem, v)
	}
	if g.object {
		return w.goObject(g, v)
	}
	switch v.Kind() {
	case reflect.String:
		w.b = appendText(w.b, []byte(v.String()))
	case reflect.Bool:
		w.b = strconv.AppendBool(w.b, v.Bool())
	default:
		if at, ok := v.Interface().(time.Time); ok {
			w.b = at.UTC().AppendFormat(w.b, `"2006-01-02T15:04:05.000000Z"`)
			return true
		}
		plain, err := json.Marshal(v.Interface())
		if err != nil {
			w.fail(err)
			return false
		}
		w.b = append(w.b, plain...)
	}
	return true
}

func (w *writer) goList(g *goType, t *ast.Type, v reflect.Value) bool {
	w.b = append(w.b, '[')
	for i := range v.Len() {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		mark := len(w.b)
		depth := len(w.path)
		w.path = append(w.path, step{number: i})
		ok := w.goValue(g, t, v.Index(i))
		w.path = w.path[:depth]
		if !ok {
			if t.NonNull {
				return false
			}
			w.b = append(w.b[:mark], "null"...)
		}
	}
	w.b = append(w.b, ']')
	return true
}

func (w *writer) goObject(g *goType, v reflect.Value) bool {
	places := jsonFields(v.Type())
	for i := range g.fields {
		f := &g.fields[i]
		w.b = append(w.b, f.literal...)
		if f.name == "" {
			continue
		}
		mark := len(w.b)
		depth := len(w.path)
		w.push(f.alias)
		ok := w.goValue(f.value, f.value.schema, v.Field(places[f.name]))
		w.path = w.path[:depth]
		if !ok {
			if f.value.schema.NonNull {
				return false
			}
			w.b = append(w.b[:mark], "null"...)
		}
	}
	w.close(len(g.fields))
	return true
}

var jsonFieldsOf sync.Map // of reflect.Type to map[string]int

// jsonFields gives the place of each field of a struct by its name in JSON.
func jsonFields(t reflect.Type) map[string]int {
	if known, ok := jsonFieldsOf.Load(t); ok {
		return known.(map[string]int)
	}
	places := map[string]int{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		places[name] = i
	}
	jsonFieldsOf.Store(t, places)
	return places
}
