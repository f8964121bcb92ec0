package moving_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/workflow"
)

// blocking has the rules block with these rules: a waivable one of the nation, one of the province, and one that never yields.
func (o *office) blocking(rules ...string) {
	all := map[string]domain.Block{
		"FEW":   {RuleSet: "national", Rule: "FEW", Region: "ID", Waivable: domain.WaivableOwner},
		"LOCAL": {RuleSet: "west-java", Rule: "LOCAL", Region: "32", Waivable: domain.WaivableRegion},
		"NEVER": {RuleSet: "national", Rule: "NEVER", Region: "ID", Waivable: domain.WaivableNo},
	}
	o.rules.judge = func(workflow.Question) workflow.Judgement {
		j := workflow.Judgement{Revisions: []domain.RuleRevision{{RuleSet: "national", Version: "1.0.0"}}}
		for _, r := range rules {
			b := all[r]
			b.Version, b.Severity, b.Message = "1.0.0", domain.SeverityBlock, domain.Text{EN: r, ID: r}
			j.Blocks = append(j.Blocks, b)
		}
		return j
	}
}

var minister = actor(domain.NationalAdmin, domain.NationCode)

func (o *office) asks(who access.Actor, id uuid.UUID, ruleSet, rule string) (moving.Outcome, error) {
	return o.moves.RequestWaiver(context.Background(), who, moving.WaiverRequest{ProgrammeID: id, RuleSet: ruleSet, Rule: rule, Reason: "The flood.", ExpiresOn: "2026-04-01"})
}

func (o *office) settles(who access.Actor, waiver uuid.UUID, to domain.WaiverState) (moving.Outcome, error) {
	return o.moves.SettleWaiver(context.Background(), who, moving.WaiverDecision{WaiverID: waiver, To: to, Reason: "Seen on the spot."})
}

func TestTwoPeopleWaiveARuleAndTheHistorySaysSo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.blocking("FEW", "LOCAL")
	id := o.programme(t, "32", "P-1")
	national, err := o.asks(coordinator, id, "national", "FEW")
	if err != nil {
		t.Fatal(err)
	}
	local, err := o.asks(admin, id, "west-java", "LOCAL")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.asks(coordinator, id, "national", "FEW"); domain.CodeOf(err) != domain.CodeAlreadyExists || !strings.Contains(err.Error(), "waiver") {
		t.Error("a second request:", err)
	}
	for name, who := range map[string]access.Actor{"a coordinator": coordinator, "an admin of the programme's region": admin} {
		if _, err := o.settles(who, *national.WaiverID, domain.WaiverGranted); domain.CodeOf(err) != domain.CodeForbidden {
			t.Errorf("%s grants what is its owner's: %v", name, err)
		}
	}
	if _, err := o.settles(actor(domain.RegionalAdmin, "33"), *national.WaiverID, domain.WaiverGranted); domain.CodeOf(err) != domain.CodeNotFound {
		t.Error("an admin elsewhere:", err)
	}
	if _, err := o.settles(admin, *local.WaiverID, domain.WaiverGranted); domain.CodeOf(err) != domain.CodeForbidden {
		t.Error("whoever asked granted it:", err)
	}
	for _, w := range []*uuid.UUID{national.WaiverID, local.WaiverID} {
		if _, err := o.settles(minister, *w, domain.WaiverGranted); err != nil {
			t.Fatal(err)
		}
	}
	options, err := o.moves.Available(t.Context(), coordinator, []uuid.UUID{id})
	if err != nil || !options[id][0].Allowed || len(options[id][0].Blocks) != 2 || !options[id][0].Blocks[0].Waived {
		t.Error(options[id][0], err)
	}
	out, err := o.moves.Move(t.Context(), coordinator, moving.Command{ProgrammeID: id, Move: domain.Advance})
	if err != nil || len(out.Blocks) != 2 {
		t.Fatal(out, err)
	}
	if n := o.count(t, `select count(*) from waivers where programme_id = ? and state = 'ENDED'`, id); n != 2 {
		t.Error(n, "waivers ended with the stage")
	}
	if n := o.count(t, `select count(*) from programme_events where programme_id = ? and decision::text like '%"waived": true%' and move = 'ADVANCE'`, id); n != 1 {
		t.Error("the history does not say what was waived")
	}
	if _, err := o.moves.Move(t.Context(), coordinator, moving.Command{ProgrammeID: id, Move: domain.Advance}); domain.CodeOf(err) != domain.CodeBlocked {
		t.Error("a waiver outlives its stage:", err)
	}
	o.verify(t, id)
}

