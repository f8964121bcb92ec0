package trials

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/lease"
	"github.com/berdaya/berdaya/workflow"
)

// Of a slice of work.
const (
	sliceBound = time.Minute // after which no new batch is begun, so that other regions have their turn
	batchBound = time.Minute // for one batch, after which it is given up and begun anew
	batchSize  = 500         // programmes or decisions, where nothing else is said
	endBound   = 5 * time.Second
	mostMute   = 3 // batches in a row to which a version answers nothing
	mostStale  = 3 // times that a batch is read anew
)

// errMute is that a version answers nothing.
var errMute = errors.New("the version does not answer")

// errWithdrawn is that a version was withdrawn while it was tried.
var errWithdrawn = domain.Errorf(domain.CodeBadUserInput, "the version was withdrawn").In("versi ini telah ditarik")

// Work does a slice of work on a simulation or replay, if nobody else does, and tells whether there is more to do. It may be broken
// off anywhere, and begun again.
func (s *Trials) Work(ctx context.Context, id uuid.UUID) (more bool, err error) {
	worker := s.IDs.New()
	t, reached, err := s.Store.ClaimTrial(ctx, id, worker, lease.For)
	if err != nil || t == nil {
		return false, err
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	lost := false // another one has it, or nobody is to: nothing of it is ours to say any more
	renew := func(ctx context.Context) (bool, error) { return s.Store.KeepTrial(ctx, id, worker, lease.For) }
	lease.While(ctx, renew, func() { lost = true; stop() }, func() {
		if t.Version.State == domain.VersionWithdrawn {
			err = errWithdrawn
			return
		}
		err = s.Trier.Try(working, t.Version, t.RegionCode, t.Parameters, func(ctx context.Context, c Candidate) error {
			return s.slice(ctx, t, worker, reached, c)
		})
	})
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endBound)
	defer cancel()
	switch {
	case err == nil || lost || ctx.Err() != nil:
		if lost {
			err = nil
		}
	case final(err):
		s.Log.Warn("a trial of a rule set failed", "trial", id, "error", err)
		err = s.Store.EndTrial(ending, id, domain.TrialFailed, said(err), s.Clock.Now())
	default:
		err = errors.Join(err, s.Store.NoteTrial(ending, id, *said(err)))
	}
	more, releaseErr := s.Store.ReleaseTrial(ending, id, worker)
	return more, errors.Join(err, releaseErr)
}

// final tells whether an error will be the same the next time.
func final(err error) bool {
	switch domain.CodeOf(err) {
	case domain.CodeBadFile, domain.CodeBadUserInput, domain.CodeNotFound, domain.CodeTooLarge:
		return true
	}
	return errors.Is(err, errMute)
}

// said gives the part of an error that a person may read.
func said(err error) *domain.Text {
	if all, ok := errors.AsType[domain.Problems](err); ok && len(all) > 0 {
		err = all[0]
	}
	if errors.Is(err, errMute) {
		return &domain.Text{EN: "the version does not answer; its operator finds the cause in the log", ID: "versi ini tidak menjawab; operator menemukan penyebabnya di log"}
	}
	why := lease.Why(err)
	return &why
}

// slice works through batches until its time is over, somebody stops it, or all is done.
func (s *Trials) slice(ctx context.Context, t *domain.RuleTrial, worker uuid.UUID, reached string, c Candidate) error {
	next := s.programmes
	if t.Kind == domain.Replay {
		next = s.decisions
	}
	mute, stale := 0, 0
	for begun := time.Now(); time.Since(begun) < sliceBound; {
		done, err := s.batch(ctx, t, reached, c, next)
		if err != nil {
			return err
		}
		if done.stale && stale < mostStale {
			stale++ // rules came to work meanwhile that need other facts: the batch is read anew
			continue
		}
		stale = 0
		if done.Reached != "" {
			reached = done.Reached
		}
		if mute++; !done.mute {
			mute = 0
		}
		goOn, err := s.Store.CountTrial(ctx, t.ID, worker, done.finish())
		if err != nil || !goOn {
			return err
		}
		if mute >= mostMute {
			return errMute
		}
	}
	return nil
}

// source gives the next questions of a trial after what was reached, and what is reached with them; none where all were asked.
type source func(ctx context.Context, t *domain.RuleTrial, reached string, c Candidate) (all []asked, now string, err error)

