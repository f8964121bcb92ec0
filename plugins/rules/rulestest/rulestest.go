// Package rulestest tries a rule set out inside a test, over the wire that Berdaya uses: the messages are encoded, sent through
// gRPC with the contract's limits, decoded and checked as Berdaya checks them. Only the process and its socket are missing.
package rulestest

import (
	"context"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// patience is how long one call may take.
const patience = 10 * time.Second

// Wire is a rule set at the other end of a wire.
type Wire struct {
	client      rulespb.RulesClient
	description *rules.Description
}

// Serve serves a rule set until the test ends.
func Serve(t testing.TB, set rules.RuleSet) *Wire {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := rules.NewServer(set)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:rules",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(rules.MaxRequestBytes), grpc.MaxCallRecvMsgSize(rules.MaxAnswerBytes)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	w := &Wire{client: rulespb.NewRulesClient(conn)}
	if w.description, err = w.client.Describe(deadline(t), &rulespb.DescribeRequest{}); err != nil {
		t.Fatalf("Describe: %v", err)
	}
	if err := rules.CheckDescription(w.description); err != nil {
		t.Fatalf("the description does not keep the contract: %v", err)
	}
	return w
}

// Description gives what the rule set says of itself.
func (w *Wire) Description() *rules.Description { return w.description }

// Configure binds the rule set to a region with parameters; nil for none.
func (w *Wire) Configure(t testing.TB, region string, parameters map[string]any) error {
	t.Helper()
	p, err := structpb.NewStruct(parameters)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.client.Configure(deadline(t), &rulespb.ConfigureRequest{Region: region, Parameters: p})
	return err
}

// Evaluate asks one question and gives the verdicts by rule code. The test fails when the answer does not keep the contract.
func (w *Wire) Evaluate(t testing.TB, q *rules.Question) map[string]*rules.Verdict {
	t.Helper()
	byRule := map[string]*rules.Verdict{}
	for _, v := range w.EvaluateAll(t, q)[0].GetVerdicts() {
		byRule[v.GetRule()] = v
	}
	return byRule
}

// EvaluateAll asks a batch of questions and gives their answers.
func (w *Wire) EvaluateAll(t testing.TB, questions ...*rules.Question) []*rules.Answer {
	t.Helper()
	out, err := w.client.Evaluate(deadline(t), &rulespb.EvaluateRequest{Questions: questions})
	if err != nil {
		t.Fatalf("Evaluate: %v", err)
	}
	if len(out.GetAnswers()) != len(questions) {
		t.Fatalf("Evaluate gave %d answers to %d questions", len(out.GetAnswers()), len(questions))
	}
	for i, a := range out.GetAnswers() {
		if err := rules.CheckAnswer(w.description, questions[i], a); err != nil {
			t.Fatalf("the answer to question %d does not keep the contract: %v", i, err)
		}
	}
	return out.GetAnswers()
}

// Plan asks what there is to do in the target stage of a question.
func (w *Wire) Plan(t testing.TB, q *rules.Question) *rules.StagePlan {
	t.Helper()
	out, err := w.client.Plan(deadline(t), &rulespb.PlanRequest{Questions: []*rules.Question{q}})
	if err != nil {
		t.Fatalf("Plan: %v", err)
	}
	if len(out.GetPlans()) != 1 {
		t.Fatalf("Plan gave %d plans for one question", len(out.GetPlans()))
	}
	if err := rules.CheckPlan(q, out.GetPlans()[0]); err != nil {
		t.Fatalf("the plan does not keep the contract: %v", err)
	}
	return out.GetPlans()[0]
}

// Ask makes a question about advancing a programme from a stage, on the day given as YYYY-MM-DD, with no facts yet.
func Ask(stage, day string) *rules.Question {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err) // the test's own text is wrong
	}
	const id = "01990000-0000-7000-8000-000000000001"
	target := stage
	for i, s := range rules.Stages {
		if s == stage && i+1 < len(rules.Stages) {
			target = rules.Stages[i+1]
		}
	}
	return &rules.Question{ProgrammeId: id, Move: rules.Advance, TargetStage: target, At: timestamppb.New(at),
		Facts: &rules.Facts{
			Programme: &rulespb.Programme{Id: id, Stage: stage, Status: "ACTIVE"},
			Region:    &rulespb.Region{Code: "32.73.05.1001", Level: "VILLAGE", Name: "Contoh"},
		}}
}

func deadline(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}
