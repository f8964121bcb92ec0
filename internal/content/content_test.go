package content_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/entry"
)

// everything gives one right row of each kind of content, entering what each hangs on.
func everything(w *world) []domain.Content {
	need, activity, training, indicator := w.enter(w.need()), w.enter(w.activity()), w.enter(w.training()), w.enter(w.indicator())
	session := w.enter(w.session(training))
	participant := w.enter(&domain.Participant{TrainingEventID: training, Name: ptr("Ani"), Sex: "FEMALE", BirthYear: ptr(1990)})
	assessment := w.enter(&domain.CapacityAssessment{ProgrammeID: w.programme, Phase: "BASELINE", AssessedOn: "2026-02-01"})
	w.enter(w.role())
	report := w.enter(w.report())
	if _, err := w.Publish(w.Context(), coordinator, report, nil); err != nil {
		w.Fatal(err)
	}
	neighbour := w.register(&domain.Community{RegionCode: "32.04.05", Kind: "HAMLET", Name: "Next door"})
	finding := &domain.Finding{ProgrammeID: w.programme, FoundOn: "2026-03-03", Title: "Pump broken", Severity: "MINOR"}
	return []domain.Content{
		&domain.ProgrammeCommunity{ProgrammeID: w.programme, CommunityID: neighbour},
		&domain.ProgrammeStakeholder{ProgrammeID: w.programme, StakeholderID: w.stakeholder, Role: "advises", Power: 1, Interest: 1},
		w.need(), w.core(need),
		&domain.Consultation{ProgrammeID: w.programme, HeldOn: "2026-01-20", Kind: "VILLAGE_MEETING", Place: "Balai desa", Female: 20, Male: 10, Youth: 5},
		&domain.CapacityAssessment{ProgrammeID: w.programme, Phase: "MIDLINE", AssessedOn: "2026-06-01"},
		&domain.CapacityScore{CapacityAssessmentID: assessment, Domain: "LEADERSHIP", Score: 3},
		w.objective("GOAL", nil), w.activity(), w.budgetLine(activity, "1250000.50"),
		w.training(), w.session(training),
		&domain.Participant{TrainingEventID: training, Name: ptr("Budi"), Sex: "MALE", WithDisability: true, PreTest: ptr(40.5)},
		&domain.Attendance{SessionID: session, ParticipantID: participant, Present: true},
		w.indicator(), w.measurement(indicator, "12.345678", "2026-05-01"), finding,
		w.report(), &domain.Distribution{ReportID: report, StakeholderID: w.stakeholder},
	}
}

func TestEveryKindOfContentIsEnteredAndChangedAndBumpsTheFacts(t *testing.T) {
	t.Parallel()
	w := begin(t)
	for _, row := range everything(w) {
		before := w.factsVersion()
		id := w.enter(row)
		if *row.BelongsTo() != w.programme {
			t.Errorf("%T belongs to %v", row, *row.BelongsTo())
		}
		if after := w.factsVersion(); after != before+1 {
			t.Errorf("%T: the facts version went from %d to %d", row, before, after)
		}
		created := row.Stored().CreatedAt
		if _, err := w.Writer.Change(t.Context(), coordinator, row, entry.Change{Command: "touch", ID: id, Apply: func() domain.Problems { return nil }}); err != nil {
			t.Errorf("%T: %v", row, err)
		}
		if after := w.factsVersion(); after != before+2 {
			t.Errorf("%T changed: the facts version went from %d to %d", row, before, after)
		}
		if s := row.Stored(); !s.CreatedAt.Equal(created) || !s.UpdatedAt.After(created) {
			t.Errorf("%T: %+v", row, s)
		}
	}
	if p := read[domain.Programme](w, w.programme); p.Version != 1 || !p.UpdatedAt.After(p.CreatedAt) {
		t.Errorf("%+v", p)
	}
}

