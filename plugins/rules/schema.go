package rules

import (
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The limits on the schema of parameters. The server reads schemas by itself, so none must be able to keep it busy: one refers only
// to itself, never in a circle, and what it comes to when each reference is followed is bounded.
const (
	mostSchema      = 64 << 10 // bytes
	mostSchemaParts = 2000     // objects and lists of a schema, with those that it refers to
)

const schemaPlace = "parameters.json"

// Schema compiles the schema of a rule set's parameters: JSON Schema (2020-12) of an object.
func Schema(text string) (*jsonschema.Schema, error) {
	if len(text) > mostSchema {
		return nil, fmt.Errorf("it has more than %d KiB", mostSchema>>10)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	if _, ok := document.(map[string]any); !ok {
		return nil, errors.New("it is not an object")
	}
	size := schemaSize{root: document, of: map[string]int{}, within: map[string]bool{}}
	if _, err := size.count(document); err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.UseLoader(nothingOutside{})
	if err := compiler.AddResource(schemaPlace, document); err != nil {
		return nil, err
	}
	schema, err := compiler.Compile(schemaPlace)
	if err != nil {
		return nil, err
	}
	if schema.Validate("no object") == nil {
		return nil, errors.New(`it takes what is no object; say "type": "object"`)
	}
	return schema, nil
}

// nothingOutside keeps a schema from making us read files or the network.
type nothingOutside struct{}

func (nothingOutside) Load(url string) (any, error) {
	return nil, fmt.Errorf("it refers to %s; it may refer only to its own $defs", clip(url))
}

// schemaSize counts what a schema comes to.
type schemaSize struct {
	root   any
	of     map[string]int  // what a reference comes to
	within map[string]bool // the references that are being followed
}

func (s *schemaSize) count(part any) (n int, err error) {
	var below []any
	switch part := part.(type) {
	case map[string]any:
		for key, value := range part {
			switch key {
			case "$ref":
				reference, _ := value.(string)
				referred, err := s.follow(reference)
				if err != nil {
					return 0, err
				}
				n += referred
			case "$dynamicRef", "$recursiveRef", "$id", "$anchor", "$dynamicAnchor":
				return 0, fmt.Errorf("it has a %s, which parameters do not need", key)
			default:
				below = append(below, value)
			}
		}
	case []any:
		below = part
	default:
		return 0, nil
	}
	n++
	for _, value := range below {
		m, err := s.count(value)
		if err != nil {
			return 0, err
		}
		n += m
	}
	if n > mostSchemaParts {
		return 0, fmt.Errorf("it comes to more than %d parts", mostSchemaParts)
	}
	return n, nil
}

// follow counts what a reference to a place in the schema comes to.
func (s *schemaSize) follow(reference string) (int, error) {
	if n, ok := s.of[reference]; ok {
		return n, nil
	}
	place, ok := strings.CutPrefix(reference, "#/")
	if !ok || s.within[reference] {
		return 0, fmt.Errorf("it refers to %s, which is outside or leads back to itself; it may refer to its own $defs, such as #/$defs/days, but not in a circle", clip(reference))
	}
	part := s.root
	for _, name := range strings.Split(place, "/") {
		object, _ := part.(map[string]any)
		if part, ok = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]; !ok {
			return 0, fmt.Errorf("it refers to %s, which is not there", clip(reference))
		}
	}
	s.within[reference] = true
	defer delete(s.within, reference)
	n, err := s.count(part)
	s.of[reference] = n
	return n, err
}
