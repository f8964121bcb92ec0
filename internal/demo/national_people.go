package demo

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// The national portfolio grew between these days. The later one is fixed, so that the portfolio is the same every time.
var (
	nationalFrom = time.Date(2023, 11, 1, 0, 0, 0, 0, time.UTC)
	nationalTo   = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
)

// kind is a source of chance: every thing draws from one that its kind and number begin.
type kind uint64

const (
	aCommunity kind = iota + 1
	aStakeholder
	aProgramme
)

// batch is the things of one kind from a number up to another.
type batch struct {
	kind     kind
	from, to int
}

// membership is a role in a region that somebody is needed for.
type membership struct {
	role   domain.Role
	region string
}

// nation makes the rows of a portfolio. After takeRegions it is only read, by several goroutines.
type nation struct {
	programmes, stakeholders int
	today                    time.Time         // timers whose time has passed by then are left out
	names                    map[string]string // of regions above the villages, by code
	villages                 []domain.Region   // in the order of their codes
	provinces, regencies     []string
	subjects                 map[membership]string
}

// chance is where one thing gets what is random about it, and the ids of what belongs to it.
type chance struct {
	*rand.Rand
	at time.Time // of which the next id is
}

// New gives an id that carries the time it is of, as those of domain.RandomIDs do.
func (c *chance) New() (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[8:], c.Uint64())
	binary.BigEndian.PutUint64(id[:8], uint64(c.at.UnixMilli())<<16|c.Uint64()&0xffff)
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}

func (c *chance) record() domain.Record {
	return domain.Record{ID: c.New(), CreatedAt: c.at, UpdatedAt: c.at}
}

// days gives a time of so many days, more or less.
func (c *chance) days(about float64) time.Duration {
	return time.Duration(about * (0.4 + 1.2*c.Float64()) * 24 * float64(time.Hour)).Truncate(time.Microsecond)
}

func (c *chance) one(in float64) bool { return c.Float64() < in }

// begin gives a thing's id and its chance, which stands at the thing's creation. Things are created one after the other, in
// the order of their numbers.
func (m *nation) begin(k kind, number int) (uuid.UUID, *chance) {
	c := &chance{Rand: rand.New(rand.NewPCG(uint64(k), uint64(number)))}
	from, step := nationalFrom, nationalTo.Sub(nationalFrom)/time.Duration(m.programmes)
	if k != aProgramme { // who takes part was registered before the first programme, one every five minutes
		step = 5 * time.Minute
		from = from.AddDate(-1, 0, 0)
	}
	c.at = from.Add(step*time.Duration(number) + time.Duration(c.Int64N(int64(step)))).Truncate(time.Microsecond)
	return c.New(), c
}

// batches divides things into batches of a size.
func (m *nation) batches(k kind, things, size int) (all []batch) {
	for from := 0; from < things; from += size {
		all = append(all, batch{k, from, min(from+size, things)})
	}
	return all
}

// takeRegions takes in the regions, and of the villages one of so many.
func (m *nation) takeRegions(all []domain.Region, part int) {
	m.names, m.subjects = map[string]string{}, map[membership]string{}
	villages := 0
	for _, r := range all {
		level, _ := domain.LevelOf(r.Code)
		switch level {
		case domain.Village:
			if villages++; villages%part == 0 {
				m.villages = append(m.villages, r)
			}
			continue
		case domain.Province:
			m.provinces = append(m.provinces, r.Code)
		case domain.Regency:
			m.regencies = append(m.regencies, r.Code)
		}
		m.names[r.Code] = r.Name
	}
}

// memberships lists who is needed: a coordinator for every regency and province and for the nation, and admins.
func (m *nation) memberships() (all []membership) {
	for _, region := range append([]string{domain.NationCode}, m.provinces...) {
		all = append(all, membership{domain.RegionalAdmin, region}, membership{domain.Coordinator, region})
	}
	for _, region := range m.regencies {
		all = append(all, membership{domain.Coordinator, region})
	}
	return all
}

