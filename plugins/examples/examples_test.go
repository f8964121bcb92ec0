// Package examples_test holds the examples to the contract, and the one in JavaScript to the one in Go.
package examples_test

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/berdaya/berdaya/plugins/conformance"
	"github.com/berdaya/berdaya/plugins/host"
	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

const javascript = "javascript-trainings"

// node gives the path of Node.js, where it and the modules of the example are there.
func node(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed; the example in JavaScript needs Node.js 20 or newer")
	}
	if _, err := os.Stat(filepath.Join(javascript, "node_modules", "@grpc")); err != nil {
		t.Skip("the modules of the example in JavaScript are not installed; run: npm ci --prefix plugins/examples/" + javascript)
	}
	if path, err = filepath.Abs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// goProgram builds the example in Go.
func goProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "go-trainings")
	if out, err := exec.Command("go", "build", "-o", program, "./go-trainings").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

func TestTheExamplesKeepTheContract(t *testing.T) {
	t.Parallel()
	for name, program := range map[string]func(t *testing.T) string{
		"go":         goProgram,
		"javascript": func(t *testing.T) string { node(t); return javascript },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, runtimes := program(t), map[string]string{}
			if name == "javascript" {
				runtimes["node"] = node(t)
			}
			h, err := host.New(host.Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = h.Close(context.WithoutCancel(t.Context())) }()
			checked, err := h.CheckProgram(t.Context(), path, runtimes, conformance.Options{Patience: 10 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range checked.Findings {
				t.Errorf("%s %s: %s", f.Severity, f.Clause, f.EN)
			}
		})
	}
}

// ask starts a program as the server does and gives somebody to ask.
func ask(t *testing.T, program string, args ...string) rulespb.RulesClient {
	t.Helper()
	dir, err := os.MkdirTemp("", "rules-") // short, for the socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	cmd := exec.Command(program, args...)
	cmd.Env = []string{rules.Handshake.MagicCookieKey + "=" + rules.Handshake.MagicCookieValue, "PLUGIN_PROTOCOL_VERSIONS=1",
		"PLUGIN_UNIX_SOCKET_DIR=" + dir, "TMPDIR=" + dir}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	parts := strings.Split(strings.TrimSpace(line), "|")
	if err != nil || len(parts) < 5 {
		t.Fatalf("%v: the handshake of %s is %q", err, program, line)
	}
	conn, err := grpc.NewClient("unix:"+parts[3], grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(rules.MaxRequestBytes)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return rulespb.NewRulesClient(conn)
}

// sharp gives questions on which these rules differ: those of the suite, with more direct aid, and trainings that were held.
func sharp() []*rules.Question {
	all := conformance.Questions()
	for i, q := range all {
		for n, a := range q.GetFacts().GetActivities() {
			if (i+n)%2 == 0 {
				a.Kind, a.BuildsCapacity = "DIRECT_AID", false
			}
		}
		for n, e := range q.GetFacts().GetTrainingEvents() {
			for _, s := range e.GetSessions() {
				s.Status = "HELD"
				s.EndsAt = timestamppb.New(q.GetAt().AsTime().AddDate(0, 0, -30*(i%12)-n))
			}
		}
	}
	return all
}

func TestTheSameRulesInGoAndInJavaScriptGiveTheSameAnswers(t *testing.T) {
	t.Parallel()
	two := map[string]rulespb.RulesClient{"go": ask(t, goProgram(t)), "javascript": ask(t, node(t), filepath.Join(javascript, "index.js"))}
	both := func(what string, call func(rulespb.RulesClient) (proto.Message, error)) proto.Message {
		t.Helper()
		var said []proto.Message
		for name, client := range two {
			m, err := call(client)
			if err != nil {
				t.Fatalf("%s, %s: %v", what, name, err)
			}
			said = append(said, m)
		}
		if !proto.Equal(said[0], said[1]) {
			t.Errorf("%s:\n%v\n%v", what, said[0], said[1])
		}
		return said[0]
	}
	var described [2]*rules.Description
	for i, name := range []string{"go", "javascript"} {
		d, err := two[name].Describe(t.Context(), &rulespb.DescribeRequest{})
		if err != nil {
			t.Fatal(err)
		}
		described[i] = d
	}
	schemas := [2]*structpb.Struct{{}, {}}
	for i, d := range described {
		if err := schemas[i].UnmarshalJSON([]byte(d.GetParametersSchema())); err != nil {
			t.Fatal(err)
		}
		d.ParametersSchema = ""
	}
	if !proto.Equal(described[0], described[1]) || !proto.Equal(schemas[0], schemas[1]) {
		t.Errorf("they describe themselves differently:\n%v\n%v\n%v\n%v", described[0], described[1], schemas[0], schemas[1])
	}
	verdicts := map[string]map[bool]int{}
	for _, parameters := range []map[string]any{nil, {"leastCapacityPercent": 55, "quorumPercent": 10, "leastGain": 3.5, "trainDays": 10, "followUpDays": 7}} {
		values, err := structpb.NewStruct(parameters)
		if err != nil {
			t.Fatal(err)
		}
		both("Configure", func(c rulespb.RulesClient) (proto.Message, error) {
			return c.Configure(t.Context(), &rulespb.ConfigureRequest{Region: "35", Parameters: values})
		})
		for _, q := range append(conformance.Questions(), sharp()...) {
			said := both("Evaluate", func(c rulespb.RulesClient) (proto.Message, error) {
				return c.Evaluate(t.Context(), &rulespb.EvaluateRequest{Questions: []*rules.Question{q}})
			})
			for _, v := range said.(*rulespb.EvaluateResponse).GetAnswers()[0].GetVerdicts() {
				if verdicts[v.GetRule()] == nil {
					verdicts[v.GetRule()] = map[bool]int{}
				}
				verdicts[v.GetRule()][v.GetPassed()]++
			}
			both("Plan", func(c rulespb.RulesClient) (proto.Message, error) {
				return c.Plan(t.Context(), &rulespb.PlanRequest{Questions: []*rules.Question{q}})
			})
		}
	}
	for rule, n := range verdicts {
		if n[true] == 0 || n[false] == 0 {
			t.Errorf("%s passed %d times and failed %d: the questions do not try it", rule, n[true], n[false])
		}
	}
}
