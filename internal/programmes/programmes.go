package programmes

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/internal/entry"
	"github.com/berdaya/berdaya/internal/registry"
	"github.com/berdaya/berdaya/workflow"
)

// MaxCommunities is how many communities a programme may begin with.
const MaxCommunities = 100

// Store is what this package needs of the database.
type Store interface {
	command.Store
	// Region gives the region with this code; nil where there is none.
	Region(ctx context.Context, code string) (*domain.Region, error)
	// IsMember tells whether there is a member with this subject.
	IsMember(ctx context.Context, subject string) (bool, error)
	// Communities gives the communities with these ids that there are, in no order.
	Communities(ctx context.Context, ids []uuid.UUID) ([]*domain.Community, error)
	// Programme gives the programme with this id; nil where there is none.
	Programme(ctx context.Context, id uuid.UUID) (*domain.Programme, error)
	// BumpFacts locks the programme, makes its facts version and its time of change grow, and gives it as it is now.
	BumpFacts(ctx context.Context, programmeID uuid.UUID, at time.Time) (*domain.Programme, error)
	// InsertProgramme writes a new programme with its communities.
	InsertProgramme(ctx context.Context, p *domain.Programme, in []*domain.ProgrammeCommunity) error
	// Begin writes what a programme's history begins with.
	Begin(ctx context.Context, created workflow.Decision) error
	// DescribedAt tells when what UpdateProgramme writes of a programme was written last.
	DescribedAt(ctx context.Context, programmeID uuid.UUID) (time.Time, error)
	// UpdateProgramme writes what people enter of a programme.
	UpdateProgramme(ctx context.Context, p *domain.Programme, at time.Time) error
}

// Programmes is the use case.
type Programmes struct {
	Store   Store
	Courses workflow.Courses // how long stages may take
	Clock   domain.Clock
	IDs     domain.IDs
}

// Enter enters a programme with its communities, the primary one first, and gives its id. A programme without a coordinator
// gets its creator. Errors: UNAUTHENTICATED; FORBIDDEN and NOT_FOUND on regionCode; BAD_USER_INPUT; ALREADY_EXISTS on code;
// those of idempotency.
func (u Programmes) Enter(ctx context.Context, a access.Actor, p *domain.Programme, communities []uuid.UUID, n entry.New) (uuid.UUID, error) {
	if err := access.MayAct(a); err != nil {
		return uuid.Nil, err
	}
	if p.Coordinator == "" && !entry.Names(n.Wrong, "coordinator") {
		p.Coordinator = a.Subject
	}
	c, err := n.Of(a, map[string]any{"programme": p, "communities": communities})
	if err != nil {
		return uuid.Nil, err
	}
	return entry.First(command.Run(ctx, u.Store, c, func(ctx context.Context) (command.Outcome, error) {
		now := u.Clock.Now()
		if err := u.check(ctx, a, p, communities, n.Wrong, now); err != nil {
			return command.Outcome{}, err
		}
		p.Record = n.Record(u.IDs, now)
		p.FactsVersion = 1
		course, err := u.Courses.Course(ctx, p.RegionCode)
		if err != nil {
			return command.Outcome{}, err
		}
		created := workflow.Created(course, p.ID, p.RegionCode, a.Subject, now)
		created.Seal(u.IDs, "")
		created.After.Apply(p)
		if err := u.Store.InsertProgramme(ctx, p, u.members(p, communities)); err != nil {
			return command.Outcome{}, entry.Explained(err)
		}
		out := entry.Done(p.ID, now)
		out.Version = &p.Version
		return out, u.Store.Begin(ctx, created)
	}))
}

// check says whether the actor may enter the programme, and all that is wrong with it.
func (u Programmes) check(ctx context.Context, a access.Actor, p *domain.Programme, communities []uuid.UUID, wrong domain.Problems, now time.Time) error {
	wrong = entry.Gather(wrong, p.Validate(domain.DateOf(now)))
	if !entry.Names(wrong, "regionCode") {
		region, err := u.Store.Region(ctx, p.RegionCode)
		if err != nil {
			return err
		}
		if err := registry.Open(region, p.RegionCode, now); err != nil {
			return entry.At(err, "regionCode")
		}
		if err := access.MayEnterIn(a, access.WriteProgramme, p.RegionCode); err != nil {
			return entry.At(err, "regionCode")
		}
	}
	if !entry.Names(wrong, "coordinator") {
		known, err := u.Store.IsMember(ctx, p.Coordinator)
		if err != nil {
			return err
		}
		if !known {
			wrong = append(wrong, domain.Errorf(domain.CodeNotFound, "no member has the subject %q", p.Coordinator).
				In(fmt.Sprintf("tidak ada anggota dengan subjek %q", p.Coordinator)).At("coordinator"))
		}
	}
	region := p.RegionCode
	if entry.Names(wrong, "regionCode") {
		region = domain.NationCode // it cannot be read, so nothing can lie outside of it
	}
	found, err := u.checkCommunities(ctx, a, region, communities)
	if err != nil {
		return err
	}
	return entry.Problems(wrong, found)
}

