package domain

import "time"

// Programme is a piece of work with one or more communities, led by a coordinator. Exactly one region governs it, at any
// level: that region decides which rules bind it and who sees it.
type Programme struct {
	Record
	RegionCode     string     `bun:"region_code"`
	Code           string     `bun:"code"` // unique, given by people: 3 to 40 capital letters, digits, dots and hyphens
	Title          string     `bun:"title"`
	Goal           string     `bun:"goal"`
	StartDate      Date       `bun:"start_date"`
	EndDate        Date       `bun:"end_date"`
	Coordinator    string     `bun:"coordinator"` // the subject of the member who answers for it
	Stage          Stage      `bun:"stage"`
	Status         Status     `bun:"status"`
	StageEnteredAt time.Time  `bun:"stage_entered_at"`
	DueOn          *Date      `bun:"due_on"` // of the present stage
	HeldAt         *time.Time `bun:"held_at"`
	ReviewOn       *Date      `bun:"review_on"`
	Version        int64      `bun:"version"`       // of the last event in the history
	FactsVersion   int64      `bun:"facts_version"` // grows with every change of what rules may judge

	Region              *Region                 `bun:"rel:belongs-to,join:region_code=code"`
	Communities         []*ProgrammeCommunity   `bun:"rel:has-many,join:id=programme_id"`
	Stakeholders        []*ProgrammeStakeholder `bun:"rel:has-many,join:id=programme_id"`
	History             []*ProgrammeEvent       `bun:"rel:has-many,join:id=programme_id"`
	StageVisits         []*StageVisit           `bun:"rel:has-many,join:id=programme_id"`
	Checklist           []*ChecklistItem        `bun:"rel:has-many,join:id=programme_id"`
	Waivers             []*Waiver               `bun:"rel:has-many,join:id=programme_id"`
	Blocks              []*ProgrammeBlock       `bun:"rel:has-many,join:id=programme_id"`
	StagePlans          []*StagePlan            `bun:"rel:has-many,join:id=programme_id"`
	Timers              []*Timer                `bun:"rel:has-many,join:id=programme_id"`
	TimerEvents         []*TimerEvent           `bun:"rel:has-many,join:id=programme_id"`
	Needs               []*Need                 `bun:"rel:has-many,join:id=programme_id"`
	Consultations       []*Consultation         `bun:"rel:has-many,join:id=programme_id"`
	CapacityAssessments []*CapacityAssessment   `bun:"rel:has-many,join:id=programme_id"`
	Objectives          []*Objective            `bun:"rel:has-many,join:id=programme_id"`
	Activities          []*Activity             `bun:"rel:has-many,join:id=programme_id"`
	TrainingEvents      []*TrainingEvent        `bun:"rel:has-many,join:id=programme_id"`
	Indicators          []*Indicator            `bun:"rel:has-many,join:id=programme_id"`
	Findings            []*Finding              `bun:"rel:has-many,join:id=programme_id"`
	Reports             []*Report               `bun:"rel:has-many,join:id=programme_id"`
	Drafts              []*Draft                `bun:"rel:has-many,join:id=programme_id"`
}
