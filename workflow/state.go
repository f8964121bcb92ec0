package workflow

import (
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// State is where a programme stands: what its history comes to.
type State struct {
	ProgrammeID    uuid.UUID
	Region         string // the code of the governing region; "" where a history begun before regions were in it does not say
	Stage          domain.Stage
	Status         domain.Status
	StageEnteredAt time.Time
	DueOn          *domain.Date
	HeldAt         *time.Time
	ReviewOn       *domain.Date
	Version        int64
	Hash           string // of the last event
}

// StateOf gives the state that a programme's row holds; hash is that of its last event.
func StateOf(p *domain.Programme, hash string) State {
	return State{ProgrammeID: p.ID, Region: p.RegionCode, Stage: p.Stage, Status: p.Status, StageEnteredAt: p.StageEnteredAt, DueOn: p.DueOn,
		HeldAt: p.HeldAt, ReviewOn: p.ReviewOn, Version: p.Version, Hash: hash}
}

// Apply puts the state into a programme's row.
func (s State) Apply(p *domain.Programme) {
	p.Stage, p.Status, p.StageEnteredAt, p.DueOn = s.Stage, s.Status, s.StageEnteredAt, s.DueOn
	p.HeldAt, p.ReviewOn, p.Version = s.HeldAt, s.ReviewOn, s.Version
	if s.Region != "" {
		p.RegionCode = s.Region
	}
}

// Equal tells whether two states are the same. A region that is not known equals every other.
func (s State) Equal(o State) bool {
	return (s.Region == o.Region || s.Region == "" || o.Region == "") && s.ProgrammeID == o.ProgrammeID &&
		s.Stage == o.Stage && s.Status == o.Status && s.Version == o.Version && s.Hash == o.Hash &&
		s.StageEnteredAt.Equal(o.StageEnteredAt) && same(s.DueOn, o.DueOn) && same(s.ReviewOn, o.ReviewOn) &&
		(s.HeldAt == nil) == (o.HeldAt == nil) && (s.HeldAt == nil || s.HeldAt.Equal(*o.HeldAt))
}

// after gives the state after an event. It is the only place that says what an event does to a programme: deciding and
// folding both use it.
func (s State) after(e *domain.ProgrammeEvent) State {
	s.ProgrammeID, s.Version, s.Hash = e.ProgrammeID, e.Version, e.Hash
	if e.ToRegion != nil {
		s.Region = *e.ToRegion
	}
	switch e.Kind {
	case domain.EventCreated, domain.EventMoved:
	case domain.EventRescheduled:
		s.DueOn = e.DueOn
		return s
	default:
		return s
	}
	s.Stage, s.Status = e.ToStage, e.ToStatus
	s.HeldAt, s.ReviewOn = nil, nil
	step := Step{ToStage: e.ToStage, ToStatus: e.ToStatus}
	if e.Move != nil {
		step.Move = *e.Move
	}
	switch {
	case step.begins():
		s.StageEnteredAt, s.DueOn = e.OccurredAt, e.DueOn
	case step.Move == domain.Resume:
		s.DueOn = e.DueOn
	case step.Move == domain.Hold:
		held := e.OccurredAt
		s.HeldAt, s.ReviewOn = &held, e.ReviewOn
	default:
		s.DueOn = nil // completed or cancelled
	}
	return s
}

func same[T comparable](a, b *T) bool {
	return (a == nil) == (b == nil) && (a == nil || *a == *b)
}
