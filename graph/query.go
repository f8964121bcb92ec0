package graph

import (
	"context"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/definitions"
	"github.com/berdaya/berdaya/internal/rulesets"
	"github.com/berdaya/berdaya/internal/standstill"
)

// query answers who is asking, draws, and says what holds. Every other query begins stored data: the read path answers it from its
// arguments (@stored) and never calls the method behind it, so those are embedded and empty.
type query struct {
	generated.QueryResolver
	diagrams    standstill.Diagrams
	definitions definitions.Definitions
	processes   *rulesets.Processes
}

// Viewer gives the actor.
func (query) Viewer(ctx context.Context) (*model.Viewer, error) {
	if err := access.MayAct(access.FromContext(ctx)); err != nil {
		return nil, err
	}
	a := access.FromContext(ctx)
	v := &model.Viewer{Subject: a.Subject, Name: a.Name, Locale: string(a.Locale), Roles: make([]*model.ViewerRole, len(a.Grants))}
	for i, g := range a.Grants {
		v.Roles[i] = &model.ViewerRole{
			Role: g.Role, RoleLabel: domain.Roles.Label(string(g.Role), a.Locale),
			RegionCode: g.Region, Region: &model.Region{ID: gid.Region(g.Region)},
		}
	}
	return v, nil
}

// Diagram draws where programmes stand.
func (q query) Diagram(ctx context.Context, region *model.RegionFilter) (string, error) {
	var part standstill.Part
	if region != nil {
		under, is := region.Under.Value(), region.Is.Value()
		switch {
		case (under == nil) == (is == nil):
			return "", domain.Errorf(domain.CodeBadUserInput, "give either under or is").In("berikan salah satu: under atau is").At("region")
		case is != nil:
			part = standstill.Part{Region: *is, Exactly: true}
		default:
			part.Region = *under
		}
		if part.Region == "" {
			part.Region = "?" // an empty code is no code
		}
	}
	return q.diagrams.Draw(ctx, access.FromContext(ctx), part)
}
