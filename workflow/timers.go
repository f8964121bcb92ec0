package workflow

import (
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// FiresAt gives the instant at which what is set for a day goes off: 00:00 UTC, when the working day begins all over Indonesia
// (07:00 in Jakarta, 08:00 in Makassar, 09:00 in Jayapura).
func FiresAt(day domain.Date) time.Time { return day.Time() }

// timers are those of one stage in the making. What has passed by now is left out.
type timers struct {
	stage domain.Stage
	now   time.Time
	all   []domain.Timer
}

func (t *timers) add(kind domain.TimerKind, offset int, level *domain.Level, day domain.Date) {
	if at := FiresAt(day); at.After(t.now) {
		t.all = append(t.all, domain.Timer{Record: domain.Record{CreatedAt: t.now, UpdatedAt: t.now}, Stage: t.stage, Kind: kind,
			OffsetDays: offset, Level: level, FiresAt: at, State: domain.TimerPending})
	}
}

// since adds the timers that count from a day on which the stage was entered.
func (t *timers) since(entered domain.Date, s Schedule) {
	for _, days := range s.Checkpoints {
		t.add(domain.TimerCheckpoint, days, nil, entered.AddDays(days))
	}
}

// around adds the timers that hang on the stage's due date.
func (t *timers) around(due *domain.Date, s Schedule) {
	if due == nil {
		return
	}
	for _, days := range s.Reminders {
		t.add(domain.TimerReminder, days, nil, due.AddDays(-days))
	}
	for _, days := range s.Overdue {
		t.add(domain.TimerOverdue, days, nil, due.AddDays(days))
	}
	for _, e := range s.Escalations {
		t.add(domain.TimerEscalation, e.After, &e.To, due.AddDays(e.After))
	}
}

// of gives the timers as those of a programme.
func (t *timers) of(programmeID uuid.UUID) []domain.Timer {
	for i := range t.all {
		t.all[i].ProgrammeID = programmeID
	}
	return t.all
}

// OnTimers does to a programme's timers what writing these effects at a time does, and gives them with those that begin.
func (f *Effects) OnTimers(before []domain.Timer, at time.Time) []domain.Timer {
	after := make([]domain.Timer, 0, len(before)+len(f.Timers))
	for _, t := range before {
		pending, held := t.State == domain.TimerPending, t.State == domain.TimerHeld
		switch {
		case f.TimersBefore == EndTimers && (pending || held), f.TimersBefore == EndDueTimers && pending && t.Kind != domain.TimerCheckpoint:
			t.State, t.UpdatedAt = domain.TimerCancelled, at
		case f.TimersBefore == HoldTimers && pending:
			t.State, t.UpdatedAt = domain.TimerHeld, at
		case f.TimersBefore == ReleaseTimers && held:
			t.State, t.FiresAt, t.UpdatedAt = domain.TimerPending, t.FiresAt.AddDate(0, 0, f.ShiftTimers), at
		}
		after = append(after, t)
	}
	return append(after, f.Timers...)
}
