package moving

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/workflow"
)

// writers is how many moves of one batch are written at the same time: they are small transactions, which PostgreSQL commits
// together.
const writers = 4

// Result is what came of one of several commands.
type Result struct {
	Outcome
	Err error // as that of Move or DryRun
}

// DryRunEach says what would come of each of these moves, taken by itself, and changes nothing. The rules are asked about all
// of them in one batch. Results stand in the order of the commands. The error is that nothing could be said of any.
func (m *Moves) DryRunEach(ctx context.Context, actor access.Actor, commands []Command) ([]Result, error) {
	began, commands := time.Now(), tidied(commands)
	all, err := m.decideEach(ctx, actor, commands)
	if err != nil {
		return nil, err
	}
	deciding := time.Since(began) / time.Duration(max(len(commands), 1))
	results := make([]Result, len(commands))
	for i, c := range commands {
		r := &results[i]
		*r = all[i].foreseen(c)
		seen := Observed{Move: c.Move, DryRun: true}
		seen.stood(all[i].snapshot)
		m.observe(time.Now().Add(-deciding), &seen, &r.Outcome, &r.Err)
	}
	return results, nil
}

// MoveEach carries out each of these moves by itself, as Move does, of as many programmes. The rules are asked about all of
// them in one batch, which is what makes it faster. Results stand in the order of the commands. Commands with a key must
// expect a version as well. Where the error is not nil some may have been carried out; the same commands may be given again.
func (m *Moves) MoveEach(ctx context.Context, actor access.Actor, commands []Command) ([]Result, error) {
	if err := access.MayAct(actor); err != nil {
		return nil, err
	}
	began, commands := time.Now(), tidied(commands)
	all, err := m.decideEach(ctx, actor, commands)
	if err != nil {
		return nil, err
	}
	deciding := time.Since(began) / time.Duration(max(len(commands), 1))
	results := make([]Result, len(commands))
	turns := make(chan int)
	var busy sync.WaitGroup
	for range min(writers, len(commands)) {
		busy.Go(func() {
			for i := range turns {
				results[i].Outcome, results[i].Err = m.carryOut(ctx, actor, commands[i], &all[i], deciding)
			}
		})
	}
	for i := range commands {
		turns <- i
	}
	close(turns)
	busy.Wait()
	return results, ctx.Err()
}

// carryOut writes what was decided in a batch, where the deciding took so long of each command. A command that was carried out
// before expects a version that is gone, so asking whether it was can wait until it fails.
func (m *Moves) carryOut(ctx context.Context, actor access.Actor, c Command, d *decided, deciding time.Duration) (out Outcome, err error) {
	if c.Key != nil && c.ExpectedVersion == nil {
		return m.Move(ctx, actor, c)
	}
	began, once := time.Now().Add(-deciding), c.once(actor)
	out, err = Outcome{ProgrammeID: c.ProgrammeID, Blocks: d.decision.Blocks}, d.err
	if err == nil {
		done, failed := m.write(ctx, &d.decision, d.snapshot, once)
		if failed == nil && !done { // it has changed since the batch was read: it is decided again by itself
			return m.Move(ctx, actor, c)
		}
		err = failed
	}
	if err != nil {
		out, err = m.unlessDone(ctx, once, out, err)
	} else {
		e := d.decision.Event
		out.EventID, out.Version, out.Allowed = &e.ID, e.Version, true
	}
	seen := Observed{Move: c.Move}
	seen.stood(d.snapshot)
	m.observe(began, &seen, &out, &err)
	m.record(actor, d, &out, err)
	return out, err
}

// decided is what the engine decided on one of several commands.
type decided struct {
	decision workflow.Decision
	snapshot *workflow.Snapshot // decided on; nil where the actor does not get to see it
	asked    *judged            // what the rules said; nil where they were not asked
	err      error
}

// foreseen gives what would come of a decision.
func (d *decided) foreseen(c Command) Result {
	out := Outcome{ProgrammeID: c.ProgrammeID, Blocks: d.decision.Blocks}
	if d.err == nil {
		out.Version, out.Allowed = d.snapshot.Programme.Version+1, true
	}
	return Result{out, d.err}
}

// decideEach reads what the decisions need and has the engine make them: one round of queries for the programmes, and for
// moves that ask the rules one for their facts and one batch of questions. Every decision comes from here, be there one
// command or many, to be carried out or only foreseen.
func (m *Moves) decideEach(ctx context.Context, actor access.Actor, commands []Command) ([]decided, error) {
	ids := make([]uuid.UUID, len(commands))
	for i, c := range commands {
		ids[i] = c.ProgrammeID
	}
	found, err := m.Store.Snapshots(ctx, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[uuid.UUID]*workflow.Snapshot, len(found))
	for _, s := range found {
		byID[s.Programme.ID] = s
	}
	at, courseOf := m.Clock.Now(), m.courses(ctx)
	all := make([]decided, len(commands))
	var asking []*workflow.Snapshot
	var which []int
	for i, c := range commands {
		d, s := &all[i], byID[c.ProgrammeID]
		d.snapshot = s
		if d.err = permission(c.permit).admit(actor, c.ProgrammeID, s); d.err != nil {
			continue
		}
		course, err := courseOf(s.Programme.RegionCode)
		if err != nil {
			return nil, err
		}
		d.decision = workflow.Decide(s.Terms(course), s.State(), nil, &workflow.Judgement{}, c.at(actor, at))
		if d.err = d.decision.Err; d.err == nil && workflow.AsksRules(c.Move) {
			asking, which = append(asking, s), append(which, i)
		}
	}
	if len(asking) == 0 {
		return all, nil
	}
	judgements, err := m.judge(ctx, asking, at)
	if err != nil {
		return nil, err
	}
	answers := make(map[uuid.UUID]*judged, len(judgements))
	for i := range judgements {
		answers[judgements[i].Programme.ID] = &judgements[i]
	}
	for _, i := range which {
		d, c, j := &all[i], commands[i], answers[commands[i].ProgrammeID]
		if j == nil {
			*d = decided{err: access.NotFound()}
			continue
		}
		if d.err = c.permit(actor, &j.Snapshot); d.err != nil {
			d.decision = workflow.Decision{}
			continue
		}
		course, err := courseOf(j.Programme.RegionCode)
		if err != nil {
			return nil, err
		}
		d.asked = j
		d.snapshot, d.decision = &j.Snapshot, workflow.Decide(j.Terms(course), j.State(), &j.Facts, j.judgement, c.at(actor, at))
		d.err = d.decision.Err
	}
	return all, nil
}

// courses gives the course of each region, asked for once.
func (m *Moves) courses(ctx context.Context) func(region string) (workflow.Course, error) {
	known := map[string]workflow.Course{}
	return func(region string) (workflow.Course, error) {
		if course, ok := known[region]; ok {
			return course, nil
		}
		course, err := m.Courses.Course(ctx, region)
		if err == nil {
			known[region] = course
		}
		return course, err
	}
}

func tidied(commands []Command) []Command {
	tidy := make([]Command, len(commands))
	for i, c := range commands {
		tidy[i] = c.tidy()
	}
	return tidy
}
