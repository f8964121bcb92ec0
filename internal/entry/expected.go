package entry

import (
	"context"
	"fmt"
	"time"

	"github.com/berdaya/berdaya/domain"
)

// StillAt says whether a thing is as the actor saw it: CONFLICT with its present time of change where it is not. Nothing is
// compared where the actor did not say what they saw.
func (c Change) StillAt(changed time.Time) error {
	if c.Seen == nil || c.Seen.Equal(changed) {
		return nil
	}
	return ChangedSince(changed)
}

// ChangedSince is the error for what somebody else has changed since the actor saw it.
func ChangedSince(changed time.Time) *domain.Error {
	at := changed.UTC().Format("2006-01-02T15:04:05.000000Z")
	e := domain.Errorf(domain.CodeConflict, "somebody changed it at %s, after you saw it: look at it again and decide anew", at)
	e.Params = map[string]any{"updatedAt": at}
	return e.In(fmt.Sprintf("sudah diubah pada %s, setelah Anda melihatnya: lihat kembali lalu putuskan", at)).At("expectedUpdatedAt")
}

// versionKey is the key of an expected version in a context.
type versionKey struct{}

// ExpectVersion returns a context in which commands about the content of a programme are refused where it has another version
// than this. It travels there because it is of what a person saw around a command and of no command's own input.
func ExpectVersion(ctx context.Context, version int64) context.Context {
	return context.WithValue(ctx, versionKey{}, version)
}

// AtVersion says whether a programme has the version that is expected in the context: CONFLICT with the present one where not.
func AtVersion(ctx context.Context, p *domain.Programme) error {
	expected, is := ctx.Value(versionKey{}).(int64)
	if !is || expected == p.Version {
		return nil
	}
	e := domain.Errorf(domain.CodeConflict, "the programme has moved on: it has version %d now: look at it again and decide anew", p.Version)
	e.Params = map[string]any{"version": p.Version}
	return e.In(fmt.Sprintf("program sudah berpindah: versinya kini %d; lihat kembali lalu putuskan", p.Version)).At("expectedVersion")
}
