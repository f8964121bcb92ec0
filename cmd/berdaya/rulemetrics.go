package main

import "github.com/berdaya/berdaya/internal/metrics"

// ruleSetFigures says how the rule sets of this server fare, for its metrics.
func (sv *server) ruleSetFigures() []metrics.RuleSet {
	all := sv.rules.Status()
	figures := make([]metrics.RuleSet, len(all))
	for i, s := range all {
		figures[i] = metrics.RuleSet{Name: s.RuleSet, Version: s.Version, Region: s.Region, State: string(s.State),
			InFlight: s.InFlight, Restarts: s.Restarts, Memory: s.Memory, CPU: s.CPU}
		for _, f := range s.Rules {
			figures[i].Rules = append(figures[i].Rules, metrics.Rule{Code: f.GetRule(), Passed: f.GetPassed(), Failed: f.GetFailed(),
				Broken: f.GetBroken(), Seconds: f.GetSeconds()})
		}
	}
	return figures
}
