package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/workflow"
)

// Needs gives the facts that the rule sets binding programmes of a region ask for. As long as one of them never said what it
// needs, all are given: it may come up between this question and the next.
func (h *Host) Needs(_ context.Context, region string) ([]workflow.FactKind, error) {
	var groups []string
	for r := range h.table.Load().runs() {
		if !domain.Under(region, r.region) {
			continue
		}
		d := r.known.Load()
		if d == nil {
			return slices.Clone(workflow.FactKinds), nil
		}
		groups = slices.Concat(groups, d.GetFacts(), d.GetPlanFacts())
	}
	return needs(groups), nil
}

// Judge asks the rule sets that bind each question's programme, all at the same time, each in batches.
func (h *Host) Judge(ctx context.Context, questions []workflow.Question) []workflow.Judgement {
	var d *docket
	for {
		// A run that is retired was taken out of the table before: the next look finds another in its place.
		if d = h.table.Load().docket(questions); d.enter() {
			break
		}
	}
	defer d.leave()
	return d.judge(ctx, questions)
}

// docket is who is asked what: each rule set once, with the questions that concern it.
type docket struct {
	hearings []*hearing
	by       map[hearingKey]*hearing
}

type hearingKey struct {
	run     *run
	waiting string // the region and rule set that nobody judges for
}

// hearing is what one run is asked, and what it says.
type hearing struct {
	run             *run // nil: nobody answers for the rule set
	ruleSet, region string
	unavailable     error // why nobody does

	evaluate, plan []int // which questions, sorted
	revisions      []int // of the activations by which they are evaluated
	said           []opinion
	planned        []*rules.StagePlan
}

// docket finds out who is asked what. Every question is asked by this table alone.
func (t *table) docket(questions []workflow.Question) *docket {
	d := &docket{by: map[hearingKey]*hearing{}}
	for i := range questions {
		q := &questions[i]
		p := &q.Facts.Programme
		for _, region := range domain.Lineage(p.RegionCode) {
			for _, r := range t.static[region] {
				d.evaluate(r, 0, i)
				d.plan(r, i)
			}
			for _, o := range t.offices[region] {
				// Who reopens enters a stage now, and so does a plan's programme.
				judge, waiting := o.judge(p.StageEnteredAt, q.Move == domain.Reopen)
				if judge != nil && judge.run.known.Load() == nil {
					waiting = judge
				}
				if waiting != nil {
					d.wait(o, waiting, i)
					continue
				}
				if judge != nil {
					d.evaluate(judge.run, judge.Revision, i)
				}
				if planner, _ := o.judge(p.StageEnteredAt, true); planner != nil {
					d.plan(planner.run, i)
				}
			}
		}
	}
	slices.SortStableFunc(d.hearings, func(a, b *hearing) int {
		return cmp.Or(cmp.Compare(depth(a.region), depth(b.region)), strings.Compare(a.region, b.region))
	})
	return d
}

func depth(region string) int { return len(domain.Lineage(region)) }

func (d *docket) hearing(key hearingKey, ruleSet, region string) *hearing {
	h := d.by[key]
	if h == nil {
		h = &hearing{run: key.run, ruleSet: ruleSet, region: region}
		d.by[key] = h
		d.hearings = append(d.hearings, h)
	}
	return h
}

// evaluate notes that a run is asked for verdicts, for an activation of that revision.
func (d *docket) evaluate(r *run, revision, question int) {
	h := d.hearing(hearingKey{run: r}, r.ruleSet, r.region)
	h.evaluate, h.revisions = append(h.evaluate, question), append(h.revisions, revision)
}

// plan notes that a run is asked for a plan.
func (d *docket) plan(r *run, question int) {
	h := d.hearing(hearingKey{run: r}, r.ruleSet, r.region)
	h.plan = append(h.plan, question)
}

// wait notes that nobody judges yet.
func (d *docket) wait(o *office, a *activation, question int) {
	h := d.hearing(hearingKey{waiting: o.region + " " + o.ruleSet}, o.ruleSet, o.region)
	h.evaluate, h.revisions = append(h.evaluate, question), append(h.revisions, a.Revision)
	h.unavailable = fmt.Errorf("its version %s was put to work and has not answered on this server yet; try again in a moment, or ask an admin of %s to look at the rule set and to roll it back",
		a.run.version, o.region)
}

