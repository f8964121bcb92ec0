package host

import (
	"context"
	"io"

	"github.com/berdaya/berdaya/domain"
)

// Source is where a host learns what is to be at work; the catalogue in the database serves it.
type Source interface {
	// Activations gives every activation that may bind a programme now or later, with RuleSet and Version filled in, sorted by
	// region, rule set and revision. A rule set whose newest activation took it out of work is there as long as an earlier one
	// binds anybody. It is asked about once a second.
	Activations(ctx context.Context) ([]*domain.RuleActivation, error)
	// Artefact writes the content with a SHA-256 (64 small hexadecimal digits), NOT_FOUND where there is none. Whoever reads
	// checks the sum.
	Artefact(ctx context.Context, sha256 string, to io.Writer) error
}
