package graph

import (
	"context"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/definitions"
	"github.com/berdaya/berdaya/workflow"
)

// versionsShown is how many versions of a definition are shown.
const versionsShown = 50

// Definition gives what holds for a region.
func (q query) Definition(ctx context.Context, region string) (*model.Definition, error) {
	v, err := q.definitions.View(ctx, access.FromContext(ctx), region)
	if v == nil || err != nil {
		return nil, err
	}
	return shownDefinition(ctx, q.definitions, *v)
}

// PublishDefinition publishes a definition.
func (m mutation) PublishDefinition(ctx context.Context, in model.PublishDefinitionInput) (*model.PublishDefinitionPayload, error) {
	p := definitions.Publication{RegionCode: in.RegionCode, Note: in.Note.Value(), ExpectedVersion: version(in.ExpectedVersion),
		Key: in.IdempotencyKey.Value(), DryRun: in.DryRun}
	for _, s := range in.Stages {
		e := definitions.Entry{Stage: s.Stage, Schedule: workflow.Schedule{Days: s.Days.Value(), Checkpoints: s.Checkpoints, Reminders: s.Reminders, Overdue: s.Overdue}}
		for _, x := range s.Escalations {
			e.Escalations = append(e.Escalations, workflow.Escalation{After: x.After, To: x.To})
		}
		p.Stages = append(p.Stages, e)
	}
	payload := &model.PublishDefinitionPayload{UserErrors: []*model.UserError{}}
	v, err := m.Definitions.Publish(ctx, access.FromContext(ctx), p)
	if err != nil {
		payload.UserErrors, err = userErrors(ctx, err)
		return payload, err
	}
	payload.Definition, err = shownDefinition(ctx, m.Definitions, v)
	return payload, err
}

// shownDefinition shows what holds for a region.
func shownDefinition(ctx context.Context, use definitions.Definitions, v definitions.View) (*model.Definition, error) {
	actor := access.FromContext(ctx)
	versions, err := use.Versions(ctx, actor, v.Region, versionsShown)
	if err != nil {
		return nil, err
	}
	d := &model.Definition{Region: &model.Region{ID: gid.Region(v.Region)}, Stages: schedules(v.Course, actor.Locale), Versions: make([]*model.DefinitionVersion, len(versions))}
	if v.Version > 0 {
		d.Version = &v.Version
	}
	for i, p := range versions {
		d.Versions[i] = &model.DefinitionVersion{Version: p.Version, PublishedAt: p.At, Author: p.Author, Note: p.Note,
			Stages: schedules(workflow.CourseOfOne(p.Definition), actor.Locale)}
	}
	return d, nil
}

// schedules shows a course in the order of the stages.
func schedules(c workflow.Course, l domain.Locale) []*model.StageSchedule {
	shown := make([]*model.StageSchedule, 0, len(c))
	for _, stage := range domain.Stages {
		s, there := c[domain.Stage(stage.Code)]
		if !there {
			continue
		}
		m := &model.StageSchedule{Stage: domain.Stage(stage.Code), StageLabel: stage.Label.In(l), Days: s.Days, Checkpoints: listed(s.Checkpoints),
			Reminders: listed(s.Reminders), Overdue: listed(s.Overdue), Escalations: make([]*model.EscalationStep, len(s.Escalations)),
			FromRegion: s.Region, FromVersion: s.Version}
		for i, e := range s.Escalations {
			m.Escalations[i] = &model.EscalationStep{After: e.After, To: e.To, ToLabel: domain.Levels.Label(string(e.To), l)}
		}
		shown = append(shown, m)
	}
	return shown
}

// listed gives a list that is never null.
func listed(days []int) []int {
	if days == nil {
		return []int{}
	}
	return days
}
