package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Schema compiles the schema of a rule set's parameters. It may not refer to anything outside itself.
func Schema(text string) (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	if _, ok := document.(map[string]any); !ok {
		return nil, fmt.Errorf("it is not an object")
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.UseLoader(nothingOutside{})
	if err := compiler.AddResource("parameters.json", document); err != nil {
		return nil, err
	}
	schema, err := compiler.Compile("parameters.json")
	if err != nil {
		return nil, err
	}
	if schema.Validate("no object") == nil {
		return nil, fmt.Errorf(`it takes what is no object; say "type": "object"`)
	}
	return schema, nil
}

// nothingOutside keeps a schema from making us read files or the network.
type nothingOutside struct{}

func (nothingOutside) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s lies outside the schema", url)
}

// fit checks parameters against the set's schema and fills in the defaults that it names at its top.
func (s *Set) fit(parameters map[string]any) (map[string]any, error) {
	schema, err := Schema(s.ParametersSchema)
	if err != nil {
		return nil, fmt.Errorf("the schema of the parameters cannot be used: %w", err)
	}
	if err := schema.Validate(parameters); err != nil {
		return nil, errors.New(strings.Join(strings.Fields(err.Error()), " "))
	}
	fitted := map[string]any{}
	for name, p := range schema.Properties {
		if p.Default != nil {
			fitted[name] = *p.Default
		}
	}
	maps.Copy(fitted, parameters)
	text, err := json.Marshal(fitted) // so that numbers are float64, whether a region or the schema named them
	if err != nil {
		return nil, err
	}
	fitted = map[string]any{}
	return fitted, json.Unmarshal(text, &fitted)
}

// Decode reads parameters into a struct with json tags.
func Decode(parameters map[string]any, into any) error {
	text, err := json.Marshal(parameters)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
