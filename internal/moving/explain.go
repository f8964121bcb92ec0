package moving

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/workflow"
)

// RuleNotPermitted is the code of the block for a step that the actor may not make, whatever is missing.
const RuleNotPermitted = "NOT_PERMITTED"

// Option is a step with what it would come to.
type Option struct {
	workflow.Option
	Superseded *workflow.Superseded // what of the programme it would supersede; nil for a step that supersedes nothing
}

// permitted explains the steps to an actor, and puts a block before every one that the actor may not make.
func permitted(actor access.Actor, p *domain.Programme, steps []workflow.Option, beside workflow.Beside, today domain.Date) []Option {
	options := make([]Option, len(steps))
	for i, step := range steps {
		explain(actor, beside, step.Blocks, today)
		options[i] = Option{Option: step, Superseded: step.Effects.Superseding(beside)}
		o := &options[i]
		err := access.MayMove(actor, p, o.Move)
		if err == nil {
			continue
		}
		o.Allowed = false
		message := domain.Text{EN: err.Error()}
		if e, ok := errors.AsType[*domain.Error](err); ok {
			message = e.Text
		}
		o.Blocks = append([]domain.Block{{RuleSet: workflow.Engine, Version: workflow.EngineVersion, Rule: RuleNotPermitted,
			Severity: domain.SeverityBlock, Message: message, Waivable: domain.WaivableNo}}, o.Blocks...)
	}
	return options
}

// Explain adds to the blocks of an outcome who may lift them and which waivers are on their way.
func (m *Moves) Explain(ctx context.Context, actor access.Actor, out Outcome) error {
	if len(out.Blocks) == 0 {
		return nil
	}
	beside, err := m.Store.Beside(ctx, []uuid.UUID{out.ProgrammeID})
	if err != nil {
		return err
	}
	if b, ok := beside[out.ProgrammeID]; ok && access.MaySee(actor, b.Region) == nil {
		explain(actor, b, out.Blocks, domain.Today(m.Clock.Now()))
	}
	return nil
}

// explain says of each block who may lift it and which waiver would, or does. One whose last day has passed does nothing any more.
func explain(actor access.Actor, beside workflow.Beside, blocks []domain.Block, today domain.Date) {
	for i := range blocks {
		b := &blocks[i]
		if b.Waivable != domain.WaivableOwner && b.Waivable != domain.WaivableRegion || b.Retry {
			continue
		}
		for _, w := range beside.Waivers {
			if w.RuleSet == b.RuleSet && w.Rule == b.Rule && w.ExpiresOn >= today {
				b.Waiver = w
			}
		}
		if !b.Stops() {
			continue
		}
		w := &domain.Waiver{Waivable: b.Waivable, RuleRegion: b.Region}
		b.LiftableBy = &domain.Lifting{Roles: access.Waivers(), Region: access.WaivedIn(beside.Region, w),
			ByReader: access.MayWaive(actor, beside.Region, w) == nil && (b.Waiver == nil || b.Waiver.RequestedBy != actor.Subject)}
	}
}
