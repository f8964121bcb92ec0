package host

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/conformance"
	"github.com/berdaya/berdaya/plugins/declarative/declarativepb"
	"github.com/berdaya/berdaya/plugins/rules"
)

// Checked is what came of trying a program.
type Checked struct {
	Description *rules.Description // nil where it never said who it is
	Findings    []conformance.Finding
}

// CheckProgram runs a program once, confined as a rule set at work is, tries whether it keeps the contract, asks it to end, and
// leaves nothing of it behind. It is an executable, a folder with a manifest, or the artefact of one; runtimes are those that a
// manifest may name, by their absolute paths. The error is about what could not be tried at all: what is wrong with the program
// is a finding.
func (h *Host) CheckProgram(ctx context.Context, program string, runtimes map[string]string, o conformance.Options) (*Checked, error) {
	packed, err := isPacked(program)
	if err != nil {
		return nil, err
	}
	if !packed {
		return h.CheckCommand(ctx, Command{Path: program}, o)
	}
	files, err := os.MkdirTemp(h.place.dir, "check-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(files)
	if err := os.Chmod(files, 0o755); err != nil {
		return nil, err
	}
	m, err := unpackProgram(program, files)
	if err != nil {
		return nil, err
	}
	command := Command{Path: filepath.Join(files, filepath.FromSlash(m.Command))}
	if err := m.Fits(); err != nil {
		return nil, err
	}
	if m.Runtime != "" {
		if runtimes[m.Runtime] == "" {
			return nil, domain.Errorf(domain.CodeUnavailable, "the program needs the runtime %s; say where it is with --runtime %s=PATH", m.Runtime, m.Runtime).
				In(fmt.Sprintf("program memerlukan runtime %s; sebutkan letaknya dengan --runtime %s=PATH", m.Runtime, m.Runtime))
		}
		command = Command{Path: runtimes[m.Runtime], Args: []string{command.Path}}
	}
	checked, err := h.check(ctx, command, o)
	if err != nil {
		return nil, err
	}
	return checked.as(m), nil
}

// Problems gives the clauses that are broken, each BAD_FILE with its clause; nil where the contract is kept. Warnings do not count.
func (c *Checked) Problems() (problems domain.Problems) {
	for _, f := range c.Findings {
		if f.Severity == conformance.Error {
			e := domain.Errorf(domain.CodeBadFile, "%s: %s", f.Clause, f.EN).In(f.Clause + ": " + f.ID)
			e.Params = map[string]any{"clause": f.Clause}
			problems = append(problems, e)
		}
	}
	return problems
}

// CheckVersion is CheckProgram for a program in the catalogue, with the runtimes that this server has.
func (h *Host) CheckVersion(ctx context.Context, v Version, o conformance.Options) (*Checked, error) {
	what, m, err := h.program(ctx, v.SHA256, v.Artefact)
	if err != nil {
		return nil, err
	}
	defer what.release()
	checked, err := h.check(ctx, what.Command, o)
	if err != nil {
		return nil, err
	}
	return checked.as(m), nil
}

// CheckCommand is [Host.CheckProgram] for an executable with arguments.
func (h *Host) CheckCommand(ctx context.Context, c Command, o conformance.Options) (*Checked, error) {
	k, err := keep(h.programs(), c.Path)
	if err != nil {
		return nil, err
	}
	defer k.release()
	return h.check(ctx, Command{Path: k.path, Args: c.Args}, o)
}

// isPacked tells whether a program has a manifest: it is a folder, or begins as a gzip file does.
func isPacked(program string) (bool, error) {
	notThere := func(err error) error {
		return domain.Errorf(domain.CodeBadUserInput, "there is no program at %s", program).In("tidak ada program di " + program).Because(err)
	}
	in, err := os.Open(program)
	if err != nil {
		return false, notThere(err)
	}
	defer in.Close()
	if info, err := in.Stat(); err != nil || info.IsDir() {
		return err == nil, err
	}
	var magic [2]byte
	_, err = io.ReadFull(in, magic[:])
	return err == nil && magic == [2]byte{0x1f, 0x8b}, nil
}

// unpackProgram makes of a folder what the server makes of it: what is not packed with it is not there.
func unpackProgram(program, files string) (*Manifest, error) {
	if info, err := os.Stat(program); err != nil || !info.IsDir() {
		in, err := os.Open(program)
		if err != nil {
			return nil, err
		}
		defer in.Close()
		return unpack(in, files)
	}
	packed, err := os.CreateTemp(filepath.Dir(files), "packed-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(packed.Name())
	defer packed.Close()
	if _, err := Pack(packed, program, nil); err != nil {
		return nil, err
	}
	if _, err := packed.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return unpack(packed, files)
}

// as adds what the manifest says otherwise than the program.
func (c *Checked) as(m *Manifest) *Checked {
	if d := c.Description; d != nil && (d.GetName() != m.Name || d.GetVersion() != m.Version) {
		f := conformance.Finding{Clause: "DESCRIPTION", Severity: conformance.Error,
			EN: fmt.Sprintf("%s says %s %s, the program says %s %s. Let both say the same.", ManifestName, m.Name, m.Version, d.GetName(), d.GetVersion()),
			ID: fmt.Sprintf("%s menyebut %s %s, program menyebut %s %s. Samakan keduanya.", ManifestName, m.Name, m.Version, d.GetName(), d.GetVersion())}
		c.Findings = append([]conformance.Finding{f}, c.Findings...)
	}
	return c
}

// CheckFile is [Host.CheckProgram] for the text of a rule file, run by the program in Options.RuleFiles. What is wrong with the file
// itself is the error, as domain.Problems.
func (h *Host) CheckFile(ctx context.Context, name string, text []byte, o conformance.Options) (*Checked, error) {
	what, err := h.stockProgram(ctx)
	if err != nil {
		return nil, err
	}
	defer what.release()
	o.Revision, o.Clockless = "check", true
	return h.checkLoaded(ctx, what.Command, o, func(p *process) error {
		ctx, cancel := context.WithTimeout(ctx, h.options.StartTimeout)
		defer cancel()
		out, err := declarativepb.NewRuleFilesClient(p.conn).Load(ctx, &declarativepb.LoadRequest{Revision: o.Revision, Name: name, File: text})
		if err == nil && len(out.GetProblems()) > 0 {
			err = problemsOfFile(name, out.GetProblems())
		}
		return err
	})
}

func (h *Host) check(ctx context.Context, c Command, o conformance.Options) (*Checked, error) {
	return h.checkLoaded(ctx, c, o, func(*process) error { return nil })
}

// checkLoaded runs a program and gives it what it needs before it is asked.
func (h *Host) checkLoaded(ctx context.Context, c Command, o conformance.Options, load func(*process) error) (*Checked, error) {
	as := h.identities.take()
	defer h.identities.giveBack(as)
	as.apart = false // in a namespace of its own all that it leaves behind would end with it, unseen
	swept := as
	if len(ofUser(as)) > 0 { // another host on this machine gave the same to a rule set of its own
		swept = identity{}
	}
	seen := &seen{}
	p := &process{log: h.options.Logger}
	p.output = &lines{log: h.options.Logger, also: seen.line}

	checked, run := &Checked{}, conformance.Run{}
	var left []relative
	if err := p.launch(ctx, &h.options, h.place, as, c.Path, c.Args); err != nil {
		run.Failure = err.Error()
	} else if err := load(p); err != nil {
		p.stop(h.options.StopTimeout)
		sweep(nil, swept)
		return nil, err
	} else {
		checked.Description, checked.Findings = conformance.Check(ctx, p.rules, o)
		family := familyOf(p.pid(), swept)
		run.Ended = p.asksToEnd(ctx, h.options.StopTimeout)
		left = stillThere(family)
		p.stop(h.options.StopTimeout)
	}
	if p.runner != nil {
		p.runner.mu.Lock()
		run.FirstLine = p.runner.first
		p.runner.mu.Unlock()
	}
	for _, one := range left {
		run.Left = append(run.Left, one.pid)
	}
	sweep(left, swept)
	run.Log = seen.all()
	checked.Findings = run.With(checked.Findings)
	return checked, ctx.Err()
}

// asksToEnd asks the process to end, as go-plugin does, and tells whether it did within the time.
func (p *process) asksToEnd(ctx context.Context, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	_ = p.conn.Invoke(ctx, "/plugin.GRPCController/Shutdown", &emptypb.Empty{}, &emptypb.Empty{}) // it may end before it answers
	select {
	case <-p.runner.exited:
		return true
	case <-ctx.Done():
		return false
	}
}

// seen keeps the first lines that a program logs.
type seen struct {
	mu    sync.Mutex
	lines []string
}

func (s *seen) line(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.lines) < mostLines && len(text) < longestLine-1 { // one that was cut is no JSON any more
		s.lines = append(s.lines, text)
	}
}

func (s *seen) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines
}
