package domain

import (
	"fmt"

	"github.com/google/uuid"
)

// GovernedBy gives the code of the region that the community lives in.
func (m *Community) GovernedBy() string { return m.RegionCode }

// Validate gives everything that is wrong with a community by itself.
func (m *Community) Validate(Date) Problems {
	var c checks
	c.region("regionCode", m.RegionCode)
	c.one("kind", string(m.Kind), CommunityKinds)
	c.words("name", m.Name, MaxName)
	c.whole("population", m.Population, 0, MaxPeople)
	c.whole("populationFemale", m.PopulationFemale, 0, MaxPeople)
	c.whole("populationMale", m.PopulationMale, 0, MaxPeople)
	c.whole("populationWithDisability", m.PopulationWithDisability, 0, MaxPeople)
	c.whole("households", m.Households, 0, MaxPeople)
	c.number("latitude", m.Latitude, -90, 90)
	c.number("longitude", m.Longitude, -180, 180)
	if len(c.problems) == 0 {
		c.part("populationFemale", m.PopulationFemale+m.PopulationMale, m.Population, "the population", "jumlah penduduk")
		c.part("populationWithDisability", m.PopulationWithDisability, m.Population, "the population", "jumlah penduduk")
	}
	if (m.Latitude == nil) != (m.Longitude == nil) {
		c.wrong("longitude", "latitude and longitude are given together or not at all", "lintang dan bujur diisi keduanya atau tidak sama sekali")
	}
	return c.problems
}

// GovernedBy gives the code of the stakeholder's region.
func (s *Stakeholder) GovernedBy() string { return s.RegionCode }

// Validate gives everything that is wrong with a stakeholder by itself.
func (s *Stakeholder) Validate(Date) Problems {
	var c checks
	c.region("regionCode", s.RegionCode)
	c.one("kind", string(s.Kind), StakeholderKinds)
	c.words("name", s.Name, MaxName)
	c.optional("description", s.Description, MaxText)
	c.optional("contact", s.Contact, MaxContact)
	return c.problems
}

// Validate gives everything that is wrong with a programme by itself, as far as people enter it.
func (p *Programme) Validate(Date) Problems {
	var c checks
	c.region("regionCode", p.RegionCode)
	if !programmeCode(p.Code) {
		c.wrong("code", "a code has 3 to 40 capital letters, digits, dots and hyphens, a letter or digit first",
			"kode terdiri atas 3 sampai 40 huruf besar, angka, titik, dan tanda hubung, diawali huruf atau angka")
	}
	c.words("title", p.Title, MaxName)
	c.text("goal", p.Goal, MaxText)
	c.period("startDate", &p.StartDate, "endDate", &p.EndDate)
	c.words("coordinator", p.Coordinator, MaxName)
	return c.problems
}

func programmeCode(code string) bool {
	for i, r := range code {
		letter := r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && (i == 0 || r != '.' && r != '-') {
			return false
		}
	}
	return len(code) >= 3 && len(code) <= 40
}

// BelongsTo gives the place of the programme's id.
func (p *ProgrammeCommunity) BelongsTo() *uuid.UUID { return &p.ProgrammeID }

// Validate finds nothing: there is nothing in it that could be wrong by itself.
func (p *ProgrammeCommunity) Validate(Date) Problems { return nil }

// BelongsTo gives the place of the programme's id.
func (s *ProgrammeStakeholder) BelongsTo() *uuid.UUID { return &s.ProgrammeID }

// Validate gives everything that is wrong with a stakeholder's role by itself.
func (s *ProgrammeStakeholder) Validate(Date) Problems {
	var c checks
	c.words("role", s.Role, MaxName)
	c.whole("power", s.Power, 1, 5)
	c.whole("interest", s.Interest, 1, 5)
	return c.problems
}

// region checks the code of a region by its shape.
func (c *checks) region(path, code string) {
	if _, ok := LevelOf(code); !ok {
		c.wrong(path, fmt.Sprintf("%.40q is no region's code; write one such as 32, 32.73, 32.73.05 or 32.73.05.1001", code),
			fmt.Sprintf("%.40q bukan kode wilayah; tulis misalnya 32, 32.73, 32.73.05 atau 32.73.05.1001", code))
	}
}
