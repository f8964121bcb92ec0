package graph

import (
	"context"

	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/regions"
)

func (m mutation) TransferProgramme(ctx context.Context, in model.TransferProgrammeInput) (*model.TransferProgrammePayload, error) {
	f := new(fields)
	c := regions.Command{ProgrammeID: f.id("programmeId", "Programme", in.ProgrammeID), RegionCode: in.RegionCode, Reason: in.Reason, Key: in.IdempotencyKey.Value(),
		ExpectedVersion: version(in.ExpectedVersion)}
	p := &model.TransferProgrammePayload{UserErrors: []*model.UserError{}}
	var err error
	if len(f.wrong) > 0 {
		p.UserErrors, err = userErrors(ctx, f.wrong)
		return p, err
	}
	done, err := m.Transfers.Transfer(ctx, access.FromContext(ctx), c)
	if err != nil {
		p.UserErrors, err = userErrors(ctx, err)
		return p, err
	}
	p.Programme = &model.Programme{ID: gid.New("Programme", c.ProgrammeID)}
	p.Event = &model.ProgrammeEvent{ID: gid.New("ProgrammeEvent", done.EventID)}
	return p, nil
}
