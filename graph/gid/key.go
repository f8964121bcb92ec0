package gid

import "github.com/google/uuid"

// Key reads what an input names a thing of a type by: its global id, or its plain UUID in the canonical form (36 characters,
// small letters), which a client that made the UUID itself knows before the thing is there. Any other string is BAD_USER_INPUT.
func Key(typeName, id string) (uuid.UUID, error) {
	if plain, ok := Plain(id); ok {
		return plain, nil
	}
	return UUID(typeName, id)
}

// Plain reads a UUID in its canonical form.
func Plain(text string) (uuid.UUID, bool) {
	if len(text) != 36 {
		return uuid.Nil, false
	}
	id, err := uuid.Parse(text)
	return id, err == nil && id.String() == text
}

// Any reads a global id of any type whose key is a UUID, or a plain UUID.
func Any(text string) (uuid.UUID, bool) {
	if id, ok := Plain(text); ok {
		return id, true
	}
	if b, ok := decode(text); ok && len(b) == 17 {
		return uuid.UUID(b[1:]), true
	}
	return uuid.Nil, false
}
