package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// run is a rule set at work for a region: one version of it with one set of parameters. Whoever asks it counts itself in first, so
// that it does not end under them.
type run struct {
	ruleSet    string
	region     string // a code; domain.NationCode binds every programme
	version    string // that it must say; "" for any
	key        string // of the revision; "" for what is bound by the operator
	parameters json.RawMessage
	wire       string // what requests call it; "" for a program of its own

	options *Options
	log     *slog.Logger
	of      atomic.Pointer[supervised] // whose process answers; nil for a trial
	blame   *blame                     // of a rule file; nil otherwise
	file    *standing                  // how a rule file fares in the process that all of them share; nil for a program of its own
	room    chan struct{}              // one entry for each call in flight
	waiting atomic.Int64               // bytes of the calls that wait for room
	stop    context.CancelFunc
	stopped chan struct{} // closed when nothing is left of it

	serving atomic.Pointer[served] // while it answers
	known   atomic.Pointer[rules.Description]
	record  record
	number  atomic.Int64 // the newest activation's revision
	adopted bool         // it has judged, or is to judge from the next table on; the follower's alone

	mu      sync.Mutex
	asking  int
	retired bool
	idle    chan struct{} // closed when it is retired and nobody is asking any more
}

// served is a process that answers for a run, and what the run said of itself there.
type served struct {
	process     *process
	rules       rulespb.RulesClient
	description *rules.Description
}

func newRun(o *Options, log *slog.Logger) *run {
	return &run{options: o, log: log, room: make(chan struct{}, o.CallsInFlight), idle: make(chan struct{}), stopped: make(chan struct{})}
}

// enter counts somebody in who is about to ask; false when the run is retired, and another is in its place by now.
func (r *run) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.retired {
		return false
	}
	r.asking++
	return true
}

func (r *run) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asking--; r.retired && r.asking == 0 {
		close(r.idle)
	}
}

// retire lets nobody in any more. The channel is closed when everybody has left.
func (r *run) retire() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.retired {
		if r.retired = true; r.asking == 0 {
			close(r.idle)
		}
	}
	return r.idle
}

func (r *run) isRetired() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.retired
}

// introduce asks the run in a process who it is, gives it its parameters, and lets it answer from then on.
func (r *run) introduce(ctx context.Context, p *process, client rulespb.RulesClient) error {
	d, err := describe(ctx, client, r.wire)
	if err != nil {
		return err
	}
	if d.GetName() != r.ruleSet {
		return fmt.Errorf("it says that its name is %s", d.GetName())
	}
	if r.version != "" && d.GetVersion() != r.version {
		return fmt.Errorf("it says that its version is %s, not %s", clip(d.GetVersion(), 64), r.version)
	}
	if err := configure(ctx, client, r.wire, r.region, d, r.parameters); err != nil {
		return err
	}
	r.known.Store(d)
	r.serving.Store(&served{process: p, rules: client, description: d})
	return nil
}

func describe(ctx context.Context, client rulespb.RulesClient, wire string) (*rules.Description, error) {
	d, err := client.Describe(ctx, &rulespb.DescribeRequest{Revision: wire})
	if err != nil {
		return nil, err
	}
	if err := rules.CheckDescription(d); err != nil {
		return nil, fmt.Errorf("it does not keep the contract: %w", err)
	}
	return d, nil
}

func configure(ctx context.Context, client rulespb.RulesClient, wire, region string, d *rules.Description, parameters json.RawMessage) error {
	values, err := parametersOf(parameters)
	if err != nil {
		return fmt.Errorf("its parameters cannot be sent: %w", err)
	}
	if err := CheckParameters(d.GetParametersSchema(), parameters); err != nil {
		return fmt.Errorf("its parameters do not fit: %w", err)
	}
	sent, err := structpb.NewStruct(values)
	if err != nil {
		return fmt.Errorf("its parameters cannot be sent: %w", err)
	}
	if _, err := client.Configure(ctx, &rulespb.ConfigureRequest{Region: region, Parameters: sent, Revision: wire}); err != nil {
		return fmt.Errorf("it does not take its parameters: %s", status.Convert(err).Message())
	}
	return nil
}

