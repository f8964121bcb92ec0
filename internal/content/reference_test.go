package content_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/entry"
)

// TestNothingRefersToAnotherProgramme enters, for each reference, a row of the first programme that refers to one of the
// second, which the actor may see and write as well.
func TestNothingRefersToAnotherProgramme(t *testing.T) {
	t.Parallel()
	w := begin(t)
	elsewhere := func(row domain.Content) uuid.UUID {
		if p := row.BelongsTo(); *p == w.programme {
			*p = w.other
		}
		return w.enter(row)
	}
	need, needThere := w.enter(w.need()), elsewhere(w.need())
	coreThere := elsewhere(w.core(needThere))
	goalThere, activityThere, trainingThere := elsewhere(w.objective("GOAL", nil)), elsewhere(w.activity()), elsewhere(w.training())
	participantThere := elsewhere(&domain.Participant{TrainingEventID: trainingThere, Sex: "MALE"})
	session := w.enter(w.session(w.enter(w.training())))

	cause := &domain.ProblemNode{NeedID: need, ParentID: &coreThere, Kind: domain.Cause, Statement: "No pump"}
	want(t, w.refused(cause), "NOT_FOUND parentId")
	want(t, w.refused(w.objective("OUTCOME", &goalThere)), "NOT_FOUND parentId")
	activity := w.activity()
	activity.ObjectiveID = &goalThere
	want(t, w.refused(activity), "NOT_FOUND objectiveId")
	indicator := w.indicator()
	indicator.ObjectiveID = &goalThere
	want(t, w.refused(indicator), "NOT_FOUND objectiveId")
	training := w.training()
	training.ActivityID = &activityThere
	want(t, w.refused(training), "NOT_FOUND activityId")
	want(t, w.refused(&domain.Attendance{SessionID: session, ParticipantID: participantThere}), "NOT_FOUND participantId")

	id := w.enter(w.activity())
	want(t, change(w, coordinator, id, func(a *domain.Activity) { a.ObjectiveID = &goalThere }), "NOT_FOUND objectiveId")
}

func TestAProblemTreeHangsTogether(t *testing.T) {
	t.Parallel()
	w := begin(t)
	need, second := w.enter(w.need()), w.enter(w.need())
	core := w.enter(w.core(need))
	node := func(kind domain.ProblemNodeKind, parent uuid.UUID) *domain.ProblemNode {
		return &domain.ProblemNode{NeedID: need, ParentID: &parent, Kind: kind, Statement: "Because"}
	}
	cause := w.enter(node(domain.Cause, core))
	effect := w.enter(node(domain.Effect, core))
	w.enter(node(domain.Cause, cause))
	w.enter(node(domain.Effect, effect))
	want(t, w.refused(node(domain.Cause, effect)), "BAD_USER_INPUT parentId")
	want(t, w.refused(node(domain.Effect, cause)), "BAD_USER_INPUT parentId")
	want(t, w.refused(w.core(need)), "ALREADY_EXISTS kind")
	want(t, w.refused(&domain.ProblemNode{NeedID: need, Kind: domain.Cause, Statement: "Hangs in the air"}), "BAD_USER_INPUT parentId")
	want(t, w.refused(&domain.ProblemNode{NeedID: second, ParentID: &core, Kind: domain.Cause, Statement: "Other need"}), "BAD_USER_INPUT parentId")
	want(t, change(w, coordinator, effect, func(n *domain.ProblemNode) { n.RootCause = true }), "BAD_USER_INPUT rootCause")
	want(t, change(w, coordinator, cause, func(n *domain.ProblemNode) { n.RootCause = true }), "")
}

func TestTheLogFrameKeepsItsLevels(t *testing.T) {
	t.Parallel()
	w := begin(t)
	goal := w.enter(w.objective("GOAL", nil))
	outcome := w.enter(w.objective("OUTCOME", &goal))
	output := w.enter(w.objective("OUTPUT", &outcome))
	want(t, w.refused(w.objective("OUTPUT", &goal)), "BAD_USER_INPUT parentId")
	want(t, w.refused(w.objective("OUTCOME", &output)), "BAD_USER_INPUT parentId")
	want(t, w.refused(w.objective("GOAL", &goal)), "BAD_USER_INPUT parentId")
	want(t, change(w, coordinator, goal, func(o *domain.Objective) { o.ParentID, o.Level = &output, "OUTCOME" }), "BAD_USER_INPUT parentId, BAD_USER_INPUT level")
	want(t, change(w, coordinator, outcome, func(o *domain.Objective) { o.ParentID = &outcome }), "BAD_USER_INPUT parentId")
	want(t, change(w, coordinator, output, func(o *domain.Objective) { o.ParentID = nil }), "")
}

