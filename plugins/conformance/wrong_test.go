package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// good is a rule set that keeps every clause.
func good() *rules.Set {
	return &rules.Set{
		Name: "sample", Version: "1", Title: rules.Text{EN: "Sample", ID: "Contoh"}, Facts: []string{rules.Needs, rules.Consultations},
		ParametersSchema: `{"type": "object", "additionalProperties": false, "properties": {"least": {"type": "integer", "minimum": 1, "maximum": 9, "default": 2}}}`,
		Rules: []rules.Rule{{Code: "NEEDS_KNOWN", Title: rules.Text{EN: "Needs are known", ID: "Kebutuhan diketahui"}, Stages: rules.Stages, Moves: rules.Moves,
			Severity: rules.Block, Waivable: rules.ByRegion, Path: []string{"needs"}, Check: func(q *rules.Question) rules.Text {
				if len(q.GetFacts().GetNeeds()) >= 2 {
					return rules.Passed
				}
				return rules.Values{"needs": len(q.GetFacts().GetNeeds())}.Text("{needs} needs are known", "{needs} kebutuhan diketahui")
			}}},
		Stages: map[string]rules.StageWork{rules.Plan: {Days: 30, Checklist: []rules.Item{{Code: "DRAW_UP", Title: rules.Text{EN: "Draw up the plan", ID: "Susun rencana"}}}}},
	}
}

// wrong is the good rule set with one fault: it breaks the clause that its name is.
type wrong struct {
	plugin.NetRPCUnsupportedPlugin
	rulespb.UnimplementedRulesServer
	clause           string
	good             rulespb.RulesClient
	described, calls atomic.Int64
	inside           atomic.Int64
	last             atomic.Int64 // when it was asked before, in nanoseconds
}

// play serves until the process is told to end.
func play(clause string) {
	stderr := os.Stderr
	slog.SetDefault(slog.New(slog.NewJSONHandler(stderr, nil)))
	switch clause {
	case "STARTS":
		fmt.Fprintln(stderr, `{"level": "ERROR", "msg": "no licence"}`)
		os.Exit(3)
	case "QUIET_BEFORE_HANDSHAKE":
		fmt.Println("Welcome!")
	case "LOG_LINES":
		fmt.Fprintln(stderr, "listening")
	case "LEAVES_NOTHING":
		child := exec.Command("/bin/sleep", "300")
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := child.Start(); err != nil {
			panic(err)
		}
	}
	listener := bufconn.Listen(1 << 20)
	inner := rules.NewServer(good())
	go func() { _ = inner.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:good", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(rules.MaxRequestBytes), grpc.MaxCallRecvMsgSize(rules.MaxAnswerBytes)))
	if err != nil {
		panic(err)
	}
	w := &wrong{clause: clause, good: rulespb.NewRulesClient(conn)}
	plugin.Serve(&plugin.ServeConfig{HandshakeConfig: rules.Handshake, Plugins: plugin.PluginSet{rules.PluginName: w}, Logger: hclog.NewNullLogger(),
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			if clause != "LARGE_REQUESTS" {
				options = append(options, grpc.MaxRecvMsgSize(rules.MaxRequestBytes))
			}
			return grpc.NewServer(append(options, grpc.UnaryInterceptor(w.stays))...)
		}})
}

// stays does not end when it is asked to, where that is the fault.
func (w *wrong) stays(ctx context.Context, in any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if w.clause == "ENDS_WHEN_ASKED" && strings.HasSuffix(info.FullMethod, "/Shutdown") {
		return &emptypb.Empty{}, nil
	}
	return handle(ctx, in)
}

func (w *wrong) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	rulespb.RegisterRulesServer(s, w)
	return nil
}

func (w *wrong) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("this is the other side")
}

func (w *wrong) Describe(ctx context.Context, in *rulespb.DescribeRequest) (*rulespb.DescribeResponse, error) {
	d, err := w.good.Describe(ctx, in)
	if err != nil {
		return nil, err
	}
	switch n := w.described.Add(1); w.clause {
	case "DESCRIPTION":
		d.Version = ""
	case "DESCRIPTION_STABLE":
		d.Version = fmt.Sprint(n)
	case "PARAMETERS_SCHEMA":
		d.ParametersSchema = `{"type": "object", "properties": 7}`
	}
	return d, nil
}

func (w *wrong) Configure(ctx context.Context, in *rulespb.ConfigureRequest) (*rulespb.ConfigureResponse, error) {
	switch w.clause {
	case "PARAMETERS_REFUSED":
		return &rulespb.ConfigureResponse{}, nil
	case "PARAMETERS_ACCEPTED":
		return nil, status.Error(codes.InvalidArgument, "no")
	}
	return w.good.Configure(ctx, in)
}

