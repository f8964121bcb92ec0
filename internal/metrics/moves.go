package metrics

import (
	"sync"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/moving"
)

// Outcomes of a move, as they are counted.
const (
	moved       = "moved"
	repeated    = "repeated" // the same command had been carried out before
	dryRun      = "dry_run"  // whatever it said
	blocked     = "blocked"
	unavailable = "rules_unavailable"
	conflict    = "conflict"
	refused     = "refused" // for a fault of who asked: no right to it, not possible there, a reason missing …
	failed      = "failed"  // for a fault of ours
)

// other stands for what is not counted by its own name, none for what is not known.
const (
	other = "other"
	none  = "none"
)

// Moved counts a command.
func (m *Metrics) Moved(o moving.Observed) {
	move, stage := other, none
	if domain.Moves.Has(string(o.Move)) {
		move = string(o.Move)
	}
	if domain.Stages.Has(string(o.Stage)) {
		stage = string(o.Stage)
	}
	outcome := outcomeOf(o)
	m.moves.WithLabelValues(move, stage, outcome).Inc()
	m.moveTime.WithLabelValues(move).Observe(o.Took.Seconds())
	if outcome != blocked && outcome != unavailable {
		return
	}
	for i := range o.Blocks {
		if b := &o.Blocks[i]; b.Severity == domain.SeverityBlock {
			r := m.rules.counted(rule{b.RuleSet, b.Rule})
			m.blocks.WithLabelValues(r.set, r.code).Inc()
		}
	}
}

// AskedRules counts a batch of questions.
func (m *Metrics) AskedRules(took time.Duration) { m.ruleTime.Observe(took.Seconds()) }

func outcomeOf(o moving.Observed) string {
	if o.DryRun {
		return dryRun
	}
	if o.Err == nil {
		if o.Repeated {
			return repeated
		}
		return moved
	}
	switch domain.CodeOf(o.Err) {
	case domain.CodeBlocked:
		return blocked
	case domain.CodeRulesUnavailable:
		return unavailable
	case domain.CodeConflict:
		return conflict
	case domain.CodeInternal, domain.CodeUnavailable:
		return failed
	}
	return refused
}

// rulesBound is how many rules are counted by their own names.
const rulesBound = 500

type rule struct{ set, code string }

// seenRules are the rules that are counted by their own names.
type seenRules struct {
	mu   sync.Mutex
	seen map[rule]bool
}

// counted gives the name under which a rule is counted.
func (s *seenRules) counted(r rule) rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[r] {
		return r
	}
	if len(s.seen) >= rulesBound {
		return rule{other, other}
	}
	if s.seen == nil {
		s.seen = map[rule]bool{}
	}
	s.seen[r] = true
	return r
}