// rows makes the rows of a batch, as slices of one kind each, in the order in which they are to be written.
func (m *nation) rows(b batch) ([]any, error) {
	if b.kind == aProgramme {
		return m.programmeRows(b)
	}
	var communities []domain.Community
	var stakeholders []domain.Stakeholder
	for i := b.from; i < b.to; i++ {
		if b.kind == aCommunity {
			communities = append(communities, m.community(i))
		} else {
			stakeholders = append(stakeholders, m.stakeholder(i))
		}
	}
	return []any{communities, stakeholders}, nil
}

// communityWords lead the names of communities that are no whole villages.
var communityWords = []struct {
	kind domain.CommunityKind
	word string
}{
	{"HAMLET", "Dusun Krajan "}, {"FARMERS_GROUP", "Kelompok Tani "}, {"WOMENS_GROUP", "Kelompok Perempuan "}, {"YOUTH_GROUP", "Karang Taruna "},
	{"COOPERATIVE", "Koperasi Warga "}, {"FISHERS_GROUP", "Kelompok Nelayan "},
}

func (m *nation) community(i int) domain.Community {
	id, c := m.begin(aCommunity, i)
	v := m.villages[i]
	row := domain.Community{RegionCode: v.Code, Kind: "VILLAGE", Name: v.Name}
	row.ID, row.CreatedAt, row.UpdatedAt = id, c.at, c.at.Add(c.days(200))
	row.Population = 400 + c.IntN(9_600)
	if c.one(0.3) {
		w := communityWords[c.IntN(len(communityWords))]
		row.Kind, row.Name, row.Population = w.kind, w.word+v.Name, 20+c.IntN(380)
	}
	row.PopulationFemale = row.Population * (48 + c.IntN(5)) / 100
	row.PopulationMale = row.Population - row.PopulationFemale
	row.PopulationWithDisability = row.Population * (1 + c.IntN(4)) / 100
	row.Households = row.Population / (3 + c.IntN(2))
	return row
}

// wide is the number of stakeholders who work across regions; they come first.
func (m *nation) wide() int { return max(m.stakeholders/500, 1) }

// near gives the stakeholders who work around a village: those from a number on, at most so many.
func (m *nation) near(village int) (from, many int) {
	wide := m.wide()
	local := m.stakeholders - wide
	many = min(25, local)
	return wide + min(max(village*local/len(m.villages)-many/2, 0), local-many), many
}

var stakeholderWords = []struct {
	kind domain.StakeholderKind
	word string
}{
	{"GOVERNMENT", "Pemerintah "}, {"COMMUNITY", "Kelompok PKK "}, {"BUSINESS", "Badan Usaha Milik Warga "}, {"NGO", "Yayasan Warga "},
	{"ACADEMIA", "Kampus Mitra "}, {"MEDIA", "Radio Komunitas "}, {"DONOR", "Dana Bersama "},
}

func (m *nation) stakeholder(i int) domain.Stakeholder {
	id, c := m.begin(aStakeholder, i)
	w := stakeholderWords[min(c.IntN(10), len(stakeholderWords)-1)]
	wide := m.wide()
	region, name := domain.NationCode, m.names[domain.NationCode]
	switch {
	case i < wide && i%2 == 1:
		region = m.provinces[i/2%len(m.provinces)]
	case i >= wide:
		v := m.villages[(i-wide)*len(m.villages)/(m.stakeholders-wide)]
		region, name = v.Code, v.Name
		if up := c.IntN(10); up < 4 { // of the district, or for one in ten of the regency
			region = domain.ParentOf(region)
			if up == 0 {
				region = domain.ParentOf(region)
			}
		}
	}
	if above, ok := m.names[region]; ok {
		name = above
	}
	return domain.Stakeholder{Record: domain.Record{ID: id, CreatedAt: c.at, UpdatedAt: c.at.Add(c.days(200))}, RegionCode: region, Kind: w.kind, Name: w.word + name}
}

// below gives the villages of a region: those from a number up to another.
func (m *nation) below(region string) (from, to int) {
	if region == domain.NationCode {
		return 0, len(m.villages)
	}
	find := func(code string) int {
		i, _ := slices.BinarySearchFunc(m.villages, code, func(v domain.Region, code string) int { return strings.Compare(v.Code, code) })
		return i
	}
	return find(region), find(region + "/") // "/" is the character after "."
}
