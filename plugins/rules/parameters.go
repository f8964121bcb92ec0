package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
)

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
