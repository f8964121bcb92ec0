package domain

import (
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// Direction says which way an indicator is meant to go.
type Direction string

// Directions lists the directions.
var Directions = Enum{
	{"INCREASE", Text{"Increase", "Meningkat"}},
	{"DECREASE", Text{"Decrease", "Menurun"}},
}

// Indicator is something measurable that shows whether an objective is reached.
type Indicator struct {
	Record
	ProgrammeID uuid.UUID        `bun:"programme_id,type:uuid"`
	ObjectiveID *uuid.UUID       `bun:"objective_id,type:uuid"`
	Name        string           `bun:"name"`
	Unit        string           `bun:"unit"` // such as "households" or "%"
	Direction   Direction        `bun:"direction"`
	Baseline    *decimal.Decimal `bun:"baseline,type:numeric"` // in Unit, within ±10^15, six decimals; nil until known
	BaselineOn  *Date            `bun:"baseline_on"`
	Target      *decimal.Decimal `bun:"target,type:numeric"` // the same
	TargetOn    *Date            `bun:"target_on"`
	Cumulative  bool             `bun:"cumulative"` // whether measurements add up over time

	Programme    *Programme     `bun:"rel:belongs-to,join:programme_id=id"`
	Objective    *Objective     `bun:"rel:belongs-to,join:objective_id=id"`
	Measurements []*Measurement `bun:"rel:has-many,join:id=indicator_id"`
}

// Measurement is the value of an indicator on a day, for everybody or for one group of people.
type Measurement struct {
	Record
	ProgrammeID    uuid.UUID       `bun:"programme_id,type:uuid"`
	IndicatorID    uuid.UUID       `bun:"indicator_id,type:uuid"`
	MeasuredOn     Date            `bun:"measured_on"`
	Value          decimal.Decimal `bun:"value,type:numeric"` // in the indicator's unit, within ±10^15, six decimals
	Source         string          `bun:"source"`
	Evidence       *string         `bun:"evidence"`
	Sex            *Sex            `bun:"sex"`             // nil: everybody
	AgeBand        *string         `bun:"age_band"`        // such as "16-30"; nil: everybody
	WithDisability *bool           `bun:"with_disability"` // nil: everybody

	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
	Indicator *Indicator `bun:"rel:belongs-to,join:indicator_id=id"`
}

// FindingSeverity is how grave a finding is.
type FindingSeverity string

// SevereFinding is the severity that rules ask about.
const SevereFinding FindingSeverity = "SEVERE"

// FindingSeverities lists the severities of findings.
var FindingSeverities = Enum{
	{"MINOR", Text{"Minor", "Ringan"}},
	{"MODERATE", Text{"Moderate", "Sedang"}},
	{"SEVERE", Text{"Severe", "Berat"}},
}

// FindingStatus says whether a finding still needs work.
type FindingStatus string

// The states of a finding.
const (
	FindingOpen   FindingStatus = "OPEN"
	FindingClosed FindingStatus = "CLOSED"
)

// FindingStatuses lists the states of a finding.
var FindingStatuses = Enum{
	{"OPEN", Text{"Open", "Terbuka"}},
	{"CLOSED", Text{"Closed", "Ditutup"}},
}

// Finding is something that monitoring brought to light, and what is done about it.
type Finding struct {
	Record
	ProgrammeID uuid.UUID       `bun:"programme_id,type:uuid"`
	FoundOn     Date            `bun:"found_on"`
	Title       string          `bun:"title"`
	Severity    FindingSeverity `bun:"severity"`
	Status      FindingStatus   `bun:"status"`
	Action      *string         `bun:"action"`
	Owner       *string         `bun:"owner" pii:"true"`
	DueOn       *Date           `bun:"due_on"`
	ClosedAt    *time.Time      `bun:"closed_at"` // set while Status is CLOSED

	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
}