func TestAWaiverThatIsRevokedOrRefusedLiftsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.blocking("LOCAL", "NEVER")
	id := o.programme(t, "32", "P-1")
	if _, err := o.asks(coordinator, id, "national", "NEVER"); domain.CodeOf(err) != domain.CodeNotWaivable {
		t.Error(err)
	}
	if _, err := o.asks(coordinator, id, "national", "FEW"); domain.CodeOf(err) != domain.CodeBadUserInput || !strings.Contains(err.Error(), "west-java LOCAL") {
		t.Error("what blocks nothing is waived, or nobody says what blocks:", err)
	}
	o.blocking("LOCAL")
	for _, states := range [][]domain.WaiverState{{domain.WaiverRefused}, {domain.WaiverGranted, domain.WaiverRevoked}} {
		asked, err := o.asks(coordinator, id, "west-java", "LOCAL")
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range states {
			if _, err := o.settles(admin, *asked.WaiverID, s); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := o.settles(admin, *asked.WaiverID, domain.WaiverGranted); domain.CodeOf(err) != domain.CodeMoveNotPossible {
			t.Error("a settled waiver is granted:", err)
		}
		if _, err := o.moves.Move(t.Context(), coordinator, moving.Command{ProgrammeID: id, Move: domain.Advance}); domain.CodeOf(err) != domain.CodeBlocked {
			t.Error(states, err)
		}
	}
	o.verify(t, id)
}

func TestOnceItsDayHasPassedAWaiverIsAskedForAnew(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.blocking("LOCAL")
	id := o.programme(t, "32", "P-1")
	for _, states := range [][]domain.WaiverState{{}, {domain.WaiverGranted}} {
		first, err := o.asks(coordinator, id, "west-java", "LOCAL")
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range states {
			if _, err := o.settles(admin, *first.WaiverID, s); err != nil {
				t.Fatal(err)
			}
		}
		o.exec(t, `update waivers set expires_on = '2026-02-27' where id = ?`, *first.WaiverID)
		options, err := o.moves.Available(t.Context(), coordinator, []uuid.UUID{id})
		if err != nil || options[id][0].Allowed || options[id][0].Blocks[0].Waiver != nil {
			t.Errorf("after %v, a waiver whose day has passed is shown as though it might lift the rule: %+v %v", states, options[id][0].Blocks, err)
		}
		next, err := o.asks(coordinator, id, "west-java", "LOCAL")
		if err != nil {
			t.Fatalf("after %v: %v", states, err)
		}
		if n := o.count(t, `select count(*) from waivers where id = ? and state = 'ENDED'`, *first.WaiverID); n != 1 {
			t.Error("the one before has not ended")
		}
		if _, err := o.settles(admin, *first.WaiverID, domain.WaiverGranted); domain.CodeOf(err) != domain.CodeMoveNotPossible {
			t.Error("one that has ended is granted:", err)
		}
		if _, err := o.settles(admin, *next.WaiverID, domain.WaiverRefused); err != nil {
			t.Fatal(err)
		}
	}
	o.verify(t, id)
}

func TestOfManyWhoSettleAWaiverOneDoes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.blocking("LOCAL")
	id := o.programme(t, "32", "P-1")
	asked, err := o.asks(coordinator, id, "west-java", "LOCAL")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	codes := make([]domain.Code, 8)
	for i := range codes {
		all.Go(func() {
			to := []domain.WaiverState{domain.WaiverGranted, domain.WaiverRefused}[i%2]
			_, err := o.settles(admin, *asked.WaiverID, to)
			codes[i] = domain.CodeOf(err)
		})
	}
	all.Wait()
	done := 0
	for _, c := range codes {
		switch c {
		case "":
			done++
		case domain.CodeConflict, domain.CodeMoveNotPossible:
		default:
			t.Error(c)
		}
	}
	if done != 1 {
		t.Error(done, "settled it")
	}
	o.verify(t, id)
}

func TestAKeyAsksForAWaiverOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.blocking("LOCAL")
	r := moving.WaiverRequest{ProgrammeID: o.programme(t, "32", "P-1"), RuleSet: "west-java", Rule: "LOCAL", Reason: "why", ExpiresOn: "2026-04-01", Key: of("k")}
	first, err := o.moves.RequestWaiver(t.Context(), coordinator, r)
	if err != nil {
		t.Fatal(err)
	}
	r.Reason = " why\n"
	again, err := o.moves.RequestWaiver(t.Context(), coordinator, r)
	if err != nil || !again.Repeated || *again.WaiverID != *first.WaiverID || *again.EventID != *first.EventID {
		t.Error(again, err)
	}
	r.Reason = "another"
	if _, err := o.moves.RequestWaiver(t.Context(), coordinator, r); domain.CodeOf(err) != domain.CodeIdempotencyMismatch {
		t.Error(err)
	}
}

