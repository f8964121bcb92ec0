package host

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/workflow"
)

// batchBytes is about how large the facts of one call may be. gRPC servers take 4 MiB where nobody told them otherwise.
const batchBytes = 2 << 20

// Needs gives the facts that the rule sets binding programmes of a region ask for. As long as one of them never said what it
// needs, all are given: it may come up between this question and the next.
func (h *Host) Needs(_ context.Context, region string) ([]workflow.FactKind, error) {
	var groups []string
	for _, s := range h.binding(region) {
		d := s.described()
		if d == nil {
			return slices.Clone(workflow.FactKinds), nil
		}
		groups = slices.Concat(groups, d.GetFacts(), d.GetPlanFacts())
	}
	return needs(groups), nil
}

// Judge asks the rule sets that bind each question's programme, all at the same time, each in batches.
func (h *Host) Judge(ctx context.Context, questions []workflow.Question) []workflow.Judgement {
	judgements := make([]workflow.Judgement, len(questions))
	bound := h.all()
	said := make([][]opinion, len(bound)) // by rule set, then by question
	asked := make([]*rules.Question, len(questions))
	for i := range questions {
		asked[i] = questionOf(&questions[i])
	}
	var wg sync.WaitGroup
	for n, s := range bound {
		var which []int
		for i := range questions {
			if domain.Under(questions[i].Facts.Programme.RegionCode, s.binding.Region) {
				which = append(which, i)
			}
		}
		if len(which) == 0 {
			continue
		}
		said[n] = make([]opinion, len(questions))
		wg.Go(func() { s.judge(ctx, asked, which, said[n]) })
	}
	wg.Wait()
	for i := range questions {
		var all []*opinion
		for _, n := range downTheTree(bound) {
			if said[n] != nil && said[n][i].ruleSet != "" {
				all = append(all, &said[n][i])
			}
		}
		judgements[i] = compose(&questions[i], all)
	}
	return judgements
}

// binding gives the rule sets that bind programmes of a region.
func (h *Host) binding(region string) []*supervised {
	return slices.DeleteFunc(slices.Clone(h.all()), func(s *supervised) bool { return !domain.Under(region, s.binding.Region) })
}

// downTheTree gives the order in which rule sets are heard: the nation's first, then region by region downwards.
func downTheTree(bound []*supervised) []int {
	order := make([]int, len(bound))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return len(domain.Lineage(bound[a].binding.Region)) - len(domain.Lineage(bound[b].binding.Region))
	})
	return order
}

// questionOf puts a question in the contract's words.
func questionOf(q *workflow.Question) *rules.Question {
	return &rules.Question{ProgrammeId: q.Facts.Programme.ID.String(), Move: string(q.Move), TargetStage: string(q.Target),
		At: timestamppb.New(q.At), Facts: factsOf(q.Facts)}
}

// with gives a question with the facts of some groups only.
func with(q *rules.Question, groups []string) *rules.Question {
	return &rules.Question{ProgrammeId: q.ProgrammeId, Move: q.Move, TargetStage: q.TargetStage, At: q.At, Facts: only(q.Facts, groups)}
}

// entersStage tells whether a move leads into a stage: advancing out of the last one does not.
func entersStage(q *rules.Question) bool {
	return q.Move != string(domain.Advance) || q.TargetStage != q.Facts.Programme.Stage
}

// judge asks the rule set the questions named and notes what it says to each.
func (s *supervised) judge(ctx context.Context, questions []*rules.Question, which []int, said []opinion) {
	p, err := s.running()
	if err != nil {
		for _, i := range which {
			said[i] = opinion{ruleSet: s.binding.RuleSet, region: s.binding.Region, unavailable: err}
		}
		return
	}
	var batch []*rules.Question
	var at []int
	size := 0
	ask := func() {
		if len(batch) > 0 {
			s.askBatch(ctx, p, questions, batch, at, said)
		}
		batch, at, size = nil, nil, 0
	}
	for _, i := range which {
		q := with(questions[i], p.description.GetFacts())
		bytes := proto.Size(q)
		if len(batch) == s.host.options.BatchSize || size+bytes > batchBytes {
			ask()
		}
		batch, at, size = append(batch, q), append(at, i), size+bytes
	}
	ask()
}