// enter counts the docket in with all runs that it asks, or with none.
func (d *docket) enter() bool {
	for i, h := range d.hearings {
		if h.run != nil && !h.run.enter() {
			(&docket{hearings: d.hearings[:i]}).leave()
			return false
		}
	}
	return true
}

func (d *docket) leave() {
	for _, h := range d.hearings {
		if h.run != nil {
			h.run.leave()
		}
	}
}

// judge asks everybody and puts together what they say.
func (d *docket) judge(ctx context.Context, questions []workflow.Question) []workflow.Judgement {
	asked := make([]*rules.Question, len(questions))
	for i := range questions {
		asked[i] = questionOf(&questions[i])
	}
	var wg sync.WaitGroup
	for _, h := range d.hearings {
		h.said, h.planned = make([]opinion, len(h.evaluate)), make([]*rules.StagePlan, len(h.plan))
		wg.Go(func() { h.hear(ctx, questions, asked) })
	}
	wg.Wait()
	opinions := make([][]*opinion, len(questions))
	for _, h := range d.hearings { // from the nation downwards
		for n, i := range h.evaluate {
			opinions[i] = append(opinions[i], &h.said[n])
		}
		for n, i := range h.plan {
			opinions[i] = append(opinions[i], &opinion{ruleSet: h.ruleSet, region: h.region, plan: h.planned[n]})
		}
	}
	judgements := make([]workflow.Judgement, len(questions))
	for i := range questions {
		judgements[i] = compose(&questions[i], opinions[i])
	}
	return judgements
}

// hear asks the run for verdicts and plans at the same time. A plan that does not come is only logged: the stage gets its default
// duration.
func (h *hearing) hear(ctx context.Context, questions []workflow.Question, asked []*rules.Question) {
	for n := range h.said {
		h.said[n] = opinion{ruleSet: h.ruleSet, region: h.region, revision: h.revisions[n], unavailable: h.unavailable}
	}
	if h.run == nil {
		return
	}
	s, err := h.run.running()
	if err != nil {
		for n := range h.said {
			h.said[n].unavailable = err
		}
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() { h.makePlans(ctx, s, questions, asked) })
	defer wg.Wait()
	var complete []int // places in evaluate
	for n, i := range h.evaluate {
		if lacks(&questions[i], s.description.GetFacts()) {
			h.said[n].unavailable = errChanged
			continue
		}
		complete = append(complete, n)
	}
	h.run.evaluateAll(ctx, s, asked, h.evaluate, complete, h.said)
}

// errChanged is that a rule set came to work that needs facts which were not loaded.
var errChanged = errors.New("the rules changed at this moment; try again")

// lacks tells whether groups of facts were not loaded that a rule set asks for.
func lacks(q *workflow.Question, groups []string) bool {
	return q.Kinds != nil && slices.ContainsFunc(needs(groups), func(k workflow.FactKind) bool { return !slices.Contains(q.Kinds, k) })
}

func (h *hearing) makePlans(ctx context.Context, s *served, questions []workflow.Question, asked []*rules.Question) {
	var entering []int // places in plan
	for n, i := range h.plan {
		if entersStage(asked[i]) && !lacks(&questions[i], s.description.GetPlanFacts()) {
			entering = append(entering, n)
		}
	}
	h.run.planAll(ctx, s, asked, h.plan, entering, h.planned)
}

// questionOf puts a question in the contract's words.
func questionOf(q *workflow.Question) *rules.Question {
	facts := factsOf(q.Facts)
	if q.Kept != nil {
		facts = q.Kept.(*rules.Facts)
	}
	return &rules.Question{ProgrammeId: q.Facts.Programme.ID.String(), Move: string(q.Move), TargetStage: string(q.Target),
		At: timestamppb.New(q.At), Facts: facts}
}

// with gives a question with the facts of some groups only.
func with(q *rules.Question, groups []string) *rules.Question {
	return &rules.Question{ProgrammeId: q.ProgrammeId, Move: q.Move, TargetStage: q.TargetStage, At: q.At, Facts: only(q.Facts, groups)}
}

// entersStage tells whether a move leads into a stage: advancing out of the last one does not.
func entersStage(q *rules.Question) bool {
	return q.Move != string(domain.Advance) || q.TargetStage != q.Facts.Programme.Stage
}
