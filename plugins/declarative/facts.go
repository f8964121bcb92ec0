package declarative

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/goccy/go-yaml/ast"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// message fills a message of the contract from a mapping in the contract's field names, so that what is misspelt in a test is
// found where it stands.
func (r *reader) message(m protoreflect.Message, n ast.Node, at place) {
	fields := m.Descriptor().Fields()
	for _, f := range r.mapping(n, at) {
		field := fields.ByName(protoreflect.Name(f.key))
		if field == nil {
			field = fields.ByJSONName(f.key)
		}
		switch _, null := f.value.(*ast.NullNode); {
		case field == nil:
			en, id := suggestion(f.key, fieldNames(m.Descriptor()))
			r.wrong(f.at, fmt.Sprintf("%s has no field %q%s", m.Descriptor().Name(), short(f.key), en), fmt.Sprintf("%s tidak memiliki isian %q%s", m.Descriptor().Name(), short(f.key), id))
		case null || f.value == nil: // as if it were not there
		case field.IsList():
			list := m.Mutable(field).List()
			for _, element := range r.list(f, math.MaxInt) {
				if v, ok := r.field(field, list.NewElement, element, f); ok {
					list.Append(v)
				}
			}
		default:
			if v, ok := r.field(field, func() protoreflect.Value { return m.NewField(field) }, f.value, f); ok {
				m.Set(field, v)
			}
		}
	}
}

func fieldNames(d protoreflect.MessageDescriptor) (names []string) {
	for i := range d.Fields().Len() {
		names = append(names, string(d.Fields().Get(i).Name()))
	}
	return names
}

// field gives the value of a field, or of an element of one that is a list.
func (r *reader) field(field protoreflect.FieldDescriptor, fresh func() protoreflect.Value, n ast.Node, m member) (v protoreflect.Value, ok bool) {
	if field.Kind() == protoreflect.MessageKind && field.Message().FullName() != (*timestamppb.Timestamp)(nil).ProtoReflect().Descriptor().FullName() {
		v = fresh()
		r.message(v.Message(), n, beginning(n, m.at))
		return v, true
	}
	s, ok := r.value(n, m.at, m.key)
	if !ok {
		return v, false
	}
	switch field.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(s.text), true
	case protoreflect.BoolKind:
		if b, ok := n.(*ast.BoolNode); ok {
			return protoreflect.ValueOfBool(b.Value), true
		}
		r.unfit(s, m.key, "true or false", "true atau false")
	case protoreflect.Int32Kind:
		if i, err := strconv.ParseInt(s.text, 10, 32); err == nil {
			return protoreflect.ValueOfInt32(int32(i)), true
		}
		r.unfit(s, m.key, "a whole number", "bilangan bulat")
	case protoreflect.Int64Kind:
		if i, err := strconv.ParseInt(s.text, 10, 64); err == nil {
			return protoreflect.ValueOfInt64(i), true
		}
		r.unfit(s, m.key, "a whole number", "bilangan bulat")
	case protoreflect.DoubleKind:
		if f, err := strconv.ParseFloat(s.text, 64); err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return protoreflect.ValueOfFloat64(f), true
		}
		r.unfit(s, m.key, "a number", "bilangan")
	default: // a time; the contract has no other kinds, which a test holds
		if t, ok := instant(s.text); ok {
			return protoreflect.ValueOfMessage(proto.Message(t).ProtoReflect()), true
		}
		r.unfit(s, m.key, "a day, such as 2026-03-02, or a time, such as 2026-03-02T09:30:00Z", "tanggal, misalnya 2026-03-02, atau waktu, misalnya 2026-03-02T09:30:00Z")
	}
	return v, false
}

func (r *reader) unfit(s scalar, key, en, id string) {
	r.wrong(s.at, fmt.Sprintf("%q is %s, not %q", short(key), en, short(s.text)), fmt.Sprintf("%q berupa %s, bukan %q", short(key), id, short(s.text)))
}

// instant reads a time, or a day as its first moment in UTC.
func instant(text string) (*timestamppb.Timestamp, bool) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 1900 && t.Year() <= 2200 {
			return timestamppb.New(t), true
		}
	}
	return nil, false
}