func TestAttendanceIsOfOneTrainingAndOfASessionThatWasNotCancelled(t *testing.T) {
	t.Parallel()
	w := begin(t)
	training, another := w.enter(w.training()), w.enter(w.training())
	session := w.enter(w.session(training))
	ani := w.enter(&domain.Participant{TrainingEventID: training, Sex: "FEMALE"})
	stranger := w.enter(&domain.Participant{TrainingEventID: another, Sex: "MALE"})
	want(t, w.refused(&domain.Attendance{SessionID: session, ParticipantID: stranger}), "BAD_USER_INPUT participantId")
	w.enter(&domain.Attendance{SessionID: session, ParticipantID: ani, Present: true})
	want(t, w.refused(&domain.Attendance{SessionID: session, ParticipantID: ani}), "ALREADY_EXISTS participantId")
	cancelled := w.enter(w.session(training))
	want(t, change(w, coordinator, cancelled, func(s *domain.Session) { s.Status = domain.SessionCancelled }), "")
	want(t, w.refused(&domain.Attendance{SessionID: cancelled, ParticipantID: ani}), "BAD_USER_INPUT sessionId")
}

func TestOneCommunityIsThePrimaryOne(t *testing.T) {
	t.Parallel()
	w := begin(t)
	next := w.register(&domain.Community{RegionCode: "32.04.05", Kind: "HAMLET", Name: "Next"})
	id := w.enter(&domain.ProgrammeCommunity{ProgrammeID: w.programme, CommunityID: next, Primary: true})
	primary := func() (ids []uuid.UUID) {
		if err := w.Bun.NewRaw(`select community_id from programme_communities where programme_id = ? and is_primary`, w.programme).Scan(t.Context(), &ids); err != nil {
			t.Fatal(err)
		}
		return ids
	}
	if got := primary(); len(got) != 1 || got[0] != next {
		t.Fatalf("%v", got)
	}
	want(t, change(w, coordinator, id, func(c *domain.ProgrammeCommunity) { c.Primary = false }), "BAD_USER_INPUT primary")
	var first uuid.UUID
	if err := w.Bun.NewRaw(`select id from programme_communities where programme_id = ? and community_id = ?`, w.programme, w.community).Scan(t.Context(), &first); err != nil {
		t.Fatal(err)
	}
	want(t, change(w, coordinator, first, func(c *domain.ProgrammeCommunity) { c.Primary = true }), "")
	if got := primary(); len(got) != 1 || got[0] != w.community {
		t.Fatalf("%v", got)
	}
	want(t, w.refused(&domain.ProgrammeCommunity{ProgrammeID: w.programme, CommunityID: next}), "ALREADY_EXISTS communityId")
	want(t, w.refused(&domain.ProgrammeCommunity{ProgrammeID: w.programme, CommunityID: w.farCommunity}), "NOT_FOUND communityId")
	_, err := w.Writer.Enter(t.Context(), as(domain.NationalAdmin, "ID"), &domain.ProgrammeCommunity{ProgrammeID: w.programme, CommunityID: w.farCommunity}, entry.New{})
	want(t, said(err), "BAD_USER_INPUT communityId")
}

func TestAStakeholderMustBeSeenToGetARole(t *testing.T) {
	t.Parallel()
	w := begin(t)
	far := w.register(&domain.Stakeholder{RegionCode: "33.01", Kind: "NGO", Name: "Far away"})
	role := w.role()
	role.StakeholderID = far
	want(t, w.refused(role), "NOT_FOUND stakeholderId")
	if _, err := w.Writer.Enter(t.Context(), as(domain.NationalAdmin, "ID"), role, entry.New{}); err != nil {
		t.Fatal(err)
	}
	second := w.role()
	second.StakeholderID, second.ProgrammeID = far, w.other
	w.enter(second) // it is seen in the first programme now
	want(t, w.refused(&domain.ProgrammeStakeholder{ProgrammeID: w.other, StakeholderID: far, Role: second.Role, Power: 1, Interest: 1}), "ALREADY_EXISTS role")
}

func TestAFindingIsClosedAndOpenedAgain(t *testing.T) {
	t.Parallel()
	w := begin(t)
	id := w.enter(&domain.Finding{ProgrammeID: w.programme, FoundOn: "2026-03-01", Title: "Leak", Severity: domain.SevereFinding})
	want(t, change(w, coordinator, id, func(f *domain.Finding) { f.Status = domain.FindingClosed }), "")
	if f := read[domain.Finding](w, id); f.ClosedAt == nil {
		t.Errorf("%+v", f)
	}
	want(t, change(w, coordinator, id, func(f *domain.Finding) { f.Status = domain.FindingOpen }), "")
	if f := read[domain.Finding](w, id); f.ClosedAt != nil {
		t.Errorf("%+v", f)
	}
}

func TestASupersededActivityStaysAsItIs(t *testing.T) {
	t.Parallel()
	w := begin(t)
	id := w.enter(w.activity())
	if _, err := w.Bun.ExecContext(t.Context(), `update activities set superseded_at = now()`); err != nil {
		t.Fatal(err)
	}
	want(t, change(w, coordinator, id, func(a *domain.Activity) { a.Title = "Anew" }), "CONFLICT id")
}
