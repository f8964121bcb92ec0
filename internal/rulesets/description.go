package rulesets

import (
	"encoding/json"

	"github.com/berdaya/berdaya/domain"
)

// Description is what a version says of itself: the contract's DescribeResponse, as its JSON has it.
type Description struct {
	Name             string      `json:"name"`
	Version          string      `json:"version"`
	Title            domain.Text `json:"title"`
	Rules            []Rule      `json:"rules"`
	Facts            []string    `json:"facts"`     // groups that its rules need
	PlanFacts        []string    `json:"planFacts"` // groups that its plans need
	ParametersSchema string      `json:"parametersSchema"`
}

// Rule is one thing that a rule set asks for.
type Rule struct {
	Code     string      `json:"code"`
	Title    domain.Text `json:"title"`
	Stages   []string    `json:"stages"`
	Moves    []string    `json:"moves"`
	Severity string      `json:"severity"`
	Waivable string      `json:"waivable"`
}

// Describe reads a description. Fields of a later contract are passed over.
func Describe(raw json.RawMessage) (*Description, error) {
	d := new(Description)
	if len(raw) == 0 {
		return nil, nil
	}
	return d, json.Unmarshal(raw, d)
}