// askBatch asks for verdicts and plans of a batch at the same time. A plan that does not come is only logged: the stage gets its
// default duration.
func (s *supervised) askBatch(ctx context.Context, p *process, questions, batch []*rules.Question, at []int, said []opinion) {
	var wg sync.WaitGroup
	plans := make([]*rules.StagePlan, len(batch))
	wg.Go(func() {
		if err := s.plan(ctx, p, questions, at, plans); err != nil {
			s.log.Warn("the rule set made no plan", "error", err)
		}
	})
	answers, err := s.evaluate(ctx, p, batch)
	wg.Wait()
	for n, i := range at {
		o := opinion{ruleSet: s.binding.RuleSet, region: s.binding.Region, description: p.description, unavailable: err}
		if err == nil {
			if o.unavailable = rules.CheckAnswer(p.description, batch[n], answers[n]); o.unavailable == nil {
				o.answer, o.plan = answers[n], plans[n]
			} else {
				s.log.Error("the rule set gave an answer that does not keep the contract", "error", o.unavailable)
			}
		}
		said[i] = o
	}
}

func (s *supervised) evaluate(ctx context.Context, p *process, batch []*rules.Question) ([]*rules.Answer, error) {
	var out *rulespb.EvaluateResponse
	err := s.call(ctx, p, len(batch), func(ctx context.Context) (err error) {
		out, err = p.rules.Evaluate(ctx, &rulespb.EvaluateRequest{Questions: batch})
		return err
	})
	if err == nil && len(out.GetAnswers()) != len(batch) {
		err = fmt.Errorf("it gave %d answers to %d questions", len(out.GetAnswers()), len(batch))
	}
	if err != nil {
		s.log.Warn("the rule set did not judge", "questions", len(batch), "error", err)
		return nil, err
	}
	return out.GetAnswers(), nil
}

func (s *supervised) plan(ctx context.Context, p *process, questions []*rules.Question, at []int, plans []*rules.StagePlan) error {
	var entering []*rules.Question
	var place []int // in plans
	for n, i := range at {
		if entersStage(questions[i]) {
			entering, place = append(entering, with(questions[i], p.description.GetPlanFacts())), append(place, n)
		}
	}
	if len(entering) == 0 {
		return nil
	}
	var out *rulespb.PlanResponse
	if err := s.call(ctx, p, len(entering), func(ctx context.Context) (err error) {
		out, err = p.rules.Plan(ctx, &rulespb.PlanRequest{Questions: entering})
		return err
	}); err != nil {
		return err
	}
	if len(out.GetPlans()) != len(entering) {
		return fmt.Errorf("it gave %d plans to %d questions", len(out.GetPlans()), len(entering))
	}
	for n, plan := range out.GetPlans() {
		if err := rules.CheckPlan(entering[n], plan); err != nil {
			return err
		}
		plans[place[n]] = plan
	}
	return nil
}

// call makes one call with its deadline, when there is room for it. It waits for room for half that time at most, so that a rule
// set that is only busy is not taken for late. A call that is late makes the process prove that it is alive.
func (s *supervised) call(ctx context.Context, p *process, questions int, make func(context.Context) error) error {
	within := s.host.options.CallTimeout + time.Duration(questions)*perQuestion
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	waiting, admitted := context.WithTimeout(ctx, within/2)
	defer admitted()
	select {
	case p.calls <- struct{}{}:
		defer func() { <-p.calls }()
	case <-p.runner.exited:
		return fmt.Errorf("it stopped; try again in a moment")
	case <-waiting.Done():
		return fmt.Errorf("%d calls to it are in flight; try again in a moment", cap(p.calls))
	}
	err := make(ctx)
	if err == nil {
		return nil
	}
	if p.ended() {
		return fmt.Errorf("it stopped while it judged; try again in a moment")
	}
	if err = p.explain(err); err == errLate {
		select {
		case s.nudge <- struct{}{}:
		default:
		}
		return fmt.Errorf("it did not answer within %s; try again in a moment", within)
	}
	return err
}