func (w *wrong) Health(context.Context, *rulespb.HealthRequest) (*rulespb.HealthResponse, error) {
	return &rulespb.HealthResponse{Serving: w.clause != "HEALTH", Message: "asleep"}, nil
}

func (w *wrong) Evaluate(ctx context.Context, in *rulespb.EvaluateRequest) (*rulespb.EvaluateResponse, error) {
	switch {
	case w.clause == "REVISION" && in.GetRevision() != "":
		return nil, status.Error(codes.Internal, "which revision?")
	case w.clause == "IN_TIME" && len(in.GetQuestions()) >= 500:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	now := time.Now().UnixNano()
	gap, n, inside := time.Duration(now-w.last.Swap(now)), w.calls.Add(1), w.inside.Add(1)
	defer w.inside.Add(-1)
	out, err := w.good.Evaluate(ctx, in)
	if err != nil {
		return nil, err
	}
	if w.clause == "SAME_AT_ONCE" {
		time.Sleep(100 * time.Millisecond) // it judges while others ask
		inside = max(inside, w.inside.Load())
	}
	for i, a := range out.GetAnswers() {
		w.spoil(in.GetQuestions()[i].GetFacts(), a, map[string]bool{
			"SAME_ANSWER": n%2 == 0, "SAME_IN_COMPANY": i%2 == 1, "SAME_AT_ONCE": inside > 1, "SAME_LATER": n > 1 && gap > laterGap})
	}
	if last := len(out.GetAnswers()) - 1; w.clause == "ORDER" && last > 0 {
		out.Answers[0], out.Answers[last] = out.Answers[last], out.Answers[0]
	}
	return out, nil
}

// laterGap is less than the suite waits until it asks for the last time, and more than it waits otherwise.
const laterGap = 8 * time.Second

// spoil changes an answer where the fault shows; other says which faults make it another than before.
func (w *wrong) spoil(f *rules.Facts, a *rules.Answer, other map[string]bool) {
	if len(a.Verdicts) == 0 { // of a stage or move that is not known
		if w.clause == "UNKNOWN_WORDS" {
			a.Verdicts = []*rules.Verdict{breakdown}
		}
		return
	}
	v := a.Verdicts[0]
	says := &rulespb.Text{En: "another answer", Id: "jawaban lain"}
	breaks := map[string]bool{"NO_FACTS": len(f.GetNeeds()) == 0, "FULL_FACTS": len(f.GetNeeds()) > 0}
	for _, n := range f.GetNeeds() {
		breaks["EXTREME_NUMBERS"] = breaks["EXTREME_NUMBERS"] || n.GetPeopleAffected() < 0
		if w.clause == "LONG_TEXTS" && len(f.GetNeeds()) == 1 {
			v.Message = &rulespb.Text{En: "about " + n.GetTitle(), Id: "tentang " + n.GetTitle()}
		}
	}
	absent := len(f.GetCommunities()) >= 2 && f.GetProgramme().DueOn == nil
	for _, c := range f.GetCommunities() {
		absent = absent && c.Latitude == nil && c.Longitude == nil
	}
	breaks["ABSENT_VALUES"] = absent
	switch {
	case breaks[w.clause]:
		a.Verdicts = []*rules.Verdict{breakdown}
	case other[w.clause], w.clause == "DECLARED_FACTS" && len(f.GetActivities()) > 0:
		v.Passed, v.Message = false, says
	case w.clause == "EVERY_RULE_SPEAKS" && v.GetPassed():
		a.Verdicts = nil
	case w.clause == "VERDICTS" && !v.GetPassed():
		v.Severity = "FATAL"
	case w.clause == "INDONESIAN" && !v.GetPassed():
		v.Message.Id = ""
	case w.clause == "MOVED_IN_TIME":
		v.Passed, v.Message = true, nil
		for _, c := range f.GetConsultations() {
			if c.GetHeldOn() > fmt.Sprint(time.Now().Year()+1) {
				v.Passed, v.Message = false, says
			}
		}
	}
}

var breakdown = &rules.Verdict{Rule: rules.RuleError, Severity: rules.Block, Message: &rulespb.Text{En: "index out of range", Id: "indeks di luar batas"}}

func (w *wrong) Plan(ctx context.Context, in *rulespb.PlanRequest) (*rulespb.PlanResponse, error) {
	out, err := w.good.Plan(ctx, in)
	for _, p := range out.GetPlans() {
		switch w.clause {
		case "PLANS":
			p.DueOn = "soon"
		case "PLANS_FOLLOW_TIME":
			p.DueOn = "2027-01-01"
		}
	}
	return out, err
}
