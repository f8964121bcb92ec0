package domain

import (
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// ObjectiveLevel is an objective's row in the log-frame; activities are its last row and have a type of their own.
type ObjectiveLevel string

// ObjectiveLevels lists the rows of the log-frame from the top.
var ObjectiveLevels = Enum{
	{"GOAL", Text{"Goal", "Tujuan akhir"}},
	{"OUTCOME", Text{"Outcome", "Hasil"}},
	{"OUTPUT", Text{"Output", "Keluaran"}},
}

// Objective is what a programme wants to reach, as a row of the log-frame.
type Objective struct {
	Record
	ProgrammeID         uuid.UUID      `bun:"programme_id,type:uuid"`
	ParentID            *uuid.UUID     `bun:"parent_id,type:uuid"` // the objective that this one serves
	Level               ObjectiveLevel `bun:"level"`
	Statement           string         `bun:"statement"`
	MeansOfVerification *string        `bun:"means_of_verification"`
	Assumption          *string        `bun:"assumption"`

	Programme  *Programme   `bun:"rel:belongs-to,join:programme_id=id"`
	Parent     *Objective   `bun:"rel:belongs-to,join:parent_id=id"`
	Indicators []*Indicator `bun:"rel:has-many,join:id=objective_id"`
	Activities []*Activity  `bun:"rel:has-many,join:id=objective_id"`
}

// ActivityKind is the kind of work an activity is.
type ActivityKind string

// ActivityKinds lists the kinds of activities.
var ActivityKinds = Enum{
	{"TRAINING", Text{"Training", "Pelatihan"}},
	{"WORKSHOP", Text{"Workshop", "Lokakarya"}},
	{"MENTORING", Text{"Mentoring", "Pendampingan"}},
	{"ORGANISING", Text{"Organising", "Pengorganisasian"}},
	{"NETWORKING", Text{"Networking", "Pengembangan jejaring"}},
	{"INFRASTRUCTURE", Text{"Infrastructure", "Pembangunan prasarana"}},
	{"DIRECT_AID", Text{"Direct aid", "Bantuan langsung"}},
	{"OTHER", Text{"Other", "Lainnya"}},
}

// Activity is a piece of planned work.
type Activity struct {
	Record
	ProgrammeID    uuid.UUID    `bun:"programme_id,type:uuid"`
	ObjectiveID    *uuid.UUID   `bun:"objective_id,type:uuid"`
	Title          string       `bun:"title"`
	Kind           ActivityKind `bun:"kind"`
	BuildsCapacity bool         `bun:"builds_capacity"` // whether people can do more by themselves after it
	PlannedStart   *Date        `bun:"planned_start"`
	PlannedEnd     *Date        `bun:"planned_end"`
	ActualStart    *Date        `bun:"actual_start"`
	ActualEnd      *Date        `bun:"actual_end"`
	Responsible    *string      `bun:"responsible" pii:"true"`
	SupersededAt   *time.Time   `bun:"superseded_at"`

	Programme      *Programme       `bun:"rel:belongs-to,join:programme_id=id"`
	Objective      *Objective       `bun:"rel:belongs-to,join:objective_id=id"`
	BudgetLines    []*BudgetLine    `bun:"rel:has-many,join:id=activity_id"`
	TrainingEvents []*TrainingEvent `bun:"rel:has-many,join:id=activity_id"`
}

// BudgetLine is money for an activity from one source, planned and spent.
type BudgetLine struct {
	Record
	ProgrammeID   uuid.UUID       `bun:"programme_id,type:uuid"`
	ActivityID    uuid.UUID       `bun:"activity_id,type:uuid"`
	Description   string          `bun:"description"`
	SourceOfFunds string          `bun:"source_of_funds"`      // such as "Dana Desa"
	Planned       decimal.Decimal `bun:"planned,type:numeric"` // in Currency, 0 to 10^15, two decimals
	Spent         decimal.Decimal `bun:"spent,type:numeric"`   // the same
	Currency      string          `bun:"currency"`             // ISO 4217, three capital letters; IDR where nothing is said

	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
	Activity  *Activity  `bun:"rel:belongs-to,join:activity_id=id"`
}
