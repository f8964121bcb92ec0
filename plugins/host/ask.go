package host

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// batchBytes is about how large the facts of one call may be. gRPC servers take 4 MiB where nobody told them otherwise.
const batchBytes = 2 << 20

// batch is some questions that go in one call, and which they are.
type batch struct {
	questions []*rules.Question
	places    []int
	bytes     int // of the questions, about
}

// inBatches calls do for the questions at those places of a list of indices, with the facts of some groups, in batches that a
// call holds.
func (r *run) inBatches(asked []*rules.Question, which, places []int, groups []string, do func(batch)) {
	var b batch
	for _, place := range places {
		q := with(asked[which[place]], groups)
		bytes := proto.Size(q)
		if len(b.questions) == r.options.BatchSize || len(b.questions) > 0 && b.bytes+bytes > batchBytes {
			do(b)
			b = batch{}
		}
		b.questions, b.places, b.bytes = append(b.questions, q), append(b.places, place), b.bytes+bytes
	}
	if len(b.questions) > 0 {
		do(b)
	}
}

// evaluateAll asks for verdicts and notes what the run says, or why it says nothing.
func (r *run) evaluateAll(ctx context.Context, s *served, asked []*rules.Question, which, places []int, said []opinion) {
	r.inBatches(asked, which, places, s.description.GetFacts(), func(b batch) {
		began := time.Now()
		answers, err := r.evaluate(ctx, s, b, 0)
		if err != nil {
			r.log.Warn("the rule set did not judge", "questions", len(b.questions), "error", err)
		}
		broken := err
		for n, place := range b.places {
			o := &said[place]
			o.description, o.unavailable = s.description, err
			if err != nil {
				continue
			}
			if o.unavailable = rules.CheckAnswer(s.description, b.questions[n], answers[n]); o.unavailable == nil {
				o.answer = answers[n]
				continue
			}
			if broken == nil {
				broken = o.unavailable
				r.log.Error("the rule set gave an answer that does not keep the contract", "error", broken)
			}
		}
		r.called("evaluate", s.description.GetVersion(), began, broken)
	})
}

// mostHalved is how often a batch is halved whose answers are more than one message holds.
const mostHalved = 4

func (r *run) evaluate(ctx context.Context, s *served, b batch, halved int) ([]*rules.Answer, error) {
	var out *rulespb.EvaluateResponse
	large := false
	err := r.call(ctx, s.process, b, func(ctx context.Context) (err error) {
		out, err = s.rules.Evaluate(ctx, &rulespb.EvaluateRequest{Questions: b.questions, Revision: r.wire})
		large = status.Code(err) == codes.ResourceExhausted
		return err
	})
	if half := len(b.questions) / 2; large && half > 0 && halved < mostHalved {
		first, err := r.evaluate(ctx, s, batch{b.questions[:half], b.places[:half], b.bytes / 2}, halved+1)
		if err != nil {
			return nil, err
		}
		rest, err := r.evaluate(ctx, s, batch{b.questions[half:], b.places[half:], b.bytes / 2}, halved+1)
		return append(first, rest...), err
	}
	if err == nil && len(out.GetAnswers()) != len(b.questions) {
		err = fmt.Errorf("it gave %d answers to %d questions", len(out.GetAnswers()), len(b.questions))
	}
	return out.GetAnswers(), err
}

// planAll asks for plans and notes those that keep the contract.
func (r *run) planAll(ctx context.Context, s *served, asked []*rules.Question, which, places []int, planned []*rules.StagePlan) {
	r.inBatches(asked, which, places, s.description.GetPlanFacts(), func(b batch) {
		began := time.Now()
		plans, err := r.plan(ctx, s, b)
		if err != nil {
			r.log.Warn("the rule set made no plan", "error", err)
		}
		for n := range plans {
			planned[b.places[n]] = plans[n]
		}
		r.called("plan", s.description.GetVersion(), began, err)
	})
}

func (r *run) plan(ctx context.Context, s *served, b batch) ([]*rules.StagePlan, error) {
	var out *rulespb.PlanResponse
	if err := r.call(ctx, s.process, b, func(ctx context.Context) (err error) {
		out, err = s.rules.Plan(ctx, &rulespb.PlanRequest{Questions: b.questions, Revision: r.wire})
		return err
	}); err != nil {
		return nil, err
	}
	if len(out.GetPlans()) != len(b.questions) {
		return nil, fmt.Errorf("it gave %d plans to %d questions", len(out.GetPlans()), len(b.questions))
	}
	for n, plan := range out.GetPlans() {
		if err := rules.CheckPlan(b.questions[n], plan); err != nil {
			return nil, err
		}
	}
	return out.GetPlans(), nil
}
