package host

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"google.golang.org/grpc"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/declarative/declarativepb"
	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/workflow"
)

// How many versions run at a time beside those at work; others wait. Whoever uploads a rule file waits for its check, so no trial,
// which may take hours, ever has the place of one.
const (
	mostTrials = 4
	mostChecks = 4 // as many as files that a server takes in at once
)

// Version is a version of a rule set that need not be at work.
type Version struct {
	Kind     domain.RuleSetKind
	RuleSet  string // the name that it must say; "" for any
	Version  string // that it must say; "" for any
	File     string // what problems call a rule file; "" for a name made of RuleSet
	SHA256   string // of the artefact
	Artefact Fetch
}

// FileVersion is the version in a file: an artefact of a program, or a rule file.
func FileVersion(kind domain.RuleSetKind, path string) (Version, error) {
	sum, err := sumOf(path)
	return Version{Kind: kind, SHA256: sum, Artefact: func(_ context.Context, to io.Writer) error {
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		defer in.Close()
		_, err = io.Copy(to, in)
		return err
	}}, err
}

// Candidate is a version that is tried: it answers, and judges no programme.
type Candidate struct {
	Description *rules.Description
	Client      rulespb.RulesClient // asks it; which revision is meant is seen to
	run         *run
}

// Judge gives what this version alone says to questions, wherever their programmes are.
func (c Candidate) Judge(ctx context.Context, questions []workflow.Question) []workflow.Judgement {
	d := &docket{by: map[hearingKey]*hearing{}}
	for i := range questions {
		d.evaluate(c.run, 0, i)
		d.plan(c.run, i)
	}
	return d.judge(ctx, questions)
}

// Try runs a version beside those at work, confined as they are, in a process of its own, for as long as do takes. It gets the
// parameters of a region; what is wrong with them, or with the version, is the error: domain.Problems where it is many things.
func (h *Host) Try(ctx context.Context, v Version, region string, parameters json.RawMessage, do func(context.Context, Candidate) error) error {
	return h.tryIn(ctx, h.trials, v, region, parameters, do)
}

func (h *Host) tryIn(ctx context.Context, room chan struct{}, v Version, region string, parameters json.RawMessage, do func(context.Context, Candidate) error) error {
	return h.try(ctx, room, v, func(ctx context.Context, t *trial) error {
		if err := t.introduce(ctx); err != nil {
			return err
		}
		if err := CheckParameters(t.description.GetParametersSchema(), parameters); err != nil {
			return err
		}
		c, err := t.candidate(ctx, region, parameters)
		if err != nil {
			return err
		}
		return do(ctx, c)
	})
}

// trial is a version in a process of its own.
type trial struct {
	version     Version
	host        *Host
	process     *process
	client      rulespb.RulesClient
	description *rules.Description // once it was introduced
}

// try runs a version in a process of its own when there is room for one.
func (h *Host) try(ctx context.Context, room chan struct{}, v Version, do func(context.Context, *trial) error) (err error) {
	select {
	case room <- struct{}{}:
		defer func() { <-room }()
	case <-ctx.Done():
		return ctx.Err()
	}
	h.mu.Lock()
	closed := h.ctx.Err() != nil
	if !closed {
		h.ends.Add(1)
		defer h.ends.Done()
	}
	h.mu.Unlock()
	if closed {
		return domain.Errorf(domain.CodeUnavailable, "the server is stopping").In("server sedang berhenti")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)()
	var what *program
	var file []byte
	if v.Kind == domain.RuleFile {
		if file, err = fetchFile(ctx, v.SHA256, v.Artefact); err == nil {
			what, err = h.stockProgram(ctx)
		}
	} else {
		var m *Manifest
		if what, m, err = h.program(ctx, v.SHA256, v.Artefact); err == nil {
			v.RuleSet, v.Version = orGiven(v.RuleSet, m.Name), orGiven(v.Version, m.Version)
		}
	}
	if err != nil {
		return err
	}
	defer what.release()
	as := h.identities.take()
	defer h.identities.giveBack(as)
	p, err := h.start(ctx, as, what.Command, h.options.Logger.With("trial", v.RuleSet), &journal{})
	if err != nil {
		return notRunning(err)
	}
	defer h.finish(p, as)
	defer context.AfterFunc(h.killed, p.runner.kill)()
	t := &trial{version: v, host: h, process: p, client: p.rules}
	if v.Kind == domain.RuleFile {
		if err := t.load(ctx, file); err != nil {
			return err
		}
	}
	return do(ctx, t)
}

func orGiven(given, said string) string {
	if given != "" {
		return given
	}
	return said
}

