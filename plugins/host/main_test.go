package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/declarative"
	"github.com/berdaya/berdaya/plugins/national"
	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/workflow"
)

// The test binary plays every rule set, and the server that is killed: the first argument says so.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "play" {
		play(os.Args[2])
		return
	}
	code := m.Run()
	if binary, err := playable(); err == nil {
		_ = os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

func play(part string) {
	switch part {
	case "national":
		national.Serve()
	case "server": // binds a rule set, says where its process is and waits to be killed
		serveUntilKilled(os.Args[3])
	case "office": // a program of an office: its name, version and fault
		rules.Serve(newOfficeSet(os.Args[3], os.Args[4], os.Args[5]))
	case "files":
		serveFiles()
	case "rule files": // the stock program itself
		declarative.Serve()
	case "endless":
		serveEndless()
	case "mute":
		select {}
	case "poses": // as another program, by naming its socket or by a link to it
		socket := os.Args[4]
		if os.Args[3] == "links" {
			socket = filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "link")
			if err := os.Symlink(os.Args[4], socket); err != nil {
				panic(err)
			}
		}
		fmt.Printf("1|1|unix|%s|grpc\n", socket)
		select {}
	case "beeps": // logs what terminals obey and databases refuse
		fmt.Fprintln(os.Stderr, "no \x00 configuration \x1b[2J here")
		os.Exit(3)
	case "exits":
		fmt.Fprintln(os.Stderr, "no configuration here")
		os.Exit(3)
	case "talker": // writes a long first line, and more than a pipe holds
		fmt.Println(strings.Repeat("x", 300<<10))
		select {}
	case "plain": // answers without a certificate, as programs in other languages do
		_ = os.Unsetenv("PLUGIN_CLIENT_CERT")
		serveRaw(part)
	default:
		serveRaw(part)
	}
}

// serveRaw serves the contract without the kit, so that it can be broken.
func serveRaw(part string) {
	r := &raw{part: part, stdout: os.Stdout, stderr: os.Stderr} // Serve puts pipes in their place
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: rules.Handshake, Plugins: plugin.PluginSet{rules.PluginName: r}, GRPCServer: plugin.DefaultGRPCServer,
		Logger: hclog.NewNullLogger(),
	})
}

// raw is a rule set with one rule, GOOD, that passes, and one fault.
type raw struct {
	broker *plugin.GRPCBroker
	plugin.NetRPCUnsupportedPlugin
	rulespb.UnimplementedRulesServer
	part           string
	stdout, stderr *os.File
	calls          atomic.Int32 // that are being judged
}

func (r *raw) GRPCServer(broker *plugin.GRPCBroker, s *grpc.Server) error {
	r.broker = broker
	rulespb.RegisterRulesServer(s, r)
	return nil
}

func (r *raw) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

func (r *raw) Describe(context.Context, *rulespb.DescribeRequest) (*rulespb.DescribeResponse, error) {
	d := &rulespb.DescribeResponse{Name: "raw", Version: "1", Contract: 1, Title: &rulespb.Text{En: "Raw"}, Facts: []string{rules.Needs},
		Rules: []*rulespb.Rule{{Code: "GOOD", Title: &rulespb.Text{En: "Good"}, Stages: rules.Stages, Moves: rules.Moves,
			Severity: rules.Block, Waivable: rules.ByNobody}}}
	switch r.part {
	case "other name", "later":
		d.Name = "other"
	case "dies describing":
		os.Exit(4)
	}
	return d, nil
}

