package rulesets

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

var plainVersion = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

// ContentPath gives where a server has the content of a version, as RuleSetVersion.contentPath does. A version is as its author calls
// it, so what is not plain in a path is written as %XX, byte for byte.
func ContentPath(ruleSet, version string) string {
	if !plainVersion.MatchString(version) {
		var escaped strings.Builder
		for _, b := range []byte(version) {
			fmt.Fprintf(&escaped, "%%%02x", b)
		}
		version = escaped.String()
	}
	return "/rule-sets/" + ruleSet + "/" + version + "/artefact"
}

// Content gives a version whose content the actor may have, with its rule set: admins of the rule set's region, or above, may. For
// everybody else it is not there. Errors: UNAUTHENTICATED, NOT_FOUND, which says so to those who may have it where it was removed.
func (s *RuleSets) Content(ctx context.Context, actor access.Actor, ruleSet, version string) (*domain.RuleSetVersion, error) {
	if err := access.MayAct(actor); err != nil {
		return nil, err
	}
	if !domain.ValidRuleSetName(ruleSet) || !validVersion(version) {
		return nil, access.NotFound()
	}
	set, err := s.Store.RuleSet(ctx, ruleSet)
	if err != nil {
		return nil, err
	}
	if set == nil || access.MayRule(actor, set.RegionCode) != nil {
		return nil, access.NotFound()
	}
	v, err := s.Store.VersionNamed(ctx, set.ID, version)
	if err == nil && v == nil {
		err = access.NotFound()
	}
	if err == nil {
		err = s.Store.Stored(ctx, v.SHA256)
	}
	return v, err
}

// WriteContent writes the content of a version, a chunk at a time. Whoever reads it checks its SHA-256.
func (s *RuleSets) WriteContent(ctx context.Context, v *domain.RuleSetVersion, to io.Writer) error {
	return s.Store.Artefact(ctx, v.SHA256, to)
}
