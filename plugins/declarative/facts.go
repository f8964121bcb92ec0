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

	"github.com/berdaya/berdaya/internal/plainyaml"
)

// message fills a message of the contract from a mapping in the contract's field names, so that what is misspelt in a test is
// found where it stands.
func (r *reader) message(m protoreflect.Message, n ast.Node, at plainyaml.Place) {
	fields := m.Descriptor().Fields()
	for _, f := range r.Mapping(n, at) {
		field := fields.ByName(protoreflect.Name(f.Key))
		if field == nil {
			field = fields.ByJSONName(f.Key)
		}
		switch _, null := f.Value.(*ast.NullNode); {
		case field == nil:
			en, id := suggestion(f.Key, fieldNames(m.Descriptor()))
			r.Wrong(f.At, fmt.Sprintf("%s has no field %q%s", m.Descriptor().Name(), plainyaml.Short(f.Key), en), fmt.Sprintf("%s tidak memiliki isian %q%s", m.Descriptor().Name(), plainyaml.Short(f.Key), id))
		case null || f.Value == nil: // as if it were not there
		case field.IsList():
			list := m.Mutable(field).List()
			for _, element := range r.List(f, math.MaxInt) {
				if v, ok := r.field(field, list.NewElement, element, f); ok {
					list.Append(v)
				}
			}
		default:
			if v, ok := r.field(field, func() protoreflect.Value { return m.NewField(field) }, f.Value, f); ok {
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
func (r *reader) field(field protoreflect.FieldDescriptor, fresh func() protoreflect.Value, n ast.Node, m plainyaml.Member) (v protoreflect.Value, ok bool) {
	if field.Kind() == protoreflect.MessageKind && field.Message().FullName() != (*timestamppb.Timestamp)(nil).ProtoReflect().Descriptor().FullName() {
		v = fresh()
		r.message(v.Message(), n, plainyaml.Beginning(n, m.At))
		return v, true
	}
	s, ok := r.Value(n, m.At, m.Key)
	if !ok {
		return v, false
	}
	switch field.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(s.Text), true
	case protoreflect.BoolKind:
		if b, ok := n.(*ast.BoolNode); ok {
			return protoreflect.ValueOfBool(b.Value), true
		}
		r.unfit(s, m.Key, "true or false", "true atau false")
	case protoreflect.Int32Kind:
		if i, err := strconv.ParseInt(s.Text, 10, 32); err == nil {
			return protoreflect.ValueOfInt32(int32(i)), true
		}
		r.unfit(s, m.Key, "a whole number", "bilangan bulat")
	case protoreflect.Int64Kind:
		if i, err := strconv.ParseInt(s.Text, 10, 64); err == nil {
			return protoreflect.ValueOfInt64(i), true
		}
		r.unfit(s, m.Key, "a whole number", "bilangan bulat")
	case protoreflect.DoubleKind:
		if f, err := strconv.ParseFloat(s.Text, 64); err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return protoreflect.ValueOfFloat64(f), true
		}
		r.unfit(s, m.Key, "a number", "bilangan")
	default: // a time; the contract has no other kinds, which a test holds
		if t, ok := instant(s.Text); ok {
			return protoreflect.ValueOfMessage(proto.Message(t).ProtoReflect()), true
		}
		r.unfit(s, m.Key, "a day, such as 2026-03-02, or a time, such as 2026-03-02T09:30:00Z", "tanggal, misalnya 2026-03-02, atau waktu, misalnya 2026-03-02T09:30:00Z")
	}
	return v, false
}

func (r *reader) unfit(s plainyaml.Scalar, key, en, id string) {
	r.Wrong(s.At, fmt.Sprintf("%q is %s, not %q", plainyaml.Short(key), en, plainyaml.Short(s.Text)), fmt.Sprintf("%q berupa %s, bukan %q", plainyaml.Short(key), id, plainyaml.Short(s.Text)))
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