func TestWhoMaySeeMaySeeWhoMayWrite(t *testing.T) {
	t.Parallel()
	w := begin(t)
	rows := everything(w)
	for _, row := range rows {
		w.enter(row)
	}
	facilitators := map[string]bool{"*domain.TrainingEvent": true, "*domain.Session": true, "*domain.Participant": true, "*domain.Attendance": true, "*domain.Measurement": true}
	for _, row := range rows {
		name := fmt.Sprintf("%T", row)
		try := func(a access.Actor, id uuid.UUID) string {
			_, err := w.Writer.Change(t.Context(), a, row, entry.Change{Command: "touch", ID: id, Apply: func() domain.Problems { return nil }})
			return said(err)
		}
		id := row.Stored().ID
		for role, writes := range map[domain.Role]bool{
			domain.Viewer: false, domain.Auditor: false, domain.Facilitator: facilitators[name], domain.RegionalAdmin: true, domain.NationalAdmin: true,
		} {
			expected := "FORBIDDEN id"
			if writes {
				expected = ""
			}
			if got := try(as(role, "32.04"), id); got != expected {
				t.Errorf("%s changes %s: %q, want %q", role, name, got, expected)
			}
		}
		missing, unseen := try(as(domain.NationalAdmin, "33"), uuid.Must(uuid.NewV7())), try(as(domain.NationalAdmin, "33"), id)
		if missing != "NOT_FOUND id" || unseen != missing {
			t.Errorf("%s: unseen gives %q, missing gives %q", name, unseen, missing)
		}
		if got := try(access.Actor{}, id); got != "UNAUTHENTICATED " {
			t.Errorf("nobody changes %s: %q", name, got)
		}
	}
}

func TestEnteringAlsoTellsUnseenFromForbidden(t *testing.T) {
	t.Parallel()
	w := begin(t)
	_, err := w.Writer.Enter(t.Context(), as(domain.Viewer, "32"), w.need(), entry.New{})
	want(t, said(err), "FORBIDDEN programmeId")
	_, err = w.Writer.Enter(t.Context(), as(domain.Coordinator, "33"), w.need(), entry.New{})
	want(t, said(err), "NOT_FOUND programmeId")
	need := w.enter(w.need())
	_, unseen := w.Writer.Enter(t.Context(), as(domain.Coordinator, "33"), w.core(need), entry.New{})
	_, missing := w.Writer.Enter(t.Context(), as(domain.Coordinator, "33"), w.core(uuid.Must(uuid.NewV7())), entry.New{})
	want(t, said(unseen), "NOT_FOUND needId")
	if unseen.Error() != missing.Error() {
		t.Errorf("%v is not %v", unseen, missing)
	}
}

func TestOnHoldAndCancelledTakeNothingAndCompletedTakesWhatComesAfter(t *testing.T) {
	t.Parallel()
	w := begin(t)
	indicator := w.enter(w.indicator())
	measurement := w.enter(w.measurement(indicator, "1", "2026-01-01"))
	w.enter(w.role())
	report := w.enter(w.report())
	if _, err := w.Publish(t.Context(), coordinator, report, nil); err != nil {
		t.Fatal(err)
	}
	distribution := w.enter(&domain.Distribution{ReportID: report, StakeholderID: w.stakeholder})
	training := w.enter(w.training())
	participant := w.enter(&domain.Participant{TrainingEventID: training, Name: ptr("Ani"), Sex: "FEMALE"})

	for status, after := range map[domain.Status]bool{domain.OnHold: false, domain.Cancelled: false, domain.Completed: true} {
		w.setStatus(status)
		version := w.factsVersion()
		want(t, w.refused(w.need()), "MOVE_NOT_POSSIBLE programmeId")
		want(t, w.refused(w.session(training)), "MOVE_NOT_POSSIBLE trainingEventId")
		expected := map[bool]string{true: "", false: "MOVE_NOT_POSSIBLE id"}[after]
		want(t, change(w, coordinator, measurement, func(m *domain.Measurement) { m.Source = "again" }), expected)
		want(t, change(w, coordinator, distribution, func(d *domain.Distribution) { d.Feedback = ptr("Thank you") }), expected)
		want(t, change(w, coordinator, report, func(*domain.Report) {}), "MOVE_NOT_POSSIBLE id")
		if got := w.factsVersion(); !after && got != version {
			t.Errorf("%s: what was refused bumped the facts version", status)
		}
	}
	w.setStatus(domain.Completed)
	w.enter(w.measurement(indicator, "2", "2026-01-01"))
	w.setStatus(domain.Cancelled)
	row := new(domain.Participant)
	erase := entry.Change{ID: participant, Erases: true, Apply: func() domain.Problems { row.Name = nil; return nil }}
	if _, err := w.Writer.Change(t.Context(), coordinator, row, erase); err != nil {
		t.Errorf("a person is not erased: %v", err)
	}
	if p := read[domain.Participant](w, participant); p.Name != nil || p.Sex != "FEMALE" {
		t.Errorf("%+v", p)
	}
}

