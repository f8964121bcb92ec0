package host

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	gorunner "github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// process is one run of a rule set's program, from its start to its end. A program that is started again is a new process.
type process struct {
	conn  grpc.ClientConnInterface
	rules rulespb.RulesClient

	client *plugin.Client
	runner *runner
	dir    string
	socket string      // where it listens, as it says
	spare  func() bool // keeps the end of the starting context from ending the process
	output *lines
	log    *slog.Logger
	frozen atomic.Bool // it was ended because it did not answer

	figures atomic.Pointer[[]*rules.RuleFigures] // what came of its rules, as it said last; nil before
}

// start starts a program for as long as it is wanted.
func (h *Host) start(ctx context.Context, as identity, what Command, log *slog.Logger, journal *journal) (*process, error) {
	p := &process{output: &lines{log: log, also: journal.add}, log: log}
	return p, p.launch(ctx, &h.options, h.place, as, what.Path, what.Args)
}

// launch starts the program and shakes hands with it; then it can be asked. Nothing is left of it when that fails, or when the
// context ends before it is done.
func (p *process) launch(ctx context.Context, o *Options, in *place, as identity, program string, args []string) (err error) {
	streamed := &pacedOutput{process: p} // both are written by one goroutine
	config := &plugin.ClientConfig{
		HandshakeConfig:  rules.Handshake,
		Plugins:          rules.Client(),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		SkipHostEnv:      true,
		StartTimeout:     o.StartTimeout,
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: in.dir},
		GRPCDialOptions: []grpc.DialOption{
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return p.dial(ctx, as) }),
			grpc.WithStreamInterceptor(unbrokered),
			grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(rules.MaxRequestBytes), grpc.MaxCallRecvMsgSize(rules.MaxAnswerBytes))},
		// go-plugin parses what a process logs, and a line such as {"@message": 1} makes it panic. At level Off it does not
		// look, and we read the lines ourselves.
		Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Off, Output: io.Discard}),
		Stderr: p.output, SyncStdout: streamed, SyncStderr: streamed,
		RunnerFunc: func(_ hclog.Logger, spec *exec.Cmd, dir string) (gorunner.Runner, error) {
			p.dir = dir
			if as.user != nil {
				if err := os.Chown(dir, int(as.user.Uid), int(as.user.Gid)); err != nil {
					return nil, err
				}
			}
			r := newRunner(program, args, spec.Env, dir, as, o.Memory)
			r.out, p.runner = p.output, r
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			p.spare = context.AfterFunc(ctx, r.kill)
			return r, nil
		},
	}
	p.client = plugin.NewClient(config)
	defer func() {
		if p.spare != nil {
			p.spare()
		}
		if err != nil {
			p.stop(o.StopTimeout)
			err = p.explain(err)
		}
	}()
	at, err := p.client.Start()
	if err != nil {
		return err
	}
	if p.socket, err = ownSocket(at, p.dir); err != nil {
		return err
	}
	// A program that answers the handshake without a certificate serves without TLS, as programs may that are not in Go: few
	// languages make a certificate by themselves. Its socket lies in a folder that only its own user can enter.
	if config.TLSConfig.RootCAs == nil {
		config.TLSConfig = nil
	}
	protocol, err := p.client.Client()
	if err != nil {
		return err
	}
	served, err := protocol.Dispense(rules.PluginName)
	if err != nil {
		return err
	}
	p.conn = served.(grpc.ClientConnInterface)
	p.rules = rulespb.NewRulesClient(p.conn)
	return nil
}

// unbrokered keeps go-plugin from listening to what a program has to say of further connections. There are none, and go-plugin
// remembers whatever it is told of them, without bound.
func unbrokered(ctx context.Context, d *grpc.StreamDesc, c *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
	if strings.HasPrefix(method, "/plugin.GRPCBroker/") {
		return nil, status.Error(codes.Unimplemented, "there are no further connections")
	}
	return open(ctx, d, c, method, options...)
}

// explain puts the failure of a call in words, with the process's last line where it has ended.
func (p *process) explain(err error) error {
	switch status.Code(err) {
	case codes.DeadlineExceeded:
		return errLate
	case codes.Canceled:
		return errors.New("the call was given up")
	}
	text := err.Error()
	if s, ok := status.FromError(err); ok {
		text = s.Message()
	}
	if last := p.output.lastLine(); p.ended() && last != "" {
		text += "; its last line was: " + last
	}
	return errors.New(clip(strings.Join(strings.Fields(text), " "), 500))
}

// errLate is a call that was not answered in time.
var errLate = errors.New("it did not answer in time")

func (p *process) ended() bool {
	if p.runner == nil {
		return true
	}
	select {
	case <-p.runner.exited:
		return true
	default:
		return false
	}
}

func (p *process) pid() int {
	p.runner.mu.Lock()
	defer p.runner.mu.Unlock()
	return p.runner.pid
}

// stop ends the process: politely for the time given, then with its whole group. go-plugin's own Kill has no deadline: it waits
// for ever on a process that is frozen.
func (p *process) stop(within time.Duration) {
	killed := make(chan struct{})
	go func() {
		p.client.Kill()
		close(killed)
	}()
	select {
	case <-killed:
	case <-time.After(within):
	}
	if p.runner != nil {
		p.runner.kill()
	}
	select {
	case <-killed:
	case <-time.After(within + tail):
		p.log.Error("the rule set's connection could not be closed", "pid", p.pid())
	}
	if p.dir != "" {
		_ = os.RemoveAll(p.dir) // go-plugin forgets it when the start failed early
	}
}

// finish stops a process, and ends what it left behind where that does not end with it and can be told by its user.
func (h *Host) finish(p *process, as identity) {
	p.stop(h.options.StopTimeout)
	if !as.apart && as.processes > 0 {
		sweep(nil, as)
	}
}

// clip gives what another program said so that it can be quoted: shortened, and with � in the place of control characters, since
// terminals obey some and PostgreSQL keeps no NUL.
func clip(s string, most int) string {
	if len(s) > most {
		if r := []rune(s); len(r) > most {
			s = string(r[:most]) + "…"
		}
	}
	if !strings.ContainsFunc(s, controls) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if controls(r) {
			return '�'
		}
		return r
	}, s)
}

func controls(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