func (s *Trials) batch(ctx context.Context, t *domain.RuleTrial, reached string, c Candidate, next source) (*step, error) {
	ctx, cancel := context.WithTimeout(ctx, batchBound)
	defer cancel()
	done := newStep(t.ID, workflow.TriedIn{RuleSet: t.Version.RuleSet.Name, Region: t.RegionCode}, s.IDs, s.Hush)
	all, now, err := next(ctx, t, reached, c)
	if err != nil {
		return nil, err
	}
	if now == reached {
		done.Finished, done.mute = true, false
		return done, nil
	}
	questions, which := make([]workflow.Question, 0, len(all)), make([]int, 0, len(all))
	for i := range all {
		if all[i].unread == nil {
			questions, which = append(questions, all[i].question), append(which, i)
		}
	}
	var asking sync.WaitGroup
	if t.Kind == domain.Simulation {
		asking.Go(func() {
			for n, j := range s.Rules.Verdicts(ctx, questions) {
				all[which[n]].atWork = j
			}
		})
	}
	says := make([]workflow.Judgement, len(all))
	if len(questions) > 0 {
		for n, j := range c.Verdicts(ctx, questions) {
			says[which[n]] = j
		}
	}
	asking.Wait()
	if err := ctx.Err(); err != nil {
		return nil, domain.Errorf(domain.CodeUnavailable, "a batch took too long and is tried again").In("satu kelompok terlalu lama dan dicoba lagi").Because(err)
	}
	if len(questions) == 0 {
		done.mute = false // they were all gone, or cannot be asked about: no fault of the version
	}
	for i := range all {
		done.add(&all[i], says[i])
		done.stale = done.stale || all[i].atWork.Stale
	}
	done.Reached = now
	return done, nil
}

// programmes gives the next active programmes of the region, with the step that waits for rules.
func (s *Trials) programmes(ctx context.Context, t *domain.RuleTrial, reached string, c Candidate) ([]asked, string, error) {
	turns, err := s.Store.NextActive(ctx, t.RegionCode, reached, cmp.Or(s.Batch, batchSize))
	if err != nil || len(turns) == 0 {
		return nil, reached, err
	}
	known := map[string][]workflow.FactKind{}
	wanted := make([]workflow.Wanted, len(turns))
	loaded := make(map[uuid.UUID][]workflow.FactKind, len(turns))
	for i, turn := range turns {
		kinds, there := known[turn.RegionCode]
		if !there {
			atWork, err := s.Rules.Needs(ctx, turn.RegionCode)
			if err != nil {
				return nil, "", err
			}
			kinds = united(atWork, c.Needs())
			known[turn.RegionCode] = kinds
		}
		wanted[i] = workflow.Wanted{ProgrammeID: turn.ProgrammeID, Kinds: kinds}
		loaded[turn.ProgrammeID] = kinds
	}
	read, err := s.Facts.Facts(ctx, wanted)
	if err != nil {
		return nil, "", err
	}
	at := s.Clock.Now()
	all := make([]asked, 0, len(read))
	for i := range read {
		state := read[i].State()
		q, asks := state.Question(&read[i].Facts, at)
		// It may have been moved or transferred since it was found.
		if !asks || q.Move != domain.Advance || !domain.Under(read[i].Programme.RegionCode, t.RegionCode) {
			continue
		}
		q.Kinds = loaded[q.Facts.Programme.ID]
		all = append(all, asked{question: q, state: state, waivers: read[i].Waivers})
	}
	return all, turns[len(turns)-1].Code, nil
}

// united gives the groups of facts that are in one list or the other.
func united(a, b []workflow.FactKind) []workflow.FactKind {
	all := append(append([]workflow.FactKind{}, a...), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

// place writes and reads what a replay has reached.
func place(at time.Time, id uuid.UUID) string {
	return at.UTC().Format(time.RFC3339Nano) + " " + id.String()
}

func readPlace(reached string) (time.Time, uuid.UUID, error) {
	text, key, _ := strings.Cut(reached, " ")
	at, err := time.Parse(time.RFC3339Nano, text)
	id, malformed := uuid.Parse(key)
	if err = errors.Join(err, malformed); err != nil {
		return at, id, fmt.Errorf("what a replay has reached cannot be read: %w", err)
	}
	return at, id, nil
}
