package domain

import "strings"

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
