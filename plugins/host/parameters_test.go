package host

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
)

const daysSchema = `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": false,
	"required": ["days"], "$defs": {"days": {"type": "integer", "minimum": 1, "maximum": 365}},
	"properties": {"days": {"$ref": "#/$defs/days"}, "who": {"enum": ["WOMEN", "ALL"]}, "names": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}}}}`

func TestParametersFitTheirSchema(t *testing.T) {
	t.Parallel()
	for parameters, want := range map[string][]string{
		`{"days": 30, "who": "ALL", "names": ["a", "b"]}`: nil,
		`{"days": 30.0}`:                   nil,
		``:                                 {"parameters: missing property 'days'"},
		`null`:                             {"parameters: missing property 'days'"},
		`{"days": 0}`:                      {"parameters.days: minimum: got 0, want 1"},
		`{"days": "x", "colour": 1}`:       {"parameters: additional properties 'colour' not allowed", "parameters.days: got string, want integer"},
		`{"days": 1, "who": "MEN"}`:        {"parameters.who: value must be one of 'WOMEN', 'ALL'"},
		`{"days": 1, "names": ["a", "B"]}`: {"parameters.names.1: it does not match the pattern ^[a-z]+$"},
		`[1]`:                              {"parameters: the parameters must be a JSON object"},
		`{`:                                {"parameters: the parameters must be a JSON object"},
		`{"days": 1e999}`:                  {"parameters: the parameters must be a JSON object"},
		`{"days": "` + strings.Repeat("x", 65<<10) + `"}`: {"parameters: the parameters must be a JSON object of at most 64 KiB"},
	} {
		err := CheckParameters(daysSchema, json.RawMessage(parameters))
		problems, _ := err.(domain.Problems)
		if (err == nil) != (want == nil) || len(problems) != len(want) {
			t.Errorf("%.100s: %v", parameters, err)
			continue
		}
		for i, w := range want {
			if p := problems[i]; !strings.HasPrefix(p.Error(), w) || p.Code != domain.CodeBadUserInput || p.Text.ID == "" || p.Text.ID == p.Text.EN {
				t.Errorf("%.100s: %v (%s)", parameters, p, p.Text.ID)
			}
		}
	}
	if err := CheckParameters("", json.RawMessage(`{}`)); err != nil {
		t.Error(err)
	}
	if err := CheckParameters("", json.RawMessage(`{"days": 1}`)); err == nil {
		t.Error("parameters without a schema pass")
	}
}

// A schema comes from an office and is read by the server: it must neither read files nor keep the server busy.
func TestASchemaCanDoNoHarm(t *testing.T) {
	t.Parallel()
	doubling := `{"$defs": {"a0": {"type": "integer"}`
	for i := range 60 {
		doubling += fmt.Sprintf(`, "a%d": {"allOf": [{"$ref": "#/$defs/a%d"}, {"$ref": "#/$defs/a%d"}]}`, i+1, i, i)
	}
	doubling += `}, "properties": {"x": {"$ref": "#/$defs/a60"}}}`
	for _, schema := range []string{`{`, `{} {}`, `{"type": 7}`, `{"$ref": "file:///etc/passwd"}`, `{"$ref": "https://example.org/s.json"}`, `{"$ref": "other.json"}`,
		`{"$schema": "https://example.org/s.json"}`, `{"$ref": "#/$defs/none"}`, `{"$ref": "#"}`, `{"$dynamicRef": "#a"}`, `{"$id": "file:///etc/passwd", "$ref": "#/$defs/a"}`,
		`{"$defs": {"a": {"properties": {"x": {"$ref": "#/$defs/a"}}}}, "$ref": "#/$defs/a"}`, doubling,
		`{"description": "` + strings.Repeat("x", 65<<10) + `"}`, `{"pattern": "(("}`, `true`} {
		began := time.Now()
		err := CheckSchema(schema)
		if domain.CodeOf(err) != domain.CodeBadFile {
			t.Errorf("%.100s: %v", schema, err)
		}
		if domain.CodeOf(CheckParameters(schema, json.RawMessage(`{"x": 1}`))) != domain.CodeBadFile {
			t.Errorf("%.100s is used", schema)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%.100s took %s", schema, took)
		}
	}
	for _, schema := range []string{"", daysSchema} {
		if err := CheckSchema(schema); err != nil {
			t.Error(err)
		}
	}
}
