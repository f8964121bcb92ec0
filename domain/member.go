package domain

// Role is what a member may do, within the regions it is given for.
type Role string

// The roles.
const (
	Viewer        Role = "VIEWER"
	Facilitator   Role = "FACILITATOR"
	Coordinator   Role = "COORDINATOR"
	RegionalAdmin Role = "REGIONAL_ADMIN"
	NationalAdmin Role = "NATIONAL_ADMIN"
	Auditor       Role = "AUDITOR"
)

// Roles lists the roles.
var Roles = Enum{
	{"VIEWER", Text{"Viewer", "Pengamat"}},
	{"FACILITATOR", Text{"Facilitator", "Fasilitator"}},
	{"COORDINATOR", Text{"Coordinator", "Koordinator"}},
	{"REGIONAL_ADMIN", Text{"Regional admin", "Admin wilayah"}},
	{"NATIONAL_ADMIN", Text{"National admin", "Admin nasional"}},
	{"AUDITOR", Text{"Auditor", "Auditor"}},
}

// Member is a person who signs in. The subject is what their token carries.
type Member struct {
	Record
	Subject string  `bun:"subject"` // unique
	Name    string  `bun:"name" pii:"true"`
	Email   *string `bun:"email" pii:"true"`
	Locale  Locale  `bun:"locale"`

	Roles []*MemberRole `bun:"rel:has-many,join:subject=subject"`
}

// MemberRole gives a member a role in a region and all below it.
type MemberRole struct {
	Record
	Subject    string `bun:"subject"`
	Role       Role   `bun:"role"`
	RegionCode string `bun:"region_code"`

	Region *Region `bun:"rel:belongs-to,join:region_code=code"`
}
