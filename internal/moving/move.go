package moving

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/workflow"
)

// Store is what moving needs of the database.
type Store interface {
	command.Store
	// Snapshots reads programmes by id, in no order; it leaves out those that are not there.
	Snapshots(ctx context.Context, ids []uuid.UUID) ([]*workflow.Snapshot, error)
	// Facts reads the wanted facts in one snapshot, in the order wanted; it leaves out programmes that are not there.
	Facts(ctx context.Context, wanted []workflow.Wanted) ([]workflow.FactsSnapshot, error)
	// Write carries out a change, all of it or nothing, and tells whether it did: not where the programme has changed since, nor
	// where the draft that it settles is settled.
	Write(ctx context.Context, c workflow.Change) (bool, error)
	// Beside reads what explains the options of programmes; it leaves out those that are not there.
	Beside(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]workflow.Beside, error)
	// Waiver gives a waiver; nil where there is none.
	Waiver(ctx context.Context, id uuid.UUID) (*domain.Waiver, error)
}

// Moves is the use case. All fields but the observer and the recorder are needed.
type Moves struct {
	Store    Store
	Rules    workflow.Rules
	Courses  workflow.Courses
	Clock    domain.Clock
	IDs      domain.IDs
	Observer Observer // nil: nobody
	Recorder Recorder // nil: nobody
}

// Command is a move of one programme, as an actor asks for it.
type Command struct {
	ProgrammeID     uuid.UUID
	Move            domain.Move
	ToStage         *domain.Stage // SEND_BACK only: the earlier stage
	Reason          *string       // needed for every move but ADVANCE; 1 to 10,000 characters
	ReviewOn        *domain.Date  // HOLD only: today or later
	ShiftDueDates   bool          // RESUME only: whether due dates shift by the time held
	ExpectedVersion *int64        // the version the actor saw; nil: whatever it is
	Key             *string       // the actor's own, so that the command is carried out once
}

// Outcome is what came of a command, or would.
type Outcome struct {
	ProgrammeID uuid.UUID
	EventID     *uuid.UUID // the entry in the history; nil for a dry run and where nothing was done
	Version     int64      // of the programme after it; 0 where nothing was done
	Allowed     bool       // whether it was done, or with a dry run could be
	Repeated    bool       // an earlier command with the same key did it
	Blocks      []domain.Block
	WaiverID    *uuid.UUID // that it was about; nil for a move
}

// tries is how often a command is decided before the actor is told that others keep changing the programme.
const tries = 4

// Move carries out a move. Where it fails the outcome still carries the blocks. Errors: UNAUTHENTICATED, NOT_FOUND, FORBIDDEN,
// BAD_USER_INPUT, REASON_REQUIRED, MOVE_NOT_POSSIBLE, BLOCKED, RULES_UNAVAILABLE, IDEMPOTENCY_MISMATCH, CONFLICT with the
// present version in its params, and UNAVAILABLE.
func (m *Moves) Move(ctx context.Context, actor access.Actor, c Command) (out Outcome, err error) {
	seen := Observed{Move: c.Move}
	defer m.observe(time.Now(), &seen, &out, &err)
	if err := access.MayAct(actor); err != nil {
		return Outcome{}, err
	}
	c = c.tidy()
	once := c.once(actor)
	if merge := merging(ctx); merge != nil {
		once = merge.once
	}
	if before, err := command.Recall(ctx, m.Store, once); before != nil || err != nil {
		return repeated(c.ProgrammeID, before), err
	}
	var last decided
	out, err = m.carry(ctx, c.ProgrammeID, once, func() (workflow.Decision, *workflow.Snapshot, error) {
		last, err = m.decide(ctx, actor, c)
		seen.stood(last.snapshot)
		return last.decision, last.snapshot, err
	})
	m.record(actor, &last, &out, err)
	return out, err
}

// carry has something decided and written until the programme holds still. decide gives the snapshot that it decided on; nil
// only where the actor does not get to see the programme.
func (m *Moves) carry(ctx context.Context, programmeID uuid.UUID, once command.Command,
	decide func() (workflow.Decision, *workflow.Snapshot, error)) (Outcome, error) {
	out, err := m.try(ctx, programmeID, once, decide)
	if err != nil {
		return m.unlessDone(ctx, once, out, err)
	}
	return out, nil
}

// unlessDone gives what came of a command that failed, which may be because the same command, sent twice, was quicker.
func (m *Moves) unlessDone(ctx context.Context, once command.Command, out Outcome, failed error) (Outcome, error) {
	before, err := command.Recall(ctx, m.Store, once)
	if before != nil || domain.CodeOf(err) == domain.CodeIdempotencyMismatch {
		return repeated(out.ProgrammeID, before), err
	}
	return out, failed
}

// DryRun says what would come of a move, and changes nothing; of one that was made under its key, what came of it. Its errors are
// those of Move.
func (m *Moves) DryRun(ctx context.Context, actor access.Actor, c Command) (out Outcome, err error) {
	if err := access.MayAct(actor); err != nil {
		return Outcome{}, err
	}
	seen := Observed{Move: c.Move, DryRun: true}
	defer m.observe(time.Now(), &seen, &out, &err)
	c = c.tidy()
	if before, err := command.Recall(ctx, m.Store, c.once(actor)); before != nil || err != nil {
		return repeated(c.ProgrammeID, before), err
	}
	d, err := m.decide(ctx, actor, c)
	out = Outcome{ProgrammeID: c.ProgrammeID, Blocks: d.decision.Blocks}
	seen.stood(d.snapshot)
	if err == nil {
		out.Version, out.Allowed = d.snapshot.Programme.Version+1, true
	}
	return out, err
}

