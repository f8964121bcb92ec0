package content

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/entry"
	"github.com/berdaya/berdaya/internal/programmes"
)

// look looks at what a row refers to and collects what is wrong with it. After a failure of the store it looks no further.
type look struct {
	ctx       context.Context
	store     Store
	programme *domain.Programme
	wrong     domain.Problems
	failed    error
}

func (l *look) problem(path, en, id string) {
	l.wrong = append(l.wrong, entry.Wrong(path, en, id))
}

// ask asks the store and tells whether there is an answer to go on with.
func ask[T any](l *look, answer T, err error) (T, bool) {
	if l.failed == nil {
		l.failed = err
	}
	return answer, l.failed == nil
}

// of reads what an optional id refers to into row and tells whether it is there, in the same programme. What is in another
// programme looks like what is not there.
func (l *look) of(path string, row domain.Content, id *uuid.UUID) bool {
	if id == nil || l.failed != nil {
		return false
	}
	found, err := l.store.Find(l.ctx, row, *id)
	if found, ok := ask(l, found, err); !ok {
		return false
	} else if found && *row.BelongsTo() == l.programme.ID {
		return true
	}
	l.wrong = append(l.wrong, access.NotFound().At(path))
	return false
}

// community looks at a community's part in the programme. Exactly one community is the primary one, so being it can be given
// to another but not laid down.
func (l *look) community(a access.Actor, r *domain.ProgrammeCommunity, now time.Time) {
	before := new(domain.ProgrammeCommunity)
	if r.ID != uuid.Nil {
		if _, err := l.store.Find(l.ctx, before, r.ID); err != nil {
			l.failed = err
			return
		}
		if before.Primary && !r.Primary {
			l.problem("primary", "one community is the primary one: make another one primary instead", "harus ada satu masyarakat utama: jadikan yang lain sebagai utama")
			return
		}
	} else {
		m := new(domain.Community)
		found, err := l.store.Find(l.ctx, m, r.CommunityID)
		if _, ok := ask(l, found, err); !ok {
			return
		}
		wrong := access.NotFound()
		if found {
			wrong = programmes.LivesIn(a, m, l.programme.RegionCode)
		}
		if wrong != nil {
			l.wrong = append(l.wrong, wrong.At("communityId"))
			return
		}
	}
	if r.Primary && !before.Primary {
		l.failed = l.store.TakePrimary(l.ctx, l.programme.ID, now)
	}
}

// stakeholder looks at a stakeholder's role: the stakeholder must be one that the actor sees, in scope or in a programme.
func (l *look) stakeholder(a access.Actor, r *domain.ProgrammeStakeholder) {
	if r.ID != uuid.Nil {
		return // whose role it is does not change
	}
	s := new(domain.Stakeholder)
	found, err := l.store.Find(l.ctx, s, r.StakeholderID)
	if _, ok := ask(l, found, err); !ok {
		return
	}
	if found && !a.Reads().Contains(s.RegionCode) {
		around, err := l.store.Around(l.ctx, s)
		if _, ok := ask(l, around, err); !ok {
			return
		}
		found = slices.ContainsFunc(around, a.Reads().Contains)
	}
	if !found {
		l.wrong = append(l.wrong, access.NotFound().At("stakeholderId"))
	}
}

// problemNode looks at a node's place: causes hang on the core problem or on causes, effects on the core problem or on
// effects, all in the tree of one need.
func (l *look) problemNode(r *domain.ProblemNode) {
	parent := new(domain.ProblemNode)
	if !l.of("parentId", parent, r.ParentID) {
		return
	}
	switch {
	case parent.NeedID != r.NeedID:
		l.problem("parentId", "this node is in the problem tree of another need", "simpul ini berada di pohon masalah kebutuhan lain")
	case parent.Kind != domain.CoreProblem && parent.Kind != r.Kind:
		kind, jenis := domain.ProblemNodeKinds.Label(string(r.Kind), domain.English), domain.ProblemNodeKinds.Label(string(r.Kind), domain.Indonesian)
		l.problem("parentId", fmt.Sprintf("in a problem tree a node of kind %q hangs on the core problem or on another of its kind", kind),
			fmt.Sprintf("dalam pohon masalah, simpul %q bergantung pada masalah inti atau pada simpul sejenis", jenis))
	}
}

