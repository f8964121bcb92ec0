package host

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/declarative/declarativepb"
)

// fetchFile reads a rule file and checks its sum.
func fetchFile(ctx context.Context, sum string, fetch Fetch) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	var text bytes.Buffer
	err := fetched(ctx, sum, fetch, &text, domain.MaxRuleFile)
	return text.Bytes(), err
}

// stockProgram keeps the program that runs rule files, to be run.
func (h *Host) stockProgram(context.Context) (*program, error) {
	if h.options.RuleFiles.Path == "" {
		return nil, errors.New("this server runs no rule files")
	}
	h.stockKept.Lock()
	defer h.stockKept.Unlock()
	if h.stockKept.kept == nil {
		kept, err := keep(h.programs(), h.options.RuleFiles.Path)
		if err != nil {
			return nil, err
		}
		h.stockKept.kept = kept
	}
	return &program{Command: Command{Path: h.stockKept.path, Args: h.options.RuleFiles.Args}}, nil
}

// runFile runs a rule file in the process that all of them share, which is started with the first.
func (h *Host) runFile(ctx context.Context, r *run, read func(context.Context) ([]byte, error)) {
	h.mu.Lock()
	if h.stock == nil {
		h.stock = h.newSupervised("rule-files", h.options.Logger.With("rule_set", "rule-files"), h.stockProgram)
		go h.stock.supervise(h.ctx)
	}
	s := h.stock
	h.mu.Unlock()
	r.file = newStanding()
	r.of.Store(s)
	s.files.Lock()
	s.files.all = append(s.files.all, r)
	s.files.Unlock()
	go r.tend(ctx, read)
}

// tend keeps a rule file loaded in whatever process there is, until the context ends. A file that cannot be loaded is tried again
// at the pace of a program that crashes, and costs no other file anything.
func (r *run) tend(ctx context.Context, read func(context.Context) ([]byte, error)) {
	defer close(r.stopped)
	defer r.endAlone()
	var text []byte
	var failed failures
	for away, crashes := 0, 0; ctx.Err() == nil; {
		var p *process
		var err error
		if text == nil {
			text, err = read(ctx)
		}
		if err == nil {
			r.setApart(ctx)
			if p = r.of.Load().up(ctx); p == nil {
				break
			}
			away = 0
			if state, _, _ := r.file.look(); state == Open {
				r.file.enter(HalfOpen, nil)
			}
			err = r.load(ctx, p, text)
		}
		if err == nil {
			crashes = 0
			r.file.enter(Ready, nil)
			r.of.Load().host.wakeFollower()
			select {
			case <-p.runner.exited:
				r.serving.Store(nil)
				r.file.enter(Starting, nil)
				r.quiet(ctx)
				r.blame.ended(p)
				continue
			case <-ctx.Done():
			}
			break
		}
		if ctx.Err() != nil {
			break
		}
		state, wait := Backoff, min(doubled(firstBackoff, away), longestFetch)
		if p != nil || !errors.Is(err, errAway) {
			state, wait = failed.next(time.Now())
		}
		if away++; p != nil && p.ended() {
			if crashes++; crashes > 1 { // it brings the process of all down whenever it is loaded
				state, wait, crashes = Open, crashWindow, 0
			}
		}
		r.record.failed(time.Now(), err)
		r.file.enter(state, err)
		r.log.Error("the rule file cannot be loaded", "error", err, "state", state, "again_in", wait)
		select {
		case <-time.After(jitter(wait)):
		case <-ctx.Done():
		}
	}
	if s := r.of.Load(); s.host.ctx.Err() == nil && !s.alone { // otherwise the process ends as a whole, when calls in flight have
		r.unload(s)
	}
}

// up waits for the process of a program; nil when the context ends.
func (s *supervised) up(ctx context.Context) *process {
	for {
		_, _, changed := s.look()
		if p := s.process.Load(); p != nil && !p.ended() {
			return p
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// load hands the file to a process and lets it answer there.
func (r *run) load(ctx context.Context, p *process, text []byte) error {
	s := r.of.Load()
	s.files.loading.Lock()
	defer s.files.loading.Unlock()
	ctx, cancel := context.WithTimeout(ctx, r.options.StartTimeout)
	defer cancel()
	out, err := declarativepb.NewRuleFilesClient(p.conn).Load(ctx, &declarativepb.LoadRequest{Revision: r.wire, Name: r.ruleSet + ".yaml", File: text})
	if err == nil && len(out.GetProblems()) > 0 {
		return problemsOfFile(r.ruleSet+".yaml", out.GetProblems())
	}
	if err == nil {
		err = r.introduce(ctx, p, p.rules)
	}
	if err != nil {
		r.serving.Store(nil)
		if status.Code(err) == codes.Unavailable { // the connection breaks a moment before the end is known
			select {
			case <-p.runner.exited:
			case <-time.After(tail):
			}
		}
		return p.explain(err)
	}
	if p.ended() { // its end may have come before it was said to serve
		r.serving.Store(nil)
	}
	return nil
}

// unload takes the file out of the process, if that is still there.
func (r *run) unload(s *supervised) {
	r.serving.Store(nil)
	r.file.enter(Stopped, nil)
	s.forget(r)
	if p := s.process.Load(); p != nil {
		ctx, cancel := context.WithTimeout(s.host.killed, r.options.StopTimeout)
		defer cancel()
		if _, err := declarativepb.NewRuleFilesClient(p.conn).Unload(ctx, &declarativepb.UnloadRequest{Revision: r.wire}); err != nil && !p.ended() {
			r.log.Warn("the rule file is still in its process", "error", p.explain(err))
		}
	}
}

// forget serves a rule file no longer.
func (s *supervised) forget(r *run) {
	s.files.Lock()
	defer s.files.Unlock()
	s.files.all = slices.DeleteFunc(s.files.all, func(other *run) bool { return other == r })
}

// mostFileProblems bounds how many problems of a file are told.
const mostFileProblems = 100

// problemsOfFile gives what the stock program says is wrong with a file, each BAD_FILE with file, line and column.
func problemsOfFile(name string, said []*declarativepb.Problem) domain.Problems {
	var problems domain.Problems
	for _, p := range said[:min(len(said), mostFileProblems)] {
		en, id := clip(strings.TrimSpace(p.GetEn()), 1000), clip(strings.TrimSpace(p.GetId()), 1000)
		line, column := max(1, int(p.GetLine())), max(1, int(p.GetColumn()))
		problems = append(problems, domain.InFile(name, line, column, en, id))
	}
	return problems
}
