package graph

import (
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/internal/entry"
)

// fields reads the fields of an input. It collects what cannot be read and, of a change, what is said: each field that is
// given, by its name in the API.
type fields struct {
	wrong domain.Problems
	said  map[string]any
}

func (f *fields) problem(e *domain.Error) { f.wrong = append(f.wrong, e) }

func (f *fields) say(path string, value any) {
	if f.said == nil {
		f.said = map[string]any{}
	}
	f.said[path] = value
}

// id reads a global id of a type.
func (f *fields) id(path, typ, id string) uuid.UUID {
	key, err := gid.UUID(typ, id)
	if err != nil {
		f.problem(entry.Wrong(path, "this is not the id of a "+typ, "ini bukan id "+typ))
	}
	return key
}

// ids reads a list of global ids of a type.
func (f *fields) ids(path, typ string, ids []string) []uuid.UUID {
	keys := make([]uuid.UUID, len(ids))
	for i, id := range ids {
		key, err := gid.UUID(typ, id)
		if err != nil {
			f.problem(entry.Wrong(strconv.Itoa(i), "this is not the id of a "+typ, "ini bukan id "+typ).At(path))
		}
		keys[i] = key
	}
	return keys
}

// maybeID reads a global id that may be missing.
func (f *fields) maybeID(path, typ string, o graphql.Omittable[*string]) *uuid.UUID {
	if o.Value() == nil {
		return nil
	}
	key := f.id(path, typ, *o.Value())
	return &key
}

// set puts a value that is given into a field that always has one; null is refused.
func set[T any](f *fields, path string, field *T, o graphql.Omittable[*T]) {
	value, given := o.ValueOK()
	switch {
	case !given:
	case value == nil:
		f.problem(entry.Wrong(path, "this cannot be emptied: leave it out, or give a value", "ini tidak dapat dikosongkan: hilangkan, atau beri nilai"))
		f.say(path, nil)
	default:
		*field = *value
		f.say(path, *value)
	}
}

// let puts a value that is given into a field that may have none; null empties it.
func let[T any](f *fields, path string, field **T, o graphql.Omittable[*T]) {
	if value, given := o.ValueOK(); given {
		*field = value
		f.say(path, value)
	}
}

// letID does as let does with a global id of a type.
func letID(f *fields, path, typ string, field **uuid.UUID, o graphql.Omittable[*string]) {
	if o.IsSet() {
		*field = f.maybeID(path, typ, o)
		f.say(path, *field)
	}
}
