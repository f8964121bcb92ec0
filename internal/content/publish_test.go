package content_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/content"
)

func TestNeedsAreRanked(t *testing.T) {
	t.Parallel()
	w := begin(t)
	_, err := w.RankNeeds(t.Context(), coordinator, w.programme, nil)
	want(t, said(err), "BAD_USER_INPUT programmeId")
	slight, grave := w.need(), w.need()
	slight.Severity, slight.Urgency, slight.PeopleAffected, slight.Votes = 3, 1, 100, 0
	grave.Severity, grave.Urgency, grave.PeopleAffected, grave.Votes = 5, 5, 5000, 7
	a, b := w.enter(slight), w.enter(grave)
	id, err := w.RankNeeds(t.Context(), coordinator, w.programme, ptr("rank"))
	if err != nil || id != w.programme {
		t.Fatal(id, err)
	}
	for id, expected := range map[uuid.UUID]domain.NeedRank{a: {Score: 20, Rank: 2}, b: {Score: 100, Rank: 1}} {
		if n := read[domain.Need](w, id); n.Score == nil || *n.Score != expected.Score || *n.Rank != expected.Rank {
			t.Errorf("%v, %v; want %+v", *n.Score, *n.Rank, expected)
		}
	}
	_, err = w.RankNeeds(t.Context(), as(domain.Facilitator, "32"), w.programme, nil)
	want(t, said(err), "FORBIDDEN programmeId")
	_, err = w.RankNeeds(t.Context(), as(domain.Coordinator, "33"), w.programme, nil)
	want(t, said(err), "NOT_FOUND programmeId")
}

