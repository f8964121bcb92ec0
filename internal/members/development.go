package members

import (
	"context"
	"strings"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

const developmentPrefix = "dev-"

// DevelopmentSubject gives the subject of a development token, such as dev-coordinator-32.73. The error has CodeBadUserInput
// for a role that does not exist and for a region's code that is none.
func DevelopmentSubject(role, region string) (string, error) {
	r, err := ParseRole(role)
	if err != nil {
		return "", err
	}
	if _, ok := domain.LevelOf(region); !ok {
		return "", domain.Errorf(domain.CodeBadUserInput,
			"%q is no region's code: write one such as 32, 32.73, 32.73.05 or 32.73.05.1001, or ID for the nation", region)
	}
	return developmentPrefix + Word(r) + "-" + region, nil
}

// Development resolves subjects on a machine where one tries things out: the subject of a development token is a member from
// the first time that it is seen. A production server must not use it.
type Development struct{ *Members }

// Resolve gives the actor with a subject, as [Members.Resolve] does.
func (d Development) Resolve(ctx context.Context, subject string) (access.Actor, error) {
	actor, err := d.Members.Resolve(ctx, subject)
	rest, ours := strings.CutPrefix(subject, developmentPrefix)
	i := strings.LastIndexByte(rest, '-')
	if domain.CodeOf(err) != domain.CodeUnauthenticated || !ours || i < 0 {
		return actor, err
	}
	role, wrong := ParseRole(rest[:i])
	if wrong != nil {
		return actor, err
	}
	if _, wrong := d.EnsureDevelopment(ctx, role, rest[i+1:]); wrong != nil {
		return actor, err
	}
	return d.Members.Resolve(ctx, subject)
}
