package read

import (
	"strings"
	"unicode/utf8"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
)

func (q *request) where(sql string, values ...[]byte) {
	q.conditions = append(q.conditions, condition{sql, values})
}

// place adds the condition that a row lies in the part of a scope that a filter names.
func (q *request) place(f *model.RegionFilter, scope access.Scope, path ...string) error {
	code, exactly, err := Chosen(f, path...)
	if err != nil {
		return err
	}
	switch {
	case code == "":
		q.conditions = append(q.conditions, within(scope))
	case !exactly:
		q.conditions = append(q.conditions, within(scope.Within(code)))
	case scope.Contains(code):
		q.where("@.region_code = ?", []byte(code))
	default:
		q.where(never)
	}
	return nil
}

// Chosen gives the region that a filter names, and whether exactly that is meant; "" where there is no filter.
func Chosen(f *model.RegionFilter, path ...string) (code string, exactly bool, err error) {
	if f == nil {
		return "", false, nil
	}
	under, is := f.Under.Value(), f.Is.Value()
	if (under == nil) == (is == nil) {
		return "", false, domain.Errorf(domain.CodeBadUserInput, "give either under or is").In("berikan salah satu: under atau is").At(path...)
	}
	if is != nil {
		return *is, true, checkCode(*is, append(path, "is")...)
	}
	return *under, false, checkCode(*under, append(path, "under")...)
}

func (q *request) programmes(f *model.ProgrammesFilter) {
	if s := f.Stage.Value(); s != nil {
		oneOf(q, "@.stage", s.Eq.Value(), s.In.IsSet(), s.In.Value())
	}
	if s := f.Status.Value(); s != nil {
		oneOf(q, "@.status", s.Eq.Value(), s.In.IsSet(), s.In.Value())
	}
	if c := f.Coordinator.Value(); c != nil {
		q.where("@.coordinator = ?", []byte(*c))
	}
}

// oneOf adds the conditions of a filter on codes. A list that is null is no condition, an empty one holds for nothing.
func oneOf[T ~string](q *request, column string, eq *T, inSet bool, in []T) {
	if eq != nil {
		q.where(column+" = ?", []byte(*eq))
	}
	if inSet && in != nil {
		codes := make([][]byte, len(in))
		for i, code := range in {
			codes[i] = []byte(code)
		}
		q.where(column+" = any(?::text[])", appendArray(nil, oidText, codes))
	}
}

// regions adds the conditions of a filter on regions. Codes are compared byte by byte, so that what lies below a code is a
// range: "/" is the byte after ".".
func (q *request) regions(f *model.RegionsFilter) error {
	code, exactly, err := Chosen(f.Region.Value(), "filter", "region")
	if err != nil {
		return err
	}
	switch {
	case code == "" || code == domain.NationCode && !exactly:
	case exactly:
		q.where("@.code = ?", []byte(code))
	default:
		q.where("@.code >= ? and @.code < ?", []byte(code), []byte(code+"/"))
	}
	if l := f.Level.Value(); l != nil {
		oneOf(q, "@.level", l.Eq.Value(), l.In.IsSet(), l.In.Value())
	}
	if prefix := f.NameStartsWith.Value(); prefix != nil {
		if n := utf8.RuneCountInString(*prefix); n < 2 || n > 100 {
			return domain.Errorf(domain.CodeBadUserInput, "give 2 to 100 characters").In("berikan 2 sampai 100 karakter").At("filter", "nameStartsWith")
		}
		from := strings.ToLower(*prefix)
		q.where("lower(@.name) ~>=~ ? and lower(@.name) ~<~ ?", []byte(from), []byte(afterPrefix(from)))
	}
	if open := f.Open.Value(); open != nil {
		if *open {
			q.where("@.valid_from <= current_date and (@.valid_to is null or @.valid_to > current_date)")
		} else {
			q.where("(@.valid_from > current_date or @.valid_to <= current_date)")
		}
	}
	return nil
}

// afterPrefix gives the least text, byte by byte, that comes after all texts with the prefix.
func afterPrefix(prefix string) string {
	runes := []rune(prefix)
	for i := len(runes) - 1; i >= 0; i-- {
		next := runes[i] + 1
		if next == 0xD800 {
			next = 0xE000 // surrogates are no characters
		}
		if next <= utf8.MaxRune {
			return string(append(runes[:i], next))
		}
	}
	return string(utf8.MaxRune)
}

func checkCode(code string, path ...string) error {
	if _, ok := domain.LevelOf(code); ok {
		return nil
	}
	return domain.Errorf(domain.CodeBadUserInput, "%.20q is not the code of a region; codes look like ID, 32, 32.73, 32.73.05 or 32.73.05.1001", code).
		In("ini bukan kode wilayah; kode berbentuk ID, 32, 32.73, 32.73.05 atau 32.73.05.1001").At(path...)
}
