package rules

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// NewServer makes a gRPC server that serves a rule set with the limits of the contract, and nothing else.
func NewServer(set RuleSet, options ...grpc.ServerOption) *grpc.Server {
	s := newServer(options)
	rulespb.RegisterRulesServer(s, &server{sets: always(set)})
	return s
}

// Sets gives the rule set of a revision, and what to call once the call that it is for has ended; or an error that says why
// there is none.
type Sets func(revision string) (set RuleSet, ended func(), err error)

// always serves one rule set, whatever revision is asked for.
func always(set RuleSet) Sets {
	return func(string) (RuleSet, func(), error) { return set, func() {}, nil }
}

func newServer(options []grpc.ServerOption) *grpc.Server {
	return grpc.NewServer(append(options, grpc.MaxRecvMsgSize(MaxRequestBytes), grpc.MaxSendMsgSize(MaxAnswerBytes))...)
}

// server speaks the contract for a rule set. It keeps a fault in one question from reaching the others.
type server struct {
	rulespb.UnimplementedRulesServer
	sets Sets
}

// of gives the rule set that a request is for.
func (s *server) of(revision string) (set RuleSet, done func(), err error) {
	if set, done, err = s.sets(revision); err != nil {
		return nil, nil, status.Error(codes.NotFound, err.Error())
	}
	return set, done, nil
}

func (s *server) Describe(_ context.Context, in *rulespb.DescribeRequest) (d *rulespb.DescribeResponse, err error) {
	defer ended(&err, "Describe")
	set, done, err := s.of(in.GetRevision())
	if err != nil {
		return nil, err
	}
	defer done()
	if d = set.Describe(); d == nil {
		return nil, status.Error(codes.Internal, "the rule set says nothing of itself: its Describe gave nil")
	}
	return d, nil
}

func (s *server) Configure(_ context.Context, in *rulespb.ConfigureRequest) (_ *rulespb.ConfigureResponse, err error) {
	defer ended(&err, "Configure")
	set, done, err := s.of(in.GetRevision())
	if err != nil {
		return nil, err
	}
	defer done()
	if err := set.Configure(in.GetRegion(), in.GetParameters().AsMap()); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &rulespb.ConfigureResponse{}, nil
}

func (s *server) Evaluate(ctx context.Context, in *rulespb.EvaluateRequest) (*rulespb.EvaluateResponse, error) {
	set, done, err := s.of(in.GetRevision())
	if err != nil {
		return nil, err
	}
	defer done()
	out := &rulespb.EvaluateResponse{Answers: make([]*Answer, len(in.GetQuestions()))}
	for i, q := range in.GetQuestions() {
		if ctx.Err() != nil {
			return nil, status.FromContextError(ctx.Err()).Err()
		}
		verdicts, err := evaluate(ctx, set, q)
		if err != nil {
			verdicts = []*Verdict{broken(nameOf(set), err)}
		}
		out.Answers[i] = &Answer{ProgrammeId: q.GetProgrammeId(), Verdicts: verdicts}
	}
	return out, nil
}

func evaluate(ctx context.Context, set RuleSet, q *Question) (_ []*Verdict, err error) {
	defer recovered(&err)
	if q.Facts == nil {
		q.Facts = &Facts{}
	}
	verdicts, err := set.Evaluate(ctx, q)
	if err == nil && slices.Contains(verdicts, nil) {
		return nil, errors.New("its Evaluate gave a verdict that is nil; give one for each rule, with Passed where it passes")
	}
	return verdicts, err
}

// nameOf gives the name of a rule set that broke down, if it can still say it.
func nameOf(set RuleSet) (name string) {
	defer func() { _ = recover() }()
	return set.Describe().GetName()
}

func (s *server) Plan(ctx context.Context, in *rulespb.PlanRequest) (_ *rulespb.PlanResponse, err error) {
	defer ended(&err, "Plan")
	set, done, err := s.of(in.GetRevision())
	if err != nil {
		return nil, err
	}
	defer done()
	out := &rulespb.PlanResponse{Plans: make([]*StagePlan, len(in.GetQuestions()))}
	for i, q := range in.GetQuestions() {
		if ctx.Err() != nil {
			return nil, status.FromContextError(ctx.Err()).Err()
		}
		if q.Facts == nil {
			q.Facts = &Facts{}
		}
		plan, err := set.Plan(ctx, q)
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

func (s *server) Health(context.Context, *rulespb.HealthRequest) (h *rulespb.HealthResponse, err error) {
	defer ended(&err, "Health")
	h = &rulespb.HealthResponse{Serving: true}
	if set, done, err := s.of(""); err == nil { // a program that serves many revisions keeps no figures
		defer done()
		if m, ok := set.(Measured); ok {
			h.Rules = m.Figures()
		}
	}
	return h, nil
}

// ended makes a panic the error of a call, and logs where it was.
func ended(err *error, call string) {
	if fault := recover(); fault != nil {
		slog.Error("a call broke down", "call", call, "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
		*err = status.Errorf(codes.Internal, "%s panicked: %v; the log has the stack", call, fault)
	}
}

// recovered makes a panic the error of the function that defers it.
func recovered(err *error) {
	if fault := recover(); fault != nil {
		*err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
	}
}