func TestAKeyIsGoodForOneCommandAndItsInput(t *testing.T) {
	t.Parallel()
	w := begin(t)
	ctx, once := t.Context(), entry.New{Command: "createNeed", Key: ptr("k")}
	first, err := w.Writer.Enter(ctx, coordinator, w.need(), once)
	if err != nil {
		t.Fatal(err)
	}
	version := w.factsVersion()
	if again, err := w.Writer.Enter(ctx, coordinator, w.need(), once); err != nil || again != first {
		t.Errorf("%s, %v", again, err)
	}
	if w.factsVersion() != version {
		t.Error("the second command did something")
	}
	other := w.need()
	other.Votes++
	_, err = w.Writer.Enter(ctx, coordinator, other, once)
	want(t, said(err), "IDEMPOTENCY_MISMATCH idempotencyKey")
	row := new(domain.Need)
	_, err = w.Writer.Change(ctx, coordinator, row, entry.Change{Command: "updateNeed", Key: ptr("k"), ID: first, Apply: func() domain.Problems { return nil }})
	want(t, said(err), "IDEMPOTENCY_MISMATCH idempotencyKey")
	_, err = w.Writer.Enter(ctx, coordinator, w.need(), entry.New{Command: "createNeed", Key: ptr("")})
	want(t, said(err), "BAD_USER_INPUT idempotencyKey")
}

func TestTheSameCommandSentByManyAtOnceIsDoneOnce(t *testing.T) {
	t.Parallel()
	w := begin(t)
	ids := make([]uuid.UUID, 6)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			id, err := w.Writer.Enter(t.Context(), coordinator, w.need(), entry.New{Command: "createNeed", Key: ptr("many")})
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("%s and %s", id, ids[0])
		}
	}
	if n, err := w.Bun.NewSelect().Model((*domain.Need)(nil)).Count(t.Context()); err != nil || n != 1 {
		t.Errorf("%d needs, %v", n, err)
	}
}

func TestWritersOfOneProgrammeLoseNoUpdate(t *testing.T) {
	t.Parallel()
	w := begin(t)
	id, before := w.enter(w.need()), w.factsVersion()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got := change(w, coordinator, id, func(n *domain.Need) { n.Votes++ }); got != "" {
				t.Error(got)
			}
		})
	}
	all.Wait()
	if got := read[domain.Need](w, id).Votes; got != 12+8 {
		t.Errorf("%d votes", got)
	}
	if got := w.factsVersion(); got != before+8 {
		t.Errorf("facts version %d, want %d", got, before+8)
	}
}

func TestAllThatIsWrongIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	w := begin(t)
	stranger := uuid.Must(uuid.NewV7())
	bad := &domain.TrainingEvent{ProgrammeID: w.programme, ActivityID: &stranger, Title: "", Venue: "x\x00", Facilitator: ptr("nobody")}
	_, err := w.Writer.Enter(t.Context(), coordinator, bad, entry.New{Wrong: domain.Problems{entry.Wrong("capacity", "unreadable", "tidak terbaca")}})
	want(t, said(err), "BAD_USER_INPUT capacity, BAD_USER_INPUT title, BAD_USER_INPUT venue, NOT_FOUND activityId, NOT_FOUND facilitator")
}

func TestNobodyTakesATrainingToSeeItsParticipants(t *testing.T) {
	t.Parallel()
	w := begin(t)
	for _, subject := range []string{"budi", "citra", "dewi"} {
		dbtest.Member(t, w.DB, subject)
	}
	member := func(subject string, role domain.Role) access.Actor {
		return access.Actor{Subject: subject, Grants: []access.Grant{{Role: role, Region: "32.04"}}}
	}
	budis := w.training()
	budis.Facilitator = ptr("budi")
	id := w.enter(budis)
	to := func(who *string) func(*domain.TrainingEvent) {
		return func(e *domain.TrainingEvent) { e.Facilitator = who }
	}
	taken := "FORBIDDEN facilitator"
	want(t, change(w, member("citra", domain.Facilitator), id, to(ptr("citra"))), taken)
	want(t, change(w, member("citra", domain.Facilitator), id, to(nil)), taken)
	want(t, change(w, member("citra", domain.Facilitator), id, func(e *domain.TrainingEvent) { e.Venue = "Sawah" }), "")
	want(t, change(w, member("dewi", domain.Coordinator), id, to(ptr("dewi"))), taken)
	want(t, change(w, member("dewi", domain.Coordinator), id, to(ptr("citra"))), "")
	want(t, change(w, member("citra", domain.Facilitator), id, to(ptr("budi"))), "")
	want(t, change(w, member("dewi", domain.RegionalAdmin), id, to(nil)), "")
	want(t, change(w, member("citra", domain.Facilitator), id, to(ptr("citra"))), taken)
	want(t, change(w, coordinator, id, to(ptr("ani"))), "") // the programme's own
}
