package domain

import "github.com/google/uuid"

// Sector is the field of life that a need lies in.
type Sector string

// Sectors lists the sectors.
var Sectors = Enum{
	{"HEALTH", Text{"Health", "Kesehatan"}},
	{"EDUCATION", Text{"Education", "Pendidikan"}},
	{"WATER_SANITATION", Text{"Water and sanitation", "Air bersih & sanitasi"}},
	{"AGRICULTURE", Text{"Agriculture", "Pertanian"}},
	{"FISHERIES", Text{"Fisheries", "Perikanan"}},
	{"LIVELIHOODS", Text{"Livelihoods and enterprise", "Mata pencaharian & usaha"}},
	{"ENVIRONMENT", Text{"Environment and climate", "Lingkungan & iklim"}},
	{"DISASTER_RISK", Text{"Disaster risk", "Risiko bencana"}},
	{"GOVERNANCE", Text{"Governance", "Tata kelola"}},
	{"SOCIAL_PROTECTION", Text{"Social protection", "Perlindungan sosial"}},
	{"INFRASTRUCTURE", Text{"Infrastructure", "Prasarana"}},
	{"OTHER", Text{"Other", "Lainnya"}},
}

// Need is something that a community lacks, as its people put it.
type Need struct {
	Record
	ProgrammeID    uuid.UUID `bun:"programme_id,type:uuid"`
	Title          string    `bun:"title"`
	Sector         Sector    `bun:"sector"`
	Severity       int       `bun:"severity"`        // 1 (slight) to 5 (grave)
	Urgency        int       `bun:"urgency"`         // 1 (can wait) to 5 (now)
	PeopleAffected int       `bun:"people_affected"` // people, 0 to 100,000,000
	Votes          int       `bun:"votes"`           // given in the consultation
	Evidence       *string   `bun:"evidence"`
	Score          *float64  `bun:"score"` // 0 to 100; nil until ranked
	Rank           *int      `bun:"rank"`  // 1 is first within the programme; nil until ranked

	Programme   *Programme     `bun:"rel:belongs-to,join:programme_id=id"`
	ProblemTree []*ProblemNode `bun:"rel:has-many,join:id=need_id"`
}

// NeedWeights weigh the parts of a need's score; they add up to 1.
type NeedWeights struct{ Severity, Affected, Urgency, Votes float64 }

// DefaultNeedWeights are used where a region has no others.
var DefaultNeedWeights = NeedWeights{Severity: 0.35, Affected: 0.25, Urgency: 0.15, Votes: 0.25}

// ProblemNodeKind is a node's place in the problem tree.
type ProblemNodeKind string

// The kinds of nodes.
const (
	CoreProblem ProblemNodeKind = "CORE_PROBLEM"
	Cause       ProblemNodeKind = "CAUSE"
	Effect      ProblemNodeKind = "EFFECT"
)

// ProblemNodeKinds lists the kinds of nodes.
var ProblemNodeKinds = Enum{
	{"CORE_PROBLEM", Text{"Core problem", "Masalah inti"}},
	{"CAUSE", Text{"Cause", "Penyebab"}},
	{"EFFECT", Text{"Effect", "Akibat"}},
}

// ProblemNode is one problem in the tree of a need: causes lead to the core problem, which leads to effects. A root cause
// answers "why?" until nobody can ask it again.
type ProblemNode struct {
	Record
	ProgrammeID uuid.UUID       `bun:"programme_id,type:uuid"`
	NeedID      uuid.UUID       `bun:"need_id,type:uuid"`
	ParentID    *uuid.UUID      `bun:"parent_id,type:uuid"` // the node that this one causes or follows from; nil for the core problem
	Kind        ProblemNodeKind `bun:"kind"`
	Statement   string          `bun:"statement"`
	RootCause   bool            `bun:"root_cause"` // causes only

	Programme *Programme   `bun:"rel:belongs-to,join:programme_id=id"`
	Need      *Need        `bun:"rel:belongs-to,join:need_id=id"`
	Parent    *ProblemNode `bun:"rel:belongs-to,join:parent_id=id"`
}

// ConsultationKind is the form in which people were asked.
type ConsultationKind string

