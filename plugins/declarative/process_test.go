package declarative_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/berdaya/berdaya/plugins/declarative"
	"github.com/berdaya/berdaya/plugins/declarative/declarativepb"
	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/plugins/rules/rulestest"
)

// asProcess makes this test program the process for rule files.
const asProcess = "BERDAYA_TEST_RULE_FILES"

func TestMain(m *testing.M) {
	if os.Getenv(asProcess) != "" {
		declarative.Serve()
		return
	}
	os.Exit(m.Run())
}

// process is the stock process, as the server has it.
type process struct {
	declarativepb.RuleFilesClient
	rulespb.RulesClient
}

func start(t *testing.T) process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asProcess+"=1")
	client := plugin.NewClient(&plugin.ClientConfig{HandshakeConfig: rules.Handshake, Plugins: rules.Client(), Cmd: cmd,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, Logger: hclog.NewNullLogger()})
	t.Cleanup(client.Kill)
	wire, err := client.Client()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := wire.Dispense(rules.PluginName)
	if err != nil {
		t.Fatal(err)
	}
	c := conn.(grpc.ClientConnInterface)
	return process{declarativepb.NewRuleFilesClient(c), rulespb.NewRulesClient(c)}
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// saying gives a rule file whose one rule always fails with a message, and its parameter.
func saying(what string) []byte {
	return fmt.Appendf(nil, `
name: saying
version: 1.0.0
title: {en: Says, id: Berkata}
parameters:
  loud: {type: boolean, default: false}
rules:
  - code: SAYS
    title: {en: Says, id: Berkata}
    when: {stages: [IDENTIFY]}
    assert: "false"
    message: {en: "%[1]s {loud}", id: "%[1]s {loud}"}
    values: {loud: params.loud}
`, what)
}

func (p process) load(t *testing.T, revision string, file []byte) {
	t.Helper()
	out, err := p.Load(soon(t), &declarativepb.LoadRequest{Revision: revision, Name: "x.yaml", File: file})
	if err != nil || len(out.GetProblems()) > 0 {
		t.Fatalf("load %s: %v %v", revision, out.GetProblems(), err)
	}
}

// ask gives the one message of a revision.
func (p process) ask(ctx context.Context, revision string) (string, error) {
	out, err := p.Evaluate(ctx, &rulespb.EvaluateRequest{Revision: revision, Questions: []*rules.Question{rulestest.Ask(rules.Identify, "2026-03-02")}})
	if err != nil {
		return "", err
	}
	return out.GetAnswers()[0].GetVerdicts()[0].GetMessage().GetEn(), nil
}

func TestOneProcessServesManyRegionsEachWithItsOwnFileAndParameters(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.load(t, "a", saying("first"))
	p.load(t, "b", saying("second"))
	p.load(t, "c", saying("first")) // the same file, elsewhere
	loud, _ := structpb.NewStruct(map[string]any{"loud": true})
	if _, err := p.Configure(soon(t), &rulespb.ConfigureRequest{Revision: "c", Region: "32", Parameters: loud}); err != nil {
		t.Fatal(err)
	}
	for revision, want := range map[string]string{"a": "first false", "b": "second false", "c": "first true"} {
		if got, err := p.ask(soon(t), revision); got != want || err != nil {
			t.Errorf("%s says %q, %v; want %q", revision, got, err, want)
		}
		if d, err := p.Describe(soon(t), &rulespb.DescribeRequest{Revision: revision}); err != nil || rules.CheckDescription(d) != nil {
			t.Errorf("%s: %v %v", revision, err, rules.CheckDescription(d))
		}
	}
	wrong, _ := structpb.NewStruct(map[string]any{"loud": "yes", "soft": 1})
	_, err := p.Configure(soon(t), &rulespb.ConfigureRequest{Revision: "a", Parameters: wrong})
	if s := status.Convert(err); s.Code() != codes.InvalidArgument || !strings.Contains(s.Message(), "loud: got string, want boolean") || !strings.Contains(s.Message(), "soft") {
		t.Errorf("wrong parameters: %v", err)
	}
}

func TestARevisionIsNeverSilentlyAnotherFile(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.load(t, "a", saying("first"))
	p.load(t, "a", saying("first"))
	if _, err := p.Load(soon(t), &declarativepb.LoadRequest{Revision: "a", File: saying("second")}); status.Code(err) != codes.AlreadyExists {
		t.Errorf("another file: %v", err)
	}
	out, err := p.Load(soon(t), &declarativepb.LoadRequest{Revision: "b", File: []byte("name: X\n")})
	if err != nil || len(out.GetProblems()) == 0 {
		t.Errorf("a file with problems: %v, %v", out, err)
	}
	if _, err := p.ask(soon(t), "b"); status.Code(err) != codes.NotFound {
		t.Errorf("a file with problems is held: %v", err)
	}
	for range 2 {
		if _, err := p.Unload(soon(t), &declarativepb.UnloadRequest{Revision: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.ask(soon(t), "a"); status.Code(err) != codes.NotFound {
		t.Errorf("unloaded: %v", err)
	}
	if out, err := p.Check(soon(t), &declarativepb.CheckRequest{File: saying("x")}); err != nil || len(out.GetProblems()) > 0 {
		t.Errorf("check: %v, %v", out, err)
	}
	for _, revision := range []string{"", strings.Repeat("r", 101)} {
		if _, err := p.Load(soon(t), &declarativepb.LoadRequest{Revision: revision, File: saying("x")}); status.Code(err) != codes.InvalidArgument {
			t.Errorf("revision of %d characters: %v", len(revision), err)
		}
	}
}

// TestFilesComeAndGoWhileOthersAreAsked loads, asks and unloads many revisions at once. Each answer is that of its own file, or says
// that the revision is not held; what stays loaded answers throughout.
func TestFilesComeAndGoWhileOthersAreAsked(t *testing.T) {
	t.Parallel()
	p := start(t)
	const steady, files, workers, rounds = "steady", 5, 8, 40
	p.load(t, steady, saying(steady))
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for round := range rounds {
				revision, says := fmt.Sprintf("%d-%d", w, round%3), fmt.Sprintf("file %d", (w+round)%files)
				out, err := p.Load(soon(t), &declarativepb.LoadRequest{Revision: revision, File: saying(says)})
				if err != nil || len(out.GetProblems()) > 0 {
					t.Errorf("load: %v %v", out.GetProblems(), err)
					return
				}
				if got, err := p.ask(soon(t), revision); got != says+" false" || err != nil {
					t.Errorf("%s says %q, %v; want %q", revision, got, err, says)
				}
				if got, err := p.ask(soon(t), fmt.Sprintf("%d-%d", (w+1)%workers, round%3)); err != nil && status.Code(err) != codes.NotFound || err == nil && !strings.HasPrefix(got, "file ") {
					t.Errorf("another's revision says %q, %v", got, err)
				}
				if got, err := p.ask(soon(t), steady); got != steady+" false" || err != nil {
					t.Errorf("%s says %q, %v", steady, got, err)
				}
				if _, err := p.Unload(soon(t), &declarativepb.UnloadRequest{Revision: revision}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
