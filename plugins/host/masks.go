package host

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/rules"
)

// DefaultMasks are the fields in which people write in their own words where and who: a place, a role, where a figure comes from, what
// was found. Facts name nobody, but nobody keeps a name out of such a text.
var DefaultMasks = []string{"activities.budgetLines.description", "consultations.place", "findings.title", "indicators.measurements.source",
	"stakeholders.role", "trainingEvents.venue"}

// Masked is what stands where a text was. A text that is empty stays so.
const Masked = "•••"

// mask says what of a message is masked: the texts of the fields with whole set, and what their fields say within others.
type mask struct {
	fields map[protoreflect.FieldNumber]*mask
	name   string // as in the paths
	whole  bool
}

// parseMasks reads paths of texts in facts, such as trainingEvents.venue, in the names that rule files know them by.
func parseMasks(paths []string) (*mask, error) {
	root := &mask{}
	var problems domain.Problems
	for _, path := range paths {
		if err := root.add((&rules.Facts{}).ProtoReflect().Descriptor(), path); err != nil {
			problems = append(problems, err)
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return root, nil
}

func (m *mask) add(of protoreflect.MessageDescriptor, path string) *domain.Error {
	bad := func(en, id string, args ...any) *domain.Error {
		return domain.Errorf(domain.CodeBadUserInput, "the mask %q: "+en, append([]any{path}, args...)...).
			In(fmt.Sprintf("topeng %q: "+id, append([]any{path}, args...)...)).At("mask")
	}
	names := strings.Split(path, ".")
	for i, name := range names {
		f := of.Fields().ByJSONName(name)
		if f == nil {
			f = of.Fields().ByTextName(name)
		}
		if f == nil {
			return bad("facts have no %q there; there are: %s", "tidak ada %q di situ; yang ada: %s", name, strings.Join(maskable(of), ", "))
		}
		last := i == len(names)-1
		switch {
		case f.Kind() == protoreflect.MessageKind && last:
			return bad("this is not a text; go on with one of: %s", "ini bukan teks; lanjutkan dengan salah satu: %s", strings.Join(maskable(f.Message()), ", "))
		case f.Kind() != protoreflect.MessageKind && (!last || f.Kind() != protoreflect.StringKind):
			return bad("only texts can be masked, and %q is none or has nothing in it", "hanya teks yang dapat ditutup; %q bukan teks atau tidak berisi bagian lain", name)
		case last && f.JSONName() == "id":
			return bad("ids hold nothing of anybody, and facts hang together by them", "id tidak memuat data siapa pun dan menghubungkan fakta")
		}
		if m.fields == nil {
			m.fields = map[protoreflect.FieldNumber]*mask{}
		}
		next := m.fields[f.Number()]
		if next == nil {
			next = &mask{name: f.JSONName()}
			m.fields[f.Number()] = next
		}
		m = next
		of = f.Message()
	}
	m.whole = true
	return nil
}

// maskable lists what may be named in a message: texts, and what has texts in it.
func maskable(of protoreflect.MessageDescriptor) []string {
	var names []string
	for i := range of.Fields().Len() {
		f := of.Fields().Get(i)
		if f.Kind() == protoreflect.StringKind && f.JSONName() != "id" || f.Kind() == protoreflect.MessageKind && !strings.HasPrefix(string(f.Message().FullName()), "google.") {
			names = append(names, f.JSONName())
		}
	}
	slices.Sort(names)
	return names
}

// apply masks texts in a message, and tells of each that there was, with its path.
func (m *mask) apply(in protoreflect.Message, above string, found func(path, text string)) {
	for number, inner := range m.fields {
		f := in.Descriptor().Fields().ByNumber(number)
		if !in.Has(f) {
			continue
		}
		path := above + inner.name
		switch v := in.Get(f); {
		case f.IsList():
			list := v.List()
			for i := range list.Len() {
				if !inner.whole {
					inner.apply(list.Get(i).Message(), path+".", found)
				} else if text := list.Get(i).String(); text != "" {
					list.Set(i, protoreflect.ValueOfString(Masked))
					found(path, text)
				}
			}
		case !inner.whole:
			inner.apply(v.Message(), path+".", found)
		case v.String() != "":
			in.Set(f, protoreflect.ValueOfString(Masked))
			found(path, v.String())
		}
	}
}