func (r *raw) Configure(context.Context, *rulespb.ConfigureRequest) (*rulespb.ConfigureResponse, error) {
	switch r.part {
	case "noisy":
		fmt.Fprintln(r.stderr, `{"@message": 1}`)
		fmt.Fprintln(r.stderr, strings.Repeat("e", 300<<10))
		fmt.Fprintln(r.stdout, strings.Repeat("o", 300<<10)) // more than a pipe holds
		for range 1000 {
			fmt.Println("through go-plugin's own stream", strings.Repeat("s", 200))
		}
	case "floods":
		go func() {
			for line := []byte(strings.Repeat("f", 1000) + "\n"); ; {
				_, _ = r.stderr.Write(line)
			}
		}()
	case "offers": // further connections, without end
		go func() {
			for id := r.broker.NextId(); ; id = r.broker.NextId() {
				l, err := r.broker.Accept(id)
				if err != nil {
					return
				}
				l.Close()
			}
		}()
	case "crash loop":
		go func() {
			time.Sleep(100 * time.Millisecond) // it has been READY
			os.Exit(7)
		}()
	case "parent":
		child := exec.Command("/bin/sleep", "300")
		child.Stdout, child.Stderr = r.stdout, r.stderr
		if err := child.Start(); err != nil {
			return nil, err
		}
		outcast := exec.Command("/bin/sleep", "60") // leaves the group and keeps the pipes
		outcast.Stdout, outcast.Stderr = r.stdout, r.stderr
		outcast.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := outcast.Start(); err != nil {
			return nil, err
		}
		return &rulespb.ConfigureResponse{}, os.WriteFile("children", fmt.Appendf(nil, "%d %d", child.Process.Pid, outcast.Process.Pid), 0o644)
	}
	return &rulespb.ConfigureResponse{}, nil
}

func (r *raw) Evaluate(ctx context.Context, in *rulespb.EvaluateRequest) (*rulespb.EvaluateResponse, error) {
	out := &rulespb.EvaluateResponse{}
	for _, q := range in.GetQuestions() {
		out.Answers = append(out.Answers, &rulespb.Answer{ProgrammeId: q.GetProgrammeId(), Verdicts: []*rulespb.Verdict{{Rule: "GOOD", Passed: true}}})
	}
	switch verdict := out.Answers[0].Verdicts[0]; r.part {
	case "wrong id":
		out.Answers[0].ProgrammeId = uuid.Nil.String()
	case "too few":
		out.Answers = out.Answers[1:]
	case "silent":
		out.Answers[0].Verdicts = nil
	case "severity":
		verdict.Severity = "FATAL"
	case "waiver":
		verdict.Waivable = rules.ByRegion
	case "no message":
		verdict.Passed = false
	case "too large":
		verdict.Message = &rulespb.Text{En: strings.Repeat("x", rules.MaxAnswerBytes)}
	case "late":
		<-ctx.Done()
		time.Sleep(time.Second) // both clocks end the call at the same time: an answer at once could still be in time
	case "dies":
		go func() { panic("in a goroutine of its own") }()
		<-ctx.Done()
	case "slow":
		defer r.calls.Add(-1)
		if n := r.calls.Add(1); n > 2 {
			return nil, fmt.Errorf("%d calls at a time", n)
		}
		time.Sleep(400 * time.Millisecond) // it judges
	case "eats":
		eat()
	case "forks":
		if err := forkAll(); err != nil {
			return nil, err
		}
	case "batches":
		if len(in.GetQuestions()) > 10 {
			return nil, fmt.Errorf("%d questions", len(in.GetQuestions()))
		}
	}
	return out, nil
}

func (r *raw) Plan(_ context.Context, in *rulespb.PlanRequest) (*rulespb.PlanResponse, error) {
	out := &rulespb.PlanResponse{}
	for _, q := range in.GetQuestions() {
		out.Plans = append(out.Plans, &rulespb.StagePlan{ProgrammeId: q.GetProgrammeId(), DueOn: "2026-03-05"})
	}
	switch r.part {
	case "bad plan":
		out.Plans[0].DueOn = "soon"
	case "later":
		out.Plans[0].DueOn = "2026-03-20"
	}
	return out, nil
}

func (r *raw) Health(context.Context, *rulespb.HealthRequest) (*rulespb.HealthResponse, error) {
	return &rulespb.HealthResponse{Serving: true}, nil
}

