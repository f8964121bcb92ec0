package workflow

import (
	"encoding/json"
	"strings"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// said is the part of a decision that an event keeps beside its columns.
type said struct {
	Definition int            `json:"definition,omitempty"` // the version of the definition that gave the schedule
	Of         string         `json:"of,omitempty"`         // the region whose definition it is; not written where it is the nation's
	Shifted    bool           `json:"shifted,omitempty"`    // whether the due date shifted by the time held
	Remarks    []domain.Block `json:"remarks,omitempty"`    // what the rules remarked without stopping the move, with what a waiver lifted
	Waiver     *WaivedRule    `json:"waiver,omitempty"`     // what the waiver is about that was requested or settled
	Planned    *PlannedStage  `json:"planned,omitempty"`    // which later stage was planned
}

// PlannedStage is the plan of a stage as far as the history is concerned.
type PlannedStage struct {
	Stage domain.Stage `json:"stage"`
	DueOn domain.Date  `json:"dueOn"`
}

// WaivedRule is a waiver as far as a decision and the history are concerned.
type WaivedRule struct {
	ID        uuid.UUID   `json:"id"`
	RuleSet   string      `json:"ruleSet"`
	Rule      string      `json:"rule"`
	ExpiresOn domain.Date `json:"expiresOn"`

	Waivable domain.Waivable `json:"waivable,omitempty"` // who might grant it when it was asked for
}

// name names the definition that a schedule comes from.
func (s *said) name(from Sourced) {
	if s.Definition = from.Version; from.Region != domain.NationCode {
		s.Of = from.Region
	}
}

// json writes it down. PostgreSQL's jsonb keeps no NUL, so none may come in by a rule's text.
func (s said) json() json.RawMessage {
	clean := func(t string) string { return strings.ReplaceAll(t, "\x00", "") }
	remarks := make([]domain.Block, len(s.Remarks))
	for i, b := range s.Remarks {
		b.RuleSet, b.Version, b.Rule = clean(b.RuleSet), clean(b.Version), clean(b.Rule)
		b.Message = domain.Text{EN: clean(b.Message.EN), ID: clean(b.Message.ID)}
		path := make([]string, len(b.Path))
		for k, p := range b.Path {
			path[k] = clean(p)
		}
		values := make(map[string]string, len(b.Values))
		for name, value := range b.Values {
			values[clean(name)] = clean(value)
		}
		b.Path, b.Values, remarks[i] = path, values, b
	}
	s.Remarks = remarks
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings and numbers only: cannot fail
	}
	return raw
}

// Waived gives what an event says of a waiver; nil for an event that is about none.
func Waived(e *domain.ProgrammeEvent) *WaivedRule { return saidIn(e).Waiver }

// Planned gives what an event plans for a later stage; nil for an event that plans none.
func Planned(e *domain.ProgrammeEvent) *PlannedStage { return saidIn(e).Planned }

// Remarks gives what the rules remarked on an event without stopping it.
func Remarks(e *domain.ProgrammeEvent) []domain.Block { return saidIn(e).Remarks }

// saidIn reads what json wrote; nothing where there is none.
func saidIn(e *domain.ProgrammeEvent) (s said) {
	if len(e.Decision) == 0 || json.Unmarshal(e.Decision, &s) != nil {
		return said{}
	}
	return s
}