func TestAPlanMovesDueDatesNowAndLater(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.programme(t, "32", "P-1")
	plan := func(who access.Actor, c moving.StagePlan) (moving.Outcome, error) {
		c.ProgrammeID, c.Reason = id, "The harvest comes first."
		return o.moves.PlanStage(t.Context(), who, c)
	}
	now, err := plan(coordinator, moving.StagePlan{DueOn: "2026-06-15", Key: of("now")})
	if err != nil || now.EventID == nil {
		t.Fatal(now, err)
	}
	if p := o.get(t, id); *p.DueOn != "2026-06-15" || p.Version != 2 {
		t.Errorf("%+v", p)
	}
	if n := o.count(t, `select count(*) from timers where programme_id = ? and kind = 'REMINDER' and state = 'PENDING' and fires_at in ('2026-06-12', '2026-06-01')`, id); n != 2 {
		t.Error(n, "reminders follow the due date")
	}
	later, err := plan(coordinator, moving.StagePlan{Stage: of(domain.Plan), DueOn: "2026-09-09", Key: of("later")})
	if err != nil || later.EventID == nil {
		t.Fatal(later, err)
	}
	if n := o.count(t, `select count(*) from programme_events where id = ? and kind = 'PLANNED' and reason = 'The harvest comes first.' and due_on is null
		and decision -> 'planned' = '{"stage": "PLAN", "dueOn": "2026-09-09"}'`, *later.EventID); n != 1 {
		t.Error("the history does not say who planned what, and why")
	}
	if p := o.get(t, id); *p.DueOn != "2026-06-15" || p.Version != 3 {
		t.Errorf("%+v", p)
	}
	for _, key := range []string{"now", "later"} {
		c := moving.StagePlan{DueOn: "2026-06-15", Key: &key}
		if key == "later" {
			c = moving.StagePlan{Stage: of(domain.Plan), DueOn: "2026-09-09", Key: &key}
		}
		if again, err := plan(coordinator, c); err != nil || !again.Repeated {
			t.Error(key, again, err)
		}
	}
	o.move(t, moving.Command{ProgrammeID: id, Move: domain.Advance})
	if p := o.get(t, id); *p.DueOn != "2026-09-09" {
		t.Error("the plan is forgotten on entering the stage:", *p.DueOn)
	}
	for name, c := range map[string]struct {
		who  access.Actor
		plan moving.StagePlan
		want domain.Code
	}{
		"a stage gone by":      {coordinator, moving.StagePlan{Stage: of(domain.Identify), DueOn: "2026-09-09"}, domain.CodeBadUserInput},
		"yesterday":            {coordinator, moving.StagePlan{DueOn: "2026-02-01"}, domain.CodeBadUserInput},
		"by a viewer":          {actor(domain.Viewer, "32"), moving.StagePlan{DueOn: "2026-09-09"}, domain.CodeForbidden},
		"by somebody else":     {actor(domain.Coordinator, "33"), moving.StagePlan{DueOn: "2026-09-09"}, domain.CodeNotFound},
		"of another version":   {coordinator, moving.StagePlan{DueOn: "2026-09-09", ExpectedVersion: of(int64(1))}, domain.CodeConflict},
		"later, by a viewer":   {actor(domain.Viewer, "32"), moving.StagePlan{Stage: of(domain.Monitor), DueOn: "2026-09-09"}, domain.CodeForbidden},
		"later, gone by":       {coordinator, moving.StagePlan{Stage: of(domain.Monitor), DueOn: "2026-02-01"}, domain.CodeBadUserInput},
		"later, other version": {coordinator, moving.StagePlan{Stage: of(domain.Monitor), DueOn: "2026-09-09", ExpectedVersion: of(int64(1))}, domain.CodeConflict},
	} {
		if _, err := plan(c.who, c.plan); domain.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.verify(t, id)
}

func TestTimersAreHeldReleasedShiftedAndEndWithTheStage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.programme(t, "32", "P-1")
	in := func(state string) int {
		return o.count(t, `select count(*) from timers where programme_id = ? and state = ?`, id, state)
	}
	all := in("PENDING")
	if all < 5 {
		t.Fatal(all, "timers begin with a programme")
	}
	o.move(t, moving.Command{ProgrammeID: id, Move: domain.Hold, Reason: of("flood")})
	if in("HELD") != all || in("PENDING") != 0 {
		t.Error("timers of a programme on hold may go off")
	}
	o.clock.minutes.Add(10 * 24 * 60)
	before := o.count(t, `select extract(epoch from min(fires_at))::bigint from timers where programme_id = ?`, id)
	o.move(t, moving.Command{ProgrammeID: id, Move: domain.Resume, Reason: of("dry"), ShiftDueDates: true})
	if after := o.count(t, `select extract(epoch from min(fires_at))::bigint from timers where programme_id = ?`, id); after-before != 10*24*3600 || in("PENDING") != all {
		t.Errorf("timers shifted by %d s, %d are pending", after-before, in("PENDING"))
	}
	o.move(t, moving.Command{ProgrammeID: id, Move: domain.Advance})
	if in("CANCELLED") != all || in("PENDING") == 0 {
		t.Error("timers outlive their stage, or the next has none")
	}
	o.move(t, moving.Command{ProgrammeID: id, Move: domain.Cancel, Reason: of("no funds")})
	if in("PENDING") != 0 || in("HELD") != 0 {
		t.Error("timers of a cancelled programme may go off")
	}
	o.verify(t, id)
}