func (m *Moves) try(ctx context.Context, programmeID uuid.UUID, once command.Command,
	decide func() (workflow.Decision, *workflow.Snapshot, error)) (Outcome, error) {
	out := Outcome{ProgrammeID: programmeID}
	var seen int64
	for range tries {
		d, s, err := decide()
		out.Blocks = d.Blocks
		switch {
		case seen != 0 && s != nil && s.Programme.Version != seen:
			return out, conflict(s.Programme.Version)
		case err != nil:
			return out, err
		}
		seen = s.Programme.Version
		done, err := m.write(ctx, &d, s, once)
		if err != nil {
			return out, err
		}
		if done {
			out.EventID, out.Version, out.Allowed = &d.Event.ID, d.Event.Version, true
			if w := d.Effects.Waiver; w != nil {
				out.WaiverID = &w.ID
			}
			return out, nil
		}
	}
	return out, conflict(seen)
}

// decide decides on one move.
func (m *Moves) decide(ctx context.Context, actor access.Actor, c Command) (decided, error) {
	all, err := m.decideEach(ctx, actor, []Command{c})
	if err != nil {
		return decided{}, err
	}
	return all[0], all[0].err
}

// at gives the command as the engine decides on it.
func (c Command) at(actor access.Actor, at time.Time) workflow.Command {
	return workflow.Command{Actor: actor.Subject, Move: c.Move, ToStage: c.ToStage, Reason: c.Reason, ReviewOn: c.ReviewOn,
		ShiftDueDates: c.ShiftDueDates, At: at}
}

// snapshot reads a programme and lets through whoever is permitted.
func (m *Moves) snapshot(ctx context.Context, actor access.Actor, programmeID uuid.UUID, permit permission) (*workflow.Snapshot, error) {
	found, err := m.Store.Snapshots(ctx, []uuid.UUID{programmeID})
	if err != nil {
		return nil, err
	}
	var s *workflow.Snapshot
	if len(found) > 0 {
		s = found[0]
	}
	return s, permit.admit(actor, programmeID, s)
}

// permission says whether an actor may do something with what is there.
type permission func(actor access.Actor, s *workflow.Snapshot) error

// admit lets through whoever is permitted, if the programme is there.
func (permit permission) admit(actor access.Actor, programmeID uuid.UUID, s *workflow.Snapshot) error {
	switch {
	case s == nil:
		if err := access.MayAct(actor); err != nil {
			return err
		}
		return access.NotFound()
	case s.Hash == "":
		return domain.Errorf(domain.CodeInternal, "programme %s has no history at its version %d", programmeID, s.Programme.Version)
	}
	return permit(actor, s)
}

// permit says whether the actor may make the move with what is there.
func (c Command) permit(actor access.Actor, s *workflow.Snapshot) error {
	if err := access.MayMove(actor, &s.Programme, c.Move); err != nil && domain.Moves.Has(string(c.Move)) {
		return err
	}
	if err := access.MaySee(actor, s.Programme.RegionCode); err != nil {
		return err
	}
	return expected(c.ExpectedVersion, s)
}

// expected refuses a programme that has another version than the actor saw.
func expected(version *int64, s *workflow.Snapshot) error {
	if version != nil && *version != s.Programme.Version {
		return conflict(s.Programme.Version).At("expectedVersion")
	}
	return nil
}

// write seals the decision and has it written with the outcome to remember.
func (m *Moves) write(ctx context.Context, d *workflow.Decision, s *workflow.Snapshot, once command.Command) (bool, error) {
	d.Seal(m.IDs, s.Hash)
	version := d.Event.Version
	ids := []uuid.UUID{d.Event.ProgrammeID, d.Event.ID}
	if w := d.Effects.Waiver; w != nil {
		ids = append(ids, w.ID)
	}
	remember, err := once.Record(command.Outcome{Code: command.Done, IDs: ids, Version: &version})
	if err != nil {
		return false, err
	}
	change := workflow.Change{Decision: *d, Version: s.Programme.Version, FactsVersion: s.Programme.FactsVersion, Remember: remember}
	if merge := merging(ctx); merge != nil {
		change.Settles = &merge.draft
	}
	return m.Store.Write(ctx, change)
}

func conflict(version int64) *domain.Error {
	e := domain.Errorf(domain.CodeConflict, "somebody else changed the programme first; it has version %d now: look at it again and decide anew", version)
	e.Params = map[string]any{"version": version}
	return e.In(fmt.Sprintf("program sudah diubah pihak lain; versinya kini %d: lihat kembali lalu putuskan", version))
}

// tidy gives the command in the one form that is judged, stored and compared.
func (c Command) tidy() Command {
	w := workflow.Command{Reason: c.Reason}.Tidy()
	c.Reason = w.Reason
	c.ShiftDueDates = c.ShiftDueDates && c.Move == domain.Resume
	return c
}

// once gives the command as it is remembered.
func (c Command) once(actor access.Actor) command.Command {
	input := c
	input.Key = nil
	return command.Command{Actor: actor.Subject, Key: c.Key, Name: "moveProgramme", Input: input}
}

// repeated gives the outcome of the earlier command with the same key.
func repeated(programmeID uuid.UUID, before *command.Outcome) Outcome {
	if before == nil {
		return Outcome{ProgrammeID: programmeID}
	}
	out := Outcome{ProgrammeID: before.IDs[0], Version: *before.Version, Allowed: true, Repeated: before.Repeated}
	if len(before.IDs) > 1 {
		out.EventID = &before.IDs[1]
	}
	if len(before.IDs) > 2 {
		out.WaiverID = &before.IDs[2]
	}
	return out
}