// objective looks at an objective's place in the log-frame: each serves one of the level above, so no chain can close to a
// ring.
func (l *look) objective(r *domain.Objective) {
	parent := new(domain.Objective)
	if l.of("parentId", parent, r.ParentID) && parent.Level != r.Level.Above() {
		l.problem("parentId", fmt.Sprintf("an objective of level %s serves one of level %s, and this one is %s", r.Level, r.Level.Above(), parent.Level),
			fmt.Sprintf("tujuan tingkat %s berada di bawah tingkat %s, sedangkan ini %s", r.Level, r.Level.Above(), parent.Level))
	}
	if r.ID == uuid.Nil || l.failed != nil {
		return
	}
	below, err := l.store.ObjectivesBelow(l.ctx, r.ID)
	if _, ok := ask(l, below, err); !ok {
		return
	}
	if slices.ContainsFunc(below, func(o *domain.Objective) bool { return o.Level.Above() != r.Level }) {
		l.problem("level", "objectives that serve this one would no longer be one level below it: change or detach them first",
			"tujuan di bawahnya tidak lagi tepat satu tingkat di bawah: ubah atau lepaskan terlebih dahulu")
	}
}

// trainingEvent looks at the activity that it carries out and at who trains.
func (l *look) trainingEvent(a access.Actor, r *domain.TrainingEvent) {
	l.of("activityId", new(domain.Activity), r.ActivityID)
	l.facilitator(a, r)
	if r.Facilitator == nil || l.failed != nil {
		return
	}
	known, err := l.store.IsMember(l.ctx, *r.Facilitator)
	if known, ok := ask(l, known, err); ok && !known {
		l.wrong = append(l.wrong, domain.Errorf(domain.CodeNotFound, "no member has the subject %q", *r.Facilitator).
			In(fmt.Sprintf("tidak ada anggota dengan subjek %q", *r.Facilitator)).At("facilitator"))
	}
}

// facilitator looks at who gives a training that is there to whom. Its facilitator sees the personal data of its
// participants, so nobody takes it who does not see them already: the present facilitator hands it over, and so do the
// programme's coordinator and admins. Other coordinators may appoint others, but not themselves.
func (l *look) facilitator(a access.Actor, r *domain.TrainingEvent) {
	if r.ID == uuid.Nil || l.failed != nil {
		return
	}
	before := new(domain.TrainingEvent)
	if _, err := l.store.Find(l.ctx, before, r.ID); err != nil {
		l.failed = err
		return
	}
	is := func(who *string, subject string) bool { return who != nil && *who == subject }
	region, sees := l.programme.RegionCode, a.PersonalData()
	switch {
	case r.Facilitator == nil && before.Facilitator == nil, r.Facilitator != nil && is(before.Facilitator, *r.Facilitator):
	case is(before.Facilitator, a.Subject), sees.In.Contains(region),
		sees.OwnProgrammes.Contains(region) && l.programme.Coordinator == a.Subject:
	case !is(r.Facilitator, a.Subject) && access.MayWrite(a, access.WriteContent, region) == nil:
	default:
		l.wrong = append(l.wrong, domain.Errorf(domain.CodeForbidden,
			"whoever facilitates a training sees its participants' data: ask its facilitator, the programme's coordinator or an admin to hand it over").
			In("fasilitator pelatihan melihat data pribadi pesertanya: mintalah fasilitatornya, koordinator program, atau admin untuk menyerahkannya").At("facilitator"))
	}
}

// attendance looks at the session and the participant, who belong to one training event.
func (l *look) attendance(r *domain.Attendance) {
	session, participant := new(domain.Session), new(domain.Participant)
	okSession := l.of("sessionId", session, &r.SessionID)
	okParticipant := l.of("participantId", participant, &r.ParticipantID)
	switch {
	case !okSession || !okParticipant:
	case session.TrainingEventID != participant.TrainingEventID:
		l.problem("participantId", "this participant is in another training event", "peserta ini terdaftar di pelatihan lain")
	case session.Status == domain.SessionCancelled:
		l.problem("sessionId", "this session was cancelled, so nobody came", "sesi ini dibatalkan, jadi tidak ada yang hadir")
	}
}

// distribution looks at the report, which must be out, and at the stakeholder, who must have a role in the programme.
func (l *look) distribution(r *domain.Distribution) {
	if r.ID != uuid.Nil {
		return // what was sent to whom does not change
	}
	report := new(domain.Report)
	if l.of("reportId", report, &r.ReportID) {
		switch {
		case report.PublishedAt == nil:
			l.problem("reportId", "publish the report first", "terbitkan laporan terlebih dahulu")
		case report.SupersededAt != nil:
			l.problem("reportId", "this report was superseded when the programme was sent back: publish a new one", "laporan ini tidak berlaku lagi karena program dikembalikan: terbitkan yang baru")
		}
	}
	if l.failed != nil {
		return
	}
	linked, err := l.store.Linked(l.ctx, l.programme.ID, r.StakeholderID)
	if linked, ok := ask(l, linked, err); ok && !linked {
		l.wrong = append(l.wrong, domain.Errorf(domain.CodeNotFound, "this stakeholder has no role in the programme; give it one first").
			In("pemangku kepentingan ini belum memiliki peran dalam program; tambahkan perannya terlebih dahulu").At("stakeholderId"))
	}
}
