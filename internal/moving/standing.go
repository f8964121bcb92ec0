package moving

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Standing says of each of these programmes what stops its next step, whoever asks: by the decision of the move itself, with
// one round of queries and one batch of questions. It leaves out programmes that are not there.
func (m *Moves) Standing(ctx context.Context, programmeIDs []uuid.UUID) ([]workflow.Standing, error) {
	found, err := m.Store.Snapshots(ctx, programmeIDs)
	if err != nil {
		return nil, err
	}
	at := m.Clock.Now()
	resting := func(s *workflow.Snapshot) bool { return s.Programme.Status != domain.Active }
	var all []workflow.Standing
	for _, s := range found {
		if resting(s) {
			all = append(all, workflow.Standing{Snapshot: *s})
		}
	}
	judged, err := m.judge(ctx, slices.DeleteFunc(found, resting), at)
	if err != nil {
		return nil, err
	}
	for _, j := range judged {
		course, err := m.Courses.Course(ctx, j.Programme.RegionCode)
		if err != nil {
			return nil, err
		}
		all = append(all, workflow.StandingOf(j.Terms(course), j.Snapshot, j.judgement, at))
	}
	return all, nil
}