// running gives what answers, or says in words for people why nothing does.
func (r *run) running() (*served, error) {
	if s := r.serving.Load(); s != nil {
		return s, nil
	}
	of := r.of.Load()
	if of == nil {
		return nil, errors.New("its trial is over")
	}
	state, _, _ := of.look()
	if r.file != nil && state == Ready {
		state, _, _ = r.file.look()
	}
	switch state {
	case Starting, HalfOpen, Ready:
		return nil, errors.New("it is starting; try again in a moment")
	case Backoff:
		return nil, errors.New("it stopped and is being started again; try again in a moment")
	case Open:
		return nil, errors.New("it stopped several times and is left alone for up to two minutes; its operator finds the cause in the log")
	}
	return nil, errors.New("the server is stopping")
}

// The kinds of failures of a call, as an [Observer] is told of them.
const (
	failedLate     = "late"     // no answer in time
	failedBusy     = "busy"     // no room for the call
	failedStopped  = "stopped"  // the process ended
	failedError    = "error"    // it answered with an error
	failedContract = "contract" // its answer does not keep the contract
	failedGivenUp  = "given_up" // whoever asked did not wait
)

// failedCall is why a call came to nothing, in words for people.
type failedCall struct{ kind, text string }

func (f *failedCall) Error() string { return f.text }

var errGivenUp = &failedCall{failedGivenUp, "the call was given up"}

// The bounds on what waits for room at one rule set: however many ask one that is slow, the server's memory stays flat. What is
// more is told at once that the rule set is busy.
const (
	mostWaiting = 32 << 20 // bytes of questions
	perWaiting  = 8 << 10  // bytes that a call takes beside its questions
)

// admit waits until there is room for a call, for a time.
func (r *run) admit(ctx context.Context, p *process, b batch, within time.Duration) error {
	select {
	case r.room <- struct{}{}:
		return nil
	default:
	}
	size := int64(b.bytes + perWaiting)
	defer r.waiting.Add(-size)
	if r.waiting.Add(size) > mostWaiting {
		return &failedCall{failedBusy, "more calls to it wait than may; try again in a moment"}
	}
	waiting, admitted := context.WithTimeout(ctx, within)
	defer admitted()
	select {
	case r.room <- struct{}{}:
		return nil
	case <-p.runner.exited:
		return &failedCall{failedStopped, "it stopped; try again in a moment"}
	case <-waiting.Done():
		return &failedCall{failedBusy, fmt.Sprintf("%d calls to it are in flight; try again in a moment", cap(r.room))}
	}
}

// call makes one call with its deadline, when there is room for it. It waits for room for half that time at most, so that a rule
// set that is only busy is not taken for late. A call that is late makes the process prove that it is alive.
func (r *run) call(ctx context.Context, p *process, b batch, make func(context.Context) error) error {
	within := r.options.CallTimeout + time.Duration(len(b.questions))*perQuestion
	given := ctx
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := r.admit(ctx, p, b, within/2); err != nil {
		if given.Err() != nil {
			return errGivenUp
		}
		return err
	}
	defer func() { <-r.room }()
	err := make(ctx)
	switch {
	case err == nil:
		return nil
	case p.ended() || status.Code(err) == codes.Unavailable: // the connection breaks a moment before the end is known
		r.blame.felled(p)
		return &failedCall{failedStopped, "it stopped while it judged; try again in a moment"}
	case given.Err() != nil:
		return errGivenUp
	}
	if err = p.explain(err); err == errLate {
		r.blame.keptWaiting(p)
		if of := r.of.Load(); of != nil {
			select {
			case of.nudge <- struct{}{}:
			default:
			}
		}
		return &failedCall{failedLate, fmt.Sprintf("it did not answer within %s; try again in a moment", within)}
	}
	return &failedCall{failedError, err.Error()}
}

// called notes how a call went.
func (r *run) called(method, version string, began time.Time, err error) {
	kind := ""
	if err != nil {
		kind = failedContract
		if f, ok := errors.AsType[*failedCall](err); ok {
			kind = f.kind
		}
		if kind != failedGivenUp {
			r.record.failed(time.Now(), err)
		}
	}
	r.record.calls.Add(1)
	if o := r.options.Observer; o != nil {
		o.Called(r.ruleSet, version, r.region, method, time.Since(began), kind)
	}
}