// ConsultationKinds lists the forms of consultation.
var ConsultationKinds = Enum{
	{"VILLAGE_MEETING", Text{"Village meeting", "Musyawarah desa"}},
	{"HAMLET_MEETING", Text{"Hamlet meeting", "Musyawarah dusun"}},
	{"FOCUS_GROUP", Text{"Focus group", "Diskusi kelompok terarah"}},
	{"HOUSEHOLD_VISIT", Text{"Household visits", "Kunjungan rumah"}},
	{"WOMENS_MEETING", Text{"Women's meeting", "Musyawarah perempuan"}},
	{"OTHER", Text{"Other", "Lainnya"}},
}

// Consultation (musyawarah) is a meeting at which people say what they need. Its participants are counted, not named.
type Consultation struct {
	Record
	ProgrammeID    uuid.UUID        `bun:"programme_id,type:uuid"`
	HeldOn         Date             `bun:"held_on"`
	Kind           ConsultationKind `bun:"kind"`
	Place          string           `bun:"place"`
	Female         int              `bun:"female"` // participants, 0 to 1,000,000; so the others
	Male           int              `bun:"male"`
	Youth          int              `bun:"youth"`           // of all: aged 16 to 30 (Law 40/2009)
	Elderly        int              `bun:"elderly"`         // of all: aged 60 or more (Law 13/1998)
	WithDisability int              `bun:"with_disability"` // of all
	Summary        *string          `bun:"summary"`

	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
}

// AssessmentPhase is when in a programme's life capacity is assessed.
type AssessmentPhase string

// AssessmentPhases lists the phases.
var AssessmentPhases = Enum{
	{"BASELINE", Text{"Baseline", "Awal"}},
	{"MIDLINE", Text{"Midline", "Tengah"}},
	{"ENDLINE", Text{"Endline", "Akhir"}},
}

// CapacityDomain is one of the nine domains of community capacity after Glenn Laverack.
type CapacityDomain string

// CapacityDomains lists the nine domains.
var CapacityDomains = Enum{
	{"PARTICIPATION", Text{"Participation", "Partisipasi"}},
	{"LEADERSHIP", Text{"Leadership", "Kepemimpinan"}},
	{"ORGANISATIONAL_STRUCTURES", Text{"Organisational structures", "Struktur organisasi"}},
	{"PROBLEM_ASSESSMENT", Text{"Problem assessment", "Penilaian masalah"}},
	{"RESOURCE_MOBILISATION", Text{"Resource mobilisation", "Mobilisasi sumber daya"}},
	{"ASKING_WHY", Text{"Asking why", "Kemampuan bertanya mengapa"}},
	{"LINKS_WITH_OTHERS", Text{"Links with others", "Jejaring dengan pihak lain"}},
	{"ROLE_OF_OUTSIDE_AGENTS", Text{"Role of outside agents", "Peran pihak luar"}},
	{"PROGRAMME_MANAGEMENT", Text{"Programme management", "Pengelolaan program"}},
}

// CapacityAssessment is a community's own judgement of its capacity at one time.
type CapacityAssessment struct {
	Record
	ProgrammeID uuid.UUID       `bun:"programme_id,type:uuid"`
	Phase       AssessmentPhase `bun:"phase"`
	AssessedOn  Date            `bun:"assessed_on"`
	Note        *string         `bun:"note"`

	Programme *Programme       `bun:"rel:belongs-to,join:programme_id=id"`
	Scores    []*CapacityScore `bun:"rel:has-many,join:id=capacity_assessment_id"`
}

// CapacityScore is the score of one domain in an assessment; each domain has at most one.
type CapacityScore struct {
	Record
	ProgrammeID          uuid.UUID      `bun:"programme_id,type:uuid"`
	CapacityAssessmentID uuid.UUID      `bun:"capacity_assessment_id,type:uuid"`
	Domain               CapacityDomain `bun:"domain"`
	Score                int            `bun:"score"` // 1 (hardly any) to 5 (strong)
	Evidence             *string        `bun:"evidence"`

	CapacityAssessment *CapacityAssessment `bun:"rel:belongs-to,join:capacity_assessment_id=id"`
}
