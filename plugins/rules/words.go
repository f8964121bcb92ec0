package rules

import "github.com/berdaya/berdaya/plugins/rules/rulespb"

// Contract is the version of the contract that this package speaks.
const Contract = 1

// The limits of the contract.
const (
	MaxRequestBytes = 16 << 20 // of one request
	MaxAnswerBytes  = 4 << 20  // of one answer
	MaxVerdicts     = 200      // of one question; so the items of one checklist
	MaxText         = 2000     // characters of one text
	MaxPath         = 16       // names in a verdict's path
	MaxValues       = 20       // of one verdict
	MaxValue        = 200      // characters of one value
)

// RuleError is the code of the verdict for a rule that broke down. No rule may have it.
const RuleError = "RULE_ERROR"

// The stages of a programme, in order.
const (
	Identify = "IDENTIFY"
	Plan     = "PLAN"
	Train    = "TRAIN"
	Monitor  = "MONITOR"
	Report   = "REPORT"
)

// Stages lists the stages in order.
var Stages = []string{Identify, Plan, Train, Monitor, Report}

// The moves that rules are asked about.
const (
	Advance = "ADVANCE"
	Reopen  = "REOPEN"
)

// Moves lists the moves that rules are asked about.
var Moves = []string{Advance, Reopen}

// What a failed rule does to the move: only Block stops it.
const (
	Block = "BLOCK"
	Warn  = "WARN"
	Info  = "INFO"
)

// Severities lists the severities, gravest first.
var Severities = []string{Block, Warn, Info}

// Who may waive a rule for one programme: nobody, an admin of the region that made the rule, an admin of the programme's
// region.
const (
	ByNobody = "NO"
	ByOwner  = "OWNER"
	ByRegion = "REGION"
)

// Waivables lists who may waive.
var Waivables = []string{ByNobody, ByOwner, ByRegion}

// The groups of facts that a rule set may ask for.
const (
	Needs         = "NEEDS"
	Consultations = "CONSULTATIONS"
	Capacity      = "CAPACITY"
	Logframe      = "LOGFRAME"
	Activities    = "ACTIVITIES"
	Trainings     = "TRAININGS"
	Indicators    = "INDICATORS"
	Findings      = "FINDINGS"
	Stakeholders  = "STAKEHOLDERS"
	Reports       = "REPORTS"
)

// FactGroups lists the groups of facts.
var FactGroups = []string{Needs, Consultations, Capacity, Logframe, Activities, Trainings, Indicators, Findings, Stakeholders,
	Reports}

// The messages of the contract, under the names that a rule set uses them by.
type (
	Description   = rulespb.DescribeResponse
	Question      = rulespb.Question
	Facts         = rulespb.Facts
	Answer        = rulespb.Answer
	Verdict       = rulespb.Verdict
	StagePlan     = rulespb.StagePlan
	ChecklistItem = rulespb.ChecklistItem
	RuleFigures   = rulespb.RuleFigures
)