// checkCommunities finds what is wrong with the list of communities. An id that could not be read is nil here: somebody has
// said so already.
func (u Programmes) checkCommunities(ctx context.Context, a access.Actor, region string, ids []uuid.UUID) (domain.Problems, error) {
	if len(ids) < 1 || len(ids) > MaxCommunities {
		return domain.Problems{entry.Wrong("communityIds", fmt.Sprintf("name 1 to %d communities, the primary one first", MaxCommunities),
			fmt.Sprintf("sebutkan 1 sampai %d masyarakat, yang utama lebih dahulu", MaxCommunities))}, nil
	}
	communities, err := u.Store.Communities(ctx, ids)
	if err != nil {
		return nil, err
	}
	var wrong domain.Problems
	for i, id := range ids {
		if id == uuid.Nil {
			continue
		}
		at := slices.IndexFunc(communities, func(m *domain.Community) bool { return m.ID == id })
		var problem *domain.Error
		switch {
		case slices.Contains(ids[:i], id):
			problem = domain.Errorf(domain.CodeBadUserInput, "this community is named twice").In("masyarakat ini disebut dua kali")
		case at < 0:
			problem = access.NotFound()
		default:
			problem = LivesIn(a, communities[at], region)
		}
		if problem != nil {
			wrong = append(wrong, problem.At("communityIds", strconv.Itoa(i)))
		}
	}
	return wrong, nil
}

// LivesIn says what is wrong with taking a community into a programme that a region governs; nil where nothing is. What the
// actor may not see looks like what is not there.
func LivesIn(a access.Actor, m *domain.Community, region string) *domain.Error {
	switch {
	case !a.Reads().Contains(m.RegionCode):
		return access.NotFound()
	case !domain.Under(m.RegionCode, region):
		return domain.Errorf(domain.CodeBadUserInput, "this community lives in region %s, which is not within the programme's region %s", m.RegionCode, region).
			In(fmt.Sprintf("masyarakat ini berada di wilayah %s, di luar wilayah program %s", m.RegionCode, region))
	}
	return nil
}

// members gives the programme's communities as rows; the first is the primary one.
func (u Programmes) members(p *domain.Programme, ids []uuid.UUID) []*domain.ProgrammeCommunity {
	rows := make([]*domain.ProgrammeCommunity, len(ids))
	for i, id := range ids {
		rows[i] = &domain.ProgrammeCommunity{Record: domain.Record{ID: u.IDs.New(), CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt},
			ProgrammeID: p.ID, CommunityID: id, Primary: i == 0}
	}
	return rows
}

// Change changes the programme with an id, reading it into p, and gives the id. Errors: UNAUTHENTICATED; NOT_FOUND and
// FORBIDDEN on id; MOVE_NOT_POSSIBLE where its status takes no change; BAD_USER_INPUT; those of idempotency.
func (u Programmes) Change(ctx context.Context, a access.Actor, p *domain.Programme, c entry.Change) (uuid.UUID, error) {
	if err := access.MayAct(a); err != nil {
		return uuid.Nil, err
	}
	return entry.First(command.Run(ctx, u.Store, c.Of(a), func(ctx context.Context) (command.Outcome, error) {
		seen, err := u.Store.Programme(ctx, c.ID)
		if err != nil {
			return command.Outcome{}, err
		}
		if seen == nil {
			return command.Outcome{}, access.NotFound().At("id")
		}
		if err := access.MayWrite(a, access.WriteProgramme, seen.RegionCode); err != nil {
			return command.Outcome{}, entry.At(err, "id")
		}
		now := u.Clock.Now()
		held, err := u.Store.BumpFacts(ctx, c.ID, now)
		if err != nil {
			return command.Outcome{}, err
		}
		if err := workflow.MayEnter(held.Status, workflow.AnyContent); err != nil {
			return command.Outcome{}, entry.At(err, "id")
		}
		if err := u.unchanged(ctx, held, c); err != nil {
			return command.Outcome{}, err
		}
		*p = *held
		if err := entry.Problems(c.Apply(), p.Validate(domain.DateOf(now))); err != nil {
			return command.Outcome{}, err
		}
		return entry.Done(c.ID, now), u.Store.UpdateProgramme(ctx, p, now)
	}))
}

// unchanged says whether a programme that is locked is as the actor saw it. Its time of change grows with everything that is
// entered in it, so what counts is when its own words were changed: not after the time that the actor saw.
func (u Programmes) unchanged(ctx context.Context, p *domain.Programme, c entry.Change) error {
	if err := entry.AtVersion(ctx, p); err != nil || c.Seen == nil {
		return err
	}
	described, err := u.Store.DescribedAt(ctx, p.ID)
	if err != nil || !described.After(*c.Seen) {
		return err
	}
	return entry.ChangedSince(described)
}