func notRunning(err error) error {
	return domain.Errorf(domain.CodeBadFile, "the program does not start as a rule set: %s", err).
		In("program tidak dapat dijalankan sebagai kumpulan aturan: " + err.Error())
}

// trialRevision is what a rule file is called in a process of its own.
const trialRevision = "trial"

func (t *trial) load(ctx context.Context, file []byte) error {
	ctx, cancel := context.WithTimeout(ctx, t.host.options.StartTimeout)
	defer cancel()
	name := orGiven(t.version.File, orGiven(t.version.RuleSet, "rules")+".yaml")
	out, err := declarativepb.NewRuleFilesClient(t.process.conn).Load(ctx, &declarativepb.LoadRequest{Revision: trialRevision, Name: name, File: file})
	if err != nil {
		return notRunning(t.process.explain(err))
	}
	if len(out.GetProblems()) > 0 {
		return problemsOfFile(name, out.GetProblems())
	}
	t.client = ofRevision{t.process.rules, trialRevision}
	return nil
}

// introduce asks who it is.
func (t *trial) introduce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, t.host.options.StartTimeout)
	defer cancel()
	d, err := describe(ctx, t.client, "")
	if err != nil {
		return notRunning(t.process.explain(err))
	}
	if t.version.RuleSet != "" && d.GetName() != t.version.RuleSet || t.version.Version != "" && d.GetVersion() != t.version.Version {
		return otherThan(d, t.version.RuleSet, t.version.Version)
	}
	if err := CheckSchema(d.GetParametersSchema()); err != nil {
		return err
	}
	t.description = d
	return nil
}

// otherThan is that a rule set is not the one that it is kept as.
func otherThan(d *rules.Description, name, version string) error {
	return domain.Errorf(domain.CodeBadFile, "it says that it is %s %s; it must be %s %s", d.GetName(), clip(d.GetVersion(), 64), name, version).
		In(fmt.Sprintf("program ini menyebut dirinya %s %s; seharusnya %s %s", d.GetName(), clip(d.GetVersion(), 64), name, version))
}

// candidate gives the version its parameters.
func (t *trial) candidate(ctx context.Context, region string, parameters json.RawMessage) (Candidate, error) {
	configuring, cancel := context.WithTimeout(ctx, t.host.options.StartTimeout)
	defer cancel()
	if err := configure(configuring, t.client, "", region, t.description, parameters); err != nil {
		err = t.process.explain(err)
		return Candidate{}, domain.Errorf(domain.CodeBadUserInput, "the rule set cannot be given these parameters: %s", err).
			In("kumpulan aturan tidak dapat menerima parameter ini: " + err.Error()).At("parameters")
	}
	r := newRun(&t.host.options, t.process.log)
	r.ruleSet, r.region, r.version = t.description.GetName(), region, t.description.GetVersion()
	r.options = t.host.unobserved()
	r.serving.Store(&served{process: t.process, rules: t.client, description: t.description})
	return Candidate{Description: t.description, Client: t.client, run: r}, nil
}

// unobserved gives the options for trials, whose calls are not counted as those of what is at work.
func (h *Host) unobserved() *Options {
	o := h.options
	o.Observer = nil
	return &o
}

// ofRevision asks for one revision of a process that serves many.
type ofRevision struct {
	rulespb.RulesClient
	revision string
}

func (c ofRevision) Describe(ctx context.Context, in *rulespb.DescribeRequest, o ...grpc.CallOption) (*rulespb.DescribeResponse, error) {
	return c.RulesClient.Describe(ctx, &rulespb.DescribeRequest{Revision: c.revision}, o...)
}

func (c ofRevision) Configure(ctx context.Context, in *rulespb.ConfigureRequest, o ...grpc.CallOption) (*rulespb.ConfigureResponse, error) {
	return c.RulesClient.Configure(ctx, &rulespb.ConfigureRequest{Region: in.GetRegion(), Parameters: in.GetParameters(), Revision: c.revision}, o...)
}

func (c ofRevision) Evaluate(ctx context.Context, in *rulespb.EvaluateRequest, o ...grpc.CallOption) (*rulespb.EvaluateResponse, error) {
	return c.RulesClient.Evaluate(ctx, &rulespb.EvaluateRequest{Questions: in.GetQuestions(), Revision: c.revision}, o...)
}

func (c ofRevision) Plan(ctx context.Context, in *rulespb.PlanRequest, o ...grpc.CallOption) (*rulespb.PlanResponse, error) {
	return c.RulesClient.Plan(ctx, &rulespb.PlanRequest{Questions: in.GetQuestions(), Revision: c.revision}, o...)
}
