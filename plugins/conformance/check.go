package conformance

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// Options say how a rule set is tried. The zero value tries a program that serves one rule set, with its own defaults.
type Options struct {
	Region     string            // that it works for; default "32.73"
	Parameters map[string]any    // nil: the defaults in its schema
	Revision   string            // in each request; empty for a program that serves one rule set
	Examples   []*rules.Question // of the author, beside ours
	Patience   time.Duration     // on top of each deadline of the contract, for machines that are busy
	Later      time.Duration     // after which a question is asked once more; default 1.1 s
	Clockless  bool              // it has no way to look at a clock: it may name a year, and is not asked once more later
}

// Check tries a rule set that was started and not yet configured, and gives what it says of itself, nil where that
// cannot be used, and what is wrong, in the order of [Clauses]; nothing where it keeps the contract. Clauses about processes are
// not its business: see [Run].
func Check(ctx context.Context, client rulespb.RulesClient, o Options) (*rules.Description, []Finding) {
	if o.Region == "" {
		o.Region = "32.73"
	}
	if o.Later == 0 {
		o.Later = 1100 * time.Millisecond
	}
	s := &suite{ctx: ctx, client: client, o: o, talks: map[kind]*talk{}, batches: map[int]*talk{}, failed: map[string]bool{}}
	var findings []Finding
	for i := range Clauses {
		c := &Clauses[i]
		if c.Process {
			continue
		}
		if f := s.tryClause(c); f != nil {
			findings = append(findings, *f)
		}
	}
	return s.description, findings
}

// suite is one rule set being tried.
type suite struct {
	ctx    context.Context
	client rulespb.RulesClient
	o      Options

	description *rules.Description
	schema      *jsonschema.Schema // nil: it takes no parameters
	talks       map[kind]*talk
	batches     map[int]*talk // by how many questions they have
	failed      map[string]bool
	over        *rules.Text // why nothing can be tried any more
}

func (s *suite) tryClause(c *Clause) *Finding {
	skip := s.over
	if i := slices.IndexFunc(c.after, func(code string) bool { return s.failed[code] }); skip == nil && i >= 0 {
		t := rules.Textf("Not tried, because %s does not hold.", "Tidak dicoba, karena %s tidak terpenuhi.", c.after[i])
		skip = &t
	}
	if skip != nil {
		s.failed[c.Code] = true
		return &Finding{Clause: c.Code, Severity: Skipped, EN: skip.EN, ID: skip.ID}
	}
	wrong := c.try(s)
	if wrong == nil {
		return nil
	}
	s.failed[c.Code] = true
	if s.ctx.Err() != nil || s.gone() {
		t := rules.Textf("Not tried, because the program had ended in %s.", "Tidak dicoba, karena program sudah berhenti pada %s.", c.Code)
		s.over = &t
	}
	f := c.finding(wrong)
	return &f
}

// gone tells whether nobody is at the other end any more.
func (s *suite) gone() bool {
	ctx, cancel := s.deadline(0)
	defer cancel()
	_, err := s.client.Health(ctx, &rulespb.HealthRequest{})
	return status.Code(err) == codes.Unavailable
}

// deadline is that of a call with so many questions.
func (s *suite) deadline(questions int) (context.Context, context.CancelFunc) {
	return context.WithTimeout(s.ctx, 2*time.Second+time.Duration(questions)*5*time.Millisecond+s.o.Patience)
}

func (s *suite) describe(revision string) (*rules.Description, error) {
	ctx, cancel := s.deadline(0)
	defer cancel()
	return s.client.Describe(ctx, &rulespb.DescribeRequest{Revision: revision})
}

func (s *suite) configure(parameters map[string]any) error {
	p, err := structpb.NewStruct(parameters)
	if err != nil {
		return err
	}
	ctx, cancel := s.deadline(0)
	defer cancel()
	_, err = s.client.Configure(ctx, &rulespb.ConfigureRequest{Region: s.o.Region, Parameters: p, Revision: s.o.Revision})
	return err
}

func (s *suite) evaluate(questions ...*rules.Question) ([]*rules.Answer, error) {
	ctx, cancel := s.deadline(len(questions))
	defer cancel()
	out, err := s.client.Evaluate(ctx, &rulespb.EvaluateRequest{Questions: questions, Revision: s.o.Revision})
	return out.GetAnswers(), err
}

func (s *suite) plan(questions ...*rules.Question) ([]*rules.StagePlan, error) {
	ctx, cancel := s.deadline(len(questions))
	defer cancel()
	out, err := s.client.Plan(ctx, &rulespb.PlanRequest{Questions: questions, Revision: s.o.Revision})
	return out.GetPlans(), err
}

// wrong makes what is wrong; the values stand in both languages alike.
func wrong(en, id string, values ...any) *rules.Text {
	t := rules.Textf(en, id, values...)
	return &t
}

// failure puts an error of a call into words.
func failure(err error) string {
	st := status.Convert(err)
	message := st.Message()
	if message == "" {
		message = "no message"
	}
	return clip(fmt.Sprintf("%s: %s", st.Code(), message))
}

// clip shortens what a program said before it is quoted.
func clip(s string) string {
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}
