package regions_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/regions"
)

// files are the rows of a release by file, to be changed and written as files again.
type files map[string][][]string

var names = []string{"provinces.csv", "regencies.csv", "districts.csv", "villages.csv"}

func bundled(t testing.TB) files {
	t.Helper()
	f := files{}
	for _, name := range names {
		content, err := fs.ReadFile(regions.Bundled(), name)
		if err != nil {
			t.Fatal(err)
		}
		if f[name], err = csv.NewReader(bytes.NewReader(content)).ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func (f files) fs(t testing.TB) fs.FS {
	t.Helper()
	source := fstest.MapFS{}
	for name, rows := range f {
		var content bytes.Buffer
		if err := csv.NewWriter(&content).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		source[name] = &fstest.MapFile{Data: content.Bytes()}
	}
	return source
}

// without leaves out the regions that pick chooses, and all below them.
func (f files) without(pick func(code string) bool) files {
	rest := files{}
	for name, rows := range f {
		rest[name] = slices.DeleteFunc(slices.Clone(rows), func(row []string) bool {
			return slices.ContainsFunc(domain.Lineage(row[0])[1:], pick) // the header is its own lineage, and so kept
		})
	}
	return rest
}

// one is a release of a single region on each level.
func one() files {
	return files{
		"provinces.csv": {{"code", "name"}, {"32", "Jawa Barat"}},
		"regencies.csv": {{"code", "province_code", "name"}, {"32.73", "32", "Kota Bandung"}},
		"districts.csv": {{"code", "regency_code", "name"}, {"32.73.05", "32.73", "Sukajadi"}},
		"villages.csv":  {{"code", "district_code", "name"}, {"32.73.05.1001", "32.73.05", "Sukawarna"}},
	}
}

type clock struct{}

func (clock) Now() time.Time { return time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC) }

func mustImport(t testing.TB, d *db.DB, source fs.FS, o regions.Options) regions.Summary {
	t.Helper()
	o.Clock = clock{}
	s, err := regions.Import(t.Context(), d, source, o)
	if err != nil {
		t.Fatal(err)
	}
	return s.Regions
}

// contents gives every row of the table with the transaction that wrote it.
func contents(t testing.TB, d *db.DB) []string {
	t.Helper()
	rows, err := d.Pool.Query(t.Context(), `select concat_ws('|', xmin, code, parent_code, level, name, valid_from, valid_to) from regions order by code`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func find(t testing.TB, d *db.DB, code string) (r domain.Region) {
	t.Helper()
	if err := d.Bun.NewSelect().Model(&r).Where("code = ?", code).Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAllRegionsOfIndonesiaAreImportedOnce(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	last := map[regions.Phase][2]int{}
	summary, imported, err := regions.Seed(t.Context(), d, regions.Options{Progress: func(p regions.Phase, done, total int) {
		if done < last[p][0] || done > total {
			t.Errorf("%s went from %v to %d of %d", p, last[p], done, total)
		}
		last[p] = [2]int{done, total}
	}})
	if err != nil || !imported {
		t.Fatal(imported, err)
	}
	if want := "provinces: 38 added, 0 closed, 0 renamed\nregencies: 514 added, 0 closed, 0 renamed\n" +
		"districts: 7285 added, 0 closed, 0 renamed\nvillages: 83762 added, 0 closed, 0 renamed"; summary.String() != want {
		t.Errorf("the summary is\n%s", summary)
	}
	if last[regions.Reading] != [2]int{3009394, 3009394} || last[regions.Writing] != [2]int{91599, 91599} {
		t.Errorf("the progress ended at %v", last)
	}
	rows, err := d.Pool.Query(t.Context(), `select level || ' ' || count(*) from regions group by level order by count(*)`)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if want := []string{"NATION 1", "PROVINCE 38", "REGENCY 514", "DISTRICT 7285", "VILLAGE 83762"}; err != nil || !slices.Equal(counts, want) {
		t.Errorf("there are %v: %v", counts, err)
	}
	if r := find(t, d, "32.73.05.1001"); r.Level != domain.Village || *r.ParentCode != "32.73.05" || r.ValidFrom != regions.BundledSince || r.ValidTo != nil {
		t.Errorf("a village is %+v", r)
	}
	if r := find(t, d, "11"); *r.ParentCode != domain.NationCode {
		t.Errorf("the parent of a province is %s", *r.ParentCode)
	}
	var estimate float64
	if err := d.Pool.QueryRow(t.Context(), `select reltuples from pg_class where oid = 'regions'::regclass`).Scan(&estimate); err != nil || estimate != 91600 {
		t.Errorf("the planner counts on %v regions: %v", estimate, err)
	}

	before := contents(t, d)
	if s := mustImport(t, d, regions.Bundled(), regions.Options{}); s.Changed() != 0 {
		t.Errorf("the second import changed\n%s", s)
	}
	if _, imported, err := regions.Seed(t.Context(), d, regions.Options{}); imported || err != nil {
		t.Errorf("regions that are there were imported again: %v", err)
	}
	if !slices.Equal(before, contents(t, d)) {
		t.Error("an import that changes nothing wrote rows")
	}
}

func TestANewReleaseClosesAddsAndRenamesAndAnOldCodeReopens(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	all := bundled(t)
	gone := func(code string) bool { return code == "32.73.05.1001" || code == "11.01.01" }
	first := all.without(func(code string) bool { return code == "94.01" })
	mustImport(t, d, first.fs(t), regions.Options{Effective: "2025-01-01"})

	second := all.without(gone)
	for i := range 293 {
		row := slices.Clone(second["villages.csv"][1000+i])
		row[2] += " Baru"
		second["villages.csv"][1000+i] = row
	}
	below := func(f files, file, code string) (n int) {
		for _, row := range f[file] {
			if domain.Under(row[0], code) {
				n++
			}
		}
		return n
	}
	want := fmt.Sprintf("provinces: 0 added, 0 closed, 0 renamed\nregencies: %d added, 0 closed, 0 renamed\ndistricts: %d added, 1 closed, 0 renamed\nvillages: %d added, %d closed, 293 renamed",
		below(all, "regencies.csv", "94.01"), below(all, "districts.csv", "94.01"), below(all, "villages.csv", "94.01"), below(all, "villages.csv", "11.01.01")+1)
	dry := mustImport(t, d, second.fs(t), regions.Options{Effective: "2025-06-01", DryRun: true})
	if dry.String() != want || find(t, d, "32.73.05.1001").ValidTo != nil {
		t.Errorf("the dry run tells\n%s\nwant\n%s", dry, want)
	}
	if s := mustImport(t, d, second.fs(t), regions.Options{Effective: "2025-06-01"}); s.String() != want {
		t.Errorf("the summary is\n%s\nwant\n%s", s, want)
	}
	if r := find(t, d, "32.73.05.1001"); r.ValidTo == nil || *r.ValidTo != "2025-06-01" || r.ValidFrom != "2025-01-01" {
		t.Errorf("the closed village is %+v", r)
	}
	if r := find(t, d, "94.01"); r.ValidFrom != "2025-06-01" {
		t.Errorf("the new regency is %+v", r)
	}

	s := mustImport(t, d, all.fs(t), regions.Options{}) // as of the clock's day
	if s[3].Reopened != below(all, "villages.csv", "11.01.01")+1 || s[2].Reopened != 1 || s[3].Renamed != 293 || s[3].Added != 0 {
		t.Errorf("the summary is\n%s", s)
	}
	if r := find(t, d, "32.73.05.1001"); r.ValidTo != nil || r.ValidFrom != "2025-01-01" {
		t.Errorf("the reopened village is %+v", r)
	}
}

func TestABrokenLastRowChangesNothing(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	mustImport(t, d, one().fs(t), regions.Options{})
	before := contents(t, d)
	all := bundled(t)
	rows := all["villages.csv"]
	rows = append(rows, rows[len(rows)-1])
	all["villages.csv"] = rows
	_, err := regions.Import(t.Context(), d, all.fs(t), regions.Options{Clock: clock{}})
	problems, ok := errors.AsType[domain.Problems](err)
	if want := "villages.csv, line 83764, column 1 (code): the code 96.71.10.1004 is on line 83763 already"; !ok || len(problems) != 1 || problems[0].Error() != want {
		t.Errorf("got %v", err)
	}
	if !slices.Equal(before, contents(t, d)) {
		t.Error("the regions changed")
	}
}

func TestAnImportThatIsCutShortChangesNothing(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	before := contents(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := regions.Import(ctx, d, regions.Bundled(), regions.Options{Progress: func(p regions.Phase, done, total int) {
		if p == regions.Writing && done > total/2 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if !slices.Equal(before, contents(t, d)) {
		t.Error("half an import stayed")
	}
}

func TestAMassClosingIsRefusedUntilItIsAllowed(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	mustImport(t, d, regions.Bundled(), regions.Options{})
	part := bundled(t).without(func(code string) bool { return code == "11.01" }).fs(t) // 0.2 % of the regencies
	mustImport(t, d, part, regions.Options{})
	before := contents(t, d)
	part = bundled(t).without(func(code string) bool { return code == "11" }).fs(t)
	_, err := regions.Import(t.Context(), d, part, regions.Options{Clock: clock{}})
	problems, ok := errors.AsType[domain.Problems](err)
	if !ok || len(problems) != 4 || domain.CodeOf(err) != domain.CodeBadUserInput ||
		!strings.HasPrefix(problems[0].Error(), "this would close 1 of 38 provinces, more than 1 %;") || !strings.Contains(problems[0].Text.ID, "menutup 1 dari 38 provinsi") {
		t.Errorf("got %v", err)
	}
	if !slices.Equal(before, contents(t, d)) {
		t.Error("the refused import changed regions")
	}
	if s := mustImport(t, d, part, regions.Options{AllowClosing: true}); s[0].Closed != 1 {
		t.Errorf("the allowed import did\n%s", s)
	}
	if len(contents(t, d)) != len(before) {
		t.Error("regions were deleted")
	}
}

func TestReleasesAreImportedInTheOrderOfTheirDates(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	mustImport(t, d, one().fs(t), regions.Options{Effective: "2026-01-02"})
	mustImport(t, d, one().fs(t), regions.Options{Effective: "2025-01-01"}) // changes nothing, so its date does no harm
	renamed := one()
	renamed["villages.csv"][1][2] = "Sukabungah"
	for effective, want := range map[domain.Date]string{
		"2026-01-01": "effective: the regions hold changes of 2026-01-02 already and this release would change them as of 2026-01-01; releases are imported in order, so give that date or a later one",
		"2027-05-06": "effective: 2027-05-06 is more than a year ahead; the latest day is 2027-05-05",
		"tomorrow":   `"tomorrow" is not a date between 1900-01-01 and 2200-12-31; write YYYY-MM-DD`,
	} {
		_, err := regions.Import(t.Context(), d, renamed.fs(t), regions.Options{Effective: effective, Clock: clock{}})
		if domain.CodeOf(err) != domain.CodeBadUserInput || err.Error() != want {
			t.Errorf("as of %s: %v", effective, err)
		}
	}
	if s := mustImport(t, d, renamed.fs(t), regions.Options{Effective: "2026-01-02"}); s[3].Renamed != 1 {
		t.Errorf("the same day is refused:\n%s", s)
	}
}

func TestImportsAtOnceDoNotMix(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	source := bundled(t).without(func(code string) bool { return !domain.Under(code, "32") && !domain.Under(code, "51") }).fs(t)
	added := make([]int, 4)
	var group sync.WaitGroup
	for i := range added {
		group.Go(func() {
			s, err := regions.Import(t.Context(), d, source, regions.Options{Clock: clock{}})
			if err != nil {
				t.Error(err)
				return
			}
			added[i] = s.Regions[3].Added
		})
	}
	group.Wait()
	slices.Sort(added)
	if added[2] != 0 || added[3] == 0 {
		t.Errorf("the imports added %v villages; one of them should add all, the others none", added)
	}
}

func TestOthersReferToRegionsWhileTheyAreImported(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	mustImport(t, d, one().fs(t), regions.Options{})
	renamed := one()
	renamed["villages.csv"][1][2] = "Sukabungah"
	written := false
	_, err := regions.Import(t.Context(), d, renamed.fs(t), regions.Options{Clock: clock{}, Progress: func(p regions.Phase, _, _ int) {
		if p != regions.Writing {
			return
		}
		written = true
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := d.Pool.Exec(ctx, `insert into communities (id, created_at, updated_at, region_code, kind, name, population, population_female,
			population_male, population_with_disability, households)
			values (gen_random_uuid(), now(), now(), '32.73.05.1001', 'VILLAGE', 'Sukawarna', 0, 0, 0, 0, 0)`); err != nil {
			t.Error(err)
		}
	}})
	if err != nil || !written {
		t.Error(written, err)
	}
}

// BenchmarkImport imports all regions into an empty table, BenchmarkCopy only copies the same rows into one of the same shape;
// the ratio of the two is what reading, comparing and checking cost.
func BenchmarkImport(b *testing.B) {
	d := dbtest.New(b)
	for b.Loop() {
		b.StopTimer()
		clear(b, d)
		b.StartTimer()
		mustImport(b, d, regions.Bundled(), regions.Options{})
	}
}

func BenchmarkImportUnchanged(b *testing.B) {
	d := dbtest.New(b)
	mustImport(b, d, regions.Bundled(), regions.Options{})
	for b.Loop() {
		mustImport(b, d, regions.Bundled(), regions.Options{})
	}
}

func BenchmarkCopy(b *testing.B) {
	d := dbtest.New(b)
	mustImport(b, d, regions.Bundled(), regions.Options{})
	columns := []string{"code", "parent_code", "level", "name", "valid_from", "valid_to"}
	rows, err := d.Pool.Query(b.Context(), `select `+strings.Join(columns, ", ")+` from regions where code <> 'ID' order by length(code), code`)
	if err != nil {
		b.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		clear(b, d)
		b.StartTimer()
		if _, err := d.Pool.CopyFrom(b.Context(), pgx.Identifier{"regions"}, columns, pgx.CopyFromRows(all)); err != nil {
			b.Fatal(err)
		}
	}
}

func clear(b *testing.B, d *db.DB) {
	b.Helper()
	if _, err := d.Pool.Exec(b.Context(), `delete from regions where code <> 'ID'`); err != nil {
		b.Fatal(err)
	}
	if _, err := d.Pool.Exec(b.Context(), `vacuum regions`); err != nil {
		b.Fatal(err)
	}
}
