package domain

import "github.com/google/uuid"

// CommunityKind is what holds a community together.
type CommunityKind string

// CommunityKinds lists the kinds of communities.
var CommunityKinds = Enum{
	{"VILLAGE", Text{"Village", "Desa / kelurahan"}},
	{"HAMLET", Text{"Hamlet", "Dusun"}},
	{"FARMERS_GROUP", Text{"Farmers' group", "Kelompok tani"}},
	{"WOMENS_GROUP", Text{"Women's group", "Kelompok perempuan"}},
	{"FISHERS_GROUP", Text{"Fishers' group", "Kelompok nelayan"}},
	{"YOUTH_GROUP", Text{"Youth group", "Karang taruna"}},
	{"COOPERATIVE", Text{"Cooperative", "Koperasi"}},
	{"INDIGENOUS", Text{"Customary community", "Masyarakat adat"}},
	{"OTHER", Text{"Other", "Lainnya"}},
}

// Community is the people whom a programme serves.
type Community struct {
	Record
	RegionCode               string        `bun:"region_code"`
	Kind                     CommunityKind `bun:"kind"`
	Name                     string        `bun:"name"`
	Population               int           `bun:"population"` // people, 0 to 100,000,000
	PopulationFemale         int           `bun:"population_female"`
	PopulationMale           int           `bun:"population_male"`
	PopulationWithDisability int           `bun:"population_with_disability"`
	Households               int           `bun:"households"`
	Latitude                 *float64      `bun:"latitude"`  // degrees north, -90 to 90 (WGS 84)
	Longitude                *float64      `bun:"longitude"` // degrees east, -180 to 180 (WGS 84)

	Region     *Region               `bun:"rel:belongs-to,join:region_code=code"`
	Programmes []*ProgrammeCommunity `bun:"rel:has-many,join:id=community_id"`
}

// StakeholderKind is the part of society a stakeholder belongs to: the penta-helix of government, business, academia,
// community and media, and more.
type StakeholderKind string

// StakeholderKinds lists the kinds of stakeholders.
var StakeholderKinds = Enum{
	{"GOVERNMENT", Text{"Government", "Pemerintah"}},
	{"BUSINESS", Text{"Business", "Dunia usaha"}},
	{"ACADEMIA", Text{"Academia", "Akademisi"}},
	{"COMMUNITY", Text{"Community", "Masyarakat"}},
	{"MEDIA", Text{"Media", "Media"}},
	{"NGO", Text{"Non-governmental organisation", "Lembaga swadaya masyarakat"}},
	{"DONOR", Text{"Donor", "Donatur"}},
}

// Stakeholder is anyone with a stake in programmes.
type Stakeholder struct {
	Record
	RegionCode  string          `bun:"region_code"`
	Kind        StakeholderKind `bun:"kind"`
	Name        string          `bun:"name"`
	Description *string         `bun:"description"`
	Contact     *string         `bun:"contact" pii:"true"`

	Region     *Region                 `bun:"rel:belongs-to,join:region_code=code"`
	Programmes []*ProgrammeStakeholder `bun:"rel:has-many,join:id=stakeholder_id"`
}

// ProgrammeCommunity is the part of a community in a programme.
type ProgrammeCommunity struct {
	Record
	ProgrammeID uuid.UUID `bun:"programme_id,type:uuid"`
	CommunityID uuid.UUID `bun:"community_id,type:uuid"`
	Primary     bool      `bun:"is_primary"` // exactly one community of a programme is the primary one

	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
	Community *Community `bun:"rel:belongs-to,join:community_id=id"`
}

// ProgrammeStakeholder is the role of a stakeholder in a programme, with its place on the power and interest grid.
type ProgrammeStakeholder struct {
	Record
	ProgrammeID   uuid.UUID `bun:"programme_id,type:uuid"`
	StakeholderID uuid.UUID `bun:"stakeholder_id,type:uuid"`
	Role          string    `bun:"role"`     // in a few words, such as "funds the workshops"
	Power         int       `bun:"power"`    // over the programme, 1 (little) to 5 (decisive)
	Interest      int       `bun:"interest"` // in the programme, 1 (little) to 5 (vital)

	Programme   *Programme   `bun:"rel:belongs-to,join:programme_id=id"`
	Stakeholder *Stakeholder `bun:"rel:belongs-to,join:stakeholder_id=id"`
}
