package host

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// Status is how a rule set fares on this server, for operators.
type Status struct {
	RuleSet   string
	Region    string
	Version   string    // "" as long as one that the operator bound never answered
	Revision  int       // of the newest activation that it serves; 0 for what the operator bound
	Key       string    // names what runs, for Logs; "" for what the operator bound
	Waiting   bool      // it was put to work and has never answered; what judged before on this server, if anything did, judges in its place
	State     State     // of its process, or of the rule file in the process that all of them share
	Since     time.Time // when it entered the state
	PID       int       // 0 while no process answers
	Restarts  int       // since it was put to work
	LastError string    // "" as long as there was none
	Failures  []Failure // at most 20, the last one last
	Calls     uint64    // in batches
	InFlight  int       // calls
	Memory    uint64    // bytes that its process has in memory; 0 where it is not known
	CPU       time.Duration
	Rules     []*rules.RuleFigures // what came of each rule since the process began, by what a program says of itself
}

// Status tells how every rule set fares: those that the operator bound in the order they were bound, then those of offices by region,
// name and revision.
func (h *Host) Status() []Status {
	h.mu.Lock()
	bound, offices := len(h.bound), len(h.runs)
	h.mu.Unlock()
	list := make([]Status, 0, bound+offices)
	for _, r := range h.all() {
		list = append(list, r.status())
	}
	slices.SortStableFunc(list[bound:], func(a, b Status) int {
		return cmp.Or(strings.Compare(a.Region, b.Region), strings.Compare(a.RuleSet, b.RuleSet), cmp.Compare(a.Revision, b.Revision))
	})
	return list
}

func (r *run) status() Status {
	s := Status{RuleSet: r.ruleSet, Region: r.region, Version: cmp.Or(r.known.Load().GetVersion(), r.version), Revision: int(r.number.Load()), Key: r.key,
		Failures: r.record.recent(), Calls: r.record.calls.Load(), InFlight: len(r.room), Waiting: r.known.Load() == nil && r.key != ""}
	of := r.of.Load()
	of.fill(&s)
	if r.file != nil {
		process := s
		if s.State == Ready {
			r.file.fill(&s)
		}
		_, own, _ := r.file.look()
		s.Restarts, s.LastError = process.Restarts, cmp.Or(own, process.LastError)
	}
	if r.isRetired() {
		s.State = Draining
	}
	if p := of.process.Load(); p != nil && r.serving.Load() != nil {
		s.PID = p.pid()
		s.Memory, s.CPU = usage(s.PID)
		if r.file == nil {
			s.Rules = r.figures(p)
		}
	}
	return s
}

// figures gives what a program says came of the rules that it has.
func (r *run) figures(p *process) []*rules.RuleFigures {
	said := p.figures.Load()
	if said == nil {
		return nil
	}
	var figures []*rules.RuleFigures
	seen := map[string]bool{}
	for _, f := range *said {
		is := func(rule *rulespb.Rule) bool { return rule.GetCode() == f.GetRule() }
		if seen[f.GetRule()] || !slices.ContainsFunc(r.known.Load().GetRules(), is) || !(f.GetSeconds() >= 0) || math.IsInf(f.GetSeconds(), 0) {
			continue
		}
		seen[f.GetRule()] = true
		figures = append(figures, f)
	}
	return figures
}

func (s *standing) fill(status *Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	status.State, status.Since, status.Restarts, status.LastError = s.state, s.since, max(0, s.starts-1), s.fault
}

// Logs gives the last lines, at most 200, that the process of a revision wrote, oldest first; of a rule file, those that name its
// revision. It is false where no such revision runs on this server.
func (h *Host) Logs(key string) ([]Line, bool) {
	for _, r := range h.all() {
		if r.key == key && !r.isRetired() {
			of, wire := r.of.Load(), r.wire
			if of.alone {
				wire = "" // all its lines are of this one
			}
			return of.journal.of(wire), true
		}
	}
	return nil, false
}