func TestAPublishedReportIsFrozenNumberedAndDistributed(t *testing.T) {
	t.Parallel()
	w := begin(t)
	ctx := t.Context()
	draft := w.enter(w.report())
	want(t, change(w, coordinator, draft, func(r *domain.Report) { r.Narrative = "Better." }), "")
	w.enter(w.role())
	want(t, w.refused(&domain.Distribution{ReportID: draft, StakeholderID: w.stakeholder}), "BAD_USER_INPUT reportId")
	if _, err := w.Publish(ctx, coordinator, draft, ptr("publish")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Publish(ctx, coordinator, draft, ptr("publish")); err != nil {
		t.Errorf("the same key: %v", err)
	}
	_, err := w.Publish(ctx, coordinator, draft, nil)
	want(t, said(err), "CONFLICT id")
	want(t, change(w, coordinator, draft, func(r *domain.Report) { r.Narrative = "Best." }), "CONFLICT id")
	if r := read[domain.Report](w, draft); r.Edition != 1 || r.PublishedAt == nil || r.Narrative != "Better." || len(r.Figures) == 0 {
		t.Errorf("%+v", r)
	}
	next := w.enter(w.report())
	if _, err := w.Publish(ctx, coordinator, next, nil); err != nil {
		t.Fatal(err)
	}
	if r := read[domain.Report](w, next); r.Edition != 2 {
		t.Errorf("edition %d", r.Edition)
	}
	sent := w.enter(&domain.Distribution{ReportID: draft, StakeholderID: w.stakeholder})
	d := read[domain.Distribution](w, sent)
	if d.SentAt.IsZero() || time.Since(d.SentAt) > time.Hour {
		t.Errorf("sent at %v", d.SentAt)
	}
	want(t, w.refused(&domain.Distribution{ReportID: draft, StakeholderID: w.stakeholder}), "ALREADY_EXISTS stakeholderId")
	want(t, change(w, coordinator, sent, func(d *domain.Distribution) { d.AcknowledgedAt = ptr(d.SentAt.Add(-time.Hour)) }), "BAD_USER_INPUT acknowledgedAt")
	unlinked := w.register(&domain.Stakeholder{RegionCode: "32.04", Kind: "MEDIA", Name: "A paper"})
	want(t, w.refused(&domain.Distribution{ReportID: next, StakeholderID: unlinked}), "NOT_FOUND stakeholderId")
	if _, err := w.Bun.ExecContext(ctx, `update reports set superseded_at = now() where id = ?`, next); err != nil {
		t.Fatal(err)
	}
	want(t, w.refused(&domain.Distribution{ReportID: next, StakeholderID: w.stakeholder}), "BAD_USER_INPUT reportId")
}

func TestTheFiguresCountWhatTheProgrammeHolds(t *testing.T) {
	t.Parallel()
	w := begin(t)
	w.enter(w.need())
	w.enter(&domain.Consultation{ProgrammeID: w.programme, HeldOn: "2026-01-20", Kind: "VILLAGE_MEETING", Place: "Balai", Female: 20, Male: 10, Youth: 5, WithDisability: 1})
	activity := w.enter(w.activity())
	w.enter(w.budgetLine(activity, "1000000.25"))
	w.enter(w.budgetLine(activity, "500000.25"))
	aid := w.activity()
	aid.Kind, aid.BuildsCapacity, aid.ActualStart = "DIRECT_AID", false, ptr(domain.Date("2026-02-01"))
	dollars := w.budgetLine(w.enter(aid), "10")
	dollars.Currency, dollars.Spent = "USD", decimal.RequireFromString("3.5")
	w.enter(dollars)
	training := w.enter(w.training())
	held, planned := w.enter(w.session(training)), w.enter(w.session(training))
	want(t, change(w, coordinator, held, func(s *domain.Session) { s.Status = domain.SessionHeld }), "")
	ani := w.enter(&domain.Participant{TrainingEventID: training, Name: ptr("Ani"), Sex: "FEMALE", WithDisability: true})
	budi := w.enter(&domain.Participant{TrainingEventID: training, Name: ptr("Budi"), Sex: "MALE"})
	w.enter(&domain.Attendance{SessionID: held, ParticipantID: ani, Present: true})
	w.enter(&domain.Attendance{SessionID: held, ParticipantID: budi, Present: false})
	w.enter(&domain.Attendance{SessionID: planned, ParticipantID: budi, Present: true})
	latest, sum := w.indicator(), w.indicator()
	sum.Cumulative, sum.Name = true, "Wells dug"
	a, b := w.enter(latest), w.enter(sum)
	for on, value := range map[domain.Date]string{"2026-05-01": "30", "2026-03-01": "10"} {
		w.enter(w.measurement(a, value, on))
		w.enter(w.measurement(b, value, on))
	}
	women := w.measurement(a, "99", "2026-06-01")
	women.Sex = ptr(domain.Sex("FEMALE"))
	w.enter(women)
	w.enter(&domain.Finding{ProgrammeID: w.programme, FoundOn: "2026-03-01", Title: "Leak", Severity: "MINOR"})
	w.enter(w.role())

	report := w.enter(w.report())
	if _, err := w.Publish(t.Context(), coordinator, report, nil); err != nil {
		t.Fatal(err)
	}
	var got content.Figures
	if err := json.Unmarshal(read[domain.Report](w, report).Figures, &got); err != nil {
		t.Fatal(err)
	}
	number := func(s string) decimal.Decimal { return decimal.RequireFromString(s) }
	expected := content.Figures{
		AsOf: domain.DateOf(time.Now()), Needs: content.NeedFigures{Total: 1}, Stakeholders: 1,
		Consultations: content.GatherFigures{Total: 1, Female: 20, Male: 10, Youth: 5, WithDisability: 1},
		Activities:    content.ActivityCount{Total: 2, BuildingCapacity: 1, Begun: 1},
		Budget:        []content.Money{{Currency: "IDR", Planned: number("1500000.5")}, {Currency: "USD", Planned: number("10"), Spent: number("3.5")}},
		Trainings: content.TrainingCount{Total: 1, SessionsHeld: 1, Participants: content.People{Female: 1, Male: 1, WithDisability: 1},
			Attendance: content.People{Female: 1, WithDisability: 1}},
		Indicators: []content.Achievement{
			{Name: "Households with water", Unit: "households", Direction: "INCREASE", Value: ptr(number("30")), MeasuredOn: ptr(domain.Date("2026-05-01"))},
			{Name: "Wells dug", Unit: "households", Direction: "INCREASE", Value: ptr(number("40")), MeasuredOn: ptr(domain.Date("2026-05-01"))},
		},
		Findings: map[string]int{"OPEN": 1, "CLOSED": 0},
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Error(diff)
	}
}

func TestAChecklistItemIsTicked(t *testing.T) {
	t.Parallel()
	w := begin(t)
	id := uuid.Must(uuid.NewV7())
	if _, err := w.Bun.NewInsert().Model(&domain.ChecklistItem{Record: domain.Record{ID: id, CreatedAt: nine, UpdatedAt: nine}, ProgrammeID: w.programme,
		Stage: domain.Plan, RuleSet: "national", Code: "X", TitleEN: "Do it", TitleID: "Lakukan"}).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, done := range []bool{true, true, false} {
		if _, err := w.Tick(t.Context(), coordinator, id, done, nil); err != nil {
			t.Fatal(err)
		}
		if i := read[domain.ChecklistItem](w, id); (i.DoneAt != nil) != done {
			t.Errorf("%v: %v", done, i.DoneAt)
		}
	}
	_, err := w.Tick(t.Context(), as(domain.Viewer, "32"), id, true, nil)
	want(t, said(err), "FORBIDDEN id")
}
