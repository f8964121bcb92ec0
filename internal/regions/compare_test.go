package regions

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	_ "github.com/berdaya/berdaya/internal/seeded"
)

// drawRelease draws a small sound release. Codes and names are few, so that two releases share many.
func drawRelease(t *rapid.T, label string) []place {
	names := rapid.SampledFrom([]string{"Sidomulyo", "Sukamaju", "Mekarsari"})
	digit := rapid.IntRange(1, 3)
	chosen := map[string]bool{}
	for range rapid.IntRange(0, 12).Draw(t, label+" size") {
		code := fmt.Sprintf("%02d.%02d.%02d.%04d", digit.Draw(t, "p"), digit.Draw(t, "r"), digit.Draw(t, "d"), digit.Draw(t, "v"))
		for _, c := range domain.Lineage(code)[1:rapid.IntRange(2, 5).Draw(t, "depth")] {
			chosen[c] = true
		}
	}
	codes := slices.SortedFunc(maps.Keys(chosen), func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b) // parents first
		}
		return strings.Compare(a, b)
	})
	release := make([]place, len(codes))
	for i, c := range codes {
		release[i] = place{c, names.Draw(t, "name")}
	}
	return release
}

// write does what a store does with the rows of compare.
func write(known, rows []domain.Region) []domain.Region {
	next := slices.Clone(known)
	for _, r := range rows {
		if i := slices.IndexFunc(next, func(k domain.Region) bool { return k.Code == r.Code }); i >= 0 {
			next[i].Name, next[i].ValidTo = r.Name, r.ValidTo
		} else {
			next = append(next, r)
		}
	}
	return next
}

func openPlaces(known []domain.Region) map[string]string {
	m := map[string]string{}
	for _, r := range known {
		if r.ValidTo == nil && r.Level != domain.Nation {
			m[r.Code] = r.Name
		}
	}
	return m
}

func releasePlaces(release []place) map[string]string {
	m := map[string]string{}
	for _, p := range release {
		m[p.code] = p.name
	}
	return m
}

var nation = domain.Region{Code: domain.NationCode, Level: domain.Nation, Name: "Indonesia", ValidFrom: "1945-08-17"}

func TestAfterReleasesTheOpenRegionsAreTheLastOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		known := []domain.Region{nation}
		day := domain.Date("2025-01-01")
		for n := range rapid.IntRange(1, 4).Draw(t, "releases") {
			release := drawRelease(t, fmt.Sprint("release ", n))
			before := openPlaces(known)
			rows, summary := compare(release, known, day)
			if len(rows) != summary.Changed() {
				t.Fatalf("%d rows for a summary of %d changes", len(rows), summary.Changed())
			}
			next := write(known, rows)
			if got, want := openPlaces(next), releasePlaces(release); !maps.Equal(got, want) {
				t.Fatalf("open are %v, the release is %v", got, want)
			}
			for i, r := range known {
				if next[i].Code != r.Code || next[i].ValidFrom != r.ValidFrom {
					t.Fatalf("%v became %v", r, next[i])
				}
			}
			if next[0].Name != nation.Name || next[0].ValidTo != nil {
				t.Fatalf("the nation became %v", next[0])
			}
			opened, closed := 0, 0
			for _, c := range summary {
				opened += c.Added + c.Reopened
				closed += c.Closed
			}
			if got := len(openPlaces(next)); got != len(before)+opened-closed {
				t.Fatalf("%d open of %d, %d opened and %d closed", got, len(before), opened, closed)
			}
			seen := map[string]bool{domain.NationCode: true}
			for _, r := range known {
				seen[r.Code] = true
			}
			for _, r := range rows {
				if !seen[*r.ParentCode] {
					t.Fatalf("%s is written before its parent", r.Code)
				}
				seen[r.Code] = true
			}
			if again, s := compare(release, next, day.AddDays(1)); len(again) != 0 || s.Changed() != 0 {
				t.Fatalf("the same release again changes %v", again)
			}
			known, day = next, day.AddDays(10)
		}
	})
}

func TestSummaryReadsAsALineALevel(t *testing.T) {
	t.Parallel()
	s := newSummary()
	s[0].Unchanged = 38
	s[2].Reopened = 2
	s[3] = Count{Level: domain.Village, Added: 116, Closed: 117, Renamed: 293, Unchanged: 83353}
	if got, want := s.String(), "provinces: 0 added, 0 closed, 0 renamed\nregencies: 0 added, 0 closed, 0 renamed\n"+
		"districts: 0 added, 0 closed, 0 renamed, 2 reopened\nvillages: 116 added, 117 closed, 293 renamed"; got != want {
		t.Errorf("got\n%s", got)
	}
	if got, want := s.In(domain.Indonesian), "desa/kelurahan: 116 ditambahkan, 117 ditutup, 293 berganti nama"; !strings.HasSuffix(got, want) {
		t.Errorf("got\n%s", got)
	}
}

func TestAMassClosingIsMoreThanOnePerCentOfALevel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		closed, unchanged int
		refused           bool
	}{{0, 0, false}, {0, 10, false}, {1, 99, false}, {1, 98, true}, {1, 0, true}, {837, 82925, false}, {838, 82924, true}} {
		s := newSummary()
		s[3].Closed, s[3].Unchanged, s[3].Added, s[3].Reopened = c.closed, c.unchanged, 1000, 1000
		if err := checkClosing(s); (err != nil) != c.refused {
			t.Errorf("closing %d of %d: %v", c.closed, c.closed+c.unchanged, err)
		}
	}
}
