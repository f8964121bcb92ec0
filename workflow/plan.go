package workflow

import (
	"fmt"
	"time"

	"github.com/berdaya/berdaya/domain"
)

// Reschedule decides that the present stage is due on another day. The day becomes the stage's own plan.
//
// Errors: MOVE_NOT_POSSIBLE for a programme that is not ACTIVE, REASON_REQUIRED, BAD_USER_INPUT.
func Reschedule(t Terms, s State, due domain.Date, actor, why string, at time.Time) Decision {
	reason, err := s.because(why, at, domain.Active)
	if err != nil {
		return Decision{Err: err}
	}
	if err := ahead(due, at); err != nil {
		return Decision{Err: err}
	}
	d := s.unmoved(domain.EventRescheduled, actor, reason, at)
	d.Event.DueOn = &due
	d.After = s.after(d.Event)
	timers := timers{stage: s.Stage, now: at}
	timers.around(&due, t.Course[s.Stage].Schedule)
	d.Effects = Effects{ShiftVisit: true, TimersBefore: EndDueTimers, Timers: timers.of(s.ProgrammeID),
		StagePlan: &domain.StagePlan{Record: domain.Record{CreatedAt: at, UpdatedAt: at}, ProgrammeID: s.ProgrammeID, Stage: s.Stage, DueOn: due}}
	return d
}

// PlanLater decides when a stage that the programme has not come to yet is due; that waits until the programme enters it. Errors:
// those of [Reschedule], and BAD_USER_INPUT for a stage that is not a later one.
func PlanLater(s State, stage domain.Stage, due domain.Date, actor, why string, at time.Time) Decision {
	reason, err := s.because(why, at, domain.Active)
	if err == nil && stage.Order() <= s.Stage.Order() {
		err = domain.Errorf(domain.CodeBadUserInput, "only the present stage, %s, and later ones can be planned", s.Stage).
			In(fmt.Sprintf("hanya tahap sekarang, %s, dan tahap sesudahnya yang dapat direncanakan", s.Stage)).At("stage")
	}
	if err == nil {
		err = ahead(due, at)
	}
	if err != nil {
		return Decision{Err: err}
	}
	d := s.unmoved(domain.EventPlanned, actor, reason, at)
	d.Event.Decision = said{Planned: &PlannedStage{stage, due}}.json()
	d.After = s.after(d.Event)
	d.Effects.StagePlan = &domain.StagePlan{Record: domain.Record{CreatedAt: at, UpdatedAt: at}, ProgrammeID: s.ProgrammeID, Stage: stage, DueOn: due}
	return d
}

// ahead refuses a due date that is none or that has passed.
func ahead(due domain.Date, at time.Time) error {
	if _, err := domain.ParseDate(string(due)); err != nil || due < domain.DateOf(at) {
		return domain.Errorf(domain.CodeBadUserInput, "a stage is due today or later").In("tenggat tahap adalah hari ini atau sesudahnya").At("dueOn")
	}
	return nil
}
