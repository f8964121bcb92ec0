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

// id reads what names a thing of a type: its global id, or the UUID that a client made for it.
func (f *fields) id(path, typ, id string) uuid.UUID {
	key, err := gid.Key(typ, id)
	if err != nil {
		f.problem(entry.Wrong(path, "this is not the id of a "+typ, "ini bukan id "+typ))
	}
	return key
}

// ids reads a list of global ids of a type.
func (f *fields) ids(path, typ string, ids []string) []uuid.UUID {
	keys := make([]uuid.UUID, len(ids))
	for i, id := range ids {
		key, err := gid.Key(typ, id)
		if err != nil {
			f.problem(entry.Wrong(strconv.Itoa(i), "this is not the id of a "+typ, "ini bukan id "+typ).At(path))
		}
		keys[i] = key
	}
	return keys
}

// made reads the UUID that a client made for a new thing; zero where it made none. Only random ones are taken: what can be
// guessed could be probed for, or taken before its owner comes.
func (f *fields) made(o graphql.Omittable[*string]) uuid.UUID {
	if o.Value() == nil {
		return uuid.Nil
	}
	id, ok := gid.Plain(*o.Value())
	if !ok || id.Variant() != uuid.RFC4122 || id.Version() != 7 && id.Version() != 4 {
		f.problem(entry.Wrong("clientId", "this is no UUID of version 7 or 4 in its canonical form, such as 01890a5d-ac96-774b-bcce-b302099a8057",
			"ini bukan UUID versi 7 atau 4 dalam bentuk baku, seperti 01890a5d-ac96-774b-bcce-b302099a8057"))
		return uuid.Nil
	}
	return id
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
