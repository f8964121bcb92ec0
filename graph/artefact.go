package graph

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/transport"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/rulesets"
)

// artefactPath is where the content of a version of a rule set is found. rulesets.ContentPath says the same, and so does
// RuleSetVersion.contentPath in SQL.
const artefactPath = "/rule-sets/{name}/{version}/artefact"

// downloadsAtOnce is how many files may be on their way out at once.
const downloadsAtOnce = 4

// artefacts gives away what was uploaded.
func (c Config) artefacts(answer *transport.HTTP) http.Handler {
	return &transport.Downloads{
		Find: func(r *http.Request) (*transport.File, error) {
			v, err := c.RuleSets.Content(r.Context(), access.FromContext(r.Context()), r.PathValue("name"), r.PathValue("version"))
			if err != nil {
				return nil, err
			}
			return artefact(c.RuleSets, v), nil
		},
		Turns: &transport.Turns{Most: downloadsAtOnce}, Time: cmp.Or(c.UploadTime, 10*time.Minute), Pace: cmp.Or(c.UploadPace, 30*time.Second), Answer: answer,
	}
}

func artefact(from *rulesets.RuleSets, v *domain.RuleSetVersion) *transport.File {
	f := &transport.File{Name: v.RuleSet.Name + "-" + v.Version + ".yaml", Media: "application/yaml; charset=utf-8", SHA256: v.SHA256, Size: v.Size,
		Write: func(ctx context.Context, to io.Writer) error { return from.WriteContent(ctx, v, to) }}
	if v.RuleSet.Kind == domain.RuleProgram {
		f.Name, f.Media = v.RuleSet.Name+"-"+v.Version+".tar.gz", "application/gzip"
	}
	return f
}
