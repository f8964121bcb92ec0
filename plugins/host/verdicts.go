package host

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/workflow"
)

// mostShadows is how many versions run beside those at work for weeks; others wait.
const mostShadows = 16

// Verdicts is Judge for whoever wants no plans: what the rule sets say to each question, and nothing about the stage that begins.
func (h *Host) Verdicts(ctx context.Context, questions []workflow.Question) []workflow.Judgement {
	for {
		if d := h.table.Load().docket(questions); d.enter() {
			defer d.leave()
			d.leaveOutPlans()
			return d.judge(ctx, questions)
		}
	}
}

// leaveOutPlans asks nobody for a plan.
func (d *docket) leaveOutPlans() {
	for _, h := range d.hearings {
		h.plan = nil
	}
}

// Verdicts gives what this version alone says to questions, without plans.
func (c Candidate) Verdicts(ctx context.Context, questions []workflow.Question) []workflow.Judgement {
	d := &docket{by: map[hearingKey]*hearing{}}
	for i := range questions {
		d.evaluate(c.run, 0, i)
	}
	return d.judge(ctx, questions)
}

// Requests gives what Verdicts sends for questions, in the same batches: for whoever measures what asking alone takes.
func (c Candidate) Requests(questions []workflow.Question) []*rulespb.EvaluateRequest {
	asked, places := make([]*rules.Question, len(questions)), make([]int, len(questions))
	for i := range questions {
		asked[i], places[i] = questionOf(&questions[i]), i
	}
	var all []*rulespb.EvaluateRequest
	c.run.inBatches(asked, places, places, c.Description.GetFacts(), func(b batch) {
		all = append(all, &rulespb.EvaluateRequest{Questions: b.questions})
	})
	return all
}

// Needs gives the facts that its verdicts need.
func (c Candidate) Needs() []workflow.FactKind { return needs(c.Description.GetFacts()) }

// Reads tells whether the version is given a field of facts, by its path as masks have it, such as trainingEvents.venue.
func (c Candidate) Reads(path string) bool {
	field, _, _ := strings.Cut(path, ".")
	group, grouped := groupOf[field]
	return !grouped || slices.Contains(c.Description.GetFacts(), group)
}

// Shadow is Try for what takes weeks, with a bound of its own, so that nothing else waits for it.
func (h *Host) Shadow(ctx context.Context, v Version, region string, parameters json.RawMessage, do func(context.Context, Candidate) error) error {
	return h.tryIn(ctx, h.shadows, v, region, parameters, do)
}

// Recall reads facts that were kept, for the Kept of a question.
func Recall(content []byte) (any, error) { return readFacts(content) }
