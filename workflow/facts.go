package workflow

import "github.com/berdaya/berdaya/domain"

// FactKind names a group of facts that a rule set may ask for; only those asked for are loaded.
type FactKind string

// The groups of facts. The programme itself, its region and its communities are always there.
const (
	NeedFacts         FactKind = "NEEDS"         // Needs with their problem trees
	ConsultationFacts FactKind = "CONSULTATIONS" // Consultations
	CapacityFacts     FactKind = "CAPACITY"      // Assessments with their scores
	LogframeFacts     FactKind = "LOGFRAME"      // Objectives
	ActivityFacts     FactKind = "ACTIVITIES"    // Activities with their budget lines
	TrainingFacts     FactKind = "TRAININGS"     // TrainingEvents with sessions, participants and attendances
	IndicatorFacts    FactKind = "INDICATORS"    // Indicators with their measurements
	FindingFacts      FactKind = "FINDINGS"      // Findings
	StakeholderFacts  FactKind = "STAKEHOLDERS"  // Stakeholders with their roles
	ReportFacts       FactKind = "REPORTS"       // Reports with their distributions
)

// FactKinds lists every group of facts.
var FactKinds = []FactKind{NeedFacts, ConsultationFacts, CapacityFacts, LogframeFacts, ActivityFacts, TrainingFacts,
	IndicatorFacts, FindingFacts, StakeholderFacts, ReportFacts}

// Facts are what rules judge: one consistent snapshot of a programme and its content, relations filled in. They carry no
// personal data: fields marked pii are empty. Superseded visits, activities and reports are left out. Every list is ordered
// by id, so that equal content gives equal facts.
type Facts struct {
	Programme      domain.Programme
	Region         domain.Region
	Communities    []*domain.ProgrammeCommunity // with Community
	Needs          []*domain.Need               // with ProblemTree
	Consultations  []*domain.Consultation
	Assessments    []*domain.CapacityAssessment // with Scores
	Objectives     []*domain.Objective
	Activities     []*domain.Activity      // with BudgetLines
	TrainingEvents []*domain.TrainingEvent // with Sessions, Participants and, on sessions, Attendances
	Indicators     []*domain.Indicator     // with Measurements
	Findings       []*domain.Finding
	Stakeholders   []*domain.ProgrammeStakeholder // with Stakeholder
	Reports        []*domain.Report               // with Distributions
}
