package command

import "context"

// lookedUpKey is the key of what was looked up beforehand in a context.
type lookedUpKey struct{}

// lookedUp is what was remembered under keys of the actor who acts, when somebody looked; nil for a key under which nothing was.
type lookedUp map[string]*Record

// LookedUp returns a context in which it is known what was remembered under these keys of the actor who acts: whoever carries
// out many commands asks once for all of them. What is remembered never changes, so it is taken for true; where nothing was,
// something may be by now, which [Run] then finds as it finds any other command that was quicker.
func LookedUp(ctx context.Context, keys []string, found []*Record) context.Context {
	all := make(lookedUp, len(keys))
	for _, k := range keys {
		all[k] = nil
	}
	for _, r := range found {
		all[r.Key] = r
	}
	return context.WithValue(ctx, lookedUpKey{}, all)
}

// looked gives what was found under a key beforehand.
func looked(ctx context.Context, key string) *Record {
	all, _ := ctx.Value(lookedUpKey{}).(lookedUp)
	return all[key]
}

// isNew tells whether nothing was remembered of a command when somebody looked.
func (c Command) isNew(ctx context.Context) bool {
	if c.Key == nil || CheckKey(*c.Key) != nil {
		return false
	}
	all, _ := ctx.Value(lookedUpKey{}).(lookedUp)
	r, known := all[*c.Key]
	return known && r == nil
}