// serveUntilKilled is a server with the nation's rules, a program and a rule file of offices; it writes the pids of their processes
// and its folder on standard output.
func serveUntilKilled(dir string) {
	c := newCatalogue(aside{})
	c.activate("32", "barat", c.upload(domain.RuleProgram, "barat", "1", ""), domain.Everyone, "")
	c.activate("33", "tengah", c.upload(domain.RuleFile, "tengah", "1", ""), domain.Everyone, "")
	h, err := New(Options{Dir: dir, Logger: slog.New(slog.DiscardHandler), RuleFiles: as("files")})
	if err == nil {
		err = errors.Join(h.Bind(nation), h.Follow(context.Background(), c), h.Ready(context.Background()))
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	var pids []int
	for len(pids) < 3 {
		time.Sleep(5 * time.Millisecond)
		pids = nil
		for _, s := range h.Status() {
			if s.State == Ready && s.PID != 0 {
				pids = append(pids, s.PID)
			}
		}
	}
	fmt.Println(pids[0], pids[1], pids[2], h.place.dir)
	select {}
}

// aside stands for a test in a process that is none.
type aside struct{ testing.TB }

func (aside) Helper() {}

func (aside) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

func (aside) TempDir() string {
	dir, err := os.MkdirTemp(os.Args[3], "aside-")
	if err != nil {
		panic(err)
	}
	return dir
}

// as gives the command that plays a part.
func as(part ...string) Command {
	c, err := Own(append([]string{"play"}, part...)...)
	if err != nil {
		panic(err)
	}
	return c
}

// newHost gives a host that is closed, and checked to leave nothing behind, when the test ends. It takes nobody for late because
// the machine has much else to do: a test that is about those who are sets a bound of its own.
func newHost(t testing.TB, change func(*Options), bindings ...Binding) *Host {
	t.Helper()
	o := Options{Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), StartTimeout: time.Minute, CallTimeout: 20 * time.Second, HealthTimeout: 20 * time.Second}
	if change != nil {
		change(&o)
	}
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, h) })
	for _, b := range bindings {
		if err := h.Bind(b); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// closed closes a host within its bound and sees that neither process nor folder is left.
func closed(t testing.TB, h *Host) {
	t.Helper()
	var pids []int
	for _, s := range h.Status() {
		pids = append(pids, s.PID)
	}
	began := time.Now()
	if err := h.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 3*h.options.StopTimeout+10*time.Second {
		t.Errorf("closing took %s", took)
	}
	for _, pid := range pids {
		if runs(pid) {
			t.Errorf("process %d is left", pid)
		}
	}
	if _, err := os.Stat(h.place.dir); err == nil {
		t.Errorf("%s is left", h.place.dir)
	}
}

// runs tells whether a process runs; a zombie does not.
func runs(pid int) bool {
	if pid == 0 {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z")
}

func ready(t testing.TB, h *Host) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := h.Ready(ctx); err != nil {
		t.Fatal(err)
	}
}

// patience is how long a test waits for what must come, on a machine that has much else to do.
const patience = 2 * time.Minute

func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("within %s it did not happen that %s", patience, what)
		}
	}
}

var nation = Binding{RuleSet: national.Name, Region: domain.NationCode, Command: as("national")}

func rawIn(region, part string) Binding {
	return Binding{RuleSet: "raw", Region: region, Command: as(part)}
}

// question asks to advance a programme without content out of IDENTIFY.
func question(region string) workflow.Question {
	return workflow.Question{Move: domain.Advance, Target: domain.Plan, At: time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC),
		Facts: &workflow.Facts{Region: domain.Region{Code: region}, Programme: domain.Programme{
			Record: domain.Record{ID: uuid.New()}, RegionCode: region, Stage: domain.Identify, Status: domain.Active}}}
}

func judge(t testing.TB, h *Host, region string) workflow.Judgement {
	t.Helper()
	return h.Judge(t.Context(), []workflow.Question{question(region)})[0]
}

// freeze stops a process until it is killed, and waits until all of it has stopped.
func freeze(t testing.TB, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	until(t, "it froze", func() bool {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		for _, task := range tasks {
			stat, _ := os.ReadFile(task)
			if _, after, _ := strings.Cut(string(stat), ") "); !strings.HasPrefix(after, "T") {
				return false
			}
		}
		return err == nil && len(tasks) > 0
	})
}
