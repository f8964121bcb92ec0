package conformance

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

func (s *suite) describes() *rules.Text {
	d, err := s.describe(s.o.Revision)
	if err != nil {
		return wrong("Describe failed: %s.", "Describe gagal: %s.", failure(err))
	}
	if err := rules.CheckDescription(d); err != nil {
		return wrong("Describe gave what is against the contract: %v. Correct what the program says of itself.",
			"Describe memberi hal yang bertentangan dengan kontrak: %v. Perbaiki keterangan program tentang dirinya.", err)
	}
	s.description = d
	return nil
}

func (s *suite) describesTheSame() *rules.Text {
	for range 2 {
		again, err := s.describe(s.o.Revision)
		switch {
		case err != nil:
			return wrong("Describe answered once and then failed: %s.", "Describe menjawab sekali lalu gagal: %s.", failure(err))
		case !proto.Equal(s.description, again):
			return wrong("Describe gave two different answers. Make the description once, from nothing that changes.",
				"Describe memberi dua jawaban yang berbeda. Susun keterangan itu sekali saja, dari hal yang tidak berubah.")
		}
	}
	return nil
}

func (s *suite) hasASchema() *rules.Text {
	text := s.description.GetParametersSchema()
	if text == "" {
		return nil
	}
	schema, err := rules.Schema(text)
	if err != nil {
		return wrong("parameters_schema cannot be used: %s. Give a JSON Schema (2020-12) of an object.",
			"parameters_schema tidak dapat dipakai: %s. Berikan JSON Schema (2020-12) untuk sebuah objek.", clip(err.Error()))
	}
	s.schema = schema
	return nil
}

// refusesParameters comes before takesParameters: a program is configured once, and what it refuses configures nothing.
func (s *suite) refusesParameters() *rules.Text {
	for _, p := range s.unfit() {
		err := s.configure(p)
		text, _ := json.Marshal(p)
		switch st := status.Convert(err); {
		case err == nil:
			return wrong("It took the parameters %s, which do not fit its schema. Refuse them with INVALID_ARGUMENT.",
				"Ia menerima parameter %s yang tidak sesuai skemanya. Tolak dengan INVALID_ARGUMENT.", clip(string(text)))
		case st.Code() != codes.InvalidArgument || st.Message() == "":
			return wrong("It answered the parameters %s, which do not fit its schema, with %s. Answer INVALID_ARGUMENT and say why.",
				"Ia menjawab parameter %s yang tidak sesuai skemanya dengan %s. Jawab INVALID_ARGUMENT beserta alasannya.", clip(string(text)), failure(err))
		}
	}
	return nil
}

// unfit makes parameters that do not fit: each that there is with a value of every type, and one that there is not. Those that the
// schema has nothing against are left out.
func (s *suite) unfit() []map[string]any {
	good := s.parameters()
	names := append(slices.Sorted(maps.Keys(properties(s.description.GetParametersSchema()))), "conformanceUnknown")
	var unfit []map[string]any
	for _, name := range names {
		for _, value := range []any{"?", -1e12, 0.123456789, true, []any{"?"}, map[string]any{"?": "?"}, nil} {
			p := maps.Clone(good)
			p[name] = value
			if s.schema == nil || s.schema.Validate(p) != nil {
				unfit = append(unfit, p)
			}
		}
	}
	return unfit
}

func (s *suite) takesParameters() *rules.Text {
	p := s.parameters()
	if s.schema != nil {
		if err := s.schema.Validate(p); err != nil {
			return wrong("The parameters to try it with do not fit its schema: %s. Give every required parameter a default or examples in the schema, or name the parameters for this check.",
				"Parameter untuk mencobanya tidak sesuai skemanya: %s. Beri setiap parameter wajib nilai default atau examples dalam skema, atau sebutkan parameter untuk pemeriksaan ini.",
				clip(strings.Join(strings.Fields(err.Error()), " ")))
		}
	}
	if err := s.configure(p); err != nil {
		text, _ := json.Marshal(p)
		return wrong("It does not take the parameters %s, which fit its schema: %s.", "Ia tidak menerima parameter %s yang sesuai skemanya: %s.",
			clip(string(text)), failure(err))
	}
	return nil
}

