package rules

import (
	"context"
	"fmt"
	"runtime/debug"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// NewServer makes a gRPC server that serves a rule set with the limits of the contract, and nothing else.
func NewServer(set RuleSet, options ...grpc.ServerOption) *grpc.Server {
	s := newServer(options)
	rulespb.RegisterRulesServer(s, &server{set: set})
	return s
}

func newServer(options []grpc.ServerOption) *grpc.Server {
	return grpc.NewServer(append(options, grpc.MaxRecvMsgSize(MaxRequestBytes), grpc.MaxSendMsgSize(MaxAnswerBytes))...)
}

// server speaks the contract for a rule set. It keeps a fault in one question from reaching the others.
type server struct {
	rulespb.UnimplementedRulesServer
	set RuleSet
}

func (s *server) Describe(context.Context, *rulespb.DescribeRequest) (d *rulespb.DescribeResponse, err error) {
	defer recovered(&err)
	return s.set.Describe(), nil
}

func (s *server) Configure(_ context.Context, in *rulespb.ConfigureRequest) (_ *rulespb.ConfigureResponse, err error) {
	defer recovered(&err)
	if err := s.set.Configure(in.GetRegion(), in.GetParameters().AsMap()); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &rulespb.ConfigureResponse{}, nil
}

func (s *server) Evaluate(ctx context.Context, in *rulespb.EvaluateRequest) (*rulespb.EvaluateResponse, error) {
	out := &rulespb.EvaluateResponse{Answers: make([]*Answer, len(in.GetQuestions()))}
	for i, q := range in.GetQuestions() {
		if ctx.Err() != nil {
			return nil, status.FromContextError(ctx.Err()).Err()
		}
		verdicts, err := s.evaluate(ctx, q)
		if err != nil {
			verdicts = []*Verdict{broken(s.set.Describe().GetName(), err)}
		}
		out.Answers[i] = &Answer{ProgrammeId: q.GetProgrammeId(), Verdicts: verdicts}
	}
	return out, nil
}

func (s *server) evaluate(ctx context.Context, q *Question) (_ []*Verdict, err error) {
	defer recovered(&err)
	if q.Facts == nil {
		q.Facts = &Facts{}
	}
	return s.set.Evaluate(ctx, q)
}

func (s *server) Plan(ctx context.Context, in *rulespb.PlanRequest) (_ *rulespb.PlanResponse, err error) {
	defer recovered(&err)
	out := &rulespb.PlanResponse{Plans: make([]*StagePlan, len(in.GetQuestions()))}
	for i, q := range in.GetQuestions() {
		if ctx.Err() != nil {
			return nil, status.FromContextError(ctx.Err()).Err()
		}
		if q.Facts == nil {
			q.Facts = &Facts{}
		}
		plan, err := s.set.Plan(ctx, q)
		if err != nil {
			return nil, status.Error(codes.Internal, err.Error())
		}
		if plan == nil {
			plan = &StagePlan{}
		}
		plan.ProgrammeId = q.GetProgrammeId()
		out.Plans[i] = plan
	}
	return out, nil
}

func (s *server) Health(context.Context, *rulespb.HealthRequest) (*rulespb.HealthResponse, error) {
	return &rulespb.HealthResponse{Serving: true}, nil
}

// recovered makes a panic the error of the function that defers it.
func recovered(err *error) {
	if fault := recover(); fault != nil {
		*err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
	}
}
