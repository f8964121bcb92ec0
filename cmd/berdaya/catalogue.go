package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/jobs"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/rulesets"
	"github.com/berdaya/berdaya/plugins/conformance"
	"github.com/berdaya/berdaya/plugins/declarative"
	"github.com/berdaya/berdaya/plugins/host"
	"github.com/berdaya/berdaya/plugins/national"
	"github.com/berdaya/berdaya/plugins/rules"
)

// ruleChecks checks what is uploaded, by the host's processes.
type ruleChecks struct {
	host  *host.Host
	store db.Catalogue
}

// File checks a rule file.
func (c ruleChecks) File(ctx context.Context, name string, text []byte) (json.RawMessage, error) {
	described, err := c.host.DescribeFile(ctx, name, text)
	if err != nil {
		return nil, asProblems(err)
	}
	return asJSON(described)
}

// Manifest reads who an archive says it is.
func (c ruleChecks) Manifest(_ context.Context, archive io.Reader) (name, version string, err error) {
	m, err := host.ReadManifest(archive)
	if err != nil {
		return "", "", asProblems(err)
	}
	return m.Name, m.Version, nil
}

// Program runs a program of the catalogue through the contract's conformance. Warnings do not count.
func (c ruleChecks) Program(ctx context.Context, v *domain.RuleSetVersion) (json.RawMessage, error) {
	checked, err := c.host.CheckVersion(ctx, host.Version{Kind: domain.RuleProgram, RuleSet: v.RuleSet.Name, Version: v.Version, SHA256: v.SHA256,
		Artefact: func(ctx context.Context, to io.Writer) error { return c.store.Artefact(ctx, v.SHA256, to) }}, conformance.Options{Region: v.RuleSet.RegionCode})
	if err != nil {
		return nil, asProblems(err)
	}
	if problems := checked.Problems(); problems != nil {
		return nil, problems
	}
	return asJSON(checked.Description)
}

// asProblems gives what is wrong with a file as problems, also where it is one thing.
func asProblems(err error) error {
	one, coded := errors.AsType[*domain.Error](err)
	if _, many := errors.AsType[domain.Problems](err); !many && coded && one.Code == domain.CodeBadFile {
		return domain.Problems{one}
	}
	return err
}

func asJSON(d *rules.Description) (json.RawMessage, error) {
	if d == nil {
		return nil, errors.New("a rule set that keeps the contract said nothing of itself")
	}
	return protojson.Marshal(d)
}

// startCatalogue puts together what keeps the catalogue and says how rule sets fare, and has the host follow what it says.
func (sv *server) startCatalogue(ctx context.Context, clock domain.Clock, ids domain.IDs) error {
	store := sv.db.Catalogue()
	sv.useCases.RuleSets = &rulesets.RuleSets{Store: store, Checker: ruleChecks{sv.rules, store}, Parameters: host.CheckParameters,
		Reserved: []string{national.Name, declarative.Name}, Clock: clock, IDs: ids}
	sv.useCases.Processes = &rulesets.Processes{Store: store, Server: serverName(), Status: sv.processes, Clock: clock, Log: sv.log}
	if err := sv.rules.Follow(ctx, store); err != nil {
		return err
	}
	settling, cancel := context.WithTimeout(ctx, rulesSettle)
	defer cancel()
	sv.rules.Settle(settling)
	return nil
}

// catalogueWork lists what is done about the catalogue later or every so often.
func (sv *server) catalogueWork() (workers []jobs.Worker, periodic []jobs.Periodic) {
	r := sv.useCases.RuleSets
	return []jobs.Worker{
			{Kind: rulesets.CheckJob, Work: r.Check, Timeout: rulesets.CheckTimeout, Limit: 1},
			{Kind: rulesets.EndJob, Work: r.End, Timeout: rulesets.EndTimeout, Limit: 1},
			{Kind: rulesets.RemoveJob, Work: r.Remove, Timeout: rulesets.RemoveTimeout, Limit: 1},
		}, []jobs.Periodic{
			{Kind: rulesets.EndJob, Every: rulesets.EndEvery},
			{Kind: rulesets.RemoveJob, Every: rulesets.RemoveEvery},
		}
}

// serverName names this server among all, to people as well.
func serverName() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "server"
	}
	return fmt.Sprintf("%.100s/%d/%s", name, os.Getpid(), rand.Text()[:6])
}

// processes says how the rule sets of this server fare.
func (sv *server) processes() []domain.RuleProcess {
	status := sv.rules.Status()
	all := make([]domain.RuleProcess, len(status))
	for i, s := range status {
		all[i] = domain.RuleProcess{RuleSet: s.RuleSet, RegionCode: s.Region, Version: s.Version, Revision: s.Revision, Waiting: s.Waiting, State: domain.RuleProcessState(s.State),
			Since: s.Since.UTC(), Restarts: s.Restarts, LastError: s.LastError, Calls: int64(s.Calls), InFlight: s.InFlight, Memory: int64(s.Memory), CPUSeconds: s.CPU.Seconds()}
		for _, f := range s.Failures {
			all[i].Failures = append(all[i].Failures, domain.RuleFailure{First: f.First.UTC(), Last: f.Last.UTC(), Count: f.Count, Error: f.Error})
		}
		if lines, ok := sv.rules.Logs(s.Key); ok && s.Key != "" { // what comes with the server is in the server's own log
			for _, l := range lines[max(0, len(lines)-domain.MaxRuleLines):] {
				all[i].Lines = append(all[i].Lines, domain.RuleLine{At: l.At.UTC(), Text: l.Text})
			}
		}
	}
	return all
}