// parameters gives those to try the rule set with: the ones in the options, or the defaults in its schema and, where a required
// one has none, the first of its examples or else a value of its type. It is never nil.
func (s *suite) parameters() map[string]any {
	p := map[string]any{}
	if s.o.Parameters != nil {
		maps.Copy(p, s.o.Parameters)
		return p
	}
	var top struct{ Required []string }
	_ = json.Unmarshal([]byte(s.description.GetParametersSchema()), &top)
	for name, property := range properties(s.description.GetParametersSchema()) {
		switch {
		case property.Default != nil:
			p[name] = property.Default
		case slices.Contains(top.Required, name):
			p[name] = property.some()
		}
	}
	return p
}

// property is what a schema says of a parameter, as far as a value can be made from it.
type property struct {
	Default        any   `json:"default"`
	Examples, Enum []any `json:",omitempty"`
	Const          any   `json:"const"`
	Type           any   `json:"type"`
	Minimum        any   `json:"minimum"`
	Maximum        any   `json:"maximum"`
}

// some gives a value that may fit.
func (p *property) some() any {
	for _, given := range append(append(p.Examples, p.Enum...), p.Const, p.Minimum, p.Maximum) {
		if given != nil {
			return given
		}
	}
	switch p.Type {
	case "integer", "number":
		return 1.0
	case "boolean":
		return true
	case "array":
		return []any{}
	case "object":
		return map[string]any{}
	}
	return "?"
}

// properties reads the parameters that a schema names at its top. What else it may say there is the compiler's business.
func properties(schema string) map[string]property {
	var top struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	_ = json.Unmarshal([]byte(schema), &top)
	found := map[string]property{}
	for name, text := range top.Properties {
		var p property
		_ = json.Unmarshal(text, &p) // true and false are schemas too
		found[name] = p
	}
	return found
}

func (s *suite) isHealthy() *rules.Text {
	ctx, cancel := s.deadline(0)
	defer cancel()
	health, err := s.client.Health(ctx, &rulespb.HealthRequest{})
	switch {
	case err != nil:
		return wrong("Health failed: %s.", "Health gagal: %s.", failure(err))
	case !health.GetServing():
		return wrong("Health says that it cannot serve: %q.", "Health menyatakan tidak dapat melayani: %q.", clip(health.GetMessage()))
	}
	return nil
}

// bearsRevisions asks with a revision that nobody gave the rule set. One that serves many does not know it; one that serves a
// single rule set need not look.
func (s *suite) bearsRevisions() *rules.Text {
	const other = "conformance-0000"
	d, err := s.describe(other)
	if err != nil && status.Code(err) != codes.NotFound {
		return wrong("Asked with a revision that it does not know, Describe failed: %s. Answer as without one, or NOT_FOUND.",
			"Ditanya dengan revisi yang tidak dikenalnya, Describe gagal: %s. Jawab seperti tanpa revisi, atau NOT_FOUND.", failure(err))
	}
	if err == nil && !proto.Equal(d, s.description) {
		return wrong("Asked with a revision that it does not know, Describe told of another rule set. Answer as without one, or NOT_FOUND.",
			"Ditanya dengan revisi yang tidak dikenalnya, Describe memperkenalkan kumpulan aturan lain. Jawab seperti tanpa revisi, atau NOT_FOUND.")
	}
	t := s.talk(none)
	ctx, cancel := s.deadline(len(t.questions))
	defer cancel()
	out, err := s.client.Evaluate(ctx, &rulespb.EvaluateRequest{Questions: t.questions, Revision: other})
	if err != nil && status.Code(err) != codes.NotFound {
		return wrong("Asked with a revision that it does not know, Evaluate failed: %s. Answer as without one, or NOT_FOUND.",
			"Ditanya dengan revisi yang tidak dikenalnya, Evaluate gagal: %s. Jawab seperti tanpa revisi, atau NOT_FOUND.", failure(err))
	}
	if err == nil && !proto.Equal(out, &rulespb.EvaluateResponse{Answers: t.answers}) {
		return wrong("Asked with a revision that it does not know, Evaluate gave another answer than without. Answer the same, or NOT_FOUND.",
			"Ditanya dengan revisi yang tidak dikenalnya, Evaluate memberi jawaban lain daripada tanpa revisi. Beri jawaban yang sama, atau NOT_FOUND.")
	}
	return nil
}
