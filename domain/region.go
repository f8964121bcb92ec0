package domain

import (
	"strings"

	"github.com/google/uuid"
)

// Level is the level of a region in the administrative tree.
type Level string

// The levels, from the nation down.
const (
	Nation   Level = "NATION"
	Province Level = "PROVINCE"
	Regency  Level = "REGENCY"
	District Level = "DISTRICT"
	Village  Level = "VILLAGE"
)

// Levels lists the levels from the nation down.
var Levels = Enum{
	{"NATION", Text{"Nation", "Negara"}},
	{"PROVINCE", Text{"Province", "Provinsi"}},
	{"REGENCY", Text{"Regency or city", "Kabupaten / kota"}},
	{"DISTRICT", Text{"District", "Kecamatan"}},
	{"VILLAGE", Text{"Village", "Desa / kelurahan"}},
}

// NationCode is the code of the nation, the parent of the provinces without being their prefix.
const NationCode = "ID"

// Region is a unit of the administrative tree. Its code is hierarchical by dots: 32, 32.73, 32.73.05, 32.73.05.1001.
type Region struct {
	Code       string  `bun:"code,pk"`
	ParentCode *string `bun:"parent_code"` // nil for the nation
	Level      Level   `bun:"level"`
	Name       string  `bun:"name"`
	ValidFrom  Date    `bun:"valid_from"`
	ValidTo    *Date   `bun:"valid_to"` // the first day on which the region is closed; nil while it is open

	Parent      *Region      `bun:"rel:belongs-to,join:parent_code=code"`
	Children    []*Region    `bun:"rel:has-many,join:code=parent_code"`
	Communities []*Community `bun:"rel:has-many,join:code=region_code"`
	Programmes  []*Programme `bun:"rel:has-many,join:code=region_code"`
	RuleSets    []*RuleSet   `bun:"rel:has-many,join:code=region_code"`
	// RuleActivations is all that was ever put to work for exactly this region.
	RuleActivations []*RuleActivation  `bun:"rel:has-many,join:code=region_code"`
	Successors      []*RegionSuccessor `bun:"rel:has-many,join:code=old_code"`
	Predecessors    []*RegionSuccessor `bun:"rel:has-many,join:code=new_code"`
}

// OpenOn tells whether the region is open on a day: it has begun and has not closed yet.
func (r *Region) OpenOn(day Date) bool { return r.ValidFrom <= day && !r.ClosedOn(day) }

// ClosedOn tells whether the region is closed on a day. One that closes later is not.
func (r *Region) ClosedOn(day Date) bool { return r.ValidTo != nil && *r.ValidTo <= day }

// RegionSuccessor says that a region took the place of one that closed. A region with several successors was split.
type RegionSuccessor struct {
	ID          uuid.UUID `bun:"id,pk,type:uuid"`
	OldCode     string    `bun:"old_code"`
	NewCode     string    `bun:"new_code"`
	EffectiveOn Date      `bun:"effective_on"` // the first day of the new in place of the old

	Old *Region `bun:"rel:belongs-to,join:old_code=code"`
	New *Region `bun:"rel:belongs-to,join:new_code=code"`
}

// RegionHolding counts what is registered in exactly one region.
type RegionHolding struct {
	RegionCode                            string
	Programmes, Communities, Stakeholders int
}

// codeShape gives, for each level below the nation, the lengths of a code's dotted groups: 2, 2.2, 2.2.2, 2.2.2.4.
var codeShape = []int{2, 2, 2, 4}

// LevelOf gives the level that a code's shape says; false where it has none, so that a wrong code is found without asking
// the database.
func LevelOf(code string) (Level, bool) {
	if code == NationCode {
		return Nation, true
	}
	groups := strings.Split(code, ".")
	if len(groups) > len(codeShape) {
		return "", false
	}
	for i, g := range groups {
		if len(g) != codeShape[i] {
			return "", false
		}
		for _, c := range g {
			if c < '0' || c > '9' {
				return "", false
			}
		}
	}
	return Level(Levels[len(groups)].Code), true
}

// ParentOf gives the code of the region above; "" above the nation and for a code without a level.
func ParentOf(code string) string {
	if _, ok := LevelOf(code); !ok || code == NationCode {
		return ""
	}
	if i := strings.LastIndexByte(code, '.'); i > 0 {
		return code[:i]
	}
	return NationCode
}

// Lineage gives the code and those of all regions above it, from the nation down.
func Lineage(code string) []string {
	if code == "" {
		return nil
	}
	return append(Lineage(ParentOf(code)), code)
}

// Under tells whether the region code is ancestor or lies below it.
func Under(code, ancestor string) bool {
	return ancestor == NationCode || code == ancestor || strings.HasPrefix(code, ancestor+".")
}
