package regions

import (
	"fmt"
	"strings"

	"github.com/berdaya/berdaya/domain"
)

// Count says how many regions of one level an import changed, and how. A region that reopens under another name counts as
// reopened only.
type Count struct {
	Level                                       domain.Level
	Added, Closed, Renamed, Reopened, Unchanged int
}

// Summary is what an import did, by level from the provinces down.
type Summary []Count

func newSummary() Summary {
	s := make(Summary, len(lists))
	for i, l := range lists {
		s[i].Level = l.level
	}
	return s
}

// Changed is the number of regions that the import wrote.
func (s Summary) Changed() int {
	n := 0
	for _, c := range s {
		n += c.Added + c.Closed + c.Renamed + c.Reopened
	}
	return n
}

// String gives the summary in English, a line a level: "villages: 116 added, 117 closed, 293 renamed".
func (s Summary) String() string { return s.In(domain.English) }

// In gives the summary in a language, a line a level. Reopened regions are told only where there are any.
func (s Summary) In(l domain.Locale) string {
	lines := make([]string, len(s))
	for i, c := range s {
		text := domain.Text{
			EN: fmt.Sprintf("%d added, %d closed, %d renamed", c.Added, c.Closed, c.Renamed),
			ID: fmt.Sprintf("%d ditambahkan, %d ditutup, %d berganti nama", c.Added, c.Closed, c.Renamed),
		}
		if c.Reopened > 0 {
			text.EN += fmt.Sprintf(", %d reopened", c.Reopened)
			text.ID += fmt.Sprintf(", %d dibuka kembali", c.Reopened)
		}
		lines[i] = nouns[c.Level].many.In(l) + ": " + text.In(l)
	}
	return strings.Join(lines, "\n")
}

// nouns name one region and many of each level.
var nouns = map[domain.Level]struct{ one, many domain.Text }{
	domain.Province: {domain.Text{EN: "province", ID: "provinsi"}, domain.Text{EN: "provinces", ID: "provinsi"}},
	domain.Regency:  {domain.Text{EN: "regency", ID: "kabupaten/kota"}, domain.Text{EN: "regencies", ID: "kabupaten/kota"}},
	domain.District: {domain.Text{EN: "district", ID: "kecamatan"}, domain.Text{EN: "districts", ID: "kecamatan"}},
	domain.Village:  {domain.Text{EN: "village", ID: "desa/kelurahan"}, domain.Text{EN: "villages", ID: "desa/kelurahan"}},
}
