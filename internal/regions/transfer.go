package regions

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/internal/registry"
	"github.com/berdaya/berdaya/workflow"
)

// TransferStore is what a transfer needs of the database. All but the first are called within a transaction.
type TransferStore interface {
	command.Store
	// HoldRegions lets no import change regions until the transaction ends.
	HoldRegions(ctx context.Context) error
	// Region gives the region with this code; nil where there is none.
	Region(ctx context.Context, code string) (*domain.Region, error)
	// HoldProgramme gives the programme as it is now, and lets nobody change it until the transaction ends; nil where there is
	// none.
	HoldProgramme(ctx context.Context, id uuid.UUID) (*workflow.Snapshot, error)
	// ProgrammeCommunities gives the communities of a programme with their regions.
	ProgrammeCommunities(ctx context.Context, programmeID uuid.UUID) ([]*domain.Community, error)
	// WriteTransfers writes sealed transfers of programmes that are held.
	WriteTransfers(ctx context.Context, transfers []workflow.Decision) error
	// MoveCommunities has communities live in another region, and lets the facts of all their programmes grow.
	MoveCommunities(ctx context.Context, ids []uuid.UUID, region string, transfer workflow.Decision) error
}

// Transfers is the use case in which an admin chooses the region that governs a programme. All fields are needed.
type Transfers struct {
	Store TransferStore
	Clock domain.Clock
	IDs   domain.IDs
}

// Command asks for a transfer.
type Command struct {
	ProgrammeID     uuid.UUID
	RegionCode      string  // to govern the programme from now on
	Reason          string  // 1 to 10,000 characters
	ExpectedVersion *int64  // the version the actor saw; nil: whatever it is
	Key             *string // the actor's own, so that the command is carried out once
}

// Transferred is what came of a transfer.
type Transferred struct {
	ProgrammeID, EventID uuid.UUID
	Version              int64 // of the programme after it
	Repeated             bool  // an earlier command with the same key did it
}

// Transfer has another region govern a programme. The region is any open one; nothing binds the choice to the successors of
// the old one, because a mistake must be put right as well, and because a region above them all is the answer where a
// programme serves people of several.
//
// Every community of the programme must live within the new region, as at its beginning, with two exceptions: one that is
// registered in the very region that the programme leaves, if that has closed, comes along; and one whose own region has closed
// stays there until something takes that region's place.
//
// Errors: UNAUTHENTICATED; NOT_FOUND and FORBIDDEN on programmeId; CONFLICT on expectedVersion with the present version in its
// params; BAD_USER_INPUT, NOT_FOUND and FORBIDDEN on regionCode; REASON_REQUIRED and BAD_USER_INPUT on reason; those of
// idempotency.
func (t Transfers) Transfer(ctx context.Context, a access.Actor, c Command) (Transferred, error) {
	if err := access.MayAct(a); err != nil {
		return Transferred{}, err
	}
	input := c
	input.Key = nil
	once := command.Command{Actor: a.Subject, Key: c.Key, Name: "transferProgramme", Input: input}
	out, err := command.Run(ctx, t.Store, once, func(ctx context.Context) (command.Outcome, error) {
		d, err := t.transfer(ctx, a, c)
		if err != nil {
			return command.Outcome{}, err
		}
		version := d.Event.Version
		return command.Outcome{Code: command.Done, IDs: []uuid.UUID{d.Event.ProgrammeID, d.Event.ID}, Version: &version}, nil
	})
	if err != nil {
		return Transferred{}, err
	}
	return Transferred{ProgrammeID: out.IDs[0], EventID: out.IDs[1], Version: *out.Version, Repeated: out.Repeated}, nil
}

