package workflow

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/berdaya/berdaya/domain"
)

// Canonical writes a value in the one form that hashes are computed over. It is JSON without blanks, in UTF-8:
//
//   - An object's keys are the columns' names where a field has one (bun's tag), otherwise the JSON name, otherwise the Go
//     field's name. They are sorted byte by byte. Embedded structs are part of the object they are embedded in.
//   - What is empty is left out: nil, an empty list, an empty object. So a column that is added later changes no hash.
//   - Instants are strings in UTC with six decimals, 2026-01-02T03:04:05.000006Z, which is what PostgreSQL keeps; dates and
//     ids are strings; texts are JSON strings in which only what RFC 8259 demands, U+2028 and U+2029 are escaped.
//   - Integers are JSON numbers. Decimals and the numbers within stored JSON are strings without exponent and without
//     zeros at the end; floating-point numbers are the shortest string that reads back the same.
//   - Stored JSON (jsonb) is an object or list like any other, so its key order and blanks do not matter.
func Canonical(v any) []byte {
	var b bytes.Buffer
	if !write(&b, reflect.ValueOf(v)) {
		return []byte("null")
	}
	return b.Bytes()
}

// Hash is the SHA-256 of the facts in their canonical form, in hexadecimal. What changes without the content changing is no
// part of it: the versions and the time of the last change of the programme's row.
func (f *Facts) Hash() string {
	c := *f
	c.Programme.Version, c.Programme.FactsVersion, c.Programme.UpdatedAt = 0, 0, time.Time{}
	return sum("berdaya facts 1\n", Canonical(c))
}

var (
	timeType    = reflect.TypeFor[time.Time]()
	uuidType    = reflect.TypeFor[uuid.UUID]()
	decimalType = reflect.TypeFor[decimal.Decimal]()
	rawType     = reflect.TypeFor[json.RawMessage]()
	numberType  = reflect.TypeFor[json.Number]()
)

// write appends a value and tells whether there was anything to append.
func write(b *bytes.Buffer, v reflect.Value) bool {
	if !v.IsValid() {
		return false
	}
	switch v.Type() {
	case timeType:
		b.WriteByte('"')
		b.Write(v.Interface().(time.Time).UTC().Truncate(time.Microsecond).AppendFormat(b.AvailableBuffer(), "2006-01-02T15:04:05.000000Z"))
		b.WriteByte('"')
		return true
	case uuidType:
		text(b, v.Interface().(uuid.UUID).String())
		return true
	case decimalType:
		text(b, v.Interface().(decimal.Decimal).String())
		return true
	case numberType:
		text(b, number(v.Interface().(json.Number)))
		return true
	case rawType:
		return raw(b, v.Bytes())
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && write(b, v.Elem())
	case reflect.Struct:
		return object(b, fieldsOf(v.Type()), func(f field) reflect.Value { return v.FieldByIndex(f.index) })
	case reflect.Map:
		var keys []field
		for _, k := range v.MapKeys() {
			keys = append(keys, field{name: k.String()})
		}
		slices.SortFunc(keys, func(a, b field) int { return strings.Compare(a.name, b.name) })
		return object(b, keys, func(f field) reflect.Value { return v.MapIndex(reflect.ValueOf(f.name)) })
	case reflect.Slice, reflect.Array:
		return list(b, v)
	case reflect.String:
		text(b, v.String())
	case reflect.Bool:
		b.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		b.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Float32, reflect.Float64:
		text(b, strconv.FormatFloat(v.Float(), 'g', -1, 64))
	default:
		panic(fmt.Sprintf("%s has no canonical form", v.Type())) // a programmer's mistake, found by the first test
	}
	return true
}

// object appends the members that are not empty; nothing at all if there are none.
func object(b *bytes.Buffer, keys []field, value func(field) reflect.Value) bool {
	start := b.Len()
	open := byte('{')
	for _, k := range keys {
		before := b.Len()
		b.WriteByte(open)
		text(b, k.name)
		b.WriteByte(':')
		if write(b, value(k)) {
			open = ','
		} else {
			b.Truncate(before)
		}
	}
	if b.Len() == start {
		return false
	}
	b.WriteByte('}')
	return true
}

// list appends the elements, each at its place: an empty one is null.
func list(b *bytes.Buffer, v reflect.Value) bool {
	for i := range v.Len() {
		if i == 0 {
			b.WriteByte('[')
		} else {
			b.WriteByte(',')
		}
		if !write(b, v.Index(i)) {
			b.WriteString("null")
		}
	}
	if v.Len() == 0 {
		return false
	}
	b.WriteByte(']')
	return true
}

// raw appends stored JSON; what is no JSON is appended as a text, so that it still counts.
func raw(b *bytes.Buffer, stored []byte) bool {
	if len(stored) == 0 {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(stored))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		text(b, string(stored))
		return true
	}
	return write(b, reflect.ValueOf(v))
}

// number gives a JSON number its one form. Numbers that only an exponent of more than three digits can write stay as they
// are, because writing them out would take all memory.
func number(n json.Number) string {
	if _, exp, ok := strings.Cut(strings.ToLower(string(n)), "e"); ok && len(exp) > 4 {
		return string(n)
	}
	d, err := decimal.NewFromString(string(n))
	if err != nil {
		return string(n)
	}
	return d.String()
}

// text appends a JSON string. Nearly all of them need no escape; a look tells.
func text(b *bytes.Buffer, s string) {
	if plain(s) {
		b.WriteByte('"')
		b.WriteString(s)
		b.WriteByte('"')
		return
	}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string and a buffer: cannot fail
	b.Truncate(b.Len() - 1)
}

// plain tells whether a text is ASCII in which JSON escapes nothing.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// field is a member of an object: its name in the canonical form and its place in the struct.
type field struct {
	name  string
	index []int
}

var structs sync.Map // reflect.Type → []field

// fieldsOf gives a struct's exported fields, sorted by name.
func fieldsOf(t reflect.Type) []field {
	if known, ok := structs.Load(t); ok {
		return known.([]field)
	}
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() && !f.Anonymous {
			fields = append(fields, field{canonicalName(f), f.Index})
		}
	}
	slices.SortFunc(fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	structs.Store(t, fields)
	return fields
}

func canonicalName(f reflect.StructField) string {
	for _, tag := range []string{f.Tag.Get("bun"), f.Tag.Get("json")} {
		if name, _, _ := strings.Cut(tag, ","); name != "" && !strings.Contains(name, ":") {
			return name
		}
	}
	return f.Name
}

// eventHash is the SHA-256 of an event without its own hash, in hexadecimal.
func eventHash(e *domain.ProgrammeEvent) string {
	c := *e
	c.Hash, c.Programme = "", nil
	return sum("berdaya event 1\n", Canonical(c))
}

// sum is the SHA-256 of what is hashed, led by a line that says what it is, in hexadecimal.
func sum(what string, canonical []byte) string {
	h := sha256.New()
	h.Write([]byte(what))
	h.Write(canonical)
	return hex.EncodeToString(h.Sum(nil))
}
