package workflow

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// Seal gives an event the hash of the one before ("" for a programme's first event) and its own, which is computed over
// everything else in it. An event must have its id and everything else before it is sealed, and never change after.
func Seal(e *domain.ProgrammeEvent, previous string) {
	e.PreviousHash = previous
	e.Hash = eventHash(e)
}

// Seal gives a decision that is to be carried out its ids and seals its event; previous is the hash of the state that was
// decided on.
func (d *Decision) Seal(ids domain.IDs, previous string) {
	d.Event.ID = ids.New()
	Seal(d.Event, previous)
	d.After.Hash = d.Event.Hash
	if d.Effects.BeginVisit != nil {
		d.Effects.BeginVisit.ID = d.Event.ID
	}
	for i := range d.Effects.Checklist {
		d.Effects.Checklist[i].ID = ids.New()
	}
	for i := range d.Effects.Timers {
		d.Effects.Timers[i].ID = ids.New()
	}
	if plan := d.Effects.StagePlan; plan != nil && plan.ID == uuid.Nil {
		plan.ID = ids.New()
	}
}

// Broken says why a history is not what was written.
type Broken struct {
	Version int64 // of the event that does not fit; 0 where there is none at all
	Why     string
}

// Error gives the reason with the event's version.
func (b *Broken) Error() string { return fmt.Sprintf("event %d of the history: %s", b.Version, b.Why) }

// Fold gives the state that a programme's whole history comes to, ordered by version. It checks that the history begins
// with CREATED, has no gap, belongs to one programme, follows the table of moves, leads from region to region, and that every
// hash fits; the error is a *Broken that names the first event which does not.
func Fold(events []domain.ProgrammeEvent) (State, error) {
	var s State
	if len(events) == 0 {
		return s, &Broken{Why: "there is no event at all"}
	}
	for i := range events {
		next, err := s.Follow(&events[i])
		if err != nil {
			return State{}, err
		}
		s = next
	}
	return s, nil
}

// Follow is one step of Fold: it gives the state after the next event, the zero state being that before the first. The error
// is a *Broken.
func (s State) Follow(e *domain.ProgrammeEvent) (State, error) {
	if why := misfit(s, e); why != "" {
		return State{}, &Broken{Version: e.Version, Why: why}
	}
	return s.after(e), nil
}

// misfit tells why an event cannot follow a state; "" where it can.
func misfit(s State, e *domain.ProgrammeEvent) string {
	switch {
	case e.Version != s.Version+1:
		return fmt.Sprintf("version %d should follow, so an event is missing or doubled", s.Version+1)
	case e.PreviousHash != s.Hash:
		return "it does not carry the hash of the event before"
	case e.Hash != eventHash(e):
		return "its content does not fit its hash"
	case e.Version == 1:
		if e.Kind != domain.EventCreated || e.FromRegion != nil || e.ToStage != domain.Identify || e.ToStatus != domain.Active {
			return "a history begins with CREATED, in stage IDENTIFY"
		}
		return ""
	case e.ProgrammeID != s.ProgrammeID:
		return "it belongs to another programme"
	case e.FromStage == nil || e.FromStatus == nil:
		return "it does not say where it starts"
	case *e.FromStage != s.Stage || *e.FromStatus != s.Status:
		return "it does not start where the event before ended"
	case e.Kind == domain.EventTransferred:
		return mistransferred(s, e)
	case e.Kind != domain.EventMoved && domain.EventKinds.Has(string(e.Kind)) && e.Kind != domain.EventCreated:
		return unmoving(s, e)
	case e.Kind != domain.EventMoved || e.Move == nil || e.FromRegion != nil || e.ToRegion != nil:
		return "it is no move"
	}
	for _, step := range Steps(s.Stage, s.Status) {
		if step == (Step{*e.Move, e.ToStage, e.ToStatus}) {
			return ""
		}
	}
	return "there is no such move in the stage and status where it starts"
}