func (t Transfers) transfer(ctx context.Context, a access.Actor, c Command) (workflow.Decision, error) {
	var none workflow.Decision
	if err := t.Store.HoldRegions(ctx); err != nil {
		return none, err
	}
	s, err := t.Store.HoldProgramme(ctx, c.ProgrammeID)
	if err != nil {
		return none, err
	}
	if s == nil {
		return none, access.NotFound().At("programmeId")
	}
	if s.Hash == "" {
		return none, unwritten(s)
	}
	from := s.Programme.RegionCode
	if err := access.MayTransfer(a, from, from); err != nil {
		return none, on("programmeId", err)
	}
	if c.ExpectedVersion != nil && *c.ExpectedVersion != s.Programme.Version {
		return none, conflict(s.Programme.Version)
	}
	now := t.Clock.Now()
	if err := t.mayGoTo(ctx, a, from, c.RegionCode, domain.DateOf(now)); err != nil {
		return none, on("regionCode", err)
	}
	d := workflow.Transfer(s.State(), c.RegionCode, a.Subject, c.Reason, now)
	if d.Err != nil {
		return none, d.Err
	}
	along, err := t.comeAlong(ctx, from, c, domain.DateOf(now))
	if err != nil {
		return none, err
	}
	d.Seal(t.IDs, s.Hash)
	if err := t.Store.WriteTransfers(ctx, []workflow.Decision{d}); err != nil {
		return none, err
	}
	if len(along) > 0 {
		err = t.Store.MoveCommunities(ctx, along, c.RegionCode, d)
	}
	return d, err
}

// mayGoTo says whether the region is there and open and the actor may bring the programme there.
func (t Transfers) mayGoTo(ctx context.Context, a access.Actor, from, to string, today domain.Date) error {
	if _, ok := domain.LevelOf(to); !ok {
		return domain.Errorf(domain.CodeBadUserInput, "%s is not the code of a region; one looks like 32.73.05", quote(to)).
			In(fmt.Sprintf("%s bukan kode wilayah; contohnya 32.73.05", quote(to)))
	}
	region, err := t.Store.Region(ctx, to)
	if err != nil {
		return err
	}
	if err := registry.Open(region, to, today.Time()); err != nil {
		return err
	}
	return access.MayTransfer(a, from, to)
}

// comeAlong gives the communities that move with the programme, and refuses where one lives elsewhere.
func (t Transfers) comeAlong(ctx context.Context, from string, c Command, today domain.Date) ([]uuid.UUID, error) {
	communities, err := t.Store.ProgrammeCommunities(ctx, c.ProgrammeID)
	if err != nil {
		return nil, err
	}
	var along []uuid.UUID
	for _, m := range communities {
		closed := m.Region.ClosedOn(today)
		switch {
		case domain.Under(m.RegionCode, c.RegionCode), closed && m.RegionCode != from:
		case closed:
			along = append(along, m.ID)
		default:
			return nil, domain.Errorf(domain.CodeBadUserInput,
				"the community %q of this programme lives in region %s, which is not within %s; choose a region that contains all its communities",
				m.Name, m.RegionCode, c.RegionCode).
				In(fmt.Sprintf("masyarakat %q dalam program ini berada di wilayah %s, di luar %s; pilih wilayah yang memuat semua masyarakatnya",
					m.Name, m.RegionCode, c.RegionCode)).At("regionCode")
		}
	}
	return along, nil
}

// conflict says that the programme is not the one that the actor saw.
func conflict(version int64) *domain.Error {
	e := domain.Errorf(domain.CodeConflict, "somebody else changed the programme first; it has version %d now: look at it again and decide anew", version)
	e.Params = map[string]any{"version": version}
	return e.In(fmt.Sprintf("program sudah diubah pihak lain; versinya kini %d: lihat kembali lalu putuskan", version)).At("expectedVersion")
}

// unwritten says that a programme's history is not there, so that nothing may be appended to it.
func unwritten(s *workflow.Snapshot) error {
	return domain.Errorf(domain.CodeInternal, "programme %s has no history at its version %d", s.Programme.ID, s.Programme.Version)
}

// on puts a coded error on a field of the input.
func on(field string, err error) error {
	if e, coded := err.(*domain.Error); coded {
		return e.At(field)
	}
	return err
}
