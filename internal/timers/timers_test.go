package timers_test

import (
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/workflow"
)

func TestATimerGoesOffOnceAtItsHour(t *testing.T) {
	t.Parallel()
	o := newOffice(t, workflow.Default)
	id := o.programme(t, "32.73", "P-1") // due on 30 April: reminders on the 16th and 27th
	if n := o.goOff(t); n != 0 {
		t.Errorf("%d go off too early", n)
	}
	o.clock.until("2026-04-16")
	o.clock.goOn(-2*time.Hour - time.Microsecond)
	if n := o.goOff(t); n != 0 {
		t.Errorf("%d go off a moment too early", n)
	}
	o.clock.goOn(time.Microsecond)
	if n := o.goOff(t); n != 1 {
		t.Errorf("%d go off at the hour", n)
	}
	if n := o.goOff(t); n != 0 {
		t.Errorf("%d go off again", n)
	}
	var e domain.TimerEvent
	if err := o.Bun.NewSelect().Model(&e).Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e.ProgrammeID != id || e.Kind != domain.TimerReminder || e.OffsetDays != 14 || *e.DueOn != "2026-04-30" || e.Stage != domain.Identify ||
		!e.FiresAt.Equal(time.Date(2026, 4, 16, 0, 0, 0, 0, time.UTC)) || !e.FiredAt.Equal(e.FiresAt) {
		t.Errorf("%+v", e)
	}
	o.exact(t)
}

func TestWhatFellDueWhileNoServerRanGoesOffOnceAfterwards(t *testing.T) {
	t.Parallel()
	o := newOffice(t, workflow.Default)
	for _, code := range []string{"P-1", "P-2", "P-3"} {
		o.programme(t, "32.73", code)
	}
	o.clock.until("2027-01-01") // everything was due by then: eight of each
	o.timers.Batch = 5
	if n := o.goOff(t); n != 24 {
		t.Errorf("%d go off", n)
	}
	o.exact(t)
	if n := o.count(t, `timers where state <> 'FIRED'`); n != 0 {
		t.Errorf("%d are left", n)
	}
	// Full batches asked other servers for help, but not one for each batch.
	if n := o.count(t, `jobs.river_job where kind = 'fire_timers'`); n != 1 {
		t.Errorf("%d jobs were handed on", n)
	}
}

func TestWhatFellDueWhileHeldIsNotStrandedByResuming(t *testing.T) {
	t.Parallel()
	for name, shift := range map[string]bool{"with the due date shifted": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, workflow.Default)
			id := o.programme(t, "32.73", "P-1")
			o.clock.until("2026-04-10")
			o.move(t, moving.Command{ProgrammeID: id, Move: domain.Hold, Reason: of("banjir")})
			o.clock.until("2026-05-10") // both reminders and the first two that it is overdue fell due meanwhile
			if n := o.goOff(t); n != 0 {
				t.Errorf("%d go off while it is held", n)
			}
			o.move(t, moving.Command{ProgrammeID: id, Move: domain.Resume, Reason: of("surut"), ShiftDueDates: shift})
			want := map[bool]int{true: 0, false: 4}[shift]
			if n := o.goOff(t); n != want {
				t.Errorf("%d go off on resuming, not %d", n, want)
			}
			if n := o.count(t, `timers where state in ('PENDING', 'FIRED')`); n != 8 {
				t.Errorf("%d of eight are alive", n)
			}
			o.clock.until("2027-01-01")
			if n := o.goOff(t); n != 8-want {
				t.Errorf("%d go off in the end, not %d", n, 8-want)
			}
			o.exact(t)
		})
	}
}

func TestAStageThatIsLeftTakesItsTimersAlong(t *testing.T) {
	t.Parallel()
	o := newOffice(t, workflow.Default)
	id := o.programme(t, "32.73", "P-1")
	o.clock.until("2026-04-20")
	o.goOff(t)
	o.move(t, moving.Command{ProgrammeID: id, Move: domain.Advance})
	if n := o.count(t, `timers where stage = 'IDENTIFY' and state = 'CANCELLED'`); n != 7 {
		t.Errorf("%d of the seven left were cancelled", n)
	}
	o.move(t, moving.Command{ProgrammeID: id, Move: domain.Hold, Reason: of("banjir")})
	o.move(t, moving.Command{ProgrammeID: id, Move: domain.Cancel, Reason: of("dana dialihkan")})
	o.clock.until("2028-01-01")
	if n := o.goOff(t); n != 0 {
		t.Errorf("%d go off in a programme that was cancelled", n)
	}
	o.exact(t)
}

// No event leaves such timers behind; somebody with a hand in the database may.
func TestATimerThatDoesNotFitItsProgrammeIsPutRightAndSilent(t *testing.T) {
	t.Parallel()
	o := newOffice(t, workflow.Default)
	held, ended, left := o.programme(t, "32.73", "P-1"), o.programme(t, "32.73", "P-2"), o.programme(t, "32.73", "P-3")
	o.exec(t, `update programmes set status = 'ON_HOLD', held_at = now() where id = ?`, held)
	o.exec(t, `update programmes set status = 'CANCELLED' where id = ?`, ended)
	o.exec(t, `update programmes set stage = 'PLAN' where id = ?`, left)
	o.clock.until("2027-01-01")
	gone, err := o.timers.GoOff(t.Context())
	if err != nil || gone.Off != 0 || gone.Righted != 24 {
		t.Error(gone, err)
	}
	for id, want := range map[string]domain.TimerState{held.String(): domain.TimerHeld, ended.String(): domain.TimerCancelled, left.String(): domain.TimerCancelled} {
		if n := o.count(t, `timers where programme_id = ? and state = ?`, id, want); n != 8 {
			t.Errorf("%d are %s", n, want)
		}
	}
	o.exact(t)
}

func TestTheLagIsTheAgeOfTheLongestDue(t *testing.T) {
	t.Parallel()
	o := newOffice(t, workflow.Default)
	lag := func() time.Duration {
		lag, err := o.Timers().TimerLag(t.Context(), o.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return lag
	}
	o.programme(t, "32.73", "P-1")
	if l := lag(); l != 0 {
		t.Error("before anything is due:", l)
	}
	o.clock.until("2026-04-17")
	if l := lag(); l != 26*time.Hour {
		t.Error("a day after the first was due:", l)
	}
	told := 0
	o.timers.Fired = func(events []domain.TimerEvent) { told += len(events) }
	o.goOff(t)
	if l := lag(); l != 0 || told != 1 {
		t.Error("afterwards:", l, told)
	}
}
