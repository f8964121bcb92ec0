package content

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/workflow"
)

// on gives what a new row hangs on: a row of that kind, its id, and the field that names it.
func on(row domain.Content) (kind Row, id uuid.UUID, path string) {
	switch r := row.(type) {
	case *domain.ProblemNode:
		return new(domain.Need), r.NeedID, "needId"
	case *domain.CapacityScore:
		return new(domain.CapacityAssessment), r.CapacityAssessmentID, "capacityAssessmentId"
	case *domain.BudgetLine:
		return new(domain.Activity), r.ActivityID, "activityId"
	case *domain.Session:
		return new(domain.TrainingEvent), r.TrainingEventID, "trainingEventId"
	case *domain.Participant:
		return new(domain.TrainingEvent), r.TrainingEventID, "trainingEventId"
	case *domain.Attendance:
		return new(domain.Session), r.SessionID, "sessionId"
	case *domain.Measurement:
		return new(domain.Indicator), r.IndicatorID, "indicatorId"
	case *domain.Distribution:
		return new(domain.Report), r.ReportID, "reportId"
	}
	return new(domain.Programme), *row.BelongsTo(), "programmeId"
}

// actOf says what kind of writing it is to write such a row.
func actOf(row domain.Content) access.Act {
	switch row.(type) {
	case *domain.ProgrammeCommunity, *domain.ProgrammeStakeholder:
		return access.WriteProgramme
	case *domain.TrainingEvent, *domain.Session, *domain.Participant, *domain.Attendance:
		return access.WriteTraining
	case *domain.Measurement:
		return access.WriteMeasurement
	}
	return access.WriteContent
}

// takes says as what kind of content the workflow judges a new row, or a change of one that is there. What stakeholders say
// to a report is a change of its distribution.
func takes(row domain.Content, change bool) workflow.Content {
	switch row.(type) {
	case *domain.Measurement:
		return workflow.MeasurementContent
	case *domain.Distribution:
		if change {
			return workflow.FeedbackContent
		}
	}
	return workflow.AnyContent
}

// begin puts into a new row what the moment or the rules of the field add to it.
func begin(row domain.Content, now time.Time) {
	switch r := row.(type) {
	case *domain.Session:
		if r.Status == "" {
			r.Status = domain.SessionPlanned
		}
	case *domain.Finding:
		if r.Status == "" {
			r.Status = domain.FindingOpen
		}
		follow(row, now)
	case *domain.Distribution:
		if r.SentAt.IsZero() {
			r.SentAt = now
		}
	}
}

// follow puts into a row what follows from a change of it.
func follow(row domain.Content, now time.Time) {
	r, finding := row.(*domain.Finding)
	switch {
	case !finding:
	case r.Status != domain.FindingClosed:
		r.ClosedAt = nil
	case r.ClosedAt == nil:
		r.ClosedAt = &now
	}
}

// settled says why a row may no longer change; nil where it may.
func settled(row domain.Content) error {
	switch r := row.(type) {
	case *domain.Report:
		if r.PublishedAt != nil {
			return domain.Errorf(domain.CodeConflict, "a published report stays as it is: make a new report, which will be the next edition").
				In("laporan yang sudah diterbitkan tidak berubah: buat laporan baru, yang menjadi edisi berikutnya")
		}
	case *domain.Activity:
		if r.SupersededAt != nil {
			return domain.Errorf(domain.CodeConflict, "this activity belongs to a plan that was sent back: enter it anew in the present plan").
				In("kegiatan ini bagian dari rencana yang telah dikembalikan: masukkan kembali dalam rencana sekarang")
		}
	}
	return nil
}

// check finds what is wrong with what a row refers to.
func (w Writer) check(ctx context.Context, a access.Actor, p *domain.Programme, row domain.Content) (domain.Problems, error) {
	look := &look{ctx: ctx, store: w.Store, programme: p}
	switch r := row.(type) {
	case *domain.ProgrammeCommunity:
		look.community(a, r, w.Clock.Now())
	case *domain.ProgrammeStakeholder:
		look.stakeholder(a, r)
	case *domain.ProblemNode:
		look.problemNode(r)
	case *domain.Objective:
		look.objective(r)
	case *domain.Activity:
		look.of("objectiveId", new(domain.Objective), r.ObjectiveID)
	case *domain.TrainingEvent:
		look.trainingEvent(a, r)
	case *domain.Attendance:
		look.attendance(r)
	case *domain.Indicator:
		look.of("objectiveId", new(domain.Objective), r.ObjectiveID)
	case *domain.Distribution:
		look.distribution(r)
	}
	return look.wrong, look.failed
}
