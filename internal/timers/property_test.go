package timers_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/moving"
	_ "github.com/berdaya/berdaya/internal/seeded"
	"github.com/berdaya/berdaya/workflow"
)

// dense is a course with much to go off.
var dense = workflow.CourseOf(map[string]workflow.Definition{"32": {Region: "32", Version: 1, Stages: map[domain.Stage]workflow.Schedule{
	domain.Identify: {Days: of(20), Checkpoints: []int{5, 10, 30}, Reminders: []int{0, 3, 14}, Overdue: []int{1, 7},
		Escalations: []workflow.Escalation{{After: 2, To: domain.Regency}, {After: 9, To: domain.Nation}}},
	domain.Plan:  {Reminders: []int{1}, Overdue: []int{1}}, // due only where a programme plans it
	domain.Train: {Days: of(1), Checkpoints: []int{1, 2, 3}},
}}}, "32")

// fit makes sure that every timer fits its programme's stage, status and due date, and that nothing that should remind is missing.
func (o *office) fit(t testing.TB) {
	t.Helper()
	for what, from := range map[string]string{
		"timers that are to go off in a programme that is not being worked on in their stage": `timers t join programmes p on p.id = t.programme_id
			where t.state = 'PENDING' and (p.status <> 'ACTIVE' or p.stage <> t.stage)`,
		"timers that are held in a programme that is not": `timers t join programmes p on p.id = t.programme_id
			where t.state = 'HELD' and (p.status <> 'ON_HOLD' or p.stage <> t.stage)`,
		"timers that do not hang on the due date": `timers t join programmes p on p.id = t.programme_id where t.state in ('PENDING', 'HELD') and t.kind <> 'CHECKPOINT'
			and t.fires_at is distinct from (p.due_on + t.offset_days * case t.kind when 'REMINDER' then -1 else 1 end)::timestamp at time zone 'UTC'`,
		"timers that were cancelled although their stage and due date still are": `timers t join programmes p on p.id = t.programme_id
			where t.state = 'CANCELLED' and p.status in ('ACTIVE', 'ON_HOLD') and t.kind in ('OVERDUE', 'ESCALATION') and t.created_at = (select max(e.occurred_at)
				from programme_events e where e.programme_id = p.id and (e.kind in ('CREATED', 'RESCHEDULED') or e.move in ('ADVANCE', 'SEND_BACK', 'REOPEN')))`,
		"events before their hour":                                     `timer_events where fired_at < fires_at`,
		"events that the coordinator of the programme was not told of": `timer_events e where not exists (select from notifications n where n.notice_id = e.id and n.recipient = 'coordinator')`,
		"events that somebody was told of twice":                       `(select from notifications group by notice_id, recipient having count(*) > 1) x`,
	} {
		if n := o.count(t, from); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
}

func TestWhateverHappensEachTimerGoesOffOnceOrNotAtAllAndNeverWhileHeld(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dense)
	rounds, number := 8, 0
	if os.Getenv("BERDAYA_LONG") != "" {
		rounds = 1_000
	}
	rapid.Check(t, func(rt *rapid.T) {
		if rounds--; rounds < 0 {
			return // each round takes a hundred statements
		}
		number++
		ids := []uuid.UUID{o.programme(t, "32.73", fmt.Sprintf("R-%d", number)), o.programme(t, "32.73.05.1001", fmt.Sprintf("V-%d", number))}
		for range rapid.IntRange(5, 25).Draw(rt, "length") {
			o.clock.goOn(time.Minute + time.Duration(rapid.IntRange(0, 12).Draw(rt, "days"))*24*time.Hour)
			if rapid.IntRange(0, 2).Draw(rt, "sweep") == 0 { // otherwise the server is down
				o.goOff(t)
				if n := o.count(t, `timers where state = 'PENDING' and fires_at <= ?`, o.clock.Now()); n != 0 {
					rt.Errorf("%d that are due are left", n)
				}
				o.clock.goOn(time.Minute)
			}
			o.act(rt, rapid.SampledFrom(ids).Draw(rt, "programme"))
			o.fit(t)
			o.exact(t)
			if n := o.count(t, `timer_events t where (select e.to_status <> 'ACTIVE' or e.to_stage <> t.stage from programme_events e
				where e.programme_id = t.programme_id and e.occurred_at <= t.fired_at order by version desc limit 1)`); n != 0 {
				rt.Errorf("%d went off while the programme was held or elsewhere", n)
			}
			if t.Failed() {
				rt.FailNow()
			}
		}
	})
	o.clock.goOn(10_000 * 24 * time.Hour)
	o.goOff(t)
	o.exact(t)
	o.fit(t)
	for what, from := range map[string]string{"events": `timer_events`, "held": `timers where state = 'HELD'`, "cancelled": `timers where state = 'CANCELLED'`,
		"that went off after having been held": `timer_events e where exists (select from programme_events h where h.programme_id = e.programme_id and h.move = 'HOLD' and h.occurred_at < e.fired_at
			and h.occurred_at > (select t.created_at from timers t where t.id = e.timer_id))`} {
		if n := o.count(t, from); n == 0 {
			t.Errorf("there are no %s: the moves are too tame", what)
		}
	}
}

// act does something to a programme, sensible or not.
func (o *office) act(t *rapid.T, id uuid.UUID) {
	var err error
	if rapid.IntRange(0, 4).Draw(t, "plans") == 0 {
		_, err = o.moves.PlanStage(t.Context(), admin, moving.StagePlan{ProgrammeID: id, Reason: "hujan",
			DueOn: domain.DateOf(o.clock.Now()).AddDays(rapid.IntRange(0, 40).Draw(t, "due"))})
	} else {
		c := moving.Command{ProgrammeID: id, Reason: of("banjir"), ShiftDueDates: rapid.Bool().Draw(t, "shift"),
			Move: rapid.SampledFrom([]domain.Move{domain.Advance, domain.Hold, domain.Hold, domain.Resume, domain.Resume, domain.SendBack, domain.Cancel, domain.Reopen}).Draw(t, "move")}
		if c.Move == domain.SendBack {
			c.ToStage = of(domain.Stage(rapid.SampledFrom(domain.Stages.Codes()).Draw(t, "stage")))
		}
		_, err = o.moves.Move(t.Context(), admin, c)
	}
	if code := domain.CodeOf(err); code != "" && code != domain.CodeMoveNotPossible && code != domain.CodeBadUserInput {
		t.Fatal(err)
	}
}
