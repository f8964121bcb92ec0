package moving

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/workflow"
)

// page is how many programmes are asked about at once; more are taken page by page.
const page = 500

// Available says for each programme that the actor sees what may happen next, in the order of the moves and stages, with all
// that stands in the way. Programmes that the actor does not see, or that are not there, have no entry.
func (m *Moves) Available(ctx context.Context, actor access.Actor, programmeIDs []uuid.UUID) (map[uuid.UUID][]Option, error) {
	if err := access.MayAct(actor); err != nil {
		return nil, err
	}
	options := make(map[uuid.UUID][]Option, len(programmeIDs))
	for ids := range slices.Chunk(programmeIDs, page) {
		found, err := m.Store.Snapshots(ctx, ids)
		if err != nil {
			return nil, err
		}
		at := m.Clock.Now()
		all, err := m.judge(ctx, slices.DeleteFunc(found, func(s *workflow.Snapshot) bool {
			return access.MaySee(actor, s.Programme.RegionCode) != nil
		}), at)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(j judged) bool { return access.MaySee(actor, j.Programme.RegionCode) != nil })
		seen := make([]uuid.UUID, len(all))
		for i := range all {
			seen[i] = all[i].Programme.ID
		}
		beside, err := m.Store.Beside(ctx, seen)
		if err != nil {
			return nil, err
		}
		for _, j := range all {
			course, err := m.Courses.Course(ctx, j.Programme.RegionCode)
			if err != nil {
				return nil, err
			}
			steps := workflow.Available(j.Terms(course), j.State(), &j.Facts, j.judgement, at)
			b := beside[j.Programme.ID]
			b.Region = j.Programme.RegionCode
			options[j.Programme.ID] = permitted(actor, &j.Programme, steps, b, domain.Today(at))
		}
	}
	return options, nil
}

// judged is a programme with what the rules said about the step that waits for them; nil where no step does.
type judged struct {
	workflow.FactsSnapshot
	question  workflow.Question
	judgement *workflow.Judgement
	took      time.Duration // until the rules had answered
}

// rounds is how often facts are read anew because rules came to work meanwhile that need others.
const rounds = 3

// judge reads the facts of all these programmes in one round and asks the rules about all of them in one batch. It leaves out
// programmes that have gone meanwhile. That rules fail is part of the answer and no error.
func (m *Moves) judge(ctx context.Context, programmes []*workflow.Snapshot, at time.Time) ([]judged, error) {
	for round := 1; ; round++ {
		all, err := m.judgeOnce(ctx, programmes, at)
		stale := func(j judged) bool { return j.judgement != nil && j.judgement.Stale }
		if err != nil || round == rounds || !slices.ContainsFunc(all, stale) {
			return all, err
		}
	}
}

func (m *Moves) judgeOnce(ctx context.Context, programmes []*workflow.Snapshot, at time.Time) ([]judged, error) {
	needs, loaded := map[string]needed{}, map[uuid.UUID][]workflow.FactKind{}
	wanted := make([]workflow.Wanted, len(programmes))
	for i, s := range programmes {
		wanted[i].ProgrammeID = s.Programme.ID
		if _, asks := s.State().Question(nil, at); asks {
			wanted[i].Kinds = m.needs(ctx, needs, s.Programme.RegionCode).kinds
		}
		loaded[s.Programme.ID] = append([]workflow.FactKind{}, wanted[i].Kinds...)
	}
	read, err := m.Store.Facts(ctx, wanted)
	if err != nil {
		return nil, err
	}
	all := make([]judged, len(read))
	var questions []workflow.Question
	var asking []int
	for i := range read {
		all[i].FactsSnapshot = read[i]
		q, asks := read[i].State().Question(&all[i].Facts, at)
		if !asks {
			continue
		}
		q.Kinds = loaded[read[i].Programme.ID]
		all[i].question = q
		if n := m.needs(ctx, needs, read[i].Programme.RegionCode); n.unavailable != nil {
			all[i].judgement = &workflow.Judgement{Unavailable: []workflow.Unavailable{*n.unavailable}}
			continue
		}
		questions, asking = append(questions, q), append(asking, i)
	}
	if len(questions) == 0 {
		return all, nil
	}
	began := time.Now()
	answers := m.Rules.Judge(ctx, questions)
	took := time.Since(began)
	if m.Observer != nil {
		m.Observer.AskedRules(took)
	}
	if err := ctx.Err(); err != nil {
		return nil, domain.Errorf(domain.CodeUnavailable, "it took too long: try again").In("terlalu lama: coba lagi").Because(err)
	}
	for k, i := range asking {
		all[i].took = took
		if k < len(answers) { // whoever got no answer has no judgement, which blocks
			all[i].judgement = &answers[k]
		}
	}
	return all, nil
}

// needed is what a region's rules ask for, or why that is not known.
type needed struct {
	kinds       []workflow.FactKind
	unavailable *workflow.Unavailable
}

// needs asks once for each region.
func (m *Moves) needs(ctx context.Context, known map[string]needed, region string) needed {
	if n, ok := known[region]; ok {
		return n
	}
	kinds, err := m.Rules.Needs(ctx, region)
	n := needed{kinds: kinds}
	if err != nil {
		why := "they did not answer"
		if e, ok := errors.AsType[*domain.Error](err); ok {
			why = e.Message
		}
		n.unavailable = &workflow.Unavailable{RuleSet: region, Reason: why}
	}
	known[region] = n
	return n
}
