package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/rules"
)

// CheckParameters tells what is wrong with the parameters of a region, a JSON object or nothing, by the JSON Schema (2020-12) of a
// version: nil, or domain.Problems, each BAD_USER_INPUT at "parameters" and below. Where there is no schema there may be none. A
// schema that cannot be used is one BAD_FILE.
func CheckParameters(schema string, parameters json.RawMessage) error {
	values, err := parametersOf(parameters)
	if err != nil {
		return domain.Problems{domain.Errorf(domain.CodeBadUserInput, "the parameters must be a JSON object of at most %d KiB with finite numbers", domain.MaxParameters>>10).
			In(fmt.Sprintf("parameter harus berupa objek JSON paling besar %d KiB dengan angka yang terhingga", domain.MaxParameters>>10)).At("parameters").Because(err)}
	}
	if schema == "" {
		if len(values) == 0 {
			return nil
		}
		return domain.Problems{domain.Errorf(domain.CodeBadUserInput, "the rule set takes no parameters").
			In("kumpulan aturan ini tidak menerima parameter").At("parameters")}
	}
	compiled, err := compileSchema(schema)
	if err != nil {
		return domain.Problems{err.(*domain.Error)}
	}
	if values == nil {
		values = map[string]any{}
	}
	var wrong *jsonschema.ValidationError
	if err := compiled.Validate(values); errors.As(err, &wrong) {
		return problemsOf(wrong)
	}
	return nil
}

// parametersOf reads the parameters of a region; nil for none.
func parametersOf(text json.RawMessage) (values map[string]any, err error) {
	if text = bytes.TrimSpace(text); len(text) == 0 || string(text) == "null" {
		return nil, nil
	}
	if len(text) > domain.MaxParameters {
		return nil, fmt.Errorf("%d bytes", len(text))
	}
	return values, json.Unmarshal(text, &values) // numbers become finite or an error: what comes to the rule set is the same
}

// CheckSchema tells what is wrong with the JSON Schema of a version's parameters, as one BAD_FILE; nil for none or a good one.
func CheckSchema(schema string) error {
	if schema == "" {
		return nil
	}
	_, err := compileSchema(schema)
	return err
}

func compileSchema(schema string) (*jsonschema.Schema, error) {
	compiled, err := rules.Schema(schema)
	if err != nil {
		says := clip(strings.Join(strings.Fields(err.Error()), " "), 300)
		return nil, domain.Errorf(domain.CodeBadFile, "the schema of the parameters cannot be used: %s", says).
			In("skema parameter tidak dapat dipakai: " + says)
	}
	return compiled, nil
}

// mostProblems bounds how many problems of parameters are told.
const mostProblems = 20

// problemsOf gives the causes of a failed validation that have none themselves, in the order of where they are.
func problemsOf(failed *jsonschema.ValidationError) domain.Problems {
	var problems domain.Problems
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) > 0 {
			return
		}
		english, indonesian := e.ErrorKind.LocalizedString(inEnglish), e.ErrorKind.LocalizedString(inIndonesian)
		if pattern, ok := e.ErrorKind.(*kind.Pattern); ok { // the value may be long
			english = fmt.Sprintf("it does not match the pattern %s", clip(pattern.Want, 200))
			indonesian = fmt.Sprintf("nilainya tidak cocok dengan pola %s", clip(pattern.Want, 200))
		}
		problems = append(problems, domain.Errorf(domain.CodeBadUserInput, "%s", clip(english, 500)).In(clip(indonesian, 500)).
			At(append([]string{"parameters"}, e.InstanceLocation...)...))
	}
	walk(failed)
	slices.SortStableFunc(problems, func(a, b *domain.Error) int { return slices.Compare(a.Path, b.Path) })
	return problems[:min(len(problems), mostProblems)]
}

var (
	inEnglish    = message.NewPrinter(language.English)
	inIndonesian = message.NewPrinter(language.Indonesian, message.Catalog(indonesianKinds()))
)

// indonesianKinds translates what the validator says. Numbers are written as in JSON.
func indonesianKinds() catalog.Catalog {
	b := catalog.NewBuilder(catalog.Fallback(language.Indonesian))
	for english, indonesian := range map[string]string{
		"got %s, want %s":                           "jenisnya %s, seharusnya %s",
		"value must be %s":                          "nilainya harus %s",
		"value must be one of %s":                   "nilainya harus salah satu dari %s",
		"missing property %s":                       "%s belum diisi",
		"missing properties %s":                     "%s belum diisi",
		"properties %s required, if %s exists":      "%s harus diisi bila ada %s",
		"additional properties %s not allowed":      "%s tidak dikenal",
		"invalid propertyName %s":                   "nama %s tidak boleh dipakai",
		"minProperties: got %d, want %d":            "ada %d isian, paling sedikit %d",
		"maxProperties: got %d, want %d":            "ada %d isian, paling banyak %d",
		"minItems: got %d, want %d":                 "ada %d unsur, paling sedikit %d",
		"maxItems: got %d, want %d":                 "ada %d unsur, paling banyak %d",
		"items at %d and %d are equal":              "unsur %d dan %d sama",
		"minLength: got %d, want %d":                "panjangnya %d karakter, paling sedikit %d",
		"maxLength: got %d, want %d":                "panjangnya %d karakter, paling banyak %d",
		"minimum: got %v, want %v":                  "nilainya %v, paling kecil %v",
		"maximum: got %v, want %v":                  "nilainya %v, paling besar %v",
		"exclusiveMinimum: got %v, want %v":         "nilainya %v, harus lebih dari %v",
		"exclusiveMaximum: got %v, want %v":         "nilainya %v, harus kurang dari %v",
		"multipleOf: got %v, want %v":               "nilainya %v, harus kelipatan %v",
		"last %d additionalItem(s) not allowed":     "%d unsur terakhir tidak boleh ada",
		"no items match contains schema":            "tidak ada unsur yang sesuai",
		"'oneOf' failed, none matched":              "tidak ada pilihan yang cocok",
		"'oneOf' failed, subschemas %d, %d matched": "lebih dari satu pilihan cocok (%d, %d)",
		"'not' failed":                              "nilai ini dikecualikan",
		"'const' failed":                            "nilainya tidak seperti yang ditetapkan",
		"'enum' failed":                             "nilainya tidak termasuk yang boleh dipakai",
		"false schema":                              "tidak boleh ada di sini",
		"validation failed":                         "tidak sesuai skema",
	} {
		_ = b.SetString(language.Indonesian, english, indonesian)
	}
	return b
}
